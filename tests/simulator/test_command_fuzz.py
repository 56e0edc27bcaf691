"""Whatever a host types, a module answers with a final result, keeps nothing for ever, and lives on."""

import gc
import os

import pytest
from commandfuzz import Fuzz

from atsock_host.simulator.registry import DIALECTS

LINES = int(os.environ.get("ATSOCK_FUZZ_LINES", 20_000))
SEED = os.environ.get("ATSOCK_FUZZ_SEED", "1")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_random_lines(dialect):
    fuzz = Fuzz(dialect, SEED)
    for _ in range(1500):
        fuzz.step()


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_many_random_lines_and_no_growth(dialect):
    """ATSOCK_FUZZ_LINES=1000000 for more of them, ATSOCK_FUZZ_SEED for others."""
    fuzz = Fuzz(dialect, f"long {SEED}")
    weights = []
    for part in range(4):
        for _ in range(LINES // 4):
            fuzz.step()
        gc.collect()
        weights.append(fuzz.weight())
    assert weights[3] - weights[1] < 2000, f"blocks of memory after each quarter: {weights}"
