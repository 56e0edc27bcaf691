"""What to do when a module cannot be attached, for people: by what the error of attach() says of where it stands.

Owns the texts; doctor.py and session.py show them.
"""

CARD = "put a SIM card in, the right way round; some boards have two slots"
PIN = "give it: --ask-pin, ATSOCK_PIN or the config file"
WRONG_PIN = "after three wrong ones the card wants its PUK: look it up before the next try"
PUK = "put the card into a telephone and enter the PUK"
ANOTHER_CARD = "try the card in a telephone"
DENIED = ("the network refuses this card: is the contract active, does it allow this technology (LTE-M, NB-IoT) and "
          "roaming, is the IMEI blocked?")
SEARCHING = ("antenna, coverage, bands and technology: is LTE-M or NB-IoT offered here? Give it some minutes after the "
             "first start with a new card")
NOT_SEARCHING = ("the operator chosen by hand may not be here: AT+COPS=0; or no band and technology of the operator is "
                 "switched on")
EMERGENCY = "the card is not accepted by any network here: contract, roaming"
APN = "ask the operator which APN this card has, and whether it needs --user and --password; is data allowed?"
PORT = "is the module on, and is this its AT port? `atsock doctor` tries all speeds"

_BY_PLACE = (       # beginning of `where` of an attach()'s error
    ("sync", PORT),
    ("identify", "name the nearest dialect: --dialect"),
    ("sim: SIM not inserted", CARD),
    ("sim: SIM PIN", PIN),
    ("sim: SIM PUK", PUK),
    ("sim", ANOTHER_CARD),
    ("register: denied", DENIED),
    ("register: not searching", NOT_SEARCHING),
    ("register: emergency", EMERGENCY),
    ("register", SEARCHING),
    ("context", APN),
)


def of(error, last=""):
    """The advice for an error of attach(), "" when there is none; last: where it stood last, for one that ran out of
    time.
    """
    where = getattr(error, "where", "") or last
    if where.startswith("sim: SIM PIN") and "refused" in str(error):
        return WRONG_PIN
    return at(where)


def at(where):
    """The advice for where attach() stands: its step and detail."""
    return next((text for place, text in _BY_PLACE if where.startswith(place)), "")
