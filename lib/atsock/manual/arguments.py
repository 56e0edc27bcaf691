"""The arguments of a command: checked against the manual's types and ranges, and put into the command line.

Knows the notation of the tables beside this file (__init__.py) and no command.  What passes cannot end a string, a
field or a line.
"""

from binascii import unhexlify

from .. import checks

TOO_MANY = -1
_SHOWN = 60  # characters of a wrong value in a message
_ESC = b"\x1b"
_CTRL_Z = b"\x1a"
_ETX = b"\x03"
# What ends a send whose payload does not come any more, by the kind of payload.
_ABORT = {"z": _ESC, "e": _ESC, "y": _CTRL_Z, "t": b""}


class Mismatch(ValueError):
    """An argument that the form does not take.

    index: which one, TOO_MANY: the last ones; name: the manual's; allowed: what it may be; akin: the value is at least
    of the right kind; wrong_type: no parameter of any command takes such a value.
    """

    def __init__(self, index, name, allowed, value=None, akin=False):
        self.index = index
        self.name = name
        self.allowed = allowed
        self.akin = akin
        self.wrong_type = isinstance(value, (bool, float))
        self.given = ""
        if (value is not None or akin) and "password" not in name.lower():
            self.given = ", not " + _shown(value)
        super().__init__(self.text([allowed]))

    def text(self, alternatives):
        return "%s: %s%s" % (self.name, " or ".join(alternatives), self.given)


def _shown(value):
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


class Line:
    """What is to be sent: text, then the digits of `hexdata` and a quote if there is some; payload after the prompt."""

    def __init__(self, text):
        self.text = text
        self.hexdata = None
        self.payload = None  # bytes with their end mark
        self.cancels = False  # the payload is ESC
        self.abort_sequence = None  # what ends a send that has no count


def compose(form, params, args, ranges):
    """The Line of the form for these arguments.  form, params: columns of FORMS; ranges: RANGES.  Raises Mismatch."""
    items = params.split(",") if params else []
    line = Line(b"AT" + form.encode())
    fields: "list[bytes]" = []
    for index, item in enumerate(items):
        optional = item[0] == "["
        name, kind = (item[1:] if optional else item).split(":", 1)
        if index >= len(args):
            if not optional:
                raise Mismatch(index, name.lstrip("?"), "missing")
            break
        if line.payload is None:
            _put(line, fields, index, name, ranges.get(kind, kind), args)
        else:
            _text(index, name, kind, args[index])  # stands behind the payload: says how that ends
    if len(args) > len(items):
        raise Mismatch(TOO_MANY, "arguments", "%d at most" % len(items), len(args))
    while fields and not fields[-1] and items[len(fields) - 1][0] == "[":
        fields.pop()  # left empty at the end: left out
    line.text += b",".join(fields)
    return line


def _put(line, fields, index, name, kind, args):
    value = args[index]
    if kind[0] in "#zyet":
        line.payload, line.cancels = _payload(index, name, kind, args)
        line.abort_sequence = _ABORT.get(kind[0])
    elif kind[0] == "x":
        line.hexdata = _digits(index, name, int(kind[1:]), value)
        fields.append(b'"')
    else:
        fields.append(_field(index, name, kind, value))


def _field(index, name, kind, value):
    if name[0] == "?":
        if value is None:
            return b""
        name = name[1:]
    if kind == "none":
        raise Mismatch(index, name, "empty (None)", value)
    if value is None:
        raise Mismatch(index, name, "cannot be empty")
    if kind[0].isdigit():
        return number(index, name, kind, value)
    return _text(index, name, kind, value)


def number(index, name, kind, value):
    """A number of this kind ("1-16", "5", "0|1|5") as it goes into the line (bytes).  Raises Mismatch."""
    akin = isinstance(value, (int, float))
    if "|" in kind:
        if isinstance(value, (bool, float)) or value not in [int(n) for n in kind.split("|")]:
            raise Mismatch(index, name, "one of " + kind.replace("|", ", "), value, akin)
    else:
        low, _, high = kind.partition("-")
        if not akin or isinstance(value, (bool, float)) or not int(low) <= value <= int(high or low):
            raise Mismatch(index, name, low + " to " + high if high else low, value, akin)
    return b"%d" % value


def _text(index, name, kind, value):
    if not isinstance(value, str):
        raise Mismatch(index, name, "text", value)
    if kind[0] == '"':
        return _choice(index, name, kind.strip('"').split("|"), value)
    wrong = None
    try:
        data = checks.host(value) if kind[0] in "had" else checks.quoted(value, name, 255)
        if kind[0] == "h" and b":" in data:
            wrong = "a host name or IPv4 address"
        elif kind[0] == "d" and not _is_domain(data):
            wrong = "letters, digits and hyphens between dots, up to 63 each"
    except ValueError as error:
        wrong = str(error)
    if wrong:
        raise Mismatch(index, name, wrong, value, True)
    if kind[0] in "bi":
        return _address(index, name, kind, data)
    if len(data) > int(kind[1:]):
        raise Mismatch(index, name, "up to %s characters" % kind[1:], value, True)
    return b'"' + data + b'"'


def _is_domain(data):
    for label in data.split(b"."):
        if not 0 < len(label) < 64 or label[0] == 45 or b"_" in label or b":" in label:
            return False
    return True


def _choice(index, name, choices, value):
    if value not in choices:
        raise Mismatch(index, name, " or ".join(['"%s"' % one for one in choices]), value, True)
    return b'"' + value.encode() + b'"'


def _address(index, name, kind, data):
    bare = kind[0] == "b"
    kind = kind.lstrip("b")
    version = "ip6" if b":" in data else "ip4"
    if kind not in ("ip", version) or not checks.is_address(data) or data.strip(b"0123456789abcdefABCDEF.:"):
        wanted = {"ip": "IP", "ip4": "IPv4", "ip6": "IPv6"}[kind]
        raise Mismatch(index, name, "a numeric %s address" % wanted, data.decode(), True)
    return data if bare else b'"' + data + b'"'


def _digits(index, name, limit, value):
    if not isinstance(value, str):
        raise Mismatch(index, name, "hexadecimal digits as text", value)
    if not 0 < len(value) <= limit:
        raise Mismatch(index, name, "2 to %d hexadecimal digits" % limit, value, True)
    try:
        data = unhexlify(value)
    except ValueError:
        data = b""
    if not data:
        raise Mismatch(index, name, "pairs of hexadecimal digits", value, True)
    return data


def _payload(index, name, kind, args):
    value = args[index]
    if value is None and kind[0] in "ze":  # Ctrl-Z forms that know ESC
        return _ESC, True
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise Mismatch(index, name, "bytes", value)
    data = bytes(value)
    if kind[0] == "#":
        n = args[int(kind[1:])]
        if len(data) != n:
            raise Mismatch(index, name, "%d bytes as announced" % n, len(data), True)
        return data, False
    limit = int(kind[1:])
    if not 0 < len(data) <= limit:
        raise Mismatch(index, name, "1 to %d bytes" % limit, len(data), True)
    if kind[0] == "e":
        return _escaped(data) + _CTRL_Z, False
    if _CTRL_Z in data or _ESC in data and kind[0] == "z":
        wanted = "without 0x1A and 0x1B, which would end it (send such bytes with their length)"
        raise Mismatch(index, name, wanted, value, True)
    return (data if kind[0] == "t" else data + _CTRL_Z), False


def _escaped(data):
    # SIMCom: ETX before ETX, Ctrl-Z and ESC.
    for byte in (_ETX, _CTRL_Z, _ESC):
        data = data.replace(byte, _ETX + byte)
    return data
