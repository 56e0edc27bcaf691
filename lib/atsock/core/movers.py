"""What runs for every byte, window and line: viper machine code where the port emits it, else plain Python.

Chosen once, at import.  Both files hold the same functions; tests/lib/test_movers.py holds them against each other:

    copy(dst, at, src, start, n)         n bytes of src[start:] to dst[at:]; ranges may overlap when at <= start
    put(link, src, start, n)             up to n bytes of src[start:] behind those that the link's ring holds; returns
                                         how many
    get(link, dst, at, n)                up to n of the oldest bytes of its ring to dst[at:]; returns how many
    take_in(link, src, start, n)         Link.write() (link.py): n bytes of src[start:] for a link: discarded, behind
                                         those that came before to link.dst, or to its ring; returns how many found room
    fill(port, window, position)         Port.fill() (port.py): when the window is used up, reads what the port's stream
                                         has into it; returns how many bytes there are to be looked at,
                                         window[position[0]:position[1]] (any() first: readinto() of a UART with a
                                         timeout would wait for all it is asked for)
    scan(window, line, position, in_line, prompt)
                                         what window[position[0]:position[1]] has of a line, behind line[:position[2]];
                                         no more than position[3] bytes of it.  Returns the length of a whole line (NUL
                                         is behind it, CR LF is not in it), -1 for a prompt, 0 when the window is used
                                         up
    token(tokens)                        Tokenizer.next() (tokenizer.py): NOTHING, LINE, PROMPT_TOKEN, END or FULL
    number(line, at)                     the signed decimal at line[at:], blanks, '(' and '"' before it skipped; MISSING
                                         when there is none, or a letter stands behind it
    field(line, at, n, index)            where the comma-separated field `index` starts in line[at:n], commas inside
                                         quotes not counted; -1 when there are fewer
    hexlify(dst, at, src, start, n)      n bytes of src[start:] as 2 n upper case digits to dst[at:]
    unhex(buf, at, end)                  decodes the leading digit pairs of buf[at:end] in place to buf[at:] and returns
                                         how many bytes that made
    match(rows, line, n, at, matched)    looks from rows[at:] on (packed, see rows.py) for one that line[:n] fits and
                                         whose event is wanted; returns where the row behind it starts, 0: there is none
    fill_in(dst, text, start, link, n)   text[start:] up to the payload's place to dst, the numbers in their places;
                                         returns how many bytes that made

match() leaves what the line says in `matched`, an array("i"), and takes from it what is asked for:
    0 event, 1 link (-1: the row has none), 2 value, 3 number in field `aux`, 4 kind, 5 where the fields start,
    6 is the value ok?, 7 `aux`, 8 where the row starts (see rows.py for the words; MISSING: no number)
    9 events wanted, 10 link of the command in flight (1000: none, 1001: whichever), 11 length that was asked for,
    12 context id
in_line are headers whose payload stands on their own line: for each the length of its name, the name, and how many
commas it has (a comma is behind the last field, the line ends before it); then a 0.  A prompt is looked for only where
one is expected: at the start of a line, or behind an echo, which ends in a lone CR.

None of them allocates in its viper form, and the buffers may be bytes, bytearray or memoryview of bytes.
"""

try:
    from ._viper import copy, field, fill, fill_in, get, hexlify, match, number, put, scan, take_in, token, unhex
except (ImportError, SyntaxError, ValueError, NameError):
    # ImportError: CPython, or a port without the emitter; SyntaxError: "invalid arch" at compile time;
    # ValueError: a .mpy of another architecture.
    from ._plain import copy, field, fill, fill_in, get, hexlify, match, number, put, scan, take_in, token, unhex

try:
    from micropython import const
except ImportError:  # CPython

    def const(value):  # type: ignore[misc]
        return value


MISSING = -(1 << 28)  # what number() returns where no digit stands; fits a small int everywhere
