"""The serial line: its bytes move at the speed of a UART between the module and the host's end (ends.py).

Owns the pacing of both directions, latency, what faults do to the wire, and the trace file.
Knows nothing about AT commands.

Pacing: a byte takes ten bit times.  Each direction has a schedule in absolute time; a byte is handed over
when its last bit would have arrived, never before, and what is late (this process had other things to do)
is handed over at once, so the schedule keeps its rate.  The module's clock shows the time of the event it
handles, not the time of day: an answer is scheduled behind the CR that asked for it, however long the
computing took.  What has been read from the host is given to the module up to `ahead_ms` before its time has come,
so that the computing is done when its result is due; towards the host nothing is ever early.
"""

import selectors
import time
from collections import deque

from ..trace import SecretFilter
from .ends import PtyEnd

_TICK_MS = 1.0              # bytes are handed over in pieces of at most this much line time
_HELD_INPUT = 4096          # bytes taken from the host ahead of their time; more stays at its end
_RATE_TOLERANCE = 0.05      # what the two ends of a UART may differ
_CUT_GAP_MS = 0.2           # with the fault `cut`, pause between two pieces
_NEVER = float("inf")


class EventClock:
    """Milliseconds since `start` (time.monotonic(), default now): call it for the time of the event in hand.

    `wall_ms()` is the real one.
    """

    def __init__(self, start=None):
        self._start = time.monotonic() if start is None else start
        self._ms = 0.0
        self.woke_ms = 0.0      # when the loop saw what it serves now; computing since then does not count

    def __call__(self):
        return self._ms

    def wake(self):
        self.woke_ms = self.wall_ms()

    def wall_ms(self):
        return (time.monotonic() - self._start) * 1000

    def move(self, ms):
        """Handle an event of time `ms` now; time never goes back."""
        self._ms = max(self._ms, ms)


class _Piece:
    """Bytes on their way: `data`, from when on they may travel, and how many the module has written for them."""

    __slots__ = ("data", "ready_ms", "weight", "done")

    def __init__(self, data, ready_ms, weight):
        self.data = data
        self.ready_ms = ready_ms
        self.weight = weight
        self.done = 0


