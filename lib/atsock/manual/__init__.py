"""Every command of the manuals, form by form: the vocabulary of the tables beside this file.

Imported by the first call(), query() or test() of a Modem; the sockets do not need it.  Knows no vendor command:
those are the rows of bg96.py, a7600.py, ...; catalogue.py runs them, arguments.py and answers.py read their
columns.

A row of FORMS is (form, parameters, deadline_ms, answer):
    form         what is sent behind "AT", up to and with its "=" or "?"
    parameters   what stands behind the "=", as a text (see below)
    deadline_ms  until the last line of the answer, with a margin; or a function of the list of arguments
    answer       (required, shape, lines, result, ok), see below
A form may have several rows; the first whose parameters fit the arguments is used.  TESTS names the commands
that have a test form ("=?"); CANCELLED is the code of an ERROR that only says that ESC ended a send.

Parameters are `name:kind`, separated by commas.  "[" before a name: it and what follows may be left out.
"?" before a name: the field may be empty (None).  Kinds:
    1-16  5  0|1|5   a number of that range, or one of those
    "TCP|UDP"        one of those texts, quoted
    s99              a text of up to 99 characters, quoted
    h255  a255       a host name or IPv4 address of up to 255 characters, quoted; a: or IPv6 address
    d254             a domain name, its labels checked too, quoted
    ip  ip4  ip6     a numeric address, quoted; with a "b" before it without quotes
    x512             up to 512 hexadecimal digits, quoted; the last field of its command
    none             always empty
    #1               payload for the prompt, as many bytes as the second argument says
    z1460            payload of up to 1460 bytes, ended by Ctrl-Z; None: cancelled with ESC
    y2048            likewise, without ESC
    e1500            as z, and 0x03 goes before each 0x03, 0x1A and 0x1B in it
    t2048            payload that the module's own time limit ends
What stands behind the payload is not sent.  A kind in capitals is looked up in RANGES of the dialect.
"""

from ..core.words import ANY, NOISE, NONE, OK

# Shapes: what the lines of the answer become.
OKAY = 0  # None
ONE = 1  # a tuple of the line's fields; None without a line, a list of tuples for several
MANY = 2  # always a list of tuples
NUMBERS = 3  # a tuple of all numbers in the lines; a single 0 means that there are none
DATA = 4  # as ONE, and the payload behind the line is the last field
DATA_MODE = 5  # "CONNECT": from here on the port carries data
LATEST = 6  # as MANY, the last line of those that begin with the same field

# `required`: the events (core/words.py) that the answer has, in any order.
# `lines`: (name, form, kind, fields, event, last) of each line that belongs to it; columns as in core/rows.py,
#          name b"": the command's own; "$0" in a form: the first argument, a number; event: what the line counts as;
#          last: True when it is the last one of the answer, or a function of (lines, arguments) that says so
# `result`: the field of the last line that tells whether it worked, X: none; `ok`: its value then
X = -1
NOT_ZERO = -10  # ok: anything else
FAILS = 2  # last: it is, and tells a failure; also a function may say so

OWN = (b"", b"", NONE, ANY, NOISE, False)
LATE = (b"", b"", NONE, ANY, NOISE, True)  # the only line, before or after OK
LATE_OF_FIRST = (b"", b"$0,", NONE, ANY, NOISE, True)  # likewise, and its first field is the first argument
CONNECTED = (b"CONNECT", b"", NONE, ANY, OK, True)  # instead of OK

NOTHING = (OK, OKAY, (), X, 0)
LINE = (OK, ONE, (OWN,), X, 0)
LIST = (OK, MANY, (OWN,), X, 0)
IDS = (OK, NUMBERS, (OWN,), X, 0)
ONLINE = (OK, DATA_MODE, (CONNECTED,), X, 0)


def load(name):
    """The table of the dialect `name`: the module beside this file, which stays imported; None when there is none."""
    if name == "bg96":
        from . import bg96

        return bg96
    if name == "a7600":
        from . import a7600

        return a7600
    if name == "sim7028":
        from . import sim7028

        return sim7028
    if name == "nl668":
        from . import nl668

        return nl668
    if name == "l610":
        from . import l610

        return l610
    return None
