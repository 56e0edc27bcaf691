"""Connections through a module for other programs of this computer: who may open one when, and what joins them.

Owns attaching again, the queue for connection ids, the pumping of bytes and the decision when a connection is over.
The module's side is the driver's asyncio interface; the program's side is any pair of asyncio streams.  Used by the
proxy (cli/socks.py) and by bridge.py.
"""

import asyncio
import contextlib
import errno
import socket
import struct
import time
from collections import deque

BLOCK = 2048
QUEUE_S = 60        # how long a connection may wait for a free id
LINGER_S = 10       # how long the far end may stay silent after the client has said all it had
QUIET_S = 0.5       # likewise when it has answered since: the client has read its answer and gone
LOOK_S = 0.05       # how often that is looked at
GOODBYE_S = 20      # for what is left to be sent, and for the module's word that the connection is closed

_RESET = struct.pack("ii", 1, 0)     # SO_LINGER
_NO_NETWORK = (errno.ENETDOWN, errno.ENETUNREACH)


class Relay:
    """Opens connections of `modem` and joins them to streams of this computer.  For one event loop.

    account: the keyword arguments of attach(), for attaching again; say: a function that is told what happens (str).
    """

    def __init__(self, modem, account=None, say=lambda text: None):
        self._modem = modem
        self._account = dict(account or {})
        self._say = say
        self._attaching = asyncio.Lock()
        self._held = 0          # ids in use here, or being opened
        self._limit = None      # how many there are, as far as the module has refused one; None: it has not
        self._queue: "deque[asyncio.Future[None]]" = deque()   # futures of those that wait for an id

    # -- ids

    async def _take_id(self):
        if self._queue or self._limit is not None and self._held >= self._limit:
            await self._wait_for_id()       # whoever gives one back leaves it counted
        else:
            self._held += 1

    async def _wait_for_id(self):
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(QUEUE_S):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():    # it was given one at the last moment
                self._give_id()
            else:
                self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise OSError(errno.EMFILE, f"all connections of the module are in use, for {QUEUE_S} s") from error
            raise

    def _give_id(self):
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._held -= 1
        if not self._held:
            self._limit = None

    # -- opening

    @contextlib.asynccontextmanager
    async def connection(self, host, port):
        """(reader, writer) of a new connection; it is closed, and its id given back, at the end of the block.

        Waits for a free id, at most QUEUE_S; attaches again when the module is not attached (any more).
        Raises OSError, and ValueError for what is no host or port.
        """
        await self._take_id()
        try:
            streams = await self._opened(host, port)
            try:
                yield streams
            finally:
                await _close(streams[1])
        finally:
            self._give_id()

    async def _opened(self, host, port):
        while True:
            try:
                return await self._attached_and_opened(host, port)
            except OSError as error:
                if error.errno != errno.EMFILE or self._held < 2:
                    raise
            self._limit = self._held - 1        # what the others hold is all that there is
            self._held -= 1
            await self._wait_for_id()

    async def _attached_and_opened(self, host, port):
        if not self._modem.isconnected():
            await self._attach()
        try:
            return await self._modem.open_connection(host, port)
        except OSError as error:
            if self._modem.isconnected() and error.errno not in _NO_NETWORK:
                raise
        await self._attach(lost=True)
        return await self._modem.open_connection(host, port)

    async def _attach(self, lost=False):
        queued = self._attaching.locked()
        async with self._attaching:
            if self._modem.isconnected() and (queued or not lost):
                return          # somebody else has seen to it
            self._say("the module has lost the network or restarted: attaching again")
            address = await self._modem.attach_async(**self._account)
            self._say(f"attached again: {address}")

    # -- joining

    async def join(self, reader, writer, far_reader, far_writer):
        """Carry bytes both ways until the far end closes, or the client has; raises what ends it otherwise (OSError).

        No module can close one direction alone, so a client that says no more (it may want the answer still, or have
        gone) is told nothing: its connection ends when the answer has come and nothing follows.
        """
        flow = _Flow()
        up = asyncio.create_task(_pump(reader, far_writer, flow.sent))
        down = asyncio.create_task(_pump(far_reader, writer, flow.received))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if up.done() and not up.exception():
                while not down.done() and not flow.is_over():
                    await asyncio.wait({down}, timeout=LOOK_S)
            for task in (up, down):
                if task.done():
                    task.result()
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)


class _Flow:
    """When something went which way last."""

    def __init__(self):
        self._last_s = time.monotonic()
        self._answered = False

    def sent(self):
        self._last_s = time.monotonic()
        self._answered = False

    def received(self):
        self._last_s = time.monotonic()
        self._answered = True

    def is_over(self):
        return time.monotonic() - self._last_s >= (QUIET_S if self._answered else LINGER_S)


async def _pump(reader, writer, moved):
    while data := await reader.read(BLOCK):
        moved()
        writer.write(data)
        await writer.drain()


async def _close(writer):
    # What the module says to that is of no interest any more.
    writer.close()
    with contextlib.suppress(OSError):
        async with asyncio.timeout(GOODBYE_S):
            await writer.wait_closed()


def abort(writer):
    """End a connection to a program of this computer so that it takes that for no proper end."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
