"""Data mode that was entered by a command of the catalogue, and the way out of it.

Bytes of data mode belong to whoever entered it; sockets with access="transparent" are in transparent.py, and what
they entered they leave.  What arrives in between is dropped here.
"""

import atsock

from . import tables
from .asking import ask, run

_MARGIN_MS = 30  # on top of the guard time, for the clock's grain
_OK_MS = 3_000
_OK = b"\r\nOK\r\n"


class Nobody:
    """Stands for the connection whose data nobody reads: link and sink at once."""

    id = -1
    state = None  # none of link.py's
    dst = None
    datagram = False

    def __init__(self):
        self.tail = self
        self.end = b""  # the last bytes that came

    def put(self, src, start, n):
        self.end = (self.end + bytes(memoryview(src)[start : start + n]))[-len(_OK) :]
        return n

    def fail(self, errno, code):
        pass


def resume(modem):
    """Back to data mode with the transparent socket that has left it; False when there is none."""
    for link in modem._engine.links.values():
        if link.socket is not None and link.tail is not None and link.socket._out:
            yield from link.socket._resume_steps(link)
            return True
    return False


def escape(modem):
    """Leave data mode: silence, +++, silence, OK."""
    engine = modem._engine
    for link in engine.links.values():
        if link.socket is not None and link.tail is not None and engine.tokens.sink is link.tail:
            yield from link.socket._escape_steps(link)
            return
    sink = Nobody()
    engine.enter_data(sink)
    guard_ms = tables.of(modem).number(b"GUARD_MS")
    yield guard_ms + _MARGIN_MS
    written = 0
    while written < 3:
        written += engine.port.write(b"+++", written, 3 - written)
    yield guard_ms - 50
    sink.end = b""
    give_up = engine.after_ms(_OK_MS)
    yield lambda: sink.end == _OK or engine.is_past(give_up)
    engine.leave_data()
    yield from run(modem, ask(b"AT", 2000), False)
    if sink.end != _OK:
        raise atsock.Timeout("no answer to +++")
