"""Arguments that go into a command line: checked before anything is sent, as bytes afterwards; and the buffers of
transfers.

Nothing that passes here can end a string, a field or a line of an AT command.  All raise ValueError with
what was wrong (TypeError for the wrong type).
"""

import sys

ACCESSES = ("buffer", "push", "hex", "transparent")  # the access modes

_MICROPYTHON = sys.implementation.name == "micropython"
_COUNTED = (bytes, bytearray)  # len() of these counts bytes
_LINE_MAX = 2560  # the longest command of the manuals carries 2048 digits


def source(buf):
    """What is sent, so that len() counts its bytes: bytes, bytearrays and memoryviews of bytes as they are, text in
    UTF-8, another buffer (an array) as a copy.  Allocates nothing for the first three.
    """
    if isinstance(buf, _COUNTED):
        return buf
    if isinstance(buf, str):
        return buf.encode()
    if isinstance(buf, memoryview) and (_MICROPYTHON or _is_plain(buf)):
        return buf
    return bytes(memoryview(buf))


def room(buf):
    """What is received into: a bytearray or a memoryview of bytes as it is, on CPython also the bytes of another buffer
    that can be written.  Allocates nothing for the first two.
    """
    if isinstance(buf, bytearray):
        return buf
    if not _MICROPYTHON:
        view = memoryview(buf)
        if view.readonly:
            raise TypeError("a buffer that can be written is needed, not %s" % type(buf).__name__)
        return view if _is_plain(view) else view.cast("B")
    if not isinstance(buf, memoryview):
        memoryview(buf)
    if len(buf):
        buf[0] = buf[0]  # what is read only says so here, machine code writes to it all the same
    return buf


def _is_plain(view):
    # CPython: is it of single bytes, one behind the other?
    return view.format == "B" and view.ndim == 1 and view.c_contiguous


def host(text, most=255):
    """A host name or address: letters, digits and . - _ : up to `most` of them (RFC 1035 2.3.4: 255)."""
    data = _ascii(text, "host name %r" % (text,))
    if not 0 < len(data) <= most:
        raise ValueError("host name: 1 to %d characters, not %d" % (most, len(data)))
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
    """A whole command line without its CR: no control characters, not longer than what a module can be given."""
    data = _ascii(text, "command")
    if not data:
        raise ValueError("command: empty")
    if len(data) > _LINE_MAX:
        raise ValueError("command: up to %d characters, not %d" % (_LINE_MAX, len(data)))
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


def timeout(ms, least):
    """A time limit in ms, `least` or more, or None, which has a meaning of its own."""
    if ms is None:
        return None
    if isinstance(ms, bool) or not isinstance(ms, int):
        raise TypeError("timeout_ms: an int or None, not %r" % (ms,))
    if ms < least:
        raise ValueError("timeout_ms: %d or more, or None, not %d" % (least, ms))
    return ms
