"""The lines of an answer as Python values.  Knows the notation of AT answers and no command."""

from ..core.command import split_fields
from . import DATA, LATEST, MANY, NUMBERS, OKAY


def fields(line):
    """The fields behind the colon of an information line (bytes): a tuple of int, str without quotes, None if empty."""
    found = []  # the stack is deep here: no comprehension
    for text in split_fields(_behind_name(line)):
        found.append(_value(text))
    return tuple(found)


def ranges(line):
    """The fields of a test form's line as a list of str; a list in parentheses is one field."""
    found = [_str(text.strip(b' "')) for text in split_fields(_behind_name(line))]
    if found and not found[-1]:  # a comma behind the last one
        found.pop()
    return found


def result(shape, lines, skip):
    """What the lines become, by the shape of the answer; skip: so many of their first fields belong to the name."""
    if shape == OKAY:
        return None
    if shape == NUMBERS:
        return tuple([number for line in lines for number in _numbers(line) if number])
    rows = []
    if shape == DATA:
        rows = _with_payload(lines)
    else:
        for line in lines:
            rows.append(fields(line)[skip:])
    if shape == LATEST:
        rows = [row for row in rows if row]  # a damaged line has no fields
        ids = [row[0] for row in rows]
        return [row for index, row in enumerate(rows) if row[0] not in ids[index + 1 :]]
    if shape == MANY and rows == [(0,)]:  # how some modules say that there is none
        return []
    if shape == MANY or len(rows) > 1:
        return rows
    return rows[0] if rows else None


def _numbers(line):
    # All numbers behind the colon, whatever stands between them.
    digits = bytes([byte if 48 <= byte <= 57 else 32 for byte in _behind_name(line)])
    return [int(text) for text in digits.split()]


def _with_payload(lines):
    # A payload is a bytearray in the list, behind its header; a header without one announces nothing.
    rows: "list[tuple]" = []
    for line in lines:
        if isinstance(line, bytearray) and rows:
            rows[-1] = rows[-1][:-1] + (bytes(line),)
        else:
            rows.append(fields(line) + (b"",))
    return rows


def _behind_name(line):
    # Behind "+NAME:", or behind "+NAME," and "+IPD" where no colon stands.
    return line[line.find(b":") + 1 :].strip()


def _value(text):
    text = text.strip()
    if not text:
        return None
    if text[:1] == b'"':
        text = text.strip(b'"')
    else:
        label = text.rfind(b": ")  # a field may have one of its own
        if label >= 0:
            text = text[label + 2 :].strip()
        elif text[-1:] == b":" and b" " in text:
            return None
        digits = text[1:] if text[:1] == b"-" else text
        if digits.isdigit():
            return int(text)
    try:  # as _str(), which would be one frame more
        return text.decode()
    except UnicodeError:
        return _str(text)


def _str(text):
    try:
        return text.decode()
    except UnicodeError:  # damaged on the line
        return "".join([chr(byte) for byte in text])
