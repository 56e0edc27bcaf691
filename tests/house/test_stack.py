"""The C stack of an RP2040 has 8 KB and the heap below it: how deep the driver's calls go, and what is loaded where.

Every public call of a tour in every dialect and access mode, its asyncio form included, see board/tour.py.
"""

import pytest
from tour import ACCESS, DIALECTS, INTERPRETERS, tour

pytestmark = pytest.mark.slow

FRAMES = 12
GENERATORS = 3
IMPORT_DEPTH = 3
STACK = 5 * 1024  # of the 64-bit port

TOURS = [
    pytest.param(dialect, access, id=f"{dialect}-{access}") for dialect in DIALECTS for access in ACCESS]
# What happens behind the first transfer of a socket.
MOVING = ("send", "receive", "receive: timeout", "poll", "command: refused", "receive: closed by the peer", "close",
          "write again", "drain again", "read again", "write much", "read much", "drain much", "read: timeout",
          "wait_closed", "escape", "resume")


@pytest.mark.parametrize("dialect, access", TOURS)
def test_frames(dialect, access):
    """At most 12 frames of the driver's are on the stack, counted from the program's call."""
    over = {call["name"]: call["at"] for call in tour("cpython", dialect, access) if call["frames"] > FRAMES}
    assert over == {}


@pytest.mark.parametrize("dialect, access", TOURS)
def test_generators(dialect, access):
    """Generators and coroutines of the driver's are nested at most 3 deep."""
    found = tour("cpython", dialect, access)
    assert {call["name"]: call["generators"] for call in found if call["generators"] > GENERATORS} == {}


@pytest.mark.parametrize("dialect, access", TOURS)
def test_imports_are_shallow(dialect, access):
    """No import deeper than the third of the driver's frames."""
    found = tour("cpython", dialect, access)
    assert {call["name"]: call["imports"] for call in found if call["import_depth"] > IMPORT_DEPTH} == {}


@pytest.mark.parametrize("dialect, access", TOURS)
def test_c_stack(dialect, access):
    """At most 5 KB of C stack below the program's call, whenever the driver touches the UART."""
    found = tour("micropython", dialect, access)
    assert max(call["stack"] for call in found) > 500
    assert {call["name"]: call["stack"] for call in found if call["stack"] > STACK} == {}


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("dialect, access", TOURS)
def test_nothing_is_loaded_while_data_move(dialect, access, interpreter):
    """Behind a socket's first transfer no transfer, notice, refusal, timeout or close imports anything."""
    found = [call for call in tour(interpreter, dialect, access) if call["name"] in MOVING]
    assert len(found) >= 5
    assert {call["name"]: call["loaded"] for call in found if call["loaded"]} == {}
