"""Byte movers without machine code: what each function does is written in movers.py, the viper twins are in _viper.py.

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


def put(link, src, start, n):
    if n > link.size - link.count:
        n = link.size - link.count
    at = link.head + link.count
    if at >= link.size:
        at -= link.size
    first = n if n < link.size - at else link.size - at
    copy(link.buf, at, src, start, first)
    copy(link.buf, 0, src, start + first, n - first)
    link.count += n
    return n


def get(link, dst, at, n):
    if n > link.count:
        n = link.count
    first = n if n < link.size - link.head else link.size - link.head
    copy(dst, at, link.buf, link.head, first)
    copy(dst, at + first, link.buf, 0, n - first)
    link.count -= n
    link.head += n
    if link.head >= link.size:
        link.head -= link.size
    if not link.count:
        link.head = 0
    return n


def take_in(link, src, start, n):
    if link.discarding:
        return n
    if link.dst is None:
        return put(link, src, start, n)
    if n > link.dst_end - link.dst_at:
        n = link.dst_end - link.dst_at
    copy(link.dst, link.dst_at, src, start, n)
    link.dst_at += n
    return n


def scan(window, line, position, in_line, prompt):
    at, stop, n, room = position
    if not n:
        while at < stop and window[at] in b" \r\n":
            at += 1
        if prompt and at < stop and window[at] == 62:
            position[0] = at + 1
            return -1
    lf = window.find(b"\n", at, stop)
    end = lf if lf >= 0 else stop
    new = end - at if end - at < room - n else room - n
    copy(line, n, window, at, new)
    n += new
    cut = _header(line, n, in_line)
    if cut:
        position[0] = at + new - (n - cut)
        position[2] = 0
        line[cut - 1] = 0
        return cut - 1
    position[0] = end if lf < 0 else end + 1
    position[2] = n
    if lf >= 0:
        position[2] = 0
        while n and line[n - 1] == 13:
            n -= 1
        line[n] = 0
    if prompt and n > 2 and (line[n - 2 : n] == b"\r>" or line[n - 3 : n] == b"\r> "):  # behind an echo
        position[2] = 0
        return -1
    return n if lf >= 0 else 0


def fill(port, window, position):
    if position[0] < position[1]:
        return position[1] - position[0]
    n = min(port.stream.any(), len(window))
    if n > 0:
        n = port.stream.readinto(window, n) or 0
    position[0] = 0
    position[1] = n
    return n


def token(tokens):
    position = tokens.position
    while position[0] < position[1]:
        if tokens.kind == 1:
            n = position[1] - position[0]
            if n > tokens.left > 0:
                n = tokens.left
            if tokens.sink is not None:
                n = tokens.sink.write(tokens.window, position[0], n)
                if not n:
                    return 5
            position[0] += n
            if tokens.left:
                tokens.left -= n
                if not tokens.left:
                    tokens.kind = 0
                    return 4
        elif tokens.kind == 0:
            n = scan(tokens.window, tokens.line, position, tokens.in_line, tokens.prompt)
            if n > 0:
                tokens.n = n
                return 1
            if n:
                tokens.prompt = False
                return 2
        else:
            n = tokens.digits.next(tokens, position)
            if n:
                return n
    return 0


def _header(line, n, in_line):
    # The index behind the last comma of a header whose payload stands on the same line; 0: it is none, or not whole
    # yet.
    i = 0
    while in_line[i]:
        end = i + 1 + in_line[i]
        if line.startswith(in_line[i + 1 : end]):
            at = in_line[i]
            for _ in range(in_line[end]):
                at = line.find(b",", at, n) + 1
                if not at:
                    return 0
            return at
        i = end + 1
    return 0


def number(line, at):
    while line[at] in b' "(':
        at += 1
    start = at
    if line[at] == 45:  # a minus sign
        at += 1
    first = at
    while line[at] in _DIGITS:
        at += 1
    end = at
    while line[at] == 32:
        at += 1
    # Something else has taken the place of a digit, or of what ends a number.
    if end == first or line[end] > 58 or end < at and line[at] in _DIGITS:
        return _MISSING
    value = int(bytes(memoryview(line)[start:end]))
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


def _fields(line, at, n):
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


def match(rows, line, n, at, matched):
    wanted = matched[9]
    while rows[at]:
        row = at
        at += rows[at]
        event = 1 << rows[row + 1] | 1 << rows[row + 2]
        if not event & wanted:
            continue
        form = row + 11 + rows[row + 9]
        if not line.startswith(bytes(rows[row + 11 : form])):
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
            if not line.startswith(bytes(rows[form : form + rows[row + 10]]), p):
                continue
            p += rows[row + 10]
        if rows[row + 8] != 255 and rows[row + 8] != _fields(line, p, n):
            continue
        extra = rows[row + 7]
        if kind >= 6 and not _is_address(line, n, field(line, p, n, extra)):
            continue
        link = -1 if rows[row + 3] == 255 else _number(line, p, n, rows[row + 3])
        # An answer counts for the link that was asked about.
        if event < 1 << 18 and link != -1 and link != matched[10] and matched[10] != 1001:
            continue
        value = _number(line, p, n, rows[row + 4])
        ok = rows[row + 5]
        if ok == 255:
            ok = True
        elif ok == 252:
            ok = False
        else:
            ok = value == (matched[11] if ok == 254 else matched[12] if ok == 253 else ok)
        matched[0] = event
        matched[1] = link
        matched[2] = value
        matched[3] = _number(line, p, n, extra)
        matched[4] = kind
        matched[5] = p
        matched[6] = ok
        matched[7] = -1 if extra == 255 else extra
        matched[8] = row
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
