"""Transfers whose time is taken, and what they say to the far end.  CPython and MicroPython use this same file.

Owns the words of the far end (bench_server.py): a request is one letter and eight hexadecimal digits.  b"R": the far
end sends so many bytes; b"S": it takes so many, then sends b"."; b"E": it sends back so many as they come.  The bytes
are pattern().  Knows no dialect and no limit.
"""

import sys
import time

if sys.implementation.name == "micropython":
    from micropython import mem_total

    now_us = time.ticks_us
    since_us = time.ticks_diff
else:

    def mem_total():
        return 0    # CPython does not count what it allocates

    def now_us():
        return time.perf_counter_ns() // 1000

    def since_us(later, earlier):
        return later - earlier


REQUEST_BYTES = 9
ECHO_BYTES = 64
TAKEN = b"."
BLOCK_BYTES = 4096
_BLOCK = bytes(range(256)) * (BLOCK_BYTES // 256)


def request(direction, n):
    """The request: `direction` b"R" (the far end sends), b"S" (it takes) or b"E" (both), n bytes."""
    return b"%s%08X" % (direction, n)


def pattern(n, begin=0):
    """What is sent and expected from byte `begin` on: n bytes."""
    shift = begin % BLOCK_BYTES
    return (_BLOCK * (2 + n // BLOCK_BYTES))[shift:shift + n]


class Transfers:
    """Makes transfers over one connected socket; `heap`: bytes that the last one allocated in the driver."""

    def __init__(self, sock):
        self.sock = sock
        self.heap = 0
        self._buf = bytearray(BLOCK_BYTES)
        self._view = memoryview(self._buf)
        self._expected = memoryview(pattern(2 * BLOCK_BYTES))
        self._data = self._expected     # what is sent

    def warm_up(self):
        """First transfers in both directions: buffers are made."""
        self.echo(2)

    def receive(self, n):
        """Microseconds from the request to the last of n bytes.  OSError when they are not what was asked for."""
        sock, buf, view, expected = self.sock, self._buf, self._view, self._expected
        begun, count, heap = now_us(), 0, 0
        sock.sendall(request(b"R", n))
        while count < n:
            before = mem_total()
            got = sock.recv_into(buf, min(BLOCK_BYTES, n - count))
            heap += mem_total() - before
            if not got:
                raise OSError("the connection ended after %d of %d bytes" % (count, n))
            at = count % BLOCK_BYTES
            if view[:got] != expected[at:at + got]:
                raise OSError("wrong bytes came between %d and %d" % (count, count + got))
            count += got
        self.heap = heap
        return since_us(now_us(), begun)

    def send(self, n):
        """Microseconds from the request to the far end's word that it has n bytes.  OSError when it has others."""
        sock, buf = self.sock, self._buf
        if len(self._data) < n:
            self._data = memoryview(pattern(n))
        data = self._data[:n]
        begun = now_us()
        sock.sendall(request(b"S", n))
        before = mem_total()
        sock.sendall(data)
        self.heap = mem_total() - before
        if sock.recv_into(buf, len(TAKEN)) != len(TAKEN) or self._view[:len(TAKEN)] != TAKEN:
            raise OSError("the far end did not get all bytes as they were sent")
        return since_us(now_us(), begun)

    def echo(self, rounds):
        """Microseconds that so many times ECHO_BYTES took, there and back."""
        sock, buf, view = self.sock, self._buf, self._view
        data = self._data[:ECHO_BYTES]
        sock.sendall(request(b"E", ECHO_BYTES * rounds))
        begun, before = now_us(), mem_total()
        for _ in range(rounds):
            sock.sendall(data)
            count = sock.readinto(buf, ECHO_BYTES)
        self.heap = mem_total() - before
        took = since_us(now_us(), begun)
        if count != ECHO_BYTES or view[:count] != data:
            raise OSError("what came back is not what was sent")
        return took
