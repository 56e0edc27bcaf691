import micropython  # first, so that CPython stops here and never reaches the pointer types below

# Byte movers in viper; what each function does is written in movers.py, the plain twins are in _plain.py.
# Shipped as source: an .mpy of this file carries machine code of one architecture only.


@micropython.viper
def copy(dst, at: int, src, start: int, n: int):
    d = ptr8(dst)
    s = ptr8(src)
    i = 0
    while i < n:
        d[at + i] = s[start + i]
        i += 1


@micropython.viper
def put(link, src, start: int, n: int) -> int:
    size = int(link.size)
    count = int(link.count)
    if n > size - count:
        n = size - count
    at = int(link.head) + count
    if at >= size:
        at -= size
    d = ptr8(link.buf)
    s = ptr8(src)
    i = 0
    while i < n:
        d[at] = s[start + i]
        at += 1
        if at == size:
            at = 0
        i += 1
    link.count = count + n
    return n


@micropython.viper
def get(link, dst, at: int, n: int) -> int:
    size = int(link.size)
    count = int(link.count)
    if n > count:
        n = count
    start = int(link.head)
    d = ptr8(dst)
    s = ptr8(link.buf)
    i = 0
    while i < n:
        d[at + i] = s[start]
        start += 1
        if start == size:
            start = 0
        i += 1
    link.count = count - n
    link.head = start if n < count else 0
    return n


@micropython.viper
def take_in(link, src, start: int, n: int) -> int:
    if link.discarding:
        return n
    dst = link.dst
    if not dst:  # no buffer, that is; viper has no "is None"
        return int(put(link, src, start, n))
    at = int(link.dst_at)
    if n > int(link.dst_end) - at:
        n = int(link.dst_end) - at
    link.dst_at = at + n
    d = ptr8(dst)
    s = ptr8(src)
    i = 0
    while i < n:
        d[at + i] = s[start + i]
        i += 1
    return n


@micropython.viper
def scan(window, line, position, in_line, prompt: int) -> int:
    w = ptr8(window)
    to = ptr8(line)
    m = ptr32(position)
    h = ptr8(in_line)
    at = m[0]
    stop = m[1]
    n = m[2]
    byte = 0
    if n == 0:
        while at < stop and (w[at] == 32 or w[at] == 13 or w[at] == 10):
            at += 1
        if prompt != 0 and at < stop and w[at] == 62:
            m[0] = at + 1
            return -1
    while at < stop and byte != 10:
        byte = int(w[at])
        at += 1
        if byte != 10 and n < m[3]:
            to[n] = byte
            n += 1
            i = 0
            while byte == 44 and h[i] != 0:  # is it the last comma of a header?
                size = int(h[i])
                k = 0
                while k < size and to[k] == h[i + 1 + k]:
                    k += 1
                i += size + 1
                if k == size:
                    commas = int(h[i])
                    while k < n:
                        if to[k] == 44:
                            commas -= 1
                        k += 1
                    if commas == 0:
                        to[n - 1] = 0
                        m[0] = at
                        m[2] = 0
                        return n - 1
                i += 1
    m[0] = at
    m[2] = n
    if byte == 10:
        m[2] = 0
        while n > 0 and to[n - 1] == 13:
            n -= 1
        to[n] = 0
    i = n - 1
    if i > 1 and to[i] == 32:  # the blank behind a prompt
        i -= 1
    if prompt != 0 and i > 0 and to[i] == 62 and to[i - 1] == 13:  # behind an echo
        m[2] = 0
        return -1
    return n if byte == 10 else 0


@micropython.viper
def fill(port, window, position) -> int:
    m = ptr32(position)
    if m[0] < m[1]:
        return m[1] - m[0]
    stream = port.stream
    n = int(stream.any())
    room = int(len(window))
    if n > room:
        n = room
    if n > 0:
        got = stream.readinto(window, n)
        n = int(got) if got else 0
    m[0] = 0
    m[1] = n
    return n


@micropython.viper
def token(tokens) -> int:
    position = tokens.position
    m = ptr32(position)
    window = tokens.window
    while m[0] < m[1]:
        kind = int(tokens.kind)
        if kind == 1:
            n = m[1] - m[0]
            left = int(tokens.left)
            if left > 0 and n > left:
                n = left
            sink = tokens.sink
            if sink:
                n = int(sink.write(window, m[0], n))
                if n == 0:
                    return 5
            m[0] = m[0] + n
            if left > 0:
                left -= n
                tokens.left = left
                if left == 0:
                    tokens.kind = 0
                    return 4
        elif kind == 0:
            n = int(scan(window, tokens.line, position, tokens.in_line, tokens.prompt))
            if n > 0:
                tokens.n = n
                return 1
            if n < 0:
                tokens.prompt = False
                return 2
        else:
            n = int(tokens.digits.next(tokens, position))
            if n != 0:
                return n
    return 0


@micropython.viper
def number(line, at: int) -> int:
    s = ptr8(line)
    while s[at] == 32 or s[at] == 34 or s[at] == 40:
        at += 1
    sign = 1
    if s[at] == 45:
        sign = -1
        at += 1
    if s[at] < 48 or s[at] > 57:
        return -(1 << 28)
    value = 0
    most = 6553
    most = most << 12 | 2456  # 26843544: one digit more could leave the 28 bits that MISSING is beyond (see _split())
    while s[at] >= 48 and s[at] <= 57:
        if value > most:
            return -(1 << 28)
        value = value * 10 + s[at] - 48
        at += 1
    if s[at] > 58:  # something else has taken the place of a digit, or of what ends a number
        return -(1 << 28)
    if s[at] == 32:
        while s[at] == 32:
            at += 1
        if s[at] >= 48 and s[at] <= 57:
            return -(1 << 28)
    return sign * value


