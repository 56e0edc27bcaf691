"""atsock socks: its protocols and the pumping, over a stand-in for the modem that connects with real sockets."""

import asyncio
import errno
import signal
import subprocess
import sys

import atsock
import click
import pytest
from atsock_host import relay
from atsock_host.cli import socks

WAIT_S = 5
HELLO, WELCOME = b"\x05\x01\x00", b"\x05\x00"
ZEROS = b"\x01" + bytes(6)


def to(kind, address, port, command=1):
    return bytes((5, command, 0, kind)) + address + port.to_bytes(2, "big")


def name(text, port):
    return to(socks.NAME, bytes((len(text),)) + text.encode(), port)


class Keeper:
    """Attaches a Bench again whenever it is not attached."""

    error = None

    def __init__(self, bench, on_up, on_down):
        self.bench, self.on_up, self.on_down = bench, on_up, on_down

    async def run(self):
        bench = self.bench
        self.on_up("10.0.0.1")
        while True:
            await bench.lost.wait()
            bench.lost.clear()
            self.on_down("the network is lost")
            bench.attaches += 1
            await asyncio.sleep(0)
            if bench.attaches > bench.failing_attaches:
                bench.attached = True
                if bench.heals:
                    bench.failure = None
                self.on_up("10.0.0.2")

    async def ask(self):
        self.bench.questions += 1
        if self.bench.silently_lost:
            self.bench.silently_lost = False
            self.bench.lose()
        return self.bench.attached


class Bench:
    """A proxy over a module with `ids` connections, and a far end that answers with what it gets in upper case until it
    gets a line "bye".
    """

    def __init__(self, ids=100):
        self.said, self.asked, self.failure, self.ids = [], [], None, ids
        self.far_ended, self.answer, self.silent = asyncio.Event(), asyncio.Event(), False
        self.until = asyncio.Event()
        self.listening = asyncio.Event()
        self.lost = asyncio.Event()
        self.attached, self.silently_lost, self.attaches, self.failing_attaches = True, False, 0, 0
        self.opened = self.questions = 0
        self.heals = False

    def isconnected(self):
        return self.attached

    def keep(self, on_up, on_down):
        return Keeper(self, on_up, on_down)

    def lose(self):
        self.attached = False
        self.lost.set()

    async def open_connection(self, host, port, ssl=None):
        self.asked.append((host, port))
        if not self.attached:
            raise OSError(errno.ENETDOWN, "not attached")
        if self.failure:
            if getattr(self.failure, "errno", None) == errno.ENETDOWN:
                self.lost.set()
            raise self.failure
        if self.opened == self.ids:
            raise OSError(errno.EMFILE, "all ids are in use")
        self.opened += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", self.far_port)
        close = writer.close

        def closed():
            self.opened -= not writer.is_closing()
            close()

        writer.close = closed
        return reader, writer

    def say(self, text):
        self.said.append(text)
        self.listening.set()

    async def far(self, reader, writer):
        while (data := await reader.read(1000)) and data != b"bye\n":
            if self.silent:
                await self.answer.wait()
            writer.write(data.upper())
        writer.close()
        self.far_ended.set()

    async def client(self):
        port = int(self.said[0].split(":")[1].split(",")[0])
        return await asyncio.open_connection("127.0.0.1", port)

    async def run(self, story):
        server = await asyncio.start_server(self.far, "127.0.0.1", 0)
        self.far_port = server.sockets[0].getsockname()[1]
        proxy = asyncio.create_task(
            socks.serve(self, ("127.0.0.1", 0), self.say, self.until))
        await self.listening.wait()
        await story(self, *await self.client())
        self.until.set()
        await proxy
        server.close()


def play(story, failure=None, ids=100):
    async def main():
        bench = Bench(ids)
        bench.failure = failure
        async with asyncio.timeout(WAIT_S):
            await bench.run(story)
        return bench

    return asyncio.run(main())


@pytest.mark.parametrize(
    "request_bytes, target",
    [(name("example.com", 80), ("example.com", 80)),
     (to(socks.IPV4, bytes((192, 0, 2, 1)), 443), ("192.0.2.1", 443)),
     (to(socks.IPV6, bytes(15) + b"\x01", 65535), ("::1", 65535))])
def test_a_connection(request_bytes, target):
    async def story(bench, reader, writer):
        writer.write(HELLO)
        assert await reader.readexactly(2) == WELCOME
        writer.write(request_bytes)
        assert await reader.readexactly(10) == b"\x05\x00\x00" + ZEROS
        writer.write(b"hello ")
        assert await reader.readexactly(6) == b"HELLO "
        writer.write(b"bye\n")
        assert await reader.read() == b""
        writer.close()

    assert play(story).asked == [target]


