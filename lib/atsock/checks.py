"""Arguments that go into a command line: checked before anything is sent, as bytes afterwards.

Nothing that passes here can end a string, a field or a line of an AT command.  All raise ValueError with
what was wrong (TypeError for the wrong type).
"""

ACCESSES = ("buffer", "push", "hex", "transparent")  # the access modes


def host(text):
    """A host name or address: letters, digits and . - _ : up to 255 (RFC 1035 2.3.4; 253 in practice)."""
    data = _ascii(text, "host name %r" % (text,))
    if not 0 < len(data) <= 255:
        raise ValueError("host name: 1 to 255 characters, not %d" % len(data))
    for byte in data:
        if byte not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:":
            raise ValueError("host name %r: the character %r cannot stand in one" % (text, chr(byte)))
    return data


def port(number, lowest=1):
    """A port number: lowest to 65535."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError("port: an int, not %r" % (number,))
    if not lowest <= number <= 65535:
        raise ValueError("port: %d to 65535, not %d" % (lowest, number))
    return number


def quoted(text, what, most):
    """Printable ASCII for a quoted string: no quotes, no line breaks, up to `most` characters."""
    data = _ascii(text, what)
    if len(data) > most:
        raise ValueError("%s: up to %d characters, not %d" % (what, most, len(data)))
    for byte in data:
        if byte < 32 or byte > 126 or byte == 34:
            name = "a quote" if byte == 34 else "the control character %d" % byte
            raise ValueError("%s: %s cannot be sent" % (what, name))
    return data


def access(name):
    """The name of an access mode, one of ACCESSES."""
    if name not in ACCESSES:
        raise ValueError("access: one of %s, not %r" % (", ".join(ACCESSES), name))
    return name


def line(text):
    """A whole command line without its CR: no control characters."""
    data = _ascii(text, "command")
    if not data:
        raise ValueError("command: empty")
    for byte in data:
        if byte < 32 or byte > 126:
            raise ValueError("command: the character %d cannot stand in one" % byte)
    return data


def _ascii(text, what):
    if isinstance(text, (bytes, bytearray)):
        data = bytes(text)
    elif isinstance(text, str):
        data = _encoded(text)
    else:
        raise TypeError("%s: a str, not %s" % (what, type(text).__name__))
    for byte in data:
        if byte > 127:
            raise ValueError("%s: ASCII only" % what)
    return data


def _encoded(text):
    # CPython's surrogates have no bytes, and its error would show all of the text.
    try:
        return text.encode()
    except UnicodeError:
        return b"\xff"


def is_address(data):
    """Is it a numeric IPv4 or IPv6 address (bytes), rather than a name?"""
    if b":" in data:
        return True
    parts = data.split(b".")
    return len(parts) == 4 and len([part for part in parts if part.isdigit() and int(part) < 256]) == 4


def eight_groups(address):
    """An IPv6 address (bytes) with all of its eight groups, as some manuals want it; others are returned as they
    are.
    """
    if b"::" not in address:
        return address
    head, tail = address.split(b"::", 1)
    head = head.split(b":") if head else []
    tail = tail.split(b":") if tail else []
    return b":".join(head + [b"0"] * (8 - len(head) - len(tail)) + tail)