class Line:
    """The module at one end and the host at the other; `port` is what a host opens."""

    def __init__(self, module, clock, selector, *, baudrate=0, latency_ms=0, wire=None, trace=None, ahead_ms=0.0,
                 end=None):
        self.module = module
        self._clock = clock
        self._rate = baudrate
        self._byte_ms = 10_000 / baudrate if baudrate else 0.0
        self._latency_ms = latency_ms
        self.ahead_ms = ahead_ms if baudrate else 0.0
        self._wire = wire
        self._trace = trace
        self._secrets = SecretFilter()
        self._end = end if end is not None else PtyEnd()
        self._end.attach(selector, self.ready)
        self.port = self._end.port
        self._to_module = deque()       # [data, start_ms]: byte i is there at start + (i + 1) byte times
        self._held = 0
        self._module_free_ms = 0.0      # when the last byte towards the module will have arrived
        self._to_host = deque()         # _Piece
        self._host_start_ms = None      # when the first byte of the first piece started to travel
        self._host_free_ms = 0.0        # when the last piece had arrived at the host
        self._gap_until_ms = 0.0        # fault cut: nothing moves before
        self._blocked = False           # the host does not read and its end is full
        module.tracks_delivery = True
        self._watch()

    def close(self):
        self._end.close()

    @property
    def rate(self):
        """Speed in bit/s, 0 for no limit."""
        return self._rate

    def _take_rate(self):
        """The module has another speed since its last answer (AT+IPR): so has the line, once that is out."""
        rate = getattr(self.module, "rate", 0)
        if self._rate and rate and rate != self._rate and not self._to_host:
            self._rate = rate
            self._byte_ms = 10_000 / rate

    def _rates_differ(self):
        """True when the host speaks with another speed than the module."""
        host = self._end.host_rate if self._rate and self._wire is not None and (
            self._wire.minds_rate or self._end.tells_rate) else None
        return bool(host) and abs(host - self._rate) > self._rate * _RATE_TOLERANCE

    # ---- the loop's questions

    def next_event_ms(self):
        """Time of the next thing to do on the line."""
        return min(self._next_arrival_ms() - self.ahead_ms, self._next_departure_ms())

    def is_idle(self):
        """True when no byte is under way in either direction."""
        return not self._to_host and not self._to_module

    def is_due_sharply(self):
        """True when the next thing to do hands over the last bytes there are: the host waits for just them."""
        if len(self._to_host) != 1 or self._blocked or not self._byte_ms or self._to_module:
            return False
        piece = self._to_host[0]
        return (len(piece.data) - piece.done) * self._byte_ms <= max(_TICK_MS, self._byte_ms)

    def run(self):
        """Do what is due: bytes to the module and its timers in the order of their times, then bytes to the host."""
        wall = self._clock.wall_ms()
        while True:
            arrival = self._next_arrival_ms()
            deadline = self.module.next_deadline_ms()
            deadline = _NEVER if deadline is None else deadline
            due = min(arrival, deadline)
            if due > wall + self.ahead_ms:
                break
            self._clock.move(due)
            if arrival <= deadline:
                self._arrive()
            else:
                self.module.tick()
            self.collect()
        self._clock.move(wall)
        self._depart(wall)
        self._take_rate()
        self.collect()      # what the module held back until the line had room
        self._watch()

    def collect(self):
        """Take what the module has written at the time of the event in hand."""
        data = self.module.take()
        if not data:
            return
        self._record("<", data)
        garbled = self._rates_differ()
        ready = self._clock() + self._latency_ms
        weight, written = len(data), data
        if self._wire is not None:
            data = self._wire.garbage(data) if garbled else self._wire.spoil(data)
        if data != written:
            self.module.note("fault", name="line", sent=weight, arrived=len(data))
        self._to_host.append(_Piece(data, ready, weight))

    def ready(self, events):
        """The host's end is readable or writable."""
        if events & selectors.EVENT_READ and (data := self._end.read()):
            if self._rates_differ():
                data = self._wire.garbage(data)
            start = max(self._clock.woke_ms or self._clock.wall_ms(), self._module_free_ms)
            self._to_module.append([data, start])
            self._module_free_ms = start + len(data) * self._byte_ms
            self._held += len(data)
        if events & selectors.EVENT_WRITE:
            self._blocked = False
            if self._to_host:       # the time of the standstill is not made up for
                self._host_start_ms = self._clock.wall_ms() - self._to_host[0].done * self._byte_ms

    # ---- host to module

    def _slice(self):
        """How many bytes of the first chunk to hand over together: a tick's worth, ending at a CR or CR LF."""
        data = self._to_module[0][0]
        n = min(len(data), max(1, int(_TICK_MS / self._byte_ms))) if self._byte_ms else len(data)
        end = data.find(b"\r", 0, n)
        n = n if end < 0 else end + 1
        return n + 1 if data[n - 1:n + 1] == b"\r\n" else n

    def _next_arrival_ms(self):
        if not self._to_module or self.module.input_paused:
            return _NEVER
        return self._to_module[0][1] + self._slice() * self._byte_ms

    def _arrive(self):
        n = self._slice()
        chunk = self._to_module[0]
        data = chunk[0][:n]
        chunk[0] = chunk[0][n:]
        chunk[1] += n * self._byte_ms
        if not chunk[0]:
            self._to_module.popleft()
        self._held -= n
        self._record(">", data)
        self.module.receive(data)

    # ---- module to host

    def _start_of_head(self):
        if self._host_start_ms is None:
            self._host_start_ms = max(self._to_host[0].ready_ms, self._host_free_ms)
        return self._host_start_ms

    def _next_departure_ms(self):
        if not self._to_host or self._blocked:
            return _NEVER
        start = self._start_of_head()
        if not self._byte_ms:
            return max(start, self._gap_until_ms)
        piece = self._to_host[0]
        n = min(len(piece.data) - piece.done, max(1, int(_TICK_MS / self._byte_ms)))
        return max(start + (piece.done + n) * self._byte_ms, self._gap_until_ms)

    def _depart(self, wall):
        while self._to_host and not self._blocked and wall >= self._gap_until_ms:
            piece = self._to_host[0]
            start = self._start_of_head()
            if wall < start:
                return
            length = len(piece.data)
            due = min(length, int((wall - start) / self._byte_ms + 1e-6)) if self._byte_ms else length
            n = due - piece.done
            if n <= 0 and piece.done < length:
                return
            if self._wire is not None and self._wire.cuts:
                n = min(n, self._wire.next_cut())
                self._gap_until_ms = wall + _CUT_GAP_MS
            self._write(piece, n)
            if piece.done == length:
                self._host_free_ms = start + length * self._byte_ms
                self._host_start_ms = None
                self._to_host.popleft()

    def _write(self, piece, n):
        written = 0
        if n:
            try:
                written = self._end.write(piece.data[piece.done:piece.done + n])
            except BlockingIOError:
                pass        # the host does not read: hold everything, as hardware flow control does
        before = min(piece.done, piece.weight)
        piece.done += written
        after = piece.weight if piece.done == len(piece.data) else min(piece.done, piece.weight)
        self.module.delivered(after - before)
        self._blocked = written < n

    # ---- helpers

    def _watch(self):
        events = selectors.EVENT_READ if self._held < _HELD_INPUT else 0
        events |= selectors.EVENT_WRITE if self._blocked else 0
        self._end.watch(events)

    def _record(self, direction, data):
        if self._trace:
            text = self._secrets.hide(direction, data).decode("latin-1").encode("unicode_escape").decode("ascii")
            self._trace(f"{direction} {self._clock() / 1000:.6f} {text}\n")
