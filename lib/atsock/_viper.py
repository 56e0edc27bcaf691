import micropython  # first, so that CPython stops here and never reaches the pointer types below

# Byte movers in viper; what each function does is written in fast.py, the plain twins are in _plain.py.
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
    if link.dropping:
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
def scan(window, line, marks, in_line, prompt: int) -> int:
    w = ptr8(window)
    to = ptr8(line)
    m = ptr32(marks)
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
    if prompt != 0 and n > 2 and to[n - 1] == 62 and to[n - 2] == 13:
        m[2] = 0
        return -1
    return n if byte == 10 else 0


@micropython.viper
def token(tokens) -> int:
    marks = tokens.marks
    m = ptr32(marks)
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
                n = int(sink.put(window, m[0], n))
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
            n = int(scan(window, tokens.line, marks, tokens.in_line, tokens.prompt))
            if n > 0:
                tokens.n = n
                return 1
            if n < 0:
                tokens.prompt = False
                return 2
        else:
            n = int(tokens.digits.move(tokens, marks))
            if n != 0:
                return n
    return 0


@micropython.viper
def put_number(dst, at: int, value: int) -> int:
    d = ptr8(dst)
    scale = 1
    while value // scale >= 10:
        scale *= 10
    while scale > 0:
        d[at] = 48 + (value // scale) % 10
        at += 1
        scale //= 10
    return at


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
    while s[at] >= 48 and s[at] <= 57:
        if value > 26843544:  # one digit more could leave the 28 bits that MISSING is beyond
            return -(1 << 28)
        value = value * 10 + s[at] - 48
        at += 1
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
def fields(line, at: int, n: int) -> int:
    s = ptr8(line)
    while at < n and s[at] == 32:
        at += 1
    if at >= n:
        return 0
    count = 1
    quoted = 0
    while at < n:
        if s[at] == 34:
            quoted ^= 1
        elif s[at] == 44 and quoted == 0:
            count += 1
        at += 1
    return count


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
