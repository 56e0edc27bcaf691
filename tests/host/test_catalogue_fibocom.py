"""Modem.call(), query() and test() on the NL668 and the L610."""

import pytest

from catalogue_fibocom import L610_CASES, NL668_CASES
from formcase import check


@pytest.mark.parametrize("case", NL668_CASES, ids=lambda case: case.form)
def test_nl668(case):
    check(case)


@pytest.mark.parametrize("case", L610_CASES, ids=lambda case: case.form)
def test_l610(case):
    check(case)
