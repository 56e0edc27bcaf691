"""Modem.call(), query() and test() on the BG96."""

import pytest

from catalogue_bg96 import CASES
from formcase import check


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.form)
def test_form(case):
    check(case)
