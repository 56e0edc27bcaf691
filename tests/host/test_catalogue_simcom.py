"""Modem.call(), query() and test() on the A7600 and the SIM7028."""

import pytest

from catalogue_simcom import A7600_CASES, SIM7028_CASES, _a7600, _sim7028
from formcase import check


@pytest.mark.parametrize("case", A7600_CASES, ids=lambda case: case.form)
def test_a7600(case):
    check(case)


@pytest.mark.parametrize("case", SIM7028_CASES, ids=lambda case: case.form)
def test_sim7028(case):
    check(case)


def test_commands_that_the_manuals_use_and_do_not_define():
    for states in (_a7600, _sim7028):
        modem = states.plain().modem
        assert modem.call("CSQ") in ((25, 99), (23, 0))
        assert modem.query("CREG") == (0, 1) and modem.query("CGREG") == (0, 1)
        assert modem.query("CPSI")[1] == "Online"
        assert modem.call("CGDCONT", 1, "IP", "CMNET") is None
    assert modem.query("CEREG") == (0, 1)
    assert modem.query("CPIN") == ("READY",)
    assert modem.query("CFUN") == (1,)
    assert modem.query("CGDCONT")[0][:3] == (1, "IP", "CMNET")
