"""Cases of a test, with names, on both interpreters:

    @cases("access", ACCESS)
    @cases("dialect", DIALECTS)
    def test_sends(dialect, access):

is test_sends[bg96-buffer], test_sends[bg96-push] ...: pytest's own parametrisation on CPython.  run.py reads the same
from the table here, because functions of MicroPython have no attributes.  The decorator that is nearest to the function
comes first in the name, and its values change last.
"""

try:
    from pytest import mark
except ImportError:  # MicroPython
    mark = None

_TABLE = {}  # test function: [(names of its parameters, values, ids), ...], the nearest first


def cases(names, values, ids=None):
    """A decorator: call the test with each of the values.

    names: of a parameter, or a tuple of names when each value is a tuple of so many.  ids: what the values are called
    in the name of the case, else the values themselves.
    """
    values = tuple(values)
    names = (names,) if isinstance(names, str) else tuple(names)
    if ids is None:
        ids = [_id(value) for value in values]
    ids = tuple(ids)
    assert len(ids) == len(set(ids)) == len(values), "ids of %r: %r" % (names, ids)

    def decorate(function):
        _TABLE.setdefault(function, []).append((names, values, ids))
        if mark is None:
            return function
        return mark.parametrize(names if len(names) > 1 else names[0], values, ids=ids)(function)

    return decorate


def cases_of(function):
    """[(id, arguments by name), ...] of a test; the id is "" where it has no cases."""
    found = [("", {})]
    for names, values, ids in _TABLE.get(function, ()):
        found = [_joined(case, names, values[i], ids[i]) for case in found for i in range(len(values))]
    return found


def _joined(case, names, value, id):
    known, arguments = case
    arguments = dict(arguments)
    for i in range(len(names)):
        arguments[names[i]] = value if len(names) == 1 else value[i]
    return (known + "-" + id if known else id), arguments


def _id(value):
    if isinstance(value, (tuple, list)):
        return "-".join([_id(item) for item in value])
    if isinstance(value, bytes):
        return "".join([chr(byte) if 32 < byte < 127 else "." for byte in value])
    return str(value)
