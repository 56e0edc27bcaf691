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

None of them allocates in its viper form, and the buffers may be bytes, bytearray or memoryview of bytes.
"""

try:
    from micropython import const
except ImportError:  # CPython

    def const(value):
        return value


try:
    from ._viper import copy, field, fields, hexlify, number, put_number, unhex
except (ImportError, SyntaxError, ValueError, NameError):
    # ImportError: CPython, or a port without the emitter; SyntaxError: "invalid arch" at compile time;
    # ValueError: a .mpy of another architecture.
    from ._plain import copy, field, fields, hexlify, number, put_number, unhex

MISSING = -(1 << 28)  # what number() returns where no digit stands; fits a small int everywhere
