"""From a silent UART to an active context: synchronise, identify, SIM, registration, context, address.

Written as generators: they yield a Command to be run, or a number of milliseconds to wait, and the front
(blocking or asyncio) does that.  3GPP commands stand here, vendor commands in the dialect tables.
"""

import atsock

from . import dialects
from .command import Command
from .errnos import EACCES, EAFNOSUPPORT, EIO, ENETDOWN, ENODEV
from .checks import printable
from .fast import MISSING, field, number
from .question import Question
from .words import A_LEAVE, BY_FLAG, BY_ID, MUST, OK, SYNC_ANSWER, X

_ANY_MS = 9000  # general commands; 27.007 prints no times
_AT_MS = 500  # one AT during synchronisation
_DEAF = 5  # so many unanswered AT
_GUARD_MS = 1_100  # silence before and behind +++
_SYNC_MS = 25_000  # as long as the slowest of the modules boots (A7600: 24 s)
_POLL_MS = 1000  # between two questions for the registration

# +CREG stat (27.007 7.2)
_HOME = 1
_ROAMING = 5
_STAT = ("not searching", "home", "searching", "denied", "unknown", "roaming")


def ask(text, timeout_ms=_ANY_MS, prefix=None, need=OK):
    """A command whose information lines are collected in .lines."""
    command = Question(None, ((text,), timeout_ms, need, 0))
    command.prefix = prefix
    return command


def query(text):
    """A read form, AT+NAME?, whose answer begins with +NAME: (other lines may come between)."""
    return ask(text, prefix=text[2:-1] + b":")


def value(line, index):
    """Number in field `index` behind the colon of an information line; MISSING when there is none."""
    line = line + b"\0"
    at = field(line, line.find(b":") + 1, len(line) - 1, index)
    return number(line, at) if at >= 0 else MISSING


def text(line, index):
    """Field `index` as bytes without quotes and blanks."""
    line = line + b"\0"
    end = len(line) - 1
    at = field(line, line.find(b":") + 1, end, index)
    if at < 0:
        return b""
    stop = field(line, at, end, 1)
    return line[at : stop - 1 if stop >= 0 else end].strip(b' "')


def attach(modem, apn, user, password, auth, family, pin):
    """All of it; returns the local address as str."""
    engine = modem._engine
    yield from synchronise(modem)
    if engine.dialect is None:
        yield from identify(modem)
    dialect = engine.dialect
    yield ask(b"AT+CMEE=1")  # numbers in errors; a refusal does no harm
    yield from _sim(pin)
    yield from _registered(dialect)
    for command, must in dialect.SETUP:
        yield from run(modem, ask(command), must)
    address = yield from _context(modem, apn, user, password, auth, family)
    return printable(address)


def synchronise(modem):
    """AT until OK, echo off, and one question whose answer shows that no older answer is on its way."""
    engine = modem._engine
    engine.reset()
    start = engine.port.ticks_ms()
    silent = 0
    while True:
        command = ask(b"AT", _AT_MS)
        yield command
        if not command.errno:
            command = ask(b"ATE0", _AT_MS)
            yield command
            command = ask(b"AT+CSQ", _AT_MS, SYNC_ANSWER)
            yield command
            if not command.errno and command.lines:
                return
        engine.reset()
        if -engine.until_ms(start) > _SYNC_MS:
            raise atsock.Timeout("the module does not answer AT: check power, wiring and the baud rate")
        yield 100
        silent += 1
        if silent == _DEAF:  # perhaps it is in data mode, from before this program was started
            yield _GUARD_MS
            engine.port.write(b"+++", 0, 3)
            yield _GUARD_MS


def identify(modem):
    """Ask the module what it is, and load that dialect."""
    said = []
    for question in (b"AT+CGMM", b"ATI"):
        command = ask(question)
        yield command
        said += command.lines
        for line in command.lines:
            for name in dialects.names():
                if is_model(line, dialects.load(name).MODELS):
                    modem._use(name)
                    return
    what = printable(b" / ".join(said)) if said else "nothing"
    raise atsock.ModemError(ENODEV, "no dialect for this module, it calls itself: " + what)


def is_model(line, models):
    """Does an information line of AT+CGMM or ATI name one of these models?"""
    line = line.upper()
    for model in models:
        for word in line.replace(b":", b" ").replace(b",", b" ").replace(b'"', b" ").split():
            if word.startswith(model):
                return True
    return False


def run(modem, command, must=MUST):
    """Run one command; raises CommandError when it was refused and `must`."""
    yield command
    if command.errno and (must or command.errno != EIO):
        raise modem._error(command)
    return command


def _sim(pin):
    # 27.007 8.3.  Right after boot the SIM is busy for a while (+CME ERROR 14, or a failure that passes).
    for attempt in range(20):
        command = query(b"AT+CPIN?")
        yield command
        state = text(command.lines[-1], 0) if command.lines else b""
        if state == b"READY":
            return
        if state == b"SIM PIN":
            if not pin:
                raise atsock.ModemError(EACCES, "the SIM asks for its PIN: attach(pin=...)")
            command = ask(b'AT+CPIN="' + pin + b'"', 20_000)
            pin = None  # a wrong one is never tried twice
            yield command
            if command.errno:
                raise atsock.ModemError(EACCES, "the SIM refused the PIN")
        elif state and state != b"NOT READY":  # said while it starts, unasked, too
            raise atsock.ModemError(EACCES, "the SIM asks for " + printable(state))
        elif command.code == 10:
            raise atsock.ModemError(ENODEV, "no SIM inserted (+CME ERROR: 10)")
        yield _POLL_MS
    raise atsock.ModemError(ENODEV, "the SIM does not become ready" + ("" if command.code == MISSING else " (+CME ERROR: %d)" % command.code))


