"""Failures are as shallow as everything else: at most 12 frames of the driver's below the program's call, in data mode,
where most has to be found out, where a result code or an end is doubted, where clients come to a server while the
program waits for something else, where the context may be gone, and where the heap is full.

The scenes are tests of tests/lib; the driver's frames are counted while they run.
"""

import gc
import itertools
import sys

import pytest
import test_confirmed_later
import test_data_mode_faults
import test_full_heap
import test_ids
import test_late
import test_listener_faults
import test_opening_details
import test_recovery
import test_stray_results
import test_transparent
from cases import _TABLE

pytestmark = pytest.mark.slow

FRAMES = 12
_DRIVER = "/lib/atsock/"
SCENES = [
    (test_data_mode_faults, "test_restart"), (test_data_mode_faults, "test_network_lost"),
    (test_data_mode_faults, "test_module_says_that_it_is_over"), (test_data_mode_faults, "test_over_and_deaf"),
    (test_data_mode_faults, "test_restart_of_a_module_that_is_deaf_for_long"),
    (test_data_mode_faults, "test_words_that_nobody_has_read"),
    (test_data_mode_faults, "test_peer_says_that_it_is_over"), (test_transparent, "test_events_of_the_end"),
    (test_transparent, "test_server"), (test_transparent, "test_server_closed_first"),
    (test_transparent, "test_next_client_is_told_of_with_the_end"),
    (test_opening_details, "test_client_on_a_free_id_ends_nothing"),
    (test_full_heap, "test_refused_send"), (test_late, "test_payload_ended_by_the_module"),
    (test_confirmed_later, "test_the_connection_ends_unconfirmed"), (test_confirmed_later, "test_refused_at_last"),
]
SCENES += [(module, name) for module in (test_stray_results, test_ids, test_listener_faults, test_recovery)
           for name in vars(module) if name.startswith("test_")]


def is_drivers(code):
    """Is it a frame of the driver's on a board, too?  (_plain.py is machine code there, and the clock is in C.)"""
    name = code.co_filename
    return _DRIVER in name and not name.endswith("core/_plain.py") and code.co_name[:6] not in ("ticks_", "sleep_")


class Depth:
    """Counts while it is entered; `deepest` are the names of the most frames below one call."""

    def __init__(self):
        self.n = 0
        self.deepest = []

    def __enter__(self):
        gc.collect()
        gc.disable()  # a finaliser's frames stand wherever the collection begins
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *exc):
        sys.setprofile(None)
        gc.enable()

    def _profile(self, frame, event, arg):
        if event == "call" and is_drivers(frame.f_code):
            self.n += 1
            if self.n > len(self.deepest):
                self._look(frame)
        elif event == "return" and self.n and is_drivers(frame.f_code):
            self.n -= 1

    def _look(self, frame):
        names = []
        while frame is not None:
            code = frame.f_code
            if code.co_name in ("<module>", "__del__") and _DRIVER in code.co_filename:
                return
            if is_drivers(code):
                names.append(code.co_filename.split(_DRIVER)[1] + ":" + code.co_name)
            frame = frame.f_back
        self.n = len(names)
        if self.n > len(self.deepest):
            self.deepest = names[::-1]


def calls(function):
    """Its arguments in all of its cases."""
    tables = [[dict(zip(names, value if len(names) > 1 else (value,))) for value in values]
              for names, values, _ in _TABLE.get(function, [])]
    for parts in itertools.product(*tables):
        yield {name: value for part in parts for name, value in part.items()}


@pytest.mark.parametrize("module, name", SCENES, ids=[f"{module.__name__}-{name}" for module, name in SCENES])
def test_frames(module, name):
    function = getattr(module, name)
    arguments = list(calls(function))
    for some in arguments[:: max(1, len(arguments) // 20)]:
        with Depth() as depth:
            function(**some)
        assert depth.deepest and len(depth.deepest) <= FRAMES, f"{some}: {' > '.join(depth.deepest)}"
