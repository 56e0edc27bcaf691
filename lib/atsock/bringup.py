"""From a silent UART to an active context: synchronise, identify, SIM, registration, context, address.

Written as generators: they yield a Command to be run, or a number of milliseconds to wait, and the front
(blocking or asyncio) does that.  3GPP commands stand here, vendor commands in the dialect tables.
"""

import atsock

from . import tables
from .asking import ask, query, run, run_steps, text, value
from .command import Command
from .errnos import EACCES, EAFNOSUPPORT, ENETDOWN, ENODEV
from .checks import printable
from .fast import MISSING

_SYNC_ANSWER = b"+CSQ:"
_AT_MS = 500  # one AT during synchronisation
_DEAF = 5  # so many unanswered AT
_GUARD_MS = 1_100  # silence before and behind +++
_SYNC_MS = 25_000  # as long as the slowest of the modules boots (A7600: 24 s)
_POLL_MS = 1000  # between two questions for the registration

# +CREG stat (27.007 7.2)
_HOME = 1
_ROAMING = 5
_STAT = ("not searching", "home", "searching", "denied", "unknown", "roaming")


def attach(modem, apn, user, password, auth, family, pin):
    """All of it; returns the local address as str."""
    engine = modem._engine
    yield from synchronise(modem)
    if engine.dialect is None:
        yield from identify(modem)
    table = tables.of(modem)
    yield ask(b"AT+CMEE=1")  # numbers in errors; a refusal does no harm
    yield from _sim(pin)
    yield from _registered(table)
    yield from run_steps(modem, table.steps(b"SETUP"))
    address = yield from _context(modem, table, apn, user, password, auth, family)
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
            command = ask(b"AT+CSQ", _AT_MS, _SYNC_ANSWER)
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
            for name in tables.names():
                if is_model(line, tables.Table(name).words(b"MODELS")):
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


def _registered(table):
    # 27.007 7.2, 10.1.20, 10.1.22.  The front's deadline ends it.
    awake = False
    while True:
        stat = MISSING
        for question in table.words(b"REGISTRATION"):
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


def _context(modem, table, apn, user, password, auth, family):
    engine = modem._engine
    address = yield from context_address(modem, table)
    if engine.lost and (address is not None or table.yes(b"DEACTIVATE_LOST")):
        # What the module may still call active is not, or it must be told even so.
        yield Command(None, table.command(b"DEACTIVATE"))
        address = None
    if address is None:
        yield from _activate(modem, table, apn, user, password, auth, family)
        address = yield from context_address(modem, table)
        if address is None:
            raise atsock.ModemError(ENETDOWN, "the context is not active although the module said so")
        engine.lost = False
    else:
        # The host restarted and the module did not: close what an earlier session left open.
        yield from _close_stale(modem, table)
        setting = table.cells(b"DATA_SETTING")
        if setting:
            command = ask(setting[0], prefix=setting[1])
            yield command
            if command.lines and value(command.lines[0], 0) == 1:  # every connection would take the line
                yield from run_steps(modem, table.steps(table.access("transparent")[9]))
                address = yield from context_address(modem, table)
    return address


def context_address(modem, table):
    """The local address as bytes, None while the context is not active."""
    question, prefix, context, state, address = table.cells(b"STATE")
    command = ask(question, prefix=prefix)
    yield command
    for line in command.lines:
        if context and value(line, int(context)) != table.context:
            continue
        if value(line, int(state)) == 1:
            if address:
                return text(line, int(address))
            question, prefix, index = table.cells(b"ADDRESS_OF")
            command = yield from run(modem, ask(question, prefix=prefix))
            return text(command.lines[0], int(index)) if command.lines else b""
    return None


def _activate(modem, table, apn, user, password, auth, family):
    kind = table.word(b"PDP_%d" % family)
    if not kind:
        raise atsock.ModemError(EAFNOSUPPORT, "%s: no IPv6" % modem._engine.dialect)
    auths = table.numbers(b"AUTHS")
    if auth is None:
        auth = 0 if not user else 3 if 3 in auths else 1
    elif auth not in auths:  # the dialect was not known when attach() looked at its arguments
        raise ValueError("auth: %s for %s, not %d" % (tuple(auths), modem._engine.dialect, auth))

    def verbs(key):
        return table.commands(key, apn=apn or b"", user=user, password=password, auth=auth, type=kind, family=6 if family == 6 else 1)

    if apn is not None:
        for verb in verbs(b"CONFIGURE") + (verbs(b"CONFIGURE_USER") if user else []):
            yield from run(modem, Command(None, verb))
    command = Command(None, verbs(b"ACTIVATE_STORED" if apn is None else b"ACTIVATE_USER" if user else b"ACTIVATE")[0])
    yield command
    if command.errno:
        # Some firmware refuses because the context is active already.
        address = yield from context_address(modem, table)
        if address is None:
            raise modem._error(command)


def _close_stale(modem, table):
    question, prefix, form = table.cells(b"STALE")
    command = ask(question, prefix=prefix)
    yield command
    ids = table.ids()
    stale = []
    for line in command.lines:
        index = 0
        n = value(line, 0)
        while n != MISSING:
            if form == b"BY_FLAG":  # the fields are 1 or 0, in order of the ids
                if n:
                    stale.append(ids[0] + index)
            elif form == b"BY_ID" or index == 0:  # BY_LINE: a line each, the id is the first field
                stale.append(n)
            index += 1
            n = value(line, index)
    for n in stale:
        if n in ids:
            yield Command(modem._engine.link(n), table.command(b"CLOSE"))