@micropython.viper
def field(line, at: int, n: int, index: int) -> int:
    s = ptr8(line)
    quoted = 0
    while index > 0:
        if at >= n:
            return -1
        if s[at] == 34:
            quoted ^= 1
        elif s[at] == 44 and quoted == 0:
            index -= 1
        at += 1
    return at


@micropython.viper
def hexlify(dst, at: int, src, start: int, n: int):
    d = ptr8(dst)
    s = ptr8(src)
    i = 0
    while i < n:
        high = s[start + i] >> 4
        low = s[start + i] & 15
        d[at] = high + 48 if high < 10 else high + 55
        d[at + 1] = low + 48 if low < 10 else low + 55
        at += 2
        i += 1


@micropython.viper
def unhex(buf, at: int, end: int) -> int:
    b = ptr8(buf)
    made = 0
    i = at
    while i + 1 < end:
        high = b[i] | 32  # lower case; digits keep their value
        low = b[i + 1] | 32
        if high >= 48 and high <= 57 and b[i] >= 48:
            high -= 48
        elif high >= 97 and high <= 102:
            high -= 87
        else:
            return made
        if low >= 48 and low <= 57 and b[i + 1] >= 48:
            low -= 48
        elif low >= 97 and low <= 102:
            low -= 87
        else:
            return made
        b[at + made] = high << 4 | low
        made += 1
        i += 2
    return made


@micropython.viper
def match(rows, line, n: int, at: int, matched) -> int:
    r = ptr8(rows)
    s = ptr8(line)
    f = ptr32(matched)
    wanted = f[9]
    while r[at]:
        row = at
        at += r[at]
        if not (1 << r[row + 1] | 1 << r[row + 2]) & wanted:
            continue
        end = r[row + 9]
        p = 0
        while p < end and s[p] == r[row + 11 + p]:
            p += 1
        if p < end:
            continue
        i = 0
        if r[row + 6] == 5:  # WORD
            if n != end:
                continue
            p = 0
        else:
            while s[p] == 32:
                p += 1
            end += row + 11
            while i < r[row + 10] and s[p + i] == r[end + i]:
                i += 1
            if i < r[row + 10]:
                continue
        p += i
        if int(_split(rows, row, line, p, n, matched)) and int(_read(rows, row, line, matched)):
            f[5] = p
            return at
    return 0


# Two parts of match().  In one function its jumps would be longer than 2 KB.  For RP2040 MicroPython before 1.26 does
# not compile that; later ones compile what crashes when it is frozen at an address that no 4 divides, where constants
# of 32 bits are wrong, too.


@micropython.viper
def _split(rows, row: int, line, at: int, n: int, matched) -> int:
    # Where the fields of link, value and extra start (plus 1: ptr32 reads no negative numbers).  0: it is another line,
    # by the number of its fields, or because no address stands where one belongs.
    r = ptr8(rows)
    s = ptr8(line)
    f = ptr32(matched)
    f[1] = at + 1 if r[row + 3] == 0 else 0
    f[2] = at + 1 if r[row + 4] == 0 else 0
    f[3] = at + 1 if r[row + 7] == 0 else 0
    i = at
    index = 0
    quoted = 0
    blank = 1
    while i < n:
        c = s[i]
        i += 1
        if c != 32:
            blank = 0
        if c == 34:
            quoted ^= 1
        elif c == 44 and quoted == 0:
            index += 1
            if r[row + 3] == index:
                f[1] = i + 1
            if r[row + 4] == index:
                f[2] = i + 1
            if r[row + 7] == index:
                f[3] = i + 1
    if r[row + 8] != 255 and r[row + 8] != index + 1 - blank:
        return 0
    if r[row + 6] >= 6:  # only an address tells a datagram's header from a line of as many numbers
        i = f[3] - 1
        if i < 0:
            return 0
        while s[i] != 34 and s[i] != 46 and s[i] != 58 and s[i] != 44 and i < n:
            i += 1
        if s[i] == 44 or i >= n:
            return 0
    return 1


@micropython.viper
def _read(rows, row: int, line, matched) -> int:
    # The numbers of those fields, and the rest of `matched`.  0: the line is another link's.
    r = ptr8(rows)
    f = ptr32(matched)
    event = 1 << r[row + 1] | 1 << r[row + 2]
    index = 1
    value = -1
    kept = 0
    while index < 4:
        i = f[index] - 1
        if i >= 0:
            value = int(number(line, i))
        elif index != 1:
            value = -(1 << 28)
        # An answer counts for the link that was asked about.
        if index == 1 and event < 1 << 18 and value != -1 and value != f[10] and f[10] != 1001:
            return 0
        f[index] = value
        if index == 2:
            kept = value
        index += 1
    value = kept
    ok = r[row + 5]
    if ok == 255:
        ok = 1
    elif ok == 254:
        ok = 1 if value == f[11] else 0
    elif ok == 253:
        ok = 1 if value == f[12] else 0
    elif ok == 252:
        ok = 0
    else:
        ok = 1 if value == ok else 0
    f[0] = event
    f[4] = r[row + 6]
    f[6] = ok
    f[7] = r[row + 7] if r[row + 7] != 255 else -1
    f[8] = row
    return 1


@micropython.viper
def fill_in(dst, text, start: int, link: int, n: int) -> int:
    d = ptr8(dst)
    s = ptr8(text)
    end = int(len(text))
    at = 0
    while start < end and s[start] != 4:
        c = s[start]
        start += 1
        if c > 2:
            d[at] = c
            at += 1
            continue
        value = link if c == 1 else n
        scale = 1
        while value // scale >= 10:
            scale *= 10
        while scale > 0:
            d[at] = 48 + (value // scale) % 10
            at += 1
            scale //= 10
    return at
