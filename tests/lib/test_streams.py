"""asyncio's streams on a scripted module: what reading returns, what becomes of what was written, who closes what.

The program's time is virtual here as everywhere, and passes with each look at the clock.
"""

import asyncio

from atsock.aio.streams import Stream
from cases import cases
from fakes import Case, errno_of, raises
from frames import DIALECTS, OK, PEER, PORT, line
from loops import run
from scenes import answers, attached, settle
from test_listener_faults import CLIENT, SIMCOM, Module, came

EBADF, ECONNRESET, ENETDOWN, ETIMEDOUT = 9, 104, 100, 110


def ready(dialect, access="push", hurry=1):
    modem, tape, clock, says = attached(dialect, access)
    tape.auto = answers(says)
    clock.hurry = hurry
    return modem, tape, clock, says


async def failure(awaitable):
    try:
        await awaitable
    except OSError as error:
        return error.args[0]
    raise AssertionError("no error")


def closes(says, sent):
    begin = says.close(0)[0][1][:-2]
    return [int(command.split(b"=")[1]) for command in sent if command.startswith(begin)]


def recording(tape):
    """The list of the commands that are sent from now on."""
    sent = []
    answer = tape.auto

    def record(command):
        sent.append(command)
        return answer(command)

    tape.auto = record
    return sent


@cases("dialect", DIALECTS)
def test_ways_to_read(dialect):
    """Each call takes what it is asked for and leaves the rest to the next one; b"" at the end, as often as wanted."""
    modem, tape, clock, says = ready(dialect)

    def push(data):
        tape.input.append([0, "!", says.push("push", says.first, data)])

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        assert reader is writer
        assert writer.get_extra_info("peername") == (PEER, PORT)
        assert writer.get_extra_info("socket") is reader._raw and writer.get_extra_info("cipher", 5) == 5
        assert not writer.can_write_eof() and not writer.is_closing()
        push(b"0123456789")
        assert await reader.read(4) == b"0123"
        assert await reader.readexactly(3) == b"456"
        assert await reader.read(0) == b""
        assert await reader.readexactly(0) == b""
        buf = bytearray(b"--")
        assert await reader.readinto(buf) == 2 and buf == b"78"
        assert not reader.at_eof()
        push(b"abc\nde")
        assert await reader.readline() == b"9abc\n"
        push(b"f\ngh\n")
        assert await reader.readline() == b"def\n"
        buf = bytearray(b"-----")
        assert await reader.readinto(buf) == 3 and buf == b"gh\n--"
        push(b"straight")
        buf = bytearray(20)
        assert await reader.readinto(buf) == 8 and buf[:8] == b"straight"
        push(b"one\ntwo\nthree")
        tape.input.append([0, "!", says.closed(says.first)])
        lines = []
        async for text in reader:
            lines.append(text)
        assert lines == [b"one\n", b"two\n", b"three"], lines
        assert reader.at_eof()
        for _ in range(2):
            assert await reader.read(10) == await reader.read() == await reader.readline() == b""
            assert await reader.readinto(buf) == 0
        writer.close()
        assert writer.is_closing()
        await writer.wait_closed()

    run(main)


@cases("dialect", DIALECTS)
def test_everything_up_to_the_end(dialect):
    modem, tape, clock, says = ready(dialect)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        for data in (b"first ", b"second ", b"third"):
            tape.input.append([0, "!", says.push("push", says.first, data)])
        assert await reader.read(3) == b"fir"
        tape.input.append([0, "!", says.closed(says.first)])
        assert await reader.read() == b"st second third"
        assert reader.at_eof()
        partial = None
        try:
            await reader.readexactly(1)
        except EOFError as error:
            partial = getattr(error, "partial", b"")
        assert partial == b""

    run(main)


class Taker:
    """Takes what is sent (payloads end with CR here), in hex access; refuses when told to."""

    def __init__(self, says, tape):
        self.says = says
        self.opens = answers(says)
        self.got = b""
        self.silent = False
        self.sends = says.send("buffer", says.first, b"x")[0][1].split(b"=")[0] + b"="
        self.payload = False

    def __call__(self, command):
        if self.payload:
            self.payload = False
            self.got += command + b"\r"
            return self.says.result("buffer", self.says.first, len(command) + 1)
        if command.startswith(self.sends):
            if self.silent:
                return b""
            self.payload = True
            return self.says.prompt
        return line(b"+CSQ: 20,99") + OK if command == b"AT+CSQ" else self.opens(command)


