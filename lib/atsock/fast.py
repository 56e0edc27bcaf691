"""The byte movers, chosen once at import: viper machine code where the port emits it, else plain Python.

Both files hold the same functions; tests/lib/test_fast.py holds them against each other:

    copy(dst, at, src, start, n)         n bytes of src[start:] to dst[at:]; ranges may overlap when at <= start
    put_number(dst, at, value)           decimal digits of value >= 0; returns the index behind them
    number(line, at)                     the signed decimal at line[at:], blanks, '(' and '"' before it
                                         skipped; MISSING when there is none
    field(line, at, n, index)            where the comma-separated field `index` starts in line[at:n], commas
                                         inside quotes not counted; -1 when there are fewer
    fields(line, at, n)                  how many fields line[at:n] has (0 when it is empty)
    hexlify(dst, at, src, start, n)      n bytes of src[start:] as 2 n upper case digits to dst[at:]
    unhex(buf, at, end)                  decodes the leading digit pairs of buf[at:end] in place to buf[at:]
                                         and returns how many bytes that made
    match(rows, line, n, at, found)      looks from rows[at:] on (packed, see tables.py) for one that line[:n] fits and whose
                                         event is wanted; returns where the row behind it starts, 0 when there is none
    fill_in(dst, text, start, link, n)   text[start:] up to the payload's place to dst, the numbers in their places;
                                         returns how many bytes that made

match() leaves what the line says in `found`, an array("i"), and takes from it what is asked for:
    0 event, 1 link (-1: the row has none), 2 value, 3 number in field `extra`, 4 kind, 5 where the fields start,
    6 is the value good?, 7 `extra`, 8 where the row starts (see tables.py for the words; MISSING: no number)
    9 events wanted, 10 link of the command in flight (1000: none, 1001: whichever), 11 length that was asked for, 12 context id

None of them allocates in its viper form, and the buffers may be bytes, bytearray or memoryview of bytes.
"""

try:
    from ._viper import copy, field, fields, fill_in, hexlify, match, number, put_number, unhex
except (ImportError, SyntaxError, ValueError, NameError):
    # ImportError: CPython, or a port without the emitter; SyntaxError: "invalid arch" at compile time;
    # ValueError: a .mpy of another architecture.
    from ._plain import copy, field, fields, fill_in, hexlify, match, number, put_number, unhex

MISSING = -(1 << 28)  # what number() returns where no digit stands; fits a small int everywhere

try:
    from micropython import const  # a name that begins with _ then costs nothing (and the compiler does it, not the call)
except ImportError:

    def const(value):
        return value
