"""The first steps of attach(): in step with a silent UART; the SIM; registration.

Owns what the module's answers to the 3GPP commands mean while it starts; vendor commands stand in the dialect tables.
Generators of commands (core/jobs.py): they wait for nothing themselves.  Off the data path; allocates.
"""

from errno import EACCES, ECONNRESET, EIO, ENODEV, ETIMEDOUT

from .core.command import number_at, query, read_form, text_at
from .core.jobs import run_command
from .core.movers import MISSING, const
from .core.resync import CANCEL
from .errors import EBUSY, ENETDOWN, ModemError, Restarted, Timeout, printable

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .bringup import Account
    from .core.engine import Engine
    from .core.session import Session

# In turn: the answer to one shows that those that were asked before are not outstanding any more.  The last is what the
# engine asks by itself behind a command that is not answered (core/resync.py): it shows little then, but every module
# knows it, and it is the first where all have been answered.
_QUERIES = ((b"AT+CMEE?", b"+CMEE:"), (b"AT+CFUN?", b"+CFUN:"), (b"AT+CSQ", b"+CSQ:"))
_AT_MS = const(500)  # one AT during synchronisation
_SYNC_MS = const(25_000)  # as long as the slowest of the modules boots (A7600: 24 s)
_SYNC_PAUSE_MS = const(100)
_LAST_MS = const(2000)  # for the answer to a command that is in flight
_DRAIN_MS = const(300)  # a module that has booted answers all that it has heard meanwhile
_ESCAPE_AT = const(5)  # AT without an answer, before data mode is tried to be left,
_FILL_AT = const(6)  # and before a payload that the module still waits for is filled up, or cancelled
_FILLER = const(256)  # bytes, written
_FILLERS = const(8)  # so many times: no prompt takes more than 2048 bytes
_FILL_MS = const(4000)  # for all of them, at 9600 baud
_ESCAPE_TAKE_MS = const(3000)  # for the port to take +++,
_GUARD_MS = const(1130)  # and silence on both sides of it, of a module that is not known yet (see core/datamode.py)
_SAMPLE_MAX = const(40)  # bytes shown of what is no answer

_POLL_MS = const(1000)  # between two queries of SIM or registration
_UNCHANGED_MS = const(25_000)  # refused, or not even searching: what was so for so long will stay so
_SELECT_MS = const(180_000)  # AT+COPS=0 ends when the network has been found (BG96: 180 s)
_SIM_MS = const(20_000)  # right after boot the SIM is busy for a while
_PIN_QUERIES = const(5)  # until a SIM that has taken its PIN says so
_PIN_MS = const(20_000)
_CFUN_MS = const(15_000)
_CFUN_POLLS = const(10)  # the radio is looked at so often
_SIGNAL_POLLS = const(3)  # and the signal, the first time after so many
_NOT_KNOWN = const(99)  # <rssi> of +CSQ (27.007 8.5)
_NO_NETWORK = "no network was found in time; antenna, coverage?"
_STILL_SEARCHING = "no network was found for 25 s; antenna, coverage? The first search takes minutes: give timeout_ms"
_COMMAND_MS = const(60_000)  # as Modem.command()

# <err> of +CME ERROR (27.007 9.2.1)
_WRONG_PIN = const(16)
_SIM_BUSY = const(14)
_CME = {10: b"SIM not inserted", 11: b"SIM PIN required", 12: b"SIM PUK required", 13: b"SIM failure", 14: b"SIM busy"}
_READY = (b"READY", b"SIM PIN2", b"SIM PUK2")  # the second PIN is for what nobody wants here

# Account.pin_spent
PIN_ENTERED = 1  # nobody knows what came of it
PIN_REFUSED = 2

# <stat> of +CREG (27.007 7.2)
_HOME = const(1)
_ROAMING = const(5)
_STATS = (
    "not searching", "home", "searching", "denied", "unknown", "roaming", "SMS only", "SMS only, roaming",
    "emergency calls only",
)  # fmt: skip
# What is told when the domains differ: the first of these.
_WORST = (3, 8, 2, 7, 6, 4, 0)
_DENIED = const(0)  # places in it
_NOT_SEARCHING = const(6)
_DEREGISTERED = const(2)  # <mode> of +COPS (27.007 7.3)