@cases("dialect", DIALECTS)
def test_what_is_written_goes_out_in_order(dialect):
    """write() returns at once, drain() when the module has it, close() sends the rest first."""
    modem, tape, clock, says = ready(dialect, "buffer")
    module = tape.auto = Taker(says, tape)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        writer.write(b"one\r")
        writer.write(bytearray(b"two\r"))
        writer.writelines([b"thr", b"ee\r"])
        await writer.drain()
        assert module.got == b"one\rtwo\rthree\r", module.got
        await writer.drain()
        for call in (writer.write, lambda data: writer.writelines([data])):
            module.got = b""
            for n in range(3):
                call(b"in the background %d\r" % n)
            for _ in range(2000):
                await asyncio.sleep(0.001)
                if module.got.count(b"\r") == 3:
                    break
            assert module.got == b"in the background 0\rin the background 1\rin the background 2\r", module.got
        module.got = b"one\rtwo\rthree\r"
        writer.write(b"four\r")
        writer.write(b"five\r")
        writer.close()
        for call, argument in ((writer.write, b"x"), (writer.writelines, [b"x"])):
            assert errno_of(call, argument) == EBADF
        writer.close()
        await writer.wait_closed()
        assert module.got == b"one\rtwo\rthree\rfour\rfive\r", module.got

    run(main)


@cases("dialect", DIALECTS)
def test_the_names_of_old(dialect):
    """awrite(), awritestr() and aclose(), which MicroPython's streams have and programs (microdot) ask for."""
    modem, tape, clock, says = ready(dialect, "buffer")
    module = tape.auto = Taker(says, tape)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        writer.write(b"first\r")
        await writer.awrite(b"second\r")
        assert module.got == b"first\rsecond\r", module.got
        await writer.awritestr("third\r")
        await writer.awrite(bytearray(b"--fourth\r--"), 2, 7)
        await writer.awrite(b"--fifth\r", 2)
        await writer.awrite(b"sixth\r--", 0, 6)
        await writer.awrite(b"none", 0, 0)
        assert module.got == b"first\rsecond\rthird\rfourth\rfifth\rsixth\r", module.got
        await writer.aclose()
        assert writer.is_closing()
        assert await failure(writer.awrite(b"x")) == EBADF

    run(main)


@cases("dialect", DIALECTS)
def test_lines_alone(dialect):
    """writelines() begins to send by itself, as write() does; the end of the block closes."""
    modem, tape, clock, says = ready(dialect, "buffer")
    module = tape.auto = Taker(says, tape)
    sent = recording(tape)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        async with writer as same:
            assert same is writer
            for n in range(3):
                writer.writelines([b"line %d" % n, b"\r"])
                if n:
                    await writer.drain()
        assert module.got == b"line 0\rline 1\rline 2\r", module.got
        assert closes(says, sent) == [says.first]

    run(main)


@cases("dialect", DIALECTS)
def test_more_than_there_is_room_for(dialect):
    """Nothing is lost: what has no room waits in the UART until the program has read."""
    modem, tape, clock, says = ready(dialect)
    data = bytes([i * 7 & 255 for i in range(1000)])

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        for call in (lambda: reader.readexactly(70_000), lambda: whole(reader)):
            for _ in range(70):
                tape.input.append([0, "!", says.push("push", says.first, data)])
            while not modem._engine.rx_blocked:
                modem.poll()
            assert await call() == data * 70

    async def whole(reader):
        buf = bytearray(5000)
        got = b""
        while len(got) < 70_000:
            n = await reader.readinto(buf)
            got += bytes(buf[:n])
        return got

    run(main)


@cases("dialect", DIALECTS)
def test_the_last_of_what_was_written_is_lost(dialect):
    """It has been taken, and the connection ends before the module has it: drain() says so."""
    modem, tape, clock, says = ready(dialect, "buffer", 50)
    module = tape.auto = Taker(says, tape)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        module.silent = True
        writer.write(b"first\r")
        tape.input.append([0, "!", says.lost])
        assert await failure(writer.drain()) in (ECONNRESET, ENETDOWN, ETIMEDOUT)

    run(main)


