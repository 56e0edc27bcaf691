"""What to do when a module cannot be attached, for people: by what the error of attach() says of where it stands.  And
what is wrong, and to do, when a handshake of TLS fails.

Owns the texts; doctor.py and attaching.py show them.
"""

import errno
import ssl

CARD = "put a SIM card in, the right way round; some boards have two slots"
PIN = "give it: --ask-pin, ATSOCK_PIN or the config file"
WRONG_PIN = "look the PIN up before the next try: three wrong ones lock the card, and then it wants its PUK"
PUK = "put the card into a telephone and enter the PUK"
ANOTHER_CARD = "try the card in a telephone"
DENIED = ("the network refuses this card: is the contract active, does it allow this technology (LTE-M, NB-IoT) and "
          "roaming, is the IMEI blocked?")
SEARCHING = ("does the module have the bands and the technology (LTE-M, NB-IoT) of the operator, is the antenna "
             "screwed on, is there coverage? The first search with a new card or in a new place takes minutes")
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


# -- TLS

_BETWEEN = "something in between answers in its place (a page of the operator, to log in or to pay; a proxy)"
NO_TLS = ("the peer speaks no TLS there", f"is it the port that was meant? Or {_BETWEEN}")
EXPIRED = ("its certificate has expired", "is the clock of this computer right? If it is, the server needs a new one")
TOO_EARLY = ("its certificate is not valid yet", "is the clock of this computer right? If it is, the server's was not")
OTHER_NAME = ("its certificate is for another name", f"is this the name of the server? Or {_BETWEEN}")
_MISTRUSTED = ("is it of the server's own making? Then SSL_CERT_FILE names a file with its authority. Or "
               f"{_BETWEEN}; or this computer has no list of authorities (ca-certificates)")
UNKNOWN_ISSUER = ("its certificate comes from nobody whom this computer trusts", _MISTRUSTED)
BROKEN_OFF = ("the connection ends in the handshake",
              "does the server speak TLS on this port? Some APNs do not let it through to every host")
SILENT = ("no answer to the handshake", BROKEN_OFF[1])
OTHER_TLS = ("the handshake fails", "the two may agree on no version or cipher: is the server older than TLS 1.2?")

# `reason` of an ssl.SSLError when what came is no record of TLS
_NO_RECORD = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "BAD_RECORD_TYPE",
              "RECORD_LAYER_FAILURE", "ENCRYPTED_LENGTH_TOO_LONG")
_OF_CERTIFICATE = {     # X509_V_ERR_... of OpenSSL
    9: TOO_EARLY, 10: EXPIRED, 62: OTHER_NAME, 64: OTHER_NAME,
    2: UNKNOWN_ISSUER, 18: UNKNOWN_ISSUER, 19: UNKNOWN_ISSUER, 20: UNKNOWN_ISSUER, 21: UNKNOWN_ISSUER,
}


def of_tls(error):
    """(what is wrong, what to do) for an OSError of a handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _OF_CERTIFICATE.get(error.verify_code, ("its certificate is refused", _MISTRUSTED))
    if isinstance(error, ssl.SSLEOFError) or error.errno in (errno.ECONNRESET, errno.EPIPE):
        return BROKEN_OFF
    if isinstance(error, ssl.SSLError):
        return NO_TLS if error.reason in _NO_RECORD else OTHER_TLS
    return SILENT if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT else OTHER_TLS
