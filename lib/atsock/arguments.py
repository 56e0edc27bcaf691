"""The arguments of a command: checked against the manual's types and ranges, and put into the command line.

Knows the notation of the tables in manual/ and no command.  What passes cannot end a string, a field or a line.
"""

from binascii import unhexlify

from . import checks


class Mismatch(ValueError):
    """An argument that the form does not take; index: which one."""

    def __init__(self, index, text):
        super().__init__(text)
        self.index = index


class Line:
    """What is to be sent: text, then the digits of `hexdata` and a quote if there is some; payload after the prompt."""

    def __init__(self, text):
        self.text = text
        self.hexdata = None
        self.payload = None  # bytes with their end mark
        self.cancels = False  # the payload is ESC


def compose(form, params, args, ranges):
    """The Line of the form for these arguments.  Raises Mismatch; TypeError for bool and float."""
    items = params.split(",") if params else []
    line = Line(b"AT" + form.encode())
    fields = []
    for index, item in enumerate(items):
        optional = item[0] == "["
        name, kind = (item[1:] if optional else item).split(":", 1)
        if index >= len(args):
            if not optional:
                raise Mismatch(index, "%s is missing" % name.lstrip("?"))
            break
        _check_type(form, name, args[index])
        if line.payload is None:
            _put(line, fields, index, name, ranges.get(kind, kind), args)
        else:
            _text(index, name, kind, args[index])  # stands behind the payload: says how that ends
    if len(args) > len(items):
        raise Mismatch(len(items), "%d arguments at most, not %d" % (len(items), len(args)))
    while fields and not fields[-1] and items[len(fields) - 1][0] == "[":
        fields.pop()  # left empty at the end: left out
    line.text += b",".join(fields)
    return line


def _check_type(form, name, value):
    if isinstance(value, (bool, float)):
        raise TypeError("%s: %s: an int or text, not %r" % (form.strip("+="), name.lstrip("?"), value))


def _put(line, fields, index, name, kind, args):
    value = args[index]
    if kind[0] in "#zyet":
        line.payload, line.cancels = _payload(index, name, kind, args)
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
        raise Mismatch(index, "%s: has to be empty (None), not %r" % (name, value))
    if value is None:
        raise Mismatch(index, "%s: cannot be empty" % name)
    if kind[0].isdigit():
        return _number(index, name, kind, value)
    return _text(index, name, kind, value)


def _number(index, name, kind, value):
    if "|" in kind:
        if value not in [int(n) for n in kind.split("|")]:
            raise Mismatch(index, "%s: one of %s, not %r" % (name, kind.replace("|", ", "), value))
    else:
        low, _, high = kind.partition("-")
        if not isinstance(value, int) or not int(low) <= value <= int(high or low):
            allowed = low + " to " + high if high else low
            raise Mismatch(index, "%s: %s, not %r" % (name, allowed, value))
    return b"%d" % value


def _text(index, name, kind, value):
    if not isinstance(value, (str, bytes, bytearray)):
        raise Mismatch(index, "%s: text, not %r" % (name, value))
    if kind[0] == '"':
        return _choice(index, name, kind.strip('"').split("|"), value)
    wrong = None
    try:
        data = checks.host(value) if kind[0] in "had" else checks.quoted(value, name, 255)
        if kind[0] == "h" and b":" in data:
            wrong = "a host name or IPv4 address, not %r" % value
        elif kind[0] == "d" and not _is_domain(data):
            wrong = "letters, digits and hyphens between dots, up to 63 each, not %r" % value
    except ValueError as error:
        wrong = str(error)
    if wrong:
        raise Mismatch(index, wrong if wrong.startswith(name) else "%s: %s" % (name, wrong))
    if kind[0] in "bi":
        return _address(index, name, kind, data)
    if len(data) > int(kind[1:]):
        raise Mismatch(index, "%s: up to %s characters, not %d" % (name, kind[1:], len(data)))
    return b'"' + data + b'"'


def _is_domain(data):
    for label in data.split(b"."):
        if not 0 < len(label) < 64 or label[0] == 45 or b"_" in label or b":" in label:
            return False
    return True


def _choice(index, name, choices, value):
    text = value if isinstance(value, str) else bytes(value).decode()
    if text not in choices:
        raise Mismatch(index, "%s: one of %s, not %r" % (name, ", ".join(['"%s"' % one for one in choices]), value))
    return b'"' + text.encode() + b'"'


def _address(index, name, kind, data):
    bare = kind[0] == "b"
    kind = kind.lstrip("b")
    version = "ip6" if b":" in data else "ip4"
    if kind not in ("ip", version) or not checks.is_address(data) or data.strip(b"0123456789abcdefABCDEF.:"):
        wanted = {"ip": "IP", "ip4": "IPv4", "ip6": "IPv6"}[kind]
        raise Mismatch(index, "%s: a numeric %s address, not %r" % (name, wanted, data.decode()))
    return data if bare else b'"' + data + b'"'


def _digits(index, name, most, value):
    if not isinstance(value, (str, bytes, bytearray)):
        raise Mismatch(index, "%s: hexadecimal digits as text, not %r" % (name, value))
    if not 0 < len(value) <= most:
        raise Mismatch(index, "%s: 2 to %d digits, not %d" % (name, most, len(value)))
    try:
        data = unhexlify(value)
    except ValueError:
        data = b""
    if not data:
        raise Mismatch(index, "%s: pairs of hexadecimal digits, not %r" % (name, value))
    return data


def _payload(index, name, kind, args):
    value = args[index]
    if value is None and kind[0] in "ze":  # Ctrl-Z forms that know ESC
        return b"\x1b", True
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise Mismatch(index, "%s: bytes, not %r" % (name, value))
    data = bytes(value)
    if kind[0] == "#":
        n = args[int(kind[1:])]
        if len(data) != n:
            raise Mismatch(index, "%s: %d bytes as announced, not %d" % (name, n, len(data)))
        return data, False
    most = int(kind[1:])
    if not 0 < len(data) <= most:
        raise Mismatch(index, "%s: 1 to %d bytes, not %d" % (name, most, len(data)))
    if kind[0] == "e":
        return _escaped(data) + b"\x1a", False
    if b"\x1a" in data or b"\x1b" in data and kind[0] == "z":
        raise Mismatch(index, "%s: 0x1A or 0x1B would end it, give the length to send such bytes" % name)
    return (data if kind[0] == "t" else data + b"\x1a"), False


def _escaped(data):
    # SIMCom: ETX before ETX, Ctrl-Z and ESC.
    for byte in (b"\x03", b"\x1a", b"\x1b"):
        data = data.replace(byte, b"\x03" + byte)
    return data