@cases("dialect", DIALECTS)
def test_what_is_written_to_a_connection_that_has_failed(dialect):
    """drain() says so, each time; closing it is no error, as nothing was taken."""
    modem, tape, clock, says = ready(dialect, "buffer")

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        tape.input.append([0, "!", says.lost])
        assert await failure(reader.read(10)) == ENETDOWN
        writer.write(b"too late\r")
        for _ in range(2):
            assert await failure(writer.drain()) == ENETDOWN
        await writer.wait_closed()

    run(main)


@cases("dialect", DIALECTS)
def test_a_server_in_a_block(dialect):
    """Its end closes it."""
    modem, tape, clock, says = ready(dialect)
    tape.auto = Module(dialect, says)

    async def main():
        async with await modem.start_server(lambda reader, writer: None, 8080) as server:
            assert server.is_serving() and modem._engine.servers
        assert not server.is_serving() and not modem._engine.servers

    run(main)


@cases("dialect", DIALECTS)
def test_tls_that_fails(dialect):
    """The connection is closed, and why is raised."""
    modem, tape, clock, says = ready(dialect)
    sent = recording(tape)
    sides = []

    async def start_tls(self, ssl, server_side, hostname):
        sides.append(server_side)
        raise OSError(5)

    async def main():
        assert await failure(modem.open_connection(PEER, PORT, True)) == 5
        for _ in range(200):
            await asyncio.sleep(0)
            if closes(says, sent):
                break
        assert closes(says, sent) == [says.first] and sides == [False]

    before = Stream.start_tls
    Stream.start_tls = start_tls
    try:
        run(main)
    finally:
        Stream.start_tls = before


class Refusing:
    """TLS that refuses the peer's certificate: it tells the peer, and the program."""

    def __init__(self, raw):
        self.raw = raw

    def read(self, wanted):
        assert self.raw.write(b"alert\r") == 6
        raise ValueError("certificate")

    readinto = write = read

    def flush(self):
        return True


@cases("dialect", ("bg96", "nl668"))
def test_what_tls_says_when_it_fails_goes_out_first(dialect):
    """The program may end its loop as soon as it knows."""
    modem, tape, clock, says = ready(dialect, "buffer")
    module = tape.auto = Taker(says, tape)

    async def written(stream):
        stream.write(b"x")
        await stream.drain()

    async def main():
        for call in (lambda stream: stream.read(10), lambda stream: stream.readinto(bytearray(9)), written):
            module.got = b""
            stream, _ = await modem.open_connection(PEER, PORT)
            stream._socket = Refusing(stream._raw)
            try:
                await call(stream)
            except ValueError:
                assert module.got == b"alert\r", module.got
            else:
                raise AssertionError("no error")
            stream._socket = stream._raw
            await stream.wait_closed()

    run(main)


@cases("dialect", DIALECTS)
def test_cancelled_when_it_is_open(dialect):
    """The task has not run since: the connection is closed all the same."""
    modem, tape, clock, says = ready(dialect)
    held = []
    sent = []
    opens = answers(says)

    def answer(command):
        sent.append(command)
        if command.startswith(says.open_line(command)):
            held.append(opens(command))
            return b""
        return opens(command)

    tape.auto = answer

    async def main():
        task = asyncio.create_task(modem.open_connection(PEER, PORT))
        while not held:
            await asyncio.sleep(0)
        tape.input.append([0, "!", held[0]])
        while modem._session.jobs is not None:
            modem.poll()
        task.cancel()
        try:
            await task
            raise AssertionError("not cancelled")
        except asyncio.CancelledError:
            pass
        for _ in range(2000):
            await asyncio.sleep(0)
            if modem._session.is_idle() and closes(says, sent):
                break
        assert closes(says, sent) == [says.first]

    run(main)


@cases("dialect", DIALECTS)
def test_a_server_that_is_cancelled_when_it_listens(dialect):
    """The task has not run since: the server is closed all the same."""
    modem, tape, clock, says = ready(dialect)
    module = tape.auto = Module(dialect, says)

    async def main():
        task = asyncio.create_task(modem.start_server(lambda reader, writer: None, 8080))
        while not modem._engine.servers:
            await asyncio.sleep(0)
        while modem._session.jobs is not None:
            modem.poll()
        task.cancel()
        try:
            await task
            raise AssertionError("not cancelled")
        except asyncio.CancelledError:
            pass
        for _ in range(2000):
            await asyncio.sleep(0)
            if not modem._engine.servers and modem._session.is_idle():
                break
        assert not modem._engine.servers
        assert module.closes() or dialect in SIMCOM

    run(main)