class Progress:
    """Where attach() stands: its step, and what was last known of it.

    on_progress(step, detail): a function that is told what changes, or None.
    """

    step = ""
    detail = ""
    hint = ""  # what to look at when the step does not end in time
    telling = False  # on_progress runs, and attach() cannot go on before it returns

    def __init__(self, on_progress=None):
        self.on_progress = on_progress

    def tell(self, step, detail):
        """It has come so far."""
        if step == self.step and detail == self.detail:
            return
        self.step = step
        self.detail = detail
        self.hint = _NO_NETWORK if step == "register" else ""
        if self.on_progress is not None:
            self.telling = True
            try:
                self.on_progress(step, detail)
            finally:
                self.telling = False

    def where(self):
        """The step and the detail, for the text of an error."""
        return "%s: %s" % (self.step, self.detail) if self.detail else self.step


def tell(session: "Session", step, detail=""):
    """Note where attach() stands, if somebody attaches."""
    if session.progress is not None:
        session.progress.tell(step, detail)


def check_telling(session: "Session"):
    """Raises ModemError EBUSY for what would wait for an attach() that waits for its own on_progress."""
    if session.progress is not None and session.progress.telling:
        raise ModemError(EBUSY, "attach() is on its way")


# -- in step


def synchronise(session: "Session"):
    """AT until OK, echo off, and a query whose answer shows that no older answer is on its way.

    Leaves data mode, fills up a payload that the module waits for and cancels one without a length, all of them from
    before this program was started.
    Raises Timeout, which tells silence from what is no answer.
    """
    engine = session.engine
    tell(session, "sync")
    yield from start_anew(session)
    start = engine.port.ticks_ms()
    unanswered = asked = 0
    heard = b""
    while True:
        command = query(b"AT", _AT_MS)
        yield command
        if not command.errno:
            if unanswered:
                yield _DRAIN_MS
            command = query(b"ATE0", _AT_MS)
            yield command
            if command.errno != ETIMEDOUT:  # else nothing goes out for a while
                text, prefix = _QUERIES[asked % 3 if unanswered else 2]
                asked += 1
                command = query(text, _AT_MS, prefix)
                yield command
                if not command.errno and command.lines:
                    engine.echoes = False
                    return
        if command.errno == EIO:
            heard = b"ERROR"
        elif command.errno:
            came = b" ".join(command.lines)[:_SAMPLE_MAX] or _begun_line(engine)
            heard = ((b"" if heard == b"ERROR" and came else heard) + came)[-_SAMPLE_MAX:]  # few may look like text
        tell(session, "sync", _heard(heard))
        engine.reset()
        if -engine.until_ms(start) > _SYNC_MS:
            raise Timeout(_no_answer(heard, engine.port.baudrate))
        yield _SYNC_PAUSE_MS
        unanswered += 1
        if unanswered == _ESCAPE_AT:  # perhaps it is in data mode
            try:
                yield from escape_blindly(engine)
            except Timeout:  # a module that boots may hold the line (CTS)
                pass
        elif unanswered == _FILL_AT and heard != b"ERROR":  # or takes what comes for payload
            yield from _fill_up(engine)


def echo_off(engine):
    """The steps that switch echo off again, if a command has come back since synchronise().

    The module has restarted meanwhile, in the middle of attach() say, or somebody has switched it on: in data mode what
    the program sends would come back as data as soon as the connection has ended.
    """
    if engine.echoes:
        command = query(b"ATE0", _AT_MS)
        yield command
        engine.echoes = command.errno != 0


def start_anew(session: "Session"):
    """Forget whatever is in flight, behind its answer if that comes soon: nothing is to be sent before.

    What waits for a module that answers nothing has waited in vain.
    """
    engine = session.engine
    give_up = engine.after_ms(_LAST_MS)
    yield lambda: engine.command is None or engine.unresponsive or engine.is_past(give_up)
    while engine.unresponsive and session.queue is not None:
        session.refuse(session.queue, ETIMEDOUT)
    engine.reset()


