"""atsock term: from a pipe against a virtual module, at the keyboard against a pseudo-terminal."""

import asyncio
import os
import pty
import tty

import pytest
from atsock_host import SerialPort, cli
from atsock_host.cli import term
from click.testing import CliRunner
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

WAIT_S = 5


def pipe(text, *arguments):
    return CliRunner().invoke(cli.main, ["term", *arguments], input=text)


def test_lines_from_a_pipe():
    result = pipe("ATE0\nAT+CSQ\n\nATI\n", "--sim", "bg96")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[:2] == ["ATE0", "OK"]
    assert lines[2].startswith("+CSQ: ") and lines[3] == "OK"
    assert lines[-1] == "OK" and "BG96" in lines


def test_a_command_that_fails_is_1_and_the_rest_is_sent():
    result = pipe("ATE0\nAT+QIRD=0\nAT\n", "--sim", "bg96")
    assert result.exit_code == 1
    assert result.stdout == "ATE0\nOK\nERROR\nOK\n"
    assert result.stderr == "Error: 1 of the commands failed\n"


class Pair:
    """A port and the module's end of it."""

    def __init__(self):
        self.far, near = pty.openpty()
        tty.setraw(near)
        self.path = os.ttyname(near)
        self.near = near

    def close(self):
        os.close(self.far)
        os.close(self.near)


@pytest.fixture
def pair():
    pair = Pair()
    yield pair
    pair.close()


def test_silence_is_1(pair):
    result = pipe("AT\n", "--port", pair.path, "--wait", "0.05")
    assert result.exit_code == 1
    assert result.stderr == "no result of AT within 0.05 s\nError: 1 of the commands failed\n"
    assert os.read(pair.far, 100) == b"AT\r"


def test_what_is_no_ascii_is_wrong_usage(pair):
    result = pipe("AT+CPIN=é\n", "--port", pair.path)
    assert result.exit_code == 2
    assert "only ASCII" in result.stderr


@pytest.mark.parametrize(
    "line, data",
    [("AT+CSQ", b"AT+CSQ\r"), ("", b"\r"), (":raw hello\\x1a", b"hello\x1a"), (":raw \\\\\\r\\n", b"\\\r\n")])
def test_command_bytes(line, data):
    assert term.command_bytes(line) == data


@pytest.mark.parametrize("line", [":raw \\q", "é"])
def test_command_bytes_refuses(line):
    with pytest.raises(ValueError):
        term.command_bytes(line)


def test_lines_are_cut_and_escaped():
    lines = term.Lines()
    assert lines.feed(b"\r\n+CSQ: 2") == [""]
    assert lines.feed(b"3,0\r\n\r\nOK\r\n\x00") == ["+CSQ: 23,0", "", "OK"]
    assert not lines.at_prompt()
    assert lines.rest() == "\\x00"
    assert lines.rest() == ""
    assert lines.feed(b"\r\n> ") == [""]
    assert lines.at_prompt()


class Narrow:
    """A port that takes two bytes, then nothing, then two bytes, ..."""

    def __init__(self):
        self.taken = b""
        self.calls = 0

    def write(self, buf, off, n):
        self.calls += 1
        if self.calls % 2 == 0:
            return None
        self.taken += buf[off:off + min(n, 2)]
        return min(n, 2)


def test_write_all_over_a_narrow_port():
    port = Narrow()
    term.write_all(port, b"AT+CSQ\r")
    assert port.taken == b"AT+CSQ\r"


def test_write_all_gives_up():
    class Full:
        def write(self, buf, off, n):
            return None

    with pytest.raises(TimeoutError, match="flow control"):
        term.write_all(Full(), b"AT\r", limit_s=0.02)


async def _conversation(pair, typist):
    """Run converse() on the pair while `typist(keys, shown, sent)` plays the person; what was shown."""
    shown = []
    news = asyncio.Event()

    def show(text):
        shown.append(text)
        news.set()

    async def until_shown(text):
        while text not in shown:
            news.clear()
            await asyncio.wait_for(news.wait(), WAIT_S)

    async def sent():
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(pair.far, arrived.set)
        await asyncio.wait_for(arrived.wait(), WAIT_S)
        loop.remove_reader(pair.far)
        return os.read(pair.far, 1000)

    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        with SerialPort(pair.path) as port:
            talk = asyncio.create_task(term.converse(port, show))
            await typist(keys, until_shown, sent)
            await asyncio.wait_for(talk, WAIT_S)
    return shown


def test_a_conversation(pair):
    async def typist(keys, until_shown, sent):
        keys.send_text("AT+QISEND=0\r")
        assert await sent() == b"AT+QISEND=0\r"
        os.write(pair.far, b"\r\n> ")
        await until_shown("> ")
        keys.send_text(":raw data\r")
        assert await sent() == b"data"
        keys.send_text("\x1a")
        assert await sent() == b"\x1a"
        os.write(pair.far, b"\r\nSEND ")
        os.write(pair.far, b"OK\r\n")
        await until_shown("SEND OK")
        keys.send_text(":help\r")
        await until_shown(term.HELP)
        keys.send_text(":raw \\q\r")
        await until_shown("not sent: unknown escape '\\\\q'")
        keys.send_text(":quit\r")

    asyncio.run(_conversation(pair, typist))


def test_ctrl_d_ends(pair):
    async def typist(keys, until_shown, sent):
        keys.send_text("\x04")

    assert asyncio.run(_conversation(pair, typist)) == [f"{term.HELP}\n"]


def test_a_port_that_goes_away_ends_it(pair):
    async def typist(keys, until_shown, sent):
        keys.send_text("AT\r")
        await sent()
        os.close(pair.far)
        pair.far = os.dup(pair.near)

    with pytest.raises(OSError, match="is gone"):
        asyncio.run(_conversation(pair, typist))