@cases("dialect", ("bg96", "nl668"))
def test_nobody_waits_for_what_goes_on(dialect):
    """After a while in which nothing was to be done: write() and close() see to the module by themselves."""
    modem, tape, clock, says = ready(dialect, "buffer")
    module = tape.auto = Taker(says, tape)
    sent = recording(tape)

    async def until(ready):
        for _ in range(2000):
            if ready():
                return True
            await asyncio.sleep(0.001)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        await asyncio.sleep(0.3)
        writer.write(b"one\r")
        assert await until(lambda: module.got == b"one\r" and modem._session.is_idle())
        await asyncio.sleep(0.3)
        writer.writelines([b"two\r"])
        assert await until(lambda: module.got == b"one\rtwo\r" and modem._session.is_idle())
        await asyncio.sleep(0.3)
        writer.close()
        assert await until(lambda: closes(says, sent) and modem._session.is_idle())

    run(main)


@cases("dialect", DIALECTS)
def test_what_is_written_is_lost(dialect):
    """The connection ends before: drain() says so, and close() all the same gives the id back."""
    modem, tape, clock, says = ready(dialect, "buffer", 50)
    module = tape.auto = Taker(says, tape)
    sent = recording(tape)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        module.silent = True
        writer.write(b"first\r")
        writer.write(b"second\r")
        await asyncio.sleep(0.01)
        assert await failure(writer.drain()) in (ECONNRESET, ETIMEDOUT)
        module.silent = False
        assert await failure(writer.drain()) in (ECONNRESET, ETIMEDOUT)
        writer.close()
        try:
            await writer.wait_closed()
        except OSError as error:
            assert error.args[0] in (ECONNRESET, ETIMEDOUT)
        assert closes(says, sent) == [says.first]

    run(main)


@cases("dialect", ("nl668", "l610"))
def test_close_does_not_wait_for_ever_for_what_was_written(dialect):
    """+MIPXOFF (1.1.19) and never +MIPXON: 30 s, then the connection is closed, and wait_closed() tells of the loss."""
    modem, tape, clock, says = ready(dialect, "buffer", 100)
    module = tape.auto = Taker(says, tape)
    sent = recording(tape)

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        tape.input.append([0, "!", line(b"+MIPXOFF: 1")])
        await asyncio.sleep(0.01)
        modem.poll()
        writer.write(b"one\r")
        began = clock.now
        assert await failure(writer.wait_closed()) == ECONNRESET
        assert 30_000 <= clock.now - began < 70_000, clock.now - began
        assert closes(says, sent) == [says.first]
        assert module.got == b""

    run(main)


@cases("dialect", DIALECTS)
def test_cancelled_while_it_connects(dialect):
    """What the module has opened by then is closed, in the background."""
    for opened in (False, True):
        with Case(opened):
            modem, tape, clock, says = ready(dialect)
            held = []
            sent = []
            opens = answers(says)

            def answer(command, says=says, held=held, sent=sent, opens=opens):
                sent.append(command)
                if command.startswith(says.open_line(command)):
                    held.append(opens(command))
                    return b""
                return opens(command)

            tape.auto = answer

            async def main(tape=tape, held=held, modem=modem, opened=opened):
                task = asyncio.create_task(modem.open_connection(PEER, PORT))
                while not held:
                    await asyncio.sleep(0)
                if opened:
                    tape.input.append([0, "!", held[0]])
                task.cancel()
                try:
                    await task
                    raise AssertionError("not cancelled")
                except asyncio.CancelledError:
                    pass
                if not opened:
                    tape.input.append([0, "!", held[0]])
                await asyncio.sleep(0.05)

            run(main)
            for _ in range(20):
                settle(modem, tape)
                modem.poll(50)
            assert closes(says, sent) == [says.first], sent
            assert modem._session.is_idle()


