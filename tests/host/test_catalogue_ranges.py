"""Every argument of every form beyond the manual's range, or not fit to be sent: an error, and not a byte on the line.

The ranges come from tests/spec/*.json, not from the driver's tables.
"""

import collections
import itertools

import pytest
from atsock.manual import catalogue, load
from formcases import CASES
from specforms import DIALECTS, forms

UNSAFE = ('a"b', "a\rb", "a\nAT", "\x1a", "\u00e9", "x" * 300)
HOSTS = {"address", "host", "server", "hostname", "serverIP", "Remote_IP", "domain name", "Destination_IP/hostname"}
# A value outside of the form's range that selects another form of the same command.
OTHER_FORM = {
    ("QISEND.fixed", "send_length", 0), ("QISEND.udpservice", "send_length", 0), ("QIRD.stream", "read_length", 0),
    ("QISEND.query", "send_length", 1), ("QIRD.query", "read_length", 1), ("QISTATE.context", "query_type", 1),
    ("QISTATE.connection", "query_type", 0), ("+CIPRXGET/write/read_bytes", "mode", 3),
    ("+CIPRXGET/write/read_hex", "mode", 2), ("+CIPRXGET/write/read_hex", "mode", 4),
    ("+CIPRXGET/write/query", "mode", 3),
}
# None selects another form: a cancelled send, a send whose length is not told.
EMPTY = {("QISEND.query", "send_length"), ("+CIPSEND/write/udp_fixed", "length")}
# What other arguments may be given depends on these.
WITH_OTHERS = {
    ("QIOPEN.open", "access_mode"), ("+CIPOPEN/write/udp", "serverPort"), ("+MIPCALL/write", "Operation"),
    ("+MIPKEEPCONF/write", "mode"), ("+MPING/write", "mode"),
}


def params_of(form, case):
    """(index in the arguments, parameter of the specification) of the arguments that are checked."""
    arguments = case.arguments[1:]
    params = list(form.params)
    if form.command == "+MIPCALL":      # either a context number or an APN
        other = "cid" if len(arguments) > 1 and isinstance(arguments[1], str) else "APN"
        params = [p for p in params if p["name"] != other]
    indices = list(range(1, len(case.arguments)))
    if form.id == "+CIPSEND/write/udp_variable":    # its empty length field is not listed
        indices = [i for i in indices if case.arguments[i] is not None]
    if form.id.startswith("QICFG."):                # the option is not listed
        indices = indices[1:]
    return list(zip(indices, params))


def calls():
    for dialect in DIALECTS:
        known = {form.id: form for form in forms(dialect)}
        for case in CASES[dialect]:
            if case.method == "call" and case.form in known and len(case.arguments) > 1:
                yield pytest.param(case, params_of(known[case.form], case), id=f"{dialect}-{case.form}")


CALLS = list(calls())


# The names of all parameters of a command: what a message may speak of.
NAMES = collections.defaultdict(lambda: {"data", "end"})
for form in itertools.chain(*map(forms, DIALECTS)):
    NAMES[form.id.split(".")[0].split("/")[0]] |= {param["name"].replace(" ", "_") for param in form.params}
NAMES["QICFG"].add("option")


def wrong_numbers(case, name, param):
    low, high = param.get("min"), param.get("max")
    for value in {low - 1 if low is not None else -1, high + 1 if high is not None else -1, -1}:
        if (case.form, name, value) not in OTHER_FORM:
            yield value, ValueError
    yield from ((True, TypeError), (1.0, TypeError), ("1", ValueError))
    if not (param.get("optional") or (case.form, name) in EMPTY):
        yield None, ValueError


def wrong_texts(case, name, param):
    yield from ((text, ValueError) for text in UNSAFE)
    most = param.get("max_len") or param.get("max_length") or (param.get("max") if param["type"] == "string" else None)
    if most:
        yield "x" * (most + 1), ValueError
    if name in HOSTS:
        yield from ((text, ValueError) for text in ("", "a b", "a,b", "a;b"))
    yield from ((True, TypeError), (2.5, TypeError), (object(), ValueError))
    if name != "APN":       # there a number is the context
        yield 7, ValueError


@pytest.mark.parametrize("case, params", CALLS)
def test_wrong_argument(case, params):
    bench = case.make()
    name, *arguments = case.arguments
    for index, param in params:
        good = arguments[index - 1]
        wrong = wrong_numbers if isinstance(good, int) else wrong_texts if isinstance(good, str) else None
        for value, error in wrong(case, param["name"], param) if wrong else ():
            arguments[index - 1] = value
            with pytest.raises(error) as caught:
                bench.modem.call(name, *arguments)
            assert type(caught.value) is error, value
            assert name.upper().lstrip("+") in str(caught.value)
            assert str(caught.value).split(": ")[1] in NAMES[case.form.split(".")[0].split("/")[0]], caught.value
            assert bench.wire.sent == b"", value
        arguments[index - 1] = good


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_range_is_open_to_its_ends(dialect):
    """The least and the greatest value of each number of the manual are taken."""
    table = load(dialect)
    taken = 0
    for case, index, value in ends(dialect):
        values = list(case.arguments[1:])
        values[index - 1] = value
        rows = [row for row in table.FORMS if row[0] == f"+{case.arguments[0].lstrip('+').upper()}="]
        _, line = catalogue.choose(rows, values, table.RANGES)
        assert str(value).encode() in line.text
        taken += 1
    assert taken > 30


def ends(dialect):
    for entry in CALLS:
        case, params = entry.values
        if not entry.id.startswith(dialect) or isinstance(case.arguments[-1], (bytes, type(None))):
            continue
        for index, param in params:
            if param["type"] == "int" and (case.form, param["name"]) not in WITH_OTHERS and "allowed" not in param:
                yield from ((case, index, value) for value in (param.get("min"), param.get("max")) if value is not None)