def _registered(dialect):
    # 27.007 7.2, 10.1.20, 10.1.22.  The front's deadline ends it.
    awake = False
    while True:
        stat = MISSING
        for question in dialect.REGISTRATION:
            command = query(question)
            yield command
            for line in command.lines:
                stat = registered(line)
                if stat == _HOME or stat == _ROAMING:
                    return
        if not awake:
            awake = True
            command = query(b"AT+CFUN?")  # 27.007 8.2: 0 and 4 are radio off
            yield command
            if command.lines and value(command.lines[0], 0) != 1:
                yield ask(b"AT+CFUN=1", 15_000)
        yield _POLL_MS


def registered(line):
    """<stat> of an answer +CREG: <n>,<stat>[,...]; MISSING for a notice +CREG: <stat>[,"<area>",...] between."""
    comma = line.find(b",")
    return MISSING if comma < 0 or line[comma + 1 : comma + 2] == b'"' else value(line, 1)


def describe(stat):
    return _STAT[stat] if 0 <= stat < len(_STAT) else "state %d" % stat


def _context(modem, apn, user, password, auth, family):
    dialect = modem._engine.dialect
    engine = modem._engine
    address = yield from context_address(modem)
    if engine.lost and (address is not None or dialect.DEACTIVATE_LOST):
        # What the module may still call active is not, or it must be told even so.
        yield Command(None, dialect.DEACTIVATE)
        address = None
    if address is None:
        yield from _activate(modem, apn, user, password, auth, family)
        address = yield from context_address(modem)
        if address is None:
            raise atsock.ModemError(ENETDOWN, "the context is not active although the module said so")
        engine.lost = False
    else:
        # The host restarted and the module did not: close what an earlier session left open.
        yield from _close_stale(modem, dialect)
        if dialect.DATA_SETTING is not None:
            question, prefix = dialect.DATA_SETTING
            command = ask(question, prefix=prefix)
            yield command
            if command.lines and value(command.lines[0], 0) == 1:  # every connection would take the line
                for command, must in dialect.ACCESS["transparent"][A_LEAVE]:
                    yield from run(modem, ask(command) if isinstance(command, bytes) else Command(None, command), must)
                address = yield from context_address(modem)
    return address


def context_address(modem):
    """The local address as bytes, None while the context is not active."""
    engine = modem._engine
    dialect = engine.dialect
    question, prefix, context, state, address = dialect.STATE
    command = ask(question, prefix=prefix)
    yield command
    for line in command.lines:
        if context != X and value(line, context) != engine.context:
            continue
        if value(line, state) == 1:
            if address != X:
                return text(line, address)
            question, prefix, index = dialect.ADDRESS_OF
            command = yield from run(modem, ask(question, prefix=prefix))
            return text(command.lines[0], index) if command.lines else b""
    return None


def _activate(modem, apn, user, password, auth, family):
    dialect = modem._engine.dialect
    if family not in dialect.PDP_TYPES:
        raise atsock.ModemError(EAFNOSUPPORT, "%s: no IPv6" % dialect.NAME)
    if auth is None:
        auth = 0 if not user else 3 if 3 in dialect.AUTHS else 1
    elif auth not in dialect.AUTHS:  # the dialect was not known when attach() looked at its arguments
        raise ValueError("auth: %s for %s, not %d" % (dialect.AUTHS, dialect.NAME, auth))
    args = (apn or b"", user, password, auth, dialect.PDP_TYPES[family], 6 if family == 6 else 1)
    if apn is not None:
        for verb in dialect.CONFIGURE:
            yield from run(modem, Command(None, verb, args))
        if user and dialect.CONFIGURE_USER:
            yield from run(modem, Command(None, dialect.CONFIGURE_USER, args))
    verb = dialect.ACTIVATE_STORED if apn is None else dialect.ACTIVATE_USER if user else dialect.ACTIVATE
    command = Command(None, verb, args)
    yield command
    if command.errno:
        # Some firmware refuses because the context is active already.
        address = yield from context_address(modem)
        if address is None:
            raise modem._error(command)


def _close_stale(modem, dialect):
    question, prefix, form = dialect.STALE
    command = ask(question, prefix=prefix)
    yield command
    ids = []
    for line in command.lines:
        index = 0
        n = value(line, 0)
        while n != MISSING:
            if form == BY_FLAG:
                if n:
                    ids.append(dialect.FIRST_LINK + index)
            elif n >= dialect.FIRST_LINK and (form == BY_ID or index == 0):
                ids.append(n)
            index += 1
            n = value(line, index)
    for n in ids:
        if dialect.FIRST_LINK <= n < dialect.FIRST_LINK + dialect.LINKS:
            yield Command(modem._engine.link(n), dialect.CLOSE)
