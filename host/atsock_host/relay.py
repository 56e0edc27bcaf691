"""Connections through a module for other programs of this computer: who may open one when, and what joins them.

Owns the serving of programs, the queue for connection ids, the pumping of bytes and the decision when a connection is
over; the driver's Keeper holds the module attached.  The module's side is the driver's asyncio interface; the program's
side is any pair of asyncio streams.  Used by the proxy (cli/socks.py) and by bridge.py.
"""

import asyncio
import contextlib
import errno
import socket
import struct
import time
from collections import deque

BLOCK = 2048
OPEN_S = 10         # for a socket of datagrams
QUEUE_S = 60        # how long a connection may wait for a free id
ATTACH_S = 120      # and for the module to be attached again
IDLE_S = 5          # when others wait for an id, a connection that has been silent for so long is ended
TURNS = 3           # a connection is tried to be opened so often, as long as the module gets lost on the way
LINGER_S = 10       # how long the far end may stay silent after the client has said all it had
QUIET_S = 0.5       # likewise when it has answered since: the client has read its answer and gone
LOOK_S = 0.05       # how often that is looked at
END_S = 3           # for tasks that are cancelled
GOODBYE_S = 20      # for what is left to be sent, and for the module's word that the connection is closed

_RESET = struct.pack("ii", 1, 0)     # SO_LINGER


