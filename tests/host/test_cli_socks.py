"""atsock socks: the protocol and the pumping, over a stand-in for the modem that connects with the system's sockets."""

import asyncio
import errno
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from atsock_host.cli import socks

WAIT_S = 5
HELLO, WELCOME = b"\x05\x01\x00", b"\x05\x00"
ZEROS = b"\x01" + bytes(6)


def to(kind, address, port, command=1):
    return bytes((5, command, 0, kind)) + address + port.to_bytes(2, "big")


def name(text, port):
    return to(socks.NAME, bytes((len(text),)) + text.encode(), port)


class Bench:
    """A proxy, and a far end that answers with what it gets in upper case until it gets a line "bye"."""

    def __init__(self):
        self.said, self.asked, self.failure = [], [], None
        self.far_ended = asyncio.Event()
        self.until = asyncio.Event()
        self.listening = asyncio.Event()

    async def open_connection(self, host, port, ssl=None):
        self.asked.append((host, port))
        if self.failure:
            raise self.failure
        return await asyncio.open_connection("127.0.0.1", self.far_port)

    def say(self, text):
        self.said.append(text)
        self.listening.set()

    async def far(self, reader, writer):
        while (data := await reader.read(1000)) and data != b"bye\n":
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
            socks.serve(SimpleNamespace(open_connection=self.open_connection), 0, self.say, self.until))
        await self.listening.wait()
        await story(self, *await self.client())
        self.until.set()
        await proxy
        server.close()


def play(story, failure=None):
    async def main():
        bench = Bench()
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
    monkeypatch.setattr(socks, "LINGER_S", 0.05)

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
    assert bench.said[1:] == [f"far.example:7: {failure.args[-1]}"]


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well(number):
    process = subprocess.Popen(
        [sys.executable, "-m", "atsock_host", "socks", "--sim", "bg96", "--listen", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("SOCKS5 proxy on 127.0.0.1:")
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
