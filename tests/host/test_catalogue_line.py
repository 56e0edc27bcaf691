"""call(), query() and test() on a line that makes it hard.

Bytes one by one, lines of something else in between, echo, and the variants that are known of real modules.  What the
line does to an answer depends on the kind of answer, not on the command: one form of each kind goes through it.
(test_catalogue_bg96.py and the others run every form, on a line that behaves.)
"""

import pytest
from atsock import dialects
from atsock.manual import catalogue, load
from formcase import check
from formcases import CASES

# Lines that may come at any time; some look like answers.
URCS = ("+CREG: 1", '+QIURC: "recv",7', "+CIPRXGET: 1,1", "+MIPREAD: 5,10", "+QIOPEN: 9,0", "+MSTK: 11, " + "A" * 300)
LIKE_URCS = ("QIOPEN.", "+CIPRXGET/", "+MIPREAD/")     # forms whose answers begin as those do


def kind_of_answer(dialect, case):
    """What the answer of a case consists of, by the manual's table."""
    table = load(dialect)
    name = catalogue.full_name(case.arguments[0])
    if case.method == "test" or name == "+++":
        return case.method, name == "+++"
    if case.method == "query":
        row = next(row for row in table.FORMS if row[0] == name + "?")
    else:
        rows = [row for row in table.FORMS if row[0] in (name, name + "=")]
        row, _ = catalogue.choose(rows, case.arguments[1:], table.RANGES)
    return case.method, row[3]


def one_of_each_kind():
    """{(maker, kind, type of the value): (dialect, case)}"""
    found = {}
    for dialect, cases in CASES.items():
        for case in cases:
            kind = (dialects.get(dialect).VENDOR, kind_of_answer(dialect, case), type(case.value))
            found.setdefault(kind, (dialect, case))
    return list(found.values())


def named(chosen):
    return [pytest.param(dialect, case, id=f"{dialect}-{case.form}") for dialect, case in chosen]


KINDS = one_of_each_kind()
INTERRUPTED = KINDS + [
    (dialect, case) for dialect, cases in CASES.items() for case in cases
    if case.form.startswith(LIKE_URCS) and (dialect, case) not in KINDS and dialect not in ("sim7028", "l610")]


@pytest.mark.parametrize("dialect, case", named(KINDS))
def test_bytes_one_by_one(dialect, case):
    check(case, cut=1)


@pytest.mark.parametrize("dialect, case", named(INTERRUPTED))
def test_other_lines_in_between(dialect, case):
    for text in URCS:
        if not (case.form == "+MIPREAD/read" and text.startswith("+MIPREAD")):     # there they say the same
            check(case, splice=text)


@pytest.mark.parametrize("dialect, case", named(KINDS))
def test_echo(dialect, case):
    """The L610's prompt begins behind the echo without a line end, so its sends need ATE0."""
    if dialect != "l610" or "+MIPSEND/write/" not in case.form or case.form.endswith("basic"):
        check(case, echo=True)


# Faults of the simulator (`QUIRKS` of its modules), and the forms whose dialogue they change.
SENDS = tuple(f"+CIPSEND/write/{how}" for how in ("tcp_variable", "tcp_fixed", "udp_fixed", "udp_variable"))
READS = ("+CIPRXGET/write/read_bytes", "+CIPRXGET/write/read_hex", "+CIPRXGET/write/query")
M_READS = ("+MIPCALL/read", "+MIPREAD/write", "+MIPREAD/read", "+MPING/write", "+MIPDNS/write")
M_LATE = ("+MIPCALL/write", "+MIPOPEN/write", "+MIPCLOSE/write", "+MIPNTP/write")
M_SENDS = ("+MIPSEND/write/ctrl-z", "+MIPSEND/write/timeout", "+MIPSEND/write/length")
SIMCOM = ("a7600", "sim7028")
FIBOCOM = ("nl668", "l610")
VARIANTS = (
    # fault                 modules    forms
    ("prompt-bare",         ("bg96",), ("QISEND.variable", "QISEND.fixed", "QISEND.udpservice")),
    ("connect-speed",       ("bg96",), ("QIOPEN.open", "QISWTMD.switch", "ATO")),
    ("list-cr",             SIMCOM,    ("+CIPOPEN/read",)),
    ("result-first",        SIMCOM,    ("+CIPOPEN/write/tcp",)),
    ("udp-close-late",      SIMCOM,    ("+CIPCLOSE/write",)),
    ("hex-blank-line",      SIMCOM,    ("+CIPRXGET/write/read_hex",)),
    ("notice-in-reply",     SIMCOM,    READS),
    ("esc-ok",              SIMCOM,    ("+CIPSEND/write/tcp_variable",)),
    ("prompt-blank",        SIMCOM,    SENDS),
    ("serverstop-late",     SIMCOM,    ("+SERVERSTOP/write",)),
    ("netclose-names-links", SIMCOM,   ("+NETCLOSE/exec",)),
    ("connect-plain",       SIMCOM,    ("+CIPOPEN/write/tcp", "+CIPOPEN/write/udp_transparent", "ATO/exec")),
    ("result-before-ok",    FIBOCOM,   M_LATE),
    ("tight-colon",         FIBOCOM,   M_READS),
    ("prompt-both",         FIBOCOM,   M_SENDS),
    ("prompt-crlf",         ("nl668",), M_SENDS),   # the L610's own
)


@pytest.mark.parametrize(
    "fault, dialect, forms",
    [pytest.param(fault, dialect, forms, id=f"{dialect}-{fault}")
     for fault, modules, forms in VARIANTS for dialect in modules])
def test_variants(fault, dialect, forms):
    """The value is the same, and each of these forms shows the variant."""
    changed = set()
    for case in CASES[dialect]:
        if case.form in forms:
            plain = check(case).wire.received
            if check(case, quirks=(fault,)).wire.received != plain:
                changed.add(case.form)
    assert changed == set(forms)
