"""Bring-up, second part: the SIM ready, the module registered.  Loaded for the moment."""

from errno import EACCES, ENODEV

import atsock

from .printable import printable
from .fast import MISSING, const
from .lend import once

_POLL_MS = const(1000)  # between two questions

# +CREG stat (27.007 7.2)
_HOME = const(1)
_ROAMING = const(5)
_STAT = ("not searching", "home", "searching", "denied", "unknown", "roaming")


def register(modem, asking, pin):
    """Wait until the SIM is ready and the module registered.  The front's deadline ends it."""
    yield from _sim(asking, pin)
    yield from _registered(modem, asking)


def _sim(asking, pin):
    # 27.007 8.3.  Right after boot the SIM is busy for a while (+CME ERROR 14, or a failure that passes).
    for attempt in range(20):
        command = asking.query(b"AT+CPIN?")
        yield command
        state = asking.text(command.lines[-1], 0) if command.lines else b""
        if state == b"READY":
            return
        if state == b"SIM PIN":
            if not pin:
                raise atsock.ModemError(EACCES, "the SIM asks for its PIN: attach(pin=...)")
            command = asking.ask(b'AT+CPIN="' + pin + b'"', 20_000)
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


def _registered(modem, asking):
    # 27.007 7.2, 10.1.20, 10.1.22.  The front's deadline ends it.
    questions = once("settings", "look", modem, "words", b"REGISTRATION")
    awake = False
    while True:
        stat = MISSING
        for question in questions:
            command = asking.query(question)
            yield command
            for line in command.lines:
                stat = registered(asking, line)
                if stat == _HOME or stat == _ROAMING:
                    return
        if not awake:
            awake = True
            command = asking.query(b"AT+CFUN?")  # 27.007 8.2: 0 and 4 are radio off
            yield command
            if command.lines and asking.value(command.lines[0], 0) != 1:
                yield asking.ask(b"AT+CFUN=1", 15_000)
        yield _POLL_MS


def registered(asking, line):
    """<stat> of an answer +CREG: <n>,<stat>[,...]; MISSING for a notice +CREG: <stat>[,"<area>",...] between."""
    comma = line.find(b",")
    return MISSING if comma < 0 or line[comma + 1 : comma + 2] == b'"' else asking.value(line, 1)


def describe(stat):
    return _STAT[stat] if 0 <= stat < len(_STAT) else "state %d" % stat