def escape_blindly(engine: "Engine"):
    """+++ between two silences, to a module that may be in data mode; whether it was, nobody looks at.

    Raises Timeout when the port does not take it.
    """
    yield _GUARD_MS
    transmitter = engine.transmitter
    transmitter.send_payload(b"+++", 0, 3)
    give_up = engine.after_ms(_ESCAPE_TAKE_MS)
    yield lambda: not transmitter.left or engine.is_past(give_up)
    if transmitter.left:
        transmitter.drop()
        raise Timeout("the port does not take +++")
    yield _GUARD_MS


def _fill_up(engine):
    # What the module makes of the rest is an error, or nothing.  An input without a length is not sent: the filler and
    # what was typed before go with it.
    filler = bytes(_FILLER)
    transmitter = engine.transmitter
    give_up = engine.after_ms(_FILL_MS)
    for _ in range(_FILLERS):
        transmitter.send_payload(filler, 0, _FILLER)
        yield lambda: not transmitter.left or engine.is_past(give_up)
        if transmitter.left:
            transmitter.drop()
            return
    transmitter.send_text(CANCEL)
    yield _SYNC_PAUSE_MS


def _begun_line(engine):
    # What has come since the last line's end.
    tokens = engine.tokens
    return bytes(memoryview(tokens.line)[: min(tokens.position[2], _SAMPLE_MAX)])


def _heard(heard):
    # What came instead of an answer to AT, in a few words.
    if not heard:
        return "no answer"
    if heard == b"ERROR":
        return "ERROR"
    if not _is_readable(heard):
        return "unreadable bytes"
    return "no answer, but the echo" if _is_echo(heard) else "no answer, but other words"


def _no_answer(heard, baudrate):
    # Why the module cannot be talked to, and what to look at.
    if not heard:
        text = "the module does not answer AT: not a byte came; check power, wiring (TX, RX, ground), baud rate (%d)"
        return text % baudrate
    if heard == b"ERROR":
        return "the module does not answer AT by OK, it answers ERROR: is it a modem, on its AT port?"
    text = "the module does not answer AT: "
    if not _is_readable(heard):
        return text + "what comes is unreadable, probably the wrong baud rate (here %d)" % baudrate
    if _is_echo(heard):
        return text + "only the echo comes back: is TX wired to RX, or the module waiting for something?"
    return text + "what comes is no answer (%r): is it a modem, on its AT port?" % printable(heard)


def _is_echo(heard):
    return not heard.strip(b"ATCSQ+\r\n")  # AT, and the query by which the engine gets in step


def _is_readable(data):
    strange = [byte for byte in data if byte > 126 or byte < 32 and byte not in b"\t\r\n"]
    return 4 * len(strange) < len(data)


# -- the SIM: 27.007 8.3


def wait_for_sim(session: "Session", account: "Account"):
    """Wait until the SIM is ready; give it the account's PIN, once.

    While a module starts, it may say anything of its SIM: what it still says after 20 s is believed.  Raises ModemError
    EACCES, ENODEV; Timeout when the PIN was not heard.
    """
    engine = session.engine
    tell(session, "sim")
    give_up = engine.after_ms(_SIM_MS)
    entered = None
    asked = polls = 0
    while True:
        command = read_form(b"AT+CPIN?")
        yield command
        check_restart(command)
        state = _sim_state(command)
        if state in _READY:
            account.pin_spent = 0
            tell(session, "sim", "ready")
            return
        tell(session, "sim", printable(state))
        if state == b"SIM PIN":
            if entered is None:
                entered = _pin_command(account)
                yield entered
                check_restart(entered)
                asked = 0
                give_up = engine.after_ms(_SIM_MS)
            elif asked > _PIN_QUERIES or entered.errno == EIO and not _was_busy(entered):
                raise _pin_error(account, entered)
            asked += 1
            if entered.code == _WRONG_PIN:
                raise _pin_error(account, entered)
        elif state[-4:] in (b" PIN", b" PUK"):
            raise ModemError(EACCES, "the SIM asks for " + printable(state))
        elif engine.is_past(give_up):
            raise _sim_error(command, state)
        elif polls % _CFUN_POLLS == 0 and (yield from _switch_on(session, "sim")):
            give_up = engine.after_ms(_SIM_MS)
        polls += 1
        yield _POLL_MS


