"""Modem.call(), query() and test() on the A7600 and the SIM7028."""

import pytest

from catalogue_simcom import A7600_CASES, SIM7028_CASES
from formcase import check


@pytest.mark.parametrize("case", A7600_CASES, ids=lambda case: case.form)
def test_a7600(case):
    check(case)


@pytest.mark.parametrize("case", SIM7028_CASES, ids=lambda case: case.form)
def test_sim7028(case):
    check(case)