def test_everything_at_once_and_byte_by_byte():
    async def story(bench, reader, writer):
        writer.write(HELLO + name("a", 1) + b"early")
        assert await reader.readexactly(17) == WELCOME + b"\x05\x00\x00" + ZEROS + b"EARLY"
        other_reader, other = await bench.client()
        for byte in HELLO + name("b", 2):
            other.write(bytes((byte,)))
            await other.drain()
        assert await other_reader.readexactly(12) == WELCOME + b"\x05\x00\x00" + ZEROS
        writer.close()
        other.close()

    assert play(story).asked == [("a", 1), ("b", 2)]


def test_a_client_that_says_no_more_gets_the_rest():
    async def story(bench, reader, writer):
        writer.write(HELLO + name("a", 1) + b"question")
        writer.write_eof()
        assert await reader.readexactly(12 + 8) == WELCOME + b"\x05\x00\x00" + ZEROS + b"QUESTION"
        writer.close()

    play(story)


def test_a_silent_far_end_is_left_after_a_while(monkeypatch):
    monkeypatch.setattr(relay, "LINGER_S", 0.05)

    async def story(bench, reader, writer):
        writer.write(HELLO + name("a", 1))
        await reader.readexactly(12)
        writer.close()
        await bench.far_ended.wait()

    play(story)


@pytest.mark.parametrize(
    "data, answer",
    [(b"\x05\x01\x02", b"\x05\xff"),
     (HELLO + to(socks.IPV4, bytes(4), 1, command=2), WELCOME + b"\x05\x07\x00" + ZEROS),
     (HELLO + b"\x05\x01\x00\x09", WELCOME + b"\x05\x08\x00" + ZEROS),
     (b"\x04\x01\x00\x50\x7f\x00\x00\x01", b""),
     (b"GET / HTTP/1.1\r\nHost: x\r\n", b""),
     (bytes(20), b""),
     (b"\x05", b"")])
def test_what_the_proxy_does_not_do(data, answer):
    async def story(bench, reader, writer):
        writer.write(data)
        writer.write_eof()
        assert await reader.read() == answer
        writer.close()

    assert play(story).asked == []


@pytest.mark.parametrize(
    "failure, code",
    [(OSError(errno.ECONNREFUSED, "refused"), 5), (OSError(errno.EHOSTUNREACH, "no host"), 4),
     (OSError(errno.ENETDOWN, "no network"), 3), (OSError(errno.ETIMEDOUT, "late"), 6), (OSError("no number"), 1),
     (ValueError("a quote in a name"), 1)])
def test_a_connection_that_fails(failure, code):
    async def story(bench, reader, writer):
        writer.write(HELLO + name("far.example", 7))
        assert await reader.read() == WELCOME + bytes((5, code, 0)) + ZEROS
        writer.close()

    bench = play(story, failure)
    assert f"far.example:7: {failure.args[-1]}" in bench.said


def test_a_client_that_waits_too_long(monkeypatch):
    monkeypatch.setattr(socks, "HANDSHAKE_S", 0.05)

    async def story(bench, reader, writer):
        assert await reader.read() == b""
        writer.close()

    play(story)


