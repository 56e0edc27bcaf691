"""Byte movers without machine code: what each function does is written in fast.py, the viper twins are in _viper.py.

For CPython, where the slices and binascii below are C loops, and for MicroPython ports that have no
viper emitter.  There the slices cost a few dozen bytes of heap per call: the promise of zero
allocation holds with viper only.
"""

from binascii import unhexlify
from binascii import hexlify as _hexlify

_MISSING = -(1 << 28)
_DIGITS = b"0123456789"
_HEX = b"0123456789abcdefABCDEF"


def copy(dst, at, src, start, n):
    dst[at : at + n] = memoryview(src)[start : start + n]


def put_number(dst, at, value):
    digits = b"%d" % value
    dst[at : at + len(digits)] = digits
    return at + len(digits)


def number(line, at):
    while line[at] in b' "(':
        at += 1
    start = at
    if line[at] == 45:  # a minus sign
        at += 1
    first = at
    while line[at] in _DIGITS:
        at += 1
    if at == first:
        return _MISSING
    value = int(bytes(memoryview(line)[start:at]))
    return value if abs(value) < 268435450 else _MISSING  # the bound of the viper twin


def field(line, at, n, index):
    quoted = False
    while index:
        if at >= n:
            return -1
        if line[at] == 34:
            quoted = not quoted
        elif line[at] == 44 and not quoted:
            index -= 1
        at += 1
    return at


def fields(line, at, n):
    while at < n and line[at] == 32:
        at += 1
    if at >= n:
        return 0
    count = 1
    quoted = False
    while at < n:
        if line[at] == 34:
            quoted = not quoted
        elif line[at] == 44 and not quoted:
            count += 1
        at += 1
    return count


def hexlify(dst, at, src, start, n):
    dst[at : at + 2 * n] = _hexlify(bytes(memoryview(src)[start : start + n])).upper()


def unhex(buf, at, end):
    digits = bytes(memoryview(buf)[at:end])
    span = len(digits) - len(digits.lstrip(_HEX))  # unhexlify() itself would skip blanks
    made = unhexlify(digits[: span & ~1])
    buf[at : at + len(made)] = made
    return len(made)


def match(rows, line, n, at, found):
    wanted = found[9]
    while rows[at]:
        row = at
        at += rows[at]
        event = 1 << rows[row + 1] | 1 << rows[row + 2]
        if not event & wanted:
            continue
        form = row + 11 + rows[row + 9]
        if not line.startswith(rows[row + 11 : form]):
            continue
        kind = rows[row + 6]
        p = rows[row + 9]
        if kind == 5:  # WORD
            if n != p:
                continue
            p = 0
        else:
            while line[p] == 32:
                p += 1
            if not line.startswith(rows[form : form + rows[row + 10]], p):
                continue
            p += rows[row + 10]
        if rows[row + 8] != 255 and rows[row + 8] != fields(line, p, n):
            continue
        extra = rows[row + 7]
        if kind >= 6 and not _is_address(line, n, field(line, p, n, extra)):
            continue
        link = -1 if rows[row + 3] == 255 else _number(line, p, n, rows[row + 3])
        # An answer counts for the link that was asked about.
        if event < 1 << 18 and link != -1 and link != found[10] and found[10] != 1001:
            continue
        value = _number(line, p, n, rows[row + 4])
        good = rows[row + 5]
        if good == 255:
            good = True
        elif good == 252:
            good = False
        else:
            good = value == (found[11] if good == 254 else found[12] if good == 253 else good)
        found[0] = event
        found[1] = link
        found[2] = value
        found[3] = _number(line, p, n, extra)
        found[4] = kind
        found[5] = p
        found[6] = good
        found[7] = -1 if extra == 255 else extra
        found[8] = row
        return at
    return 0


def _number(line, at, n, index):
    if index != 255:
        at = field(line, at, n, index)
        if at >= 0:
            return number(line, at)
    return _MISSING


def _is_address(line, n, at):
    # Only an address tells a datagram's header from a line of as many numbers.
    while 0 <= at < n and line[at] != 44:
        if line[at] in b'".:':
            return True
        at += 1
    return False


def fill_in(dst, text, start, link, n):
    end = text.find(b"\4", start)
    text = text[start:] if end < 0 else text[start:end]
    text = text.replace(b"\1", b"%d" % link).replace(b"\2", b"%d" % n)
    dst[: len(text)] = text
    return len(text)
