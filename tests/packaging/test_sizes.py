"""What the driver takes of a board, in bytes, against the budgets of tools/sizes.py."""

import os

import pytest

from support import TREE  # noqa: F401  before the tools: it says where they are

import contents
import sizes

pytestmark = pytest.mark.slow

DIALECTS = ["bg96", "a7600", "sim7028", "nl668", "l610"]


@pytest.fixture(scope="module")
def taken(build):
    """{dialect: {step: (bytes that stay, bytes allocated)}} from .mpy."""
    return {dialect: sizes.use(build / "x64", dialect) for dialect in DIALECTS}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("what", [sizes.RESIDENT, sizes.FLASH])
def test_budget(build, taken, what, dialect):
    found = sizes.against_budgets(build / "x64", {dialect: taken[dialect]})
    (count, budget), = [row[2:] for row in found if row[0] == what]
    assert count <= budget


@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_steps_are_counted(taken, dialect):
    assert tuple(taken[dialect]) == sizes.STEPS
    for step in ("core", "Modem", "connected"):
        assert taken[dialect][step][0] > 0
    assert sizes.resident(taken[dialect]) == sum(stays for stays, _ in taken[dialect].values())


def test_mpy_spares_the_peak_of_the_import(taken):
    """What is allocated while importing, not what stays, is what .mpy is for."""
    assert 3 * taken["bg96"]["core"][1] < sizes.use(contents.LIB, "bg96")["core"][1]


def test_every_file_is_measured(build):
    order = contents.in_order_of_need(contents.modules())[:-1]
    found = sizes.file_heap(build / "x64", order)
    assert list(found) == order
    assert found["atsock.engine"] > found["atsock.port"] > 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_heap_of_64_kilobytes_is_enough(build, dialect):
    """Import, attach, connect and transfers both ways, from .mpy, with 8 bytes a word (ATSOCK_TEST_BYTES for more of them)."""
    kib = int(os.environ.get("ATSOCK_TEST_BYTES", 32 * 1024)) // 1024
    assert sizes.transfer(build / "x64", dialect, kib, "64k") == []