def _sim_state(command):
    # What the module says of its SIM, as +CPIN: has it, or in the words of the error.
    state = text_at(command.lines[-1], 0) if command.lines else b""
    if not state and command.code != MISSING:
        state = _CME.get(command.code, b"error %d" % command.code)
    elif not state and command.errno:
        state = b"no answer" if command.errno == ETIMEDOUT else (command.error_text or b"ERROR").strip()
    if state.endswith(b" required"):  # the errors' words for what is asked for
        state = state[:-9]
    return b"READY" if state.upper() == b"READY" else state


def _pin_command(account):
    if not account.pin:
        raise ModemError(EACCES, "the SIM asks for its PIN: attach(pin=...)")
    if account.pin_spent:
        raise ModemError(EACCES, "the SIM asks for its PIN; the one given did not help and is not tried again")
    account.pin_spent = PIN_ENTERED
    return query(b'AT+CPIN="' + account.pin + b'"', _PIN_MS)


def _was_busy(entered):
    # Was the SIM too busy for the PIN, in the error's number or words?  It may have taken it all the same.
    words = entered.error_text or b""
    return entered.code == _SIM_BUSY or words.strip().lower() == b"sim busy"


def _pin_error(account, entered):
    # The SIM still asks for its PIN.
    if entered.errno == ETIMEDOUT:
        return Timeout("no answer to AT+CPIN=***, and the SIM still asks for its PIN; it is not tried again")
    if _was_busy(entered):
        return ModemError(EACCES, "the SIM was busy when it was given the PIN, and still asks for it" + _cme(entered))
    account.pin_spent = PIN_REFUSED
    return ModemError(EACCES, "the SIM refused the PIN" + _cme(entered))


def _sim_error(command, state):
    if command.errno == ETIMEDOUT:
        return Timeout("no answer to AT+CPIN?")
    if b"NOT INSERTED" in state.upper():
        return ModemError(ENODEV, "no SIM inserted" + _cme(command))
    return ModemError(ENODEV, "the SIM does not become ready: %s%s" % (printable(state or b"nothing"), _cme(command)))


def _cme(command):
    return "" if command.code == MISSING else " (+CME ERROR: %d)" % command.code


def _switch_on(session, step):
    # 27.007 8.2: 0 and 4 are radio off, as an earlier program may have left it.  True when it had to be switched on.
    command = read_form(b"AT+CFUN?")
    yield command
    if not command.lines or number_at(command.lines[-1], 0) in (1, MISSING):
        return False
    tell(session, step, "radio off")
    yield query(b"AT+CFUN=1", _CFUN_MS)
    return True


def check_restart(command):
    """Raise Restarted when a boot word came instead of the answer."""
    if command.errno == ECONNRESET:
        raise Restarted()


# -- registration: 27.007 7.2, 10.1.20, 10.1.22


def wait_for_registration(session: "Session", patient):
    """Wait until the network has accepted the module.  The front's deadline ends it.

    Raises ModemError EACCES when the network refuses the SIM for 25 s, ENETDOWN when the module does not search for so
    long.  patient: else Timeout, when anything else has not changed for so long.
    """
    engine = session.engine
    tell(session, "register")
    polls = 0
    last = MISSING
    signal = ""
    give_up = engine.after_ms(_UNCHANGED_MS)
    while True:
        detail = "not told"
        rank = len(_WORST)
        for text in session.table.REGISTRATION:
            command = read_form(text)
            yield command
            check_restart(command)
            if command.errno == ETIMEDOUT:
                detail = "no answer to " + printable(text)
            for line in command.lines:
                stat = _stat(line)
                if _is_registered(stat):
                    yield from _tell_operator(session, _STATS[stat])
                    return
                if stat in _WORST and _WORST.index(stat) < rank:
                    rank = _WORST.index(stat)
        tell(session, "register", detail if rank == len(_WORST) else _STATS[_WORST[rank]] + signal)
        if rank != last or patient and rank not in (_DENIED, _NOT_SEARCHING):
            give_up = engine.after_ms(_UNCHANGED_MS)
        elif engine.is_past(give_up):
            raise _not_registered(session, rank)
        last = rank
        if polls % _CFUN_POLLS == _SIGNAL_POLLS:
            signal = yield from _signal()
        if polls % _CFUN_POLLS == 0:
            yield from _switch_on(session, "register")
            if rank == _NOT_SEARCHING and (yield from _select_operator(session)):
                last = MISSING
        polls += 1
        yield _POLL_MS


