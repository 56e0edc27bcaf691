"""Fixture of the simulator's tests; its parts live in simbench.py, which test files may import too."""

import pytest

from simbench import Bench


@pytest.fixture
def bench():
    """Makes a Bench: bench(module_class, quirks=(), echo=False)."""
    return Bench
