"""What goes on below a call is at most 12 frames of the driver's deep, whatever the module says meanwhile: payload in
every access mode, data mode, where most has to be found out, results and ends that are doubted, clients that come while
the program waits for something else, a context that may be gone, restarts, damaged lines, a full heap.

The scenes are tests of tests/lib; the driver's frames are counted while they run.  A call that the program makes in
on_event counts by itself: it stands on the frames of the call that waits.
"""

import gc
import itertools
import sys

import pytest
import test_alloc_noise
import test_call
import test_catalogue
import test_confirmed_later
import test_damaged_lengths
import test_data_mode_faults
import test_datagrams
import test_engine
import test_full_heap
import test_fuzz
import test_ids
import test_interrupted
import test_late
import test_listener_ends
import test_listener_faults
import test_missing_lines
import test_opening_details
import test_recovery
import test_states
import test_stray_results
import test_transparent
import test_udp_faults
from cases import _TABLE

FRAMES = 12
CASES = 3  # of a test, taken from all over them
_DRIVER = "/lib/atsock/"
# One case each: these were the deepest.
SHORT = [
    (test_alloc_noise, "test_heap_is_locked_among_notices"), (test_call, "test_deactivated_by_hand"),
    (test_damaged_lengths, "test_restart_inside_a_payload"), (test_datagrams, "test_receives_with_borders_and_sender"),
    (test_interrupted, "test_interrupted_between_the_pieces"), (test_fuzz, "test_rubbish"),
    (test_transparent, "test_events_of_the_end"),
]
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
    (test_missing_lines, "test_calls_by_name"), (test_fuzz, "test_rubbish"),
]
SCENES += [(module, name) for module in (
    test_stray_results, test_ids, test_listener_faults, test_listener_ends, test_recovery, test_damaged_lengths,
    test_call, test_catalogue, test_datagrams, test_interrupted, test_udp_faults, test_states, test_engine)
    for name in vars(module) if name.startswith("test_")]


def is_drivers(code):
    """Is it a frame of the driver's on a board, too?  (_plain.py is machine code there, and the clock is in C.)"""
    name = code.co_filename
    if _DRIVER not in name or name.endswith("core/_plain.py"):
        return False
    return code.co_name not in ("<module>", "__del__") and code.co_name[:6] not in ("ticks_", "sleep_")


class Depth:
    """Counts while it is entered; `deepest` are the names of the most frames below one call of the program's."""

    def __init__(self):
        self.stack = []  # (frame, frames below the program's call), the innermost last
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
            n = 1
            if self.stack and self._is_of_the_driver(frame.f_back):
                n += self.stack[-1][1]
            self.stack.append((frame, n))
            if n > len(self.deepest):
                self.deepest = self._names(n)
        elif event == "return" and self.stack and self.stack[-1][0] is frame:
            self.stack.pop()

    def _is_of_the_driver(self, caller):
        return caller is not None and _DRIVER in caller.f_code.co_filename

    def _names(self, n):
        return [f"{frame.f_code.co_filename.split(_DRIVER)[1]}:{frame.f_code.co_name}" for frame, _ in self.stack[-n:]]


def calls(function):
    """Its arguments in all of its cases."""
    tables = [[dict(zip(names, value if len(names) > 1 else (value,))) for value in values]
              for names, values, _ in _TABLE.get(function, [])]
    for parts in itertools.product(*tables):
        yield {name: value for part in parts for name, value in part.items()}


def deepest(function, most):
    """The deepest frames of the cases of a test, of so many at most, and its arguments then."""
    arguments = list(calls(function))
    found = [], None
    for some in arguments[:: -(-len(arguments) // most)]:
        with Depth() as depth:
            function(**some)
        if len(depth.deepest) > len(found[0]):
            found = depth.deepest, some
    return found


def test_counts():
    """Each frame once, generators too, from the program's call on."""
    frames, some = deepest(test_call.test_deactivated_by_hand, 1)
    assert frames[:3] == ["modem.py:call", "core/session.py:run", "core/session.py:service"]
    assert frames.count("core/engine.py:pump") == 1 and frames[-1].startswith("manual/"), frames
    frames, some = deepest(test_interrupted.test_close_from_on_event, 1)  # in a recv() that waits
    assert not [frame for frame in frames if frame.endswith(":recv")], frames


@pytest.mark.parametrize("module, name", SHORT, ids=[f"{module.__name__}-{name}" for module, name in SHORT])
def test_frames_of_one_case(module, name):
    frames, some = deepest(getattr(module, name), 1)
    assert frames and len(frames) <= FRAMES, f"{some}: {' > '.join(frames)}"


@pytest.mark.slow
@pytest.mark.parametrize("module, name", SCENES, ids=[f"{module.__name__}-{name}" for module, name in SCENES])
def test_frames(module, name):
    frames, some = deepest(getattr(module, name), CASES)
    assert frames and len(frames) <= FRAMES, f"{some}: {' > '.join(frames)}"
