"""What the modules that ask have in common: a question, an answer's fields, a command that must succeed."""

from errno import EIO

from .fast import MISSING, const, field, number
from .question import Question

_ANY_MS = const(9000)  # general commands; 27.007 prints no times
_OK = const(1 << 0)


def ask(text, timeout_ms=_ANY_MS, prefix=None, need=_OK):
    """A command whose information lines are collected in .lines."""
    command = Question(None, (text, timeout_ms, need, 0))
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


def run(modem, command, must=True):
    """Run one command; raises CommandError when it was refused and `must`."""
    yield command
    if command.errno and (must or command.errno != EIO):
        raise modem._error(command)
    return command


def run_steps(modem, steps):
    """Run the steps of a setup, see Table.steps()."""
    for command, must in steps:
        yield from run(modem, ask(command) if isinstance(command, bytes) else Question(None, command), must)