@cases("dialect", DIALECTS)
def test_a_server_calls_back_for_each_client(dialect):
    """A function or a coroutine function; what it raises closes that connection, and the server goes on."""
    for kind in ("function", "coroutine"):
        with Case(kind):
            modem, tape, clock, says = ready(dialect)
            module = tape.auto = Module(dialect, says)
            seen = []

            def called(reader, writer, seen=seen):
                seen.append(writer.get_extra_info("peername"))
                if len(seen) == 1:
                    raise OSError(5)

            async def awaited(reader, writer, called=called):
                await asyncio.sleep(0)
                called(reader, writer)

            callback = called if kind == "function" else awaited

            async def main(modem=modem, tape=tape, module=module, seen=seen, callback=callback):
                asyncio.get_event_loop().set_exception_handler(lambda loop, context: None)  # else it prints
                server = await modem.start_server(callback, 8080)
                assert server.is_serving()
                for n in (1, 2):
                    listener = server._socket._listener
                    id = listener.id if dialect in ("nl668", "l610") else n
                    tape.input.append([0, "!", came(dialect, id, 4000 + n)])
                    while len(seen) < n:
                        await asyncio.sleep(0.001)
                    await asyncio.sleep(0.05)
                assert seen == [(CLIENT, 4001), (CLIENT, 4002)]
                assert module.closes() == [1], module.closes()
                server.close()
                assert not server.is_serving()
                server.close()
                await server.wait_closed()
                await server.serve_forever()

            run(main)
            # SIMCom 2.15: it is stopped behind its last connection, which has been handed out.
            assert dialect in SIMCOM or not modem._engine.servers


@cases("dialect", DIALECTS)
def test_a_server_ends_with_the_network(dialect):
    """serve_forever() says so; closing it is no error then."""
    modem, tape, clock, says = ready(dialect)
    tape.auto = Module(dialect, says)

    async def main():
        server = await modem.start_server(lambda reader, writer: None, 8080)
        task = asyncio.create_task(server.serve_forever())
        await asyncio.sleep(0.01)
        tape.input.append([0, "!", says.lost])
        assert await failure(task) == ENETDOWN
        assert not server.is_serving()
        await server.wait_closed()

    run(main)


@cases("dialect", DIALECTS)
def test_a_server_that_the_modem_has_closed(dialect):
    """Modem.close() closes it, too: serve_forever() says so, and closing it once more is fine."""
    modem, tape, clock, says = ready(dialect)
    tape.auto = Module(dialect, says)

    async def main():
        async with await modem.start_server(lambda reader, writer: None, 8080) as server:
            task = asyncio.create_task(server.serve_forever())
            await asyncio.sleep(0.01)
            modem.close()
            assert await failure(task) == EBADF
            assert not server.is_serving()

    run(main)


def test_a_server_needs_a_certificate():
    modem, tape, clock, says = ready("bg96")

    async def main():
        try:
            await modem.start_server(lambda reader, writer: None, 8080, ssl=True)
        except ValueError:
            return True

    assert run(main)


@cases("dialect", DIALECTS)
def test_a_server_that_cannot_listen(dialect):
    """start_server() raises why, and the port is free again."""
    modem, tape, clock, says = ready(dialect)
    module = Module(dialect, says)
    begins = (b"AT+SERVERSTART=", says.open_line(b""))
    refusal = OK + line(b"+QIOPEN: 0,556") if dialect == "bg96" else line(b"+CME ERROR: 2020")
    tape.auto = lambda command: refusal if command.startswith(begins) else module(command)

    async def main():
        await failure(modem.start_server(lambda reader, writer: None, 8080))
        assert not modem._engine.servers
        tape.auto = module
        server = await modem.start_server(lambda reader, writer: None, 8080)
        server.close()
        await server.wait_closed()

    run(main)


def test_the_port_is_gone():
    """All that wait are told, also those that begin to wait later."""
    modem, tape, clock, says = ready("bg96")

    async def main():
        reader, writer = await modem.open_connection(PEER, PORT)
        tasks = [asyncio.create_task(reader.read(10)), asyncio.create_task(modem.open_connection(PEER, PORT))]
        await asyncio.sleep(0)

        def gone(*args):
            raise OSError(19)

        tape.any = tape.readinto = gone
        for task in tasks:
            assert await failure(task) == 19
        assert await failure(reader.read(10)) == 19

    run(main)
    assert raises(OSError, modem.poll).args[0] == 19


def test_recover_and_attach_are_awaited():
    modem, tape, clock, says = ready("bg96")
    tape.auto = says.attach()

    async def main():
        modem._session.set_down()
        assert await modem.recover_async() == ["attach"]
        assert await modem.attach_async("internet") == "10.0.0.1"

    run(main)
