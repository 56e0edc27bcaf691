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
