"""The whole suite: what its hundreds of processes inherit, which tests are slow, and how xdist shares them out.

Files go to the workers whole, so that what a module's fixtures make is made once; the longest ones go first and are cut
by the first word of their cases' names, so that no worker is left with one of them at the end.
"""

import os
import signal
import sys

import pytest

# What has one of these in its name is slow, too, beside what its own file marks: tests/lib cannot (MicroPython knows no
# marks), and MicroPython runs in the quick part only what takes it a second or less.
SLOW = (
    "lib/test_alloc.py", "lib/test_full_heap.py", "lib/test_splice.py", "keeper.py::test_no_network_for_hours",
    "match.py::test_lines_of_the_manual", "missing_lines.py::test_nothing_but_oserror", "noise.py::test_transfer",
    "[test_alloc.py]", "[test_data_mode_faults.py]", "[test_data_mode_ways.py]", "[test_datagrams.py]",
    "[test_deviations.py]", "[test_deviations_simcom.py]", "[test_engine.py]", "[test_full_heap.py]",
    "[test_fuzz.py]", "[test_keeper.py]", "[test_late.py]", "[test_match.py]", "[test_missing_lines.py]",
    "[test_noise.py]", "[test_probes.py]", "[test_recovery.py]", "[test_splice.py]", "[test_tables.py]",
    "[test_time.py]", "[test_transparent.py]",
)
# More than some 15 s, the longest first.
LONG = (
    "tests/house/test_stack.py", "tests/integration/test_exchange.py", "tests/fronts/test_asyncio.py",
    "tests/fronts/test_tls.py", "tests/test_micropython.py", "tests/host/test_cli_interrupt.py",
    "tests/simulator/test_command_fuzz.py", "tests/fronts/test_cancel.py", "tests/packaging/test_sizes.py",
    "tests/examples/test_examples.py", "tests/docs/test_blocks.py",
    "tests/packaging/test_mip.py", "tests/packaging/test_pip.py", "tests/host/test_cli_bench.py",
    "tests/host/test_steps.py", "tests/host/test_cli_modules.py", "tests/packaging/test_build_mpy.py",
)
WHOLE = ("tests/packaging/",)  # long, but what their fixtures build takes long, too

# Compiled once and kept, whatever the environment says: each process would compile everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# A shell's background jobs ignore Ctrl-C, and so would every program that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(items):
    for item in items:
        if any(name in item.nodeid for name in SLOW):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid):
    path = nodeid.partition("::")[0]
    return LONG.index(path) if path in LONG else len(LONG)


def unit(nodeid):
    """What goes to a worker in one piece with this test."""
    path, _, name = nodeid.partition("::")
    if path not in LONG or path.startswith(WHOLE):
        return path
    return path + "::" + name.partition("[")[2].partition("-")[0].rstrip("]")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """A worker more for every two cores: a module that is waited for needs none of them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return cores + (cores + 1) // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class LongestFirst(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False  # keep the order of the items
    return LongestFirst(config, log)
