"""UDP ASSOCIATE of SOCKS5 (RFC 1928, 7): datagrams of a client through the module while its TCP connection stands.

Owns the header of these datagrams and one socket of the module for each far end: only some modules tell who has sent a
datagram.  relay.py opens them.
"""

import asyncio
import contextlib
import ipaddress
from collections import deque

from .words import sentence

IPV4, NAME, IPV6 = 1, 3, 4
POLL_S = 0.01       # between two looks for something to receive
QUIET_S = 60        # a far end that is silent for so long is forgotten
WAITING = 16        # datagrams that wait for their far end to be opened or to take them; those before are dropped
LONGEST = 2048


class Association(asyncio.DatagramProtocol):
    """The datagrams of one client, whose address is `owner`; relay: a Relay; say: a function for what fails."""

    def __init__(self, relay, owner, say):
        self._relay, self._owner, self._say = relay, owner, say
        self._client = None         # (host, port) of its datagrams, as the first one shows
        self._transport = None
        self._waiting = {}          # (kind, host, port) of a far end: datagrams for it
        self._tasks = set()

    async def run(self, host, reader, opened):
        """Serve on a UDP port of `host`, told by opened(address), until `reader` ends."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        try:
            opened(self._transport.get_extra_info("sockname"))
            with contextlib.suppress(OSError):
                while await reader.read(1000):
                    pass
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(set(self._tasks))
            self._transport.close()

    def datagram_received(self, data, address):
        """From the client; what comes from others, in fragments, or is no such datagram is dropped."""
        if address[0] != self._owner or self._client not in (None, address):
            return
        self._client = address
        parsed = parse(data)
        if parsed is None:
            return
        far, payload = parsed
        if far not in self._waiting:
            self._waiting[far] = deque(maxlen=WAITING)
            task = asyncio.create_task(self._serve(far))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._waiting[far].append(payload)

    async def _serve(self, far):
        kind, host, port = far
        flow = self._relay.flow()
        try:
            async with self._relay.datagrams(host, port) as sock:
                await self._carry(sock, far, flow)
        except (OSError, ValueError) as error:
            self._say(f"{host}:{port} (UDP): {sentence(error)}")
        finally:
            self._relay.forget(flow)
            del self._waiting[far]

    async def _carry(self, sock, far, flow):
        waiting = self._waiting[far]
        while not flow.ended.done() and flow.silent_s() < QUIET_S:
            if waiting and _tried(sock.send, waiting[0]) is not None:
                waiting.popleft()
                flow.received()     # nobody may ever answer: it can be ended for others
            elif (data := _tried(sock.recv, LONGEST)) is not None:
                flow.received()
                self._transport.sendto(header(*far) + data, self._client)
            else:
                await asyncio.sleep(POLL_S)


def _tried(call, argument):
    # What a call of a socket that never waits gives, None when it would have to.
    try:
        return call(argument)
    except BlockingIOError:
        return None


def parse(data):
    """((kind, host, port), payload) of a client's datagram; None for a fragment or what is none."""
    if len(data) < 5 or data[:3] != bytes(3):
        return None
    kind = data[3]
    begin, end = {IPV4: (4, 8), IPV6: (4, 20), NAME: (5, 5 + data[4])}.get(kind, (0, 0))
    if not end or len(data) < end + 2:
        return None
    text = data[begin:end]
    host = text.decode("ascii", "replace") if kind == NAME else str(ipaddress.ip_address(text))
    return (kind, host, int.from_bytes(data[end:end + 2], "big")), data[end + 2:]


def header(kind, host, port):
    """What stands before a datagram from there."""
    packed = bytes((len(host),)) + host.encode() if kind == NAME else ipaddress.ip_address(host).packed
    return bytes((0, 0, 0, kind)) + packed + port.to_bytes(2, "big")