def test_a_busy_port_is_1():
    async def main():
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "atsock_host", "socks", "--sim", "bg96", "--listen", str(port),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = (await process.communicate())[1].decode()
        server.close()
        return process.returncode, errors

    status, errors = asyncio.run(main())
    assert status == 1
    assert errors.startswith("Error: the proxy ends: ") and "address already in use" in errors.lower()


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_well(number, status):
    process = subprocess.Popen(
        [sys.executable, "-m", "atsock_host", "socks", "--sim", "bg96", "--listen", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("SOCKS5 and HTTP proxy on 127.0.0.1:")
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, errors.strip()) == (status, "")


async def connected(bench, target="a", reader=None, writer=None):
    if reader is None:
        reader, writer = await bench.client()
    writer.write(HELLO + name(target, 1))
    assert await reader.readexactly(12) == WELCOME + b"\x05\x00\x00" + ZEROS
    return reader, writer


def test_a_client_that_has_its_answer_and_goes_gives_the_id_back(monkeypatch):
    """curl and a server that keeps the connection open: the next one need not wait for LINGER_S."""
    monkeypatch.setattr(relay, "QUIET_S", 0.01)

    async def story(bench, reader, writer):
        await connected(bench, "a", reader, writer)
        writer.write(b"question")
        assert await reader.readexactly(8) == b"QUESTION"
        writer.close()
        await bench.far_ended.wait()

    play(story)


def test_clients_wait_for_a_free_id_in_their_order():
    order = []

    async def use(bench, target):
        reader, writer = await connected(bench, target)
        order.append(target)
        writer.write(b"bye\n")
        assert await reader.read() == b""
        writer.close()

    async def story(bench, reader, writer):
        await connected(bench, "first", reader, writer)
        others = []
        for target in ("second", "third", "fourth"):
            others.append(asyncio.create_task(use(bench, target)))
            await asyncio.sleep(0.02)
        assert order == []
        writer.write(b"bye\n")
        assert await reader.read() == b""
        await asyncio.gather(*others)
        writer.close()

    bench = play(story, ids=1)
    assert order == ["second", "third", "fourth"]
    assert [host for host, port in bench.asked].count("third") == 1     # the module is not asked again and again


def test_a_client_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(relay, "QUEUE_S", 0.02)

    async def story(bench, reader, writer):
        await connected(bench, "first", reader, writer)
        other_reader, other = await bench.client()
        other.write(HELLO + name("second", 7))
        assert await other_reader.read() == WELCOME + b"\x05\x01\x00" + ZEROS
        other.close()
        writer.close()

    bench = play(story, ids=1)
    assert "second:7: all connections of the module are in use, for 0.02 s" in bench.said


def test_a_module_without_any_free_id_is_told_at_once():
    async def story(bench, reader, writer):
        writer.write(HELLO + name("a", 7))
        assert await reader.read() == WELCOME + b"\x05\x01\x00" + ZEROS
        writer.close()

    assert play(story, ids=0).said[1:] == ["a:7: all ids are in use"]


AGAIN = ["the network is lost: attaching again", "attached: 10.0.0.2"]


def test_it_attaches_again_once_for_all_clients():
    async def story(bench, reader, writer):
        bench.lose()
        pairs = await asyncio.gather(connected(bench, "a", reader, writer), connected(bench, "b"))
        for _, each in pairs:
            each.close()

    bench = play(story)
    assert bench.attaches == 1 and bench.said[1:] == AGAIN


def test_a_network_that_shows_its_loss_at_the_open():
    async def story(bench, reader, writer):
        bench.failure, bench.heals = OSError(errno.ENETDOWN, "context lost"), True
        await connected(bench, "a", reader, writer)
        writer.close()

    bench = play(story)
    assert bench.asked == [("a", 1)] * 2 and bench.said[1:] == AGAIN


def test_a_restart_without_a_word_costs_no_client_its_connection():
    async def story(bench, reader, writer):
        bench.silently_lost = True
        await connected(bench, "a", reader, writer)
        writer.close()

    bench = play(story)
    assert bench.asked == [("a", 1)] and bench.said[1:] == AGAIN


def test_a_client_does_not_wait_for_the_network_for_ever(monkeypatch):
    monkeypatch.setattr(relay, "ATTACH_S", 0.05)

    async def story(bench, reader, writer):
        bench.failing_attaches = 1
        bench.lose()
        writer.write(HELLO + name("a", 7))
        assert await reader.read() == WELCOME + b"\x05\x03\x00" + ZEROS
        writer.close()

    assert play(story).said[1:] == [AGAIN[0], "a:7: the module is not attached"]


def test_a_silent_connection_is_ended_when_others_wait(monkeypatch):
    """A kept HTTP connection that nobody uses must not keep a module's only id from others."""
    monkeypatch.setattr(relay, "IDLE_S", 0.05)

    async def story(bench, reader, writer):
        await connected(bench, "first", reader, writer)
        writer.write(b"question")
        assert await reader.readexactly(8) == b"QUESTION"
        second_reader, second = await connected(bench, "second")
        assert await reader.read() == b""       # a proper end
        writer.close()
        second.write(b"x")
        assert await second_reader.readexactly(1) == b"X"
        second.close()

    play(story, ids=1)


def test_a_connection_that_waits_for_its_answer_is_not_ended(monkeypatch):
    monkeypatch.setattr(relay, "IDLE_S", 0.02)
    monkeypatch.setattr(relay, "QUEUE_S", 0.2)

    async def story(bench, reader, writer):
        bench.silent = True
        await connected(bench, "first", reader, writer)
        writer.write(b"question")
        other_reader, other = await bench.client()
        other.write(HELLO + name("second", 7))
        assert await other_reader.read() == WELCOME + b"\x05\x01\x00" + ZEROS
        bench.answer.set()
        assert await reader.readexactly(8) == b"QUESTION"
        writer.close()
        other.close()

    play(story, ids=1)


def test_a_client_that_has_gone_while_it_waited_gives_its_id_back():
    """It was told of its connection when it was no more: nobody waits LINGER_S for what the far end says."""

    async def story(bench, reader, writer):
        writer.write(HELLO + name("a", 1))
        writer.close()
        await bench.far_ended.wait()

    play(story)


def test_a_port_that_is_gone_ends_the_proxy():
    async def run(keeper):
        raise OSError(errno.EIO, "the port is gone")

    async def main():
        bench = Bench()
        bench.keep = lambda on_up, on_down: type("Gone", (), {"run": run})()
        async with asyncio.timeout(WAIT_S):
            await socks.serve(bench, ("127.0.0.1", 0), bench.say)

    with pytest.raises(OSError, match="the port is gone"):
        asyncio.run(main())


def test_an_http_tunnel():
    async def story(bench, reader, writer):
        writer.write(b"CONNECT server.example:443 HTTP/1.1\r\nHost: server.example:443\r\n\r\nhello")
        assert await reader.readexactly(44) == b"HTTP/1.1 200 Connection established\r\n\r\nHELLO"
        writer.close()

    assert play(story).asked == [("server.example", 443)]


def test_an_http_request_with_a_whole_url():
    async def story(bench, reader, writer):
        writer.write(b"GET http://server.example/a?b=c HTTP/1.1\r\nHost: server.example\r\nProxy-Connection: x\r\n\r\n")
        head = await reader.readuntil(b"CLOSE\r\n\r\n")
        assert head == b"GET /A?B=C HTTP/1.1\r\nHOST: SERVER.EXAMPLE\r\nCONNECTION: CLOSE\r\n\r\n"
        writer.close()

    assert play(story).asked == [("server.example", 80)]


def test_a_websocket_without_tls():
    async def story(bench, reader, writer):
        writer.write(b"GET http://server.example/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        assert lines == [b"GET / HTTP/1.1", b"CONNECTION: UPGRADE", b"UPGRADE: WEBSOCKET", b"", b""]
        writer.close()

    assert play(story).asked == [("server.example", 80)]


@pytest.mark.parametrize(
    "request_bytes, status",
    [(b"GET / HTTP/1.1\r\n\r\n", b"400"), (b"GET https://x/ HTTP/1.1\r\n\r\n", b"400"),
     (b"CONNECT server.example HTTP/1.1\r\n\r\n", b"400"), (b"CONNECT x:99999 HTTP/1.1\r\n\r\n", b"400"),
     (b"GET http://x/\r\n\r\n", b"400")])
def test_http_that_is_refused(request_bytes, status):
    async def story(bench, reader, writer):
        writer.write(request_bytes)
        assert (await reader.read()).startswith(b"HTTP/1.1 " + status + b" ")
        writer.close()

    assert play(story).asked == []


@pytest.mark.parametrize("number, status", [(errno.ECONNREFUSED, b"502 Bad"), (errno.ETIMEDOUT, b"504 Gateway")])
def test_http_that_cannot_be_connected(number, status):
    async def story(bench, reader, writer):
        writer.write(b"CONNECT x:1 HTTP/1.1\r\n\r\n")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 " + status) and answer.endswith(b"\r\n\r\nno way\n")
        writer.close()

    play(story, OSError(number, "no way"))


def test_http_says_what_to_look_at():
    async def story(bench, reader, writer):
        writer.write(b"CONNECT x:1 HTTP/1.1\r\n\r\n")
        assert (await reader.read()).endswith(b"(AT+X: ERROR). Is the name right, has this APN a DNS?\n")
        writer.close()

    play(story, atsock.CommandError(errno.EHOSTUNREACH, "AT+X"))


@pytest.mark.parametrize(
    "text, address",
    [("1080", ("127.0.0.1", 1080)), ("0.0.0.0:0", ("0.0.0.0", 0)), ("[::1]:8080", ("::1", 8080)),
     (":9", ("127.0.0.1", 9))])
def test_where_it_listens(text, address):
    assert socks._Address().convert(text, None, None) == address


@pytest.mark.parametrize("text", ["", "x", "1:x", "127.0.0.1:99999", "-1"])
def test_where_it_cannot_listen(text):
    with pytest.raises(click.UsageError, match="ADDR"):
        socks._Address().convert(text, None, None)
