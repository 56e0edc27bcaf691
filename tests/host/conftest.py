"""Fixture of the tests on simulated modules; its parts live in callbench.py, which test files may import too."""

import pytest
from callbench import MODULES, attached


@pytest.fixture(params=MODULES)
def bench(request):
    """Each of the five modules, attached; `bench.dialect` says which."""
    return attached(request.param)
