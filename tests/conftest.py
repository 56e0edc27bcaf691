"""The whole suite: what its hundreds of processes inherit, which tests are slow, and how xdist shares them out.

Files go to the workers whole, so that what a module's fixtures make is made once; the longest ones go first and are cut
by the first word of their cases' names, so that no worker is left with one of them at the end.
"""

import gc
import os
import signal
import sys

import pytest

# What has one of these in its name is slow, too, beside what its own file marks.
SLOW = (
    # tests/lib cannot: MicroPython knows no marks.
    "lib/test_alloc.py", "lib/test_full_heap.py", "lib/test_splice.py", "keeper.py::test_no_network_for_hours",
    "match.py::test_lines_of_the_manual", "missing_lines.py::test_nothing_but_oserror", "noise.py::test_transfer",
    # Programs and virtual modules in processes of their own; tests/integration stands for them in the quick part.
    "tests/clients/", "tests/examples/", "host/test_cli_attach.py", "host/test_cli_completion.py",
    "host/test_cli_doctor.py", "host/test_cli_get.py", "host/test_cli_get_https.py", "host/test_cli_models.py",
    "host/test_cli_sim.py", "host/test_cli_terminal.py", "host/test_demo.py", "host/test_log_shapes_public.py",
    "host/test_matrix.py", "host/test_soak.py", "simulator/test_pytest_plugin.py", "simulator/test_several.py",
    "simulator/test_suite_of_a_newcomer.py", "simulator/test_virtual_modem_examples.py",
    # These wait for a line, a module that starts, or for each of many patterns.
    "ways_in.py::test_rfc2217", "ways_in.py::test_a_wrong_speed", "simulator.py::test_throughput",
    "simulator.py::test_violations", "pasted.py::test_the_longest_lines", "process.py::test_what_cannot_be_reached",
)
# The quick part runs on MicroPython what differs there most: machine code, rings, tables, sockets, memory.
MICROPYTHON = "tests/test_micropython.py"
QUICK = (
    "test_alloc_noise.py", "test_checks.py", "test_errors.py", "test_movers.py", "test_nic.py", "test_queue.py",
    "test_ring.py", "test_socket_module.py", "test_sockets.py", "test_states.py", "test_tokens.py",
)
# More than some 15 s, the longest first.
LONG = (
    MICROPYTHON, "tests/integration/test_exchange.py", "tests/house/test_stack.py", "tests/fronts/test_tls.py",
    "tests/simulator/test_command_fuzz.py", "tests/fronts/test_asyncio.py", "tests/host/test_steps.py",
    "tests/fronts/test_cancel.py", "tests/host/test_data_mode_faults_random.py", "tests/clients/test_proxy.py",
    "tests/examples/test_examples.py", "tests/docs/test_site.py", "tests/docs/test_blocks.py",
    "tests/packaging/test_sizes.py", "tests/packaging/test_pip.py", "tests/packaging/test_mip.py",
    "tests/host/test_cli_interrupt.py", "tests/fronts/test_poll.py", "tests/host/test_cli_bench.py",
    "tests/packaging/test_build_mpy.py", "tests/host/test_cli_modules.py",
)
WHOLE = ("tests/packaging/", "tests/docs/test_site.py")  # long, but what their fixtures build takes long, too

# Compiled once and kept, whatever the environment says: each process would compile everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# A shell's background jobs ignore Ctrl-C, and so would every program that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(items):
    for item in items:
        path, _, case = item.nodeid.partition("[")
        if any(name in path for name in SLOW) or path.startswith(MICROPYTHON) and case[:-1] not in QUICK:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: _rank(item.nodeid))


def pytest_collection_finish():
    gc.freeze()  # tests that collect garbage need not look through thousands of tests


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
def pytest_xdist_auto_num_workers(config):
    """Two workers a core, as a module that is waited for needs none; the quick part waits little."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return cores if config.option.markexpr == "not slow" else 2 * cores


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class LongestFirst(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False  # keep the order of the items
    return LongestFirst(config, log)
