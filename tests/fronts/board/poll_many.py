"""select.poll() over modem sockets, one of the system's own and one in Python, on MicroPython: each tells of
itself alone.
"""

import io
import select
import socket
import time

import common

PORT = int(common.arguments[0])
POLL = 3
DEADLINE_MS = 20_000
modem = common.attached()
count = min(common.ids(modem), 3)


class Flag(io.IOBase):
    """Readable when it is up."""

    up = False

    def ioctl(self, request, arg):
        return (arg & select.POLLIN if self.up else 0) if request == POLL else -22


def until(wanted):
    """Poll until every pair (object, events) of `wanted` has been told, and nothing else has."""
    start = time.ticks_ms()
    left = {id(thing): events for thing, events in wanted}
    while left:
        assert time.ticks_diff(time.ticks_ms(), start) < DEADLINE_MS, "%s are not told" % left
        for thing, events in poller.poll(100):
            assert left.get(id(thing), -1) in (-1, events), (thing, events)
            assert (id(thing), events) in [(id(one), expected) for one, expected in wanted], (thing, events)
            left.pop(id(thing), None)


def start(to):
    """A non-blocking socket on its way to a port."""
    sock = modem.socket()
    sock.setblocking(False)
    try:
        sock.connect(("server.example", to))
    except OSError as error:
        assert error.errno == 115  # EINPROGRESS
    return sock


native = socket.socket()
native.connect(socket.getaddrinfo("127.0.0.1", PORT)[0][-1])
flag = Flag()
poller = select.poll()
socks = [start(PORT) for n in range(count)]
for sock in socks:
    poller.register(sock, select.POLLOUT)
until([(sock, select.POLLOUT) for sock in socks])
poller.register(native, select.POLLIN)
poller.register(flag, select.POLLIN)
for sock in socks:
    poller.modify(sock, select.POLLIN)
assert poller.poll(50) == []
flag.up = True
until([(flag, select.POLLIN)])
flag.up = False
for thing in [native] + socks:  # one after the other is told something
    thing.write(b"hello\n")
    until([(thing, select.POLLIN)])
    assert thing.read(6) == b"hello\n"
for sock in socks:
    sock.write(b"more\n")
native.write(b"more\n")
until([(thing, select.POLLIN) for thing in [native] + socks])
for thing in [native] + socks:
    assert thing.read(5) == b"more\n"
last = socks[-1]
last.write(b"end\n")  # the server hangs up behind that
until([(last, select.POLLIN)])
assert last.read(4) == b"end\n"
until([(last, select.POLLIN | select.POLLHUP)])
assert last.read(1) == b""
poller.unregister(last)
last.close()
refused = start(int(common.arguments[1]))
poller.register(refused, select.POLLOUT)
until([(refused, select.POLLERR | select.POLLHUP)])
poller.unregister(refused)
refused.close()
assert refused.ioctl(1000, 0) < 0
native.close()
poller.unregister(native)
for sock in socks[:-1]:
    sock.close()
modem.close()
common.result(count)
