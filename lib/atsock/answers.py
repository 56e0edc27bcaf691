"""The lines of an answer as Python values.  Knows the notation of AT answers and no command."""

from .manual import DATA, LATEST, MANY, NUMBERS, OKAY


def fields(line):
    """The fields behind the colon: int, str without quotes, None where nothing stands."""
    found = [_value(text) for text in split(_behind_name(line), b",")]
    return tuple(found)


def ranges(line):
    """The fields of a test form's line as str; a list in parentheses is one field."""
    found = [_str(text.strip(b' "')) for text in split(_behind_name(line), b",")]
    if found and not found[-1]:  # a comma behind the last one
        found.pop()
    return found


def result(shape, lines, skip):
    """What the lines become, by the shape of the answer; skip: so many of their first fields belong to the name."""
    if shape == OKAY:
        return None
    if shape == NUMBERS:
        found = []
        for line in lines:
            found += [n for n in numbers(line) if n]
        return tuple(found)
    rows = _with_payload(lines) if shape == DATA else [fields(line)[skip:] for line in lines]
    if shape == LATEST:
        ids = [row[0] for row in rows]
        return [row for at, row in enumerate(rows) if row[0] not in ids[at + 1 :]]
    if shape == MANY and rows == [(0,)]:  # how some modules say that there is none
        return []
    if shape == MANY or len(rows) > 1:
        return rows
    return rows[0] if rows else None


def numbers(line):
    """All numbers behind the colon, whatever stands between them."""
    found = []
    digits = b""
    for byte in _behind_name(line) + b" ":
        if 48 <= byte <= 57:
            digits += bytes((byte,))
        elif digits:
            found.append(int(digits))
            digits = b""
    return found


def _with_payload(lines):
    # A payload is a bytearray in the list, behind its header; a header without one announces nothing.
    rows = []
    for line in lines:
        if isinstance(line, bytearray):
            rows[-1] = rows[-1][:-1] + (bytes(line),)
        else:
            rows.append(fields(line) + (b"",))
    return rows


def split(text, separator):
    """The parts of text between separators that stand outside quotes and parentheses."""
    parts = []
    start = depth = 0
    quoted = False
    for at in range(len(text)):
        byte = text[at]
        if byte == 34:
            quoted = not quoted
        elif quoted:
            continue
        elif byte == 40:
            depth += 1
        elif byte == 41 and depth:
            depth -= 1
        elif byte == separator[0] and not depth:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return parts if text else []


def _behind_name(line):
    # Behind "+NAME:", or behind "+NAME," and "+IPD" where no colon stands.
    return line[line.find(b":") + 1 :].strip()


def _value(text):
    text = text.strip()
    if not text:
        return None
    if text[:1] == b'"':
        return _str(text.strip(b'"'))
    at = text.rfind(b": ")  # a field may have a label of its own
    if at >= 0:
        text = text[at + 2 :].strip()
    elif text[-1:] == b":" and b" " in text:
        return None
    digits = text[1:] if text[:1] == b"-" else text
    return int(text) if digits.isdigit() else _str(text)


def _str(text):
    try:
        return text.decode()
    except UnicodeError:  # damaged on the line
        return "".join([chr(byte) for byte in text])
