"""Every form again on a line that makes it hard: bytes one by one, lines of something else in between, echo, quirks."""

import pytest

from formcase import check
from formcases import CASES

ALL = [pytest.param(dialect, case, id=f"{dialect}-{case.form}") for dialect, cases in CASES.items() for case in cases]
# Lines that may come at any time; some look like answers.
UNASKED = ("+CREG: 1", '+QIURC: "recv",7', "+CIPRXGET: 1,1", "+MIPREAD: 5,10", "+QIOPEN: 9,0", "+MSTK: 11, " + "A" * 300)


@pytest.mark.parametrize("dialect, case", ALL)
def test_bytes_one_by_one(dialect, case):
    check(case, cut=1)


@pytest.mark.parametrize("dialect, case", ALL)
def test_other_lines_in_between(dialect, case):
    for text in UNASKED:
        if not (case.form == "+MIPREAD/read" and text.startswith("+MIPREAD")):     # there they say the same
            check(case, splice=text)


@pytest.mark.parametrize("dialect, case", ALL)
def test_echo(dialect, case):
    """The L610's prompt begins behind the echo without a line end, so its sends need ATE0."""
    if dialect != "l610" or "+MIPSEND/write/" not in case.form or case.form.endswith("basic"):
        check(case, echo=True)


@pytest.mark.parametrize("dialect, case", [param for param in ALL if param.values[0] in ("nl668", "l610")])
@pytest.mark.parametrize("quirk", ("result-before-ok", "tight-colon", "prompt-both", "prompt-crlf", "push-tables"))
def test_fibocom_variants(dialect, case, quirk):
    check(case, quirks=(quirk,))


@pytest.mark.parametrize("case", CASES["bg96"], ids=lambda case: case.form)
@pytest.mark.parametrize("quirk", ("prompt-bare", "connect-speed", "qiopen-error-at-once", "qiclose-unknown-error"))
def test_bg96_variants(case, quirk):
    check(case, quirks=(quirk,))


@pytest.mark.parametrize("dialect, case", [param for param in ALL if param.values[0] in ("a7600", "sim7028")])
@pytest.mark.parametrize("quirk", ("list-cr", "result-first", "udp-close-late", "hex-blank-line", "notice-in-reply", "esc-ok",
                                   "prompt-blank", "serverstop-late", "netclose-names-links", "connect-plain"))
def test_simcom_variants(dialect, case, quirk):
    check(case, quirks=(quirk,))
