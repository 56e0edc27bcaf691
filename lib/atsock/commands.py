"""Modem's way to any AT command: command(), call(), query(), test(), and what every module tells of itself.  Loaded for the call."""

from . import checks, tables
from . import asking
from .asking import ask, run, value
from .printable import printable
from .fast import MISSING
from .lend import borrow, once

_COMMAND_MS = 60_000


def command(modem, text, prefix=None, timeout_ms=None):
    """Send any AT command; returns its information lines as a list of bytes, without line ends.

    prefix: only lines that begin with it (str or bytes); else those that begin with the command's own name or with no "+".
    timeout_ms: 60000 unless given.  Counted payload in the answer becomes one bytearray.  Raises CommandError when the module refuses, Timeout,
    ValueError for control characters in the text.  Works before attach().
    """
    text = checks.line(text)
    if prefix is not None:
        prefix = checks.line(prefix)
    asked = ask(text, timeout_ms or _COMMAND_MS, prefix)
    modem._run(run(modem, asked), -1, "command")
    _heed(modem, text)
    return asked.lines


def _heed(modem, text):
    # A command that the program gave itself (bytes): it may have been what detach() does.
    table = tables.of(modem)
    if table is not None and text.upper() == table.command(b"DEACTIVATE")[0]:
        modem._is_down()


def call(modem, name, *args):
    """Any command of the dialect's manual by its name; returns its answer as Python values.

    The write form, or the exec form without arguments.  args: the manual's parameters in order, numbers as int,
    texts as str without quotes, None for a field left empty; payload for a prompt comes last, as bytes (None
    cancels the send where the manual knows ESC).  They are checked against the manual before a byte is sent:
    ValueError (what was wrong), TypeError (bool, float).
    Returns None; a tuple of the fields of the information line (int, str, None; payload as bytes); or a list of
    tuples where the answer is a list.  What the manual announces for later (+QIOPEN:, +CIPOPEN:, ...) is waited
    for and is the value; "CONNECT" when data mode begins, left by once("+++").  Raises CommandError, also for
    a result that tells a failure, and Timeout.
    Goes behind the sockets' back: what they have open is better left alone.
    """
    return modem._run(once("catalogue", "call", modem, name, args), -1, "call")


def query(modem, name):
    """The read form ("?") of a command of the manual; returns and raises as call()."""
    return modem._run(once("catalogue", "query", modem, name), -1, "query")


def test(modem, name):
    """The test form ("=?"): its fields as a list of str, a list of such lists when it has several lines."""
    return modem._run(once("catalogue", "test", modem, name), -1, "test")


def identity(modem):
    """(manufacturer, model, revision) as str, as the module tells them (27.007 5.1-5.3)."""
    return tuple([printable(b" ".join(command(modem, text))) for text in ("AT+CGMI", "AT+CGMM", "AT+CGMR")])


def signal(modem):
    """(RSSI in dBm, BER class 0-7); None for what is not known (27.007 8.5)."""
    line = command(modem, "AT+CSQ", "+CSQ:")[0]
    rssi, ber = value(line, 0), value(line, 1)
    return (2 * rssi - 113 if 0 <= rssi <= 31 else None, ber if 0 <= ber <= 7 else None)


def registration(modem):
    """State of registration: "home", "roaming", "searching", "denied", "not searching" or "unknown" (27.007 7.2)."""
    stat = MISSING
    table = tables.of(modem)
    questions = table.words(b"REGISTRATION") if table else (b"AT+CREG?",)
    registration = borrow("registration")
    for question in questions:
        for line in command(modem, question, question[2:-1] + b":"):
            stat = registration.registered(asking, line)
            if stat in (1, 5):
                return registration.describe(stat)
    return registration.describe(stat)