def _signal():
    # What the module receives, as it is told behind the state of registration.
    command = query(b"AT+CSQ", prefix=b"+CSQ:")
    yield command
    if not command.lines:
        return ""
    dbm = rssi_dbm(command.lines[-1])
    if dbm is not None:
        return ", signal %d dBm" % dbm
    return ", no signal" if number_at(command.lines[-1], 0) == _NOT_KNOWN else ""


def rssi_dbm(line):
    """<rssi> of an answer +CSQ: <rssi>,<ber> (bytes) in dBm, None when it is not known (27.007 8.5)."""
    rssi = number_at(line, 0)
    return 2 * rssi - 113 if 0 <= rssi <= 31 else None


def _tell_operator(session, stat):
    # Registered, and with whom (27.007 7.3); the module is asked only when somebody is told.
    if session.progress is not None and session.progress.on_progress is not None:
        command = read_form(b"AT+COPS?")
        yield command
        operator = text_at(command.lines[-1], 2) if command.lines else b""
        if operator:
            stat = "%s, %s" % (stat, printable(operator))
    tell(session, "register", stat)


def _select_operator(session):
    # An earlier program may have left the network by AT+COPS=2; an operator chosen by hand stays.  True when it had to
    # be searched for.
    command = read_form(b"AT+COPS?")
    yield command
    if not command.lines or number_at(command.lines[-1], 0) != _DEREGISTERED:
        return False
    tell(session, "register", "deregistered")
    yield query(b"AT+COPS=0", _SELECT_MS)
    return True


def _not_registered(session, rank):
    if rank == _DENIED:
        return ModemError(EACCES, "the network refuses this SIM: contract, roaming, technology?")
    if rank != _NOT_SEARCHING:
        error = Timeout(_STILL_SEARCHING)
        if rank < len(_WORST):
            error.at(session.progress.where())  # nothing is gained by beginning anew, see bringup.py
        return error
    return ModemError(ENETDOWN, "the module does not search for a network: operator chosen by hand (AT+COPS?), bands?")


def state(session: "Session"):
    """The state of registration in words (str), as a generator of commands.

    Raises CommandError when no question is answered, ModemError EIO when the answers do not tell it, Timeout.
    """
    refused = None
    stat = MISSING
    for text in (b"AT+CREG?",) if session.table is None else session.table.REGISTRATION:
        command = yield from run_command(session, query(text, _COMMAND_MS, text[2:-1] + b":"), False)
        if command.errno:
            refused = command
        for line in command.lines:
            if _stat(line) != MISSING:
                stat = _stat(line)
            if _is_registered(stat):
                return _STATS[stat]
    if stat == MISSING:
        if refused is not None:
            raise session.error(refused)
        raise ModemError(EIO, "the module did not tell its registration (AT+CREG?)")
    return _STATS[stat] if 0 <= stat < len(_STATS) else "state %d" % stat


def _stat(line):
    # <stat> of an answer +CREG: <n>,<stat>[,...]; MISSING for a URC +CREG: <stat>[,"<area>",...] in between.
    comma = line.find(b",")
    return MISSING if comma < 0 or line[comma + 1 : comma + 2] == b'"' else number_at(line, 1)


def _is_registered(stat):
    return stat == _HOME or stat == _ROAMING