class Relay:
    """Opens connections of `modem` and joins them to streams of this computer.  For one event loop.

    keep() has to run meanwhile.  say: a function that is told what happens (str).
    """

    def __init__(self, modem, say=lambda text: None):
        self._modem = modem
        self._say = say
        self._keeper = modem.keep(self._note_up, self._note_down)
        self._up = asyncio.Event()
        self._was_down = not modem.isconnected()
        self._losses = 0
        self._held = 0          # ids in use here, or being opened
        self._limit = None      # how many there are, as far as the module has refused one; None: it has not
        self._queue: "deque[asyncio.Future[None]]" = deque()   # futures of those that wait for an id
        self._flows: "set[Flow]" = set()

    # -- attached

    async def keep(self, until):
        """Hold the module attached, over restarts and losses, until the asyncio.Event `until` is set.

        Raises OSError when the port is gone.
        """
        keeping, ended = asyncio.create_task(self._keeper.run()), asyncio.create_task(until.wait())
        try:
            await asyncio.wait({keeping, ended}, return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                keeping.result()
        finally:
            await _end({keeping, ended})

    def _note_up(self, address):
        self._up.set()
        if self._was_down:
            self._say(f"attached: {address}")

    def _note_down(self, reason):
        self._up.clear()
        self._was_down = True
        self._losses += 1
        self._say(f"{reason}: attaching again")

    async def _be_attached(self, lost=False):
        if lost or not self._modem.isconnected():
            self._up.clear()        # the keeper is about to see it, too
        try:
            async with asyncio.timeout(ATTACH_S):
                await self._up.wait()
        except TimeoutError:
            raise self._keeper.error or OSError(errno.ENETDOWN, "the module is not attached") from None

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
                while not turn.done():
                    self._end_quiet_ones()
                    await asyncio.wait({turn}, timeout=LOOK_S)
        except BaseException as error:
            if turn.done() and not turn.cancelled():    # it was given one at the last moment
                self._give_id()
            else:
                self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise OSError(errno.EMFILE, f"all connections of the module are in use, for {QUEUE_S} s") from error
            raise

    def _end_quiet_ones(self):
        # As many as wait: a kept HTTP connection is opened anew by its client when it is needed.
        ending = sum(flow.ended.done() for flow in self._flows)
        quiet = sorted((flow for flow in self._flows if flow.is_idle()), key=Flow.silent_s, reverse=True)
        for flow in quiet[:max(0, len(self._queue) - ending)]:
            flow.ended.set_result(None)

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

        Waits for a free id, at most QUEUE_S, and for the module to be attached, at most ATTACH_S.  Raises OSError, and
        ValueError for what is no host or port.
        """
        await self._take_id()
        try:
            streams = await self._opened(lambda: self._modem.open_connection(host, port))
            try:
                yield streams
            finally:
                await _close(streams[1])
        finally:
            self._give_id()

    @contextlib.asynccontextmanager
    async def datagrams(self, host, port):
        """A socket of the modem for datagrams to and from (host, port), which never waits; else as connection().

        While it is opened, and a name looked up, the loop stands still: the driver has no other way.
        """

        async def opened():
            sock = self._modem.socket(type=socket.SOCK_DGRAM)
            try:
                sock.settimeout(OPEN_S)
                sock.connect((host, port))
                sock.setblocking(False)
            except BaseException:
                sock.close()
                raise
            return sock

        await self._take_id()
        try:
            sock = await self._opened(opened)
            try:
                yield sock
            finally:
                with contextlib.suppress(OSError):
                    sock.close()
        finally:
            self._give_id()

    async def _opened(self, how):
        while True:
            try:
                return await self._attached_and_opened(how)
            except OSError as error:
                if error.errno != errno.EMFILE or self._held < 2:
                    raise
            self._limit = self._held - 1        # what the others hold is all that there is
            self._held -= 1
            await self._wait_for_id()

    async def _attached_and_opened(self, how):
        lost = False
        for turn in range(TURNS):
            await self._be_attached(lost)
            # Some modules restart without a word, and an open that comes then is waited for a minute; a question is
            # cheap.
            await self._keeper.ask()
            await self._be_attached()
            losses = self._losses
            try:
                return await how()
            except OSError as error:
                if error.errno == errno.EMFILE or turn == TURNS - 1:
                    raise
                if error.errno != errno.ENETDOWN and await self._keeper.ask() and losses == self._losses:
                    raise       # the connection's own failure
            lost = losses == self._losses

    # -- joining

    def flow(self):
        """The Flow of a new connection, which may be ended when others wait for its id, until forget()."""
        flow = Flow()
        self._flows.add(flow)
        return flow

    def forget(self, flow):
        """This connection is over."""
        self._flows.discard(flow)

    async def join(self, reader, writer, far_reader, far_writer):
        """Carry bytes both ways until the far end closes, or the client has; raises what ends it otherwise (OSError).

        No module can close one direction alone, so a client that says no more (it may want the answer still, or have
        gone) is told nothing: its connection ends when the answer has come and nothing follows.  One that has been
        silent for IDLE_S ends, too, when others wait for its id.
        """
        flow = self.flow()
        up = asyncio.create_task(_pump(reader, far_writer, flow.sent))
        down = asyncio.create_task(_pump(far_reader, writer, flow.received))
        try:
            await asyncio.wait({up, down, flow.ended}, return_when=asyncio.FIRST_COMPLETED)
            if up.done() and not up.exception():
                while not (down.done() or flow.is_over() or _is_gone(writer)):
                    await asyncio.wait({down}, timeout=LOOK_S)
            for task in (up, down):
                if task.done():
                    task.result()
            if flow.ended.done():
                writer.close()      # at once: the client must not ask anything more on it
        finally:
            self.forget(flow)
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)


class Flow:
    """When something went which way last, in one connection; ended: a future, done when it has to go."""

    def __init__(self):
        self.ended = asyncio.get_running_loop().create_future()
        self._last_s = time.monotonic()
        self._answered = self._asked = False

    def sent(self):
        """The client has said something."""
        self._last_s = time.monotonic()
        self._asked, self._answered = True, False

    def received(self):
        """The far end has."""
        self._last_s = time.monotonic()
        self._answered = True

    def is_over(self):
        """The client has said all it had, and its answer has come."""
        return self.silent_s() >= (QUIET_S if self._answered else LINGER_S)

    def is_idle(self):
        """Nobody waits for anything here."""
        if self.ended.done() or self._asked and not self._answered:
            return False
        return self.silent_s() >= IDLE_S

    def silent_s(self):
        """For how many seconds nothing has gone either way."""
        return time.monotonic() - self._last_s


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


def _is_gone(writer):
    # The client has closed both directions and was sent something: asyncio does not look any more behind an end.
    sock = writer.get_extra_info("socket")
    return writer.is_closing() or sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


@contextlib.asynccontextmanager
async def serving(serve, *address, **options):
    """A server at `address`; serve(reader, writer) has each of its connections, in a task.  Gives the server's address.

    At the end of the block the tasks are cancelled.  One that does not end for that is left behind after END_S: its
    connection is closed with the modem.  options: of asyncio.start_server().
    """
    tasks = set()

    def client(reader, writer):
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(client, *address, **options)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()
        if tasks:
            await _end(set(tasks))


async def _end(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=END_S)


def abort(writer):
    """End a connection to a program of this computer so that it takes that for no proper end."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
