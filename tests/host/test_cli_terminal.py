"""atsock term at the keyboard: completion, hints, history, explanations, payload, data mode; keys through a pipe and
through a pseudo-terminal."""

import asyncio
import os
import pty
import re
import select
import signal
import stat
import sys
import time
import tty

import pytest
from atsock_host import SerialPort
from atsock_host.cli import complete, terminal
from atsock_host.explain.meaning import Vocabulary
from atsock_host.limits import DIALECTS
from prompt_toolkit.application import create_app_session
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

WAIT_S = 10
CTRL_Z, ESC = "\x1a", "\x1b"


def completions(text, dialect="bg96"):
    completer = complete.CommandCompleter(lambda: Vocabulary(dialect), terminal.OWN)
    return [each.text for each in completer.get_completions(Document(text), None)]


def test_commands_are_completed_with_their_forms():
    assert completions("AT+QIOP") == ["AT+QIOPEN=", "AT+QIOPEN=?"]
    assert "AT+QISTATE?" in completions("at+qist") and completions("+QISW") == ["AT+QISWTMD=", "AT+QISWTMD=?"]
    assert "AT+CSQ" in completions("AT+CS")
    assert completions("") == [] and completions("hello") == []


def test_tab_takes_the_form_with_parameters_first():
    assert completions("AT+QIACT") == ["AT+QIACT=", "AT+QIACT?", "AT+QIACT=?"]
    assert completions("AT+QISTAT") == ["AT+QISTATE=", "AT+QISTATE", "AT+QISTATE?", "AT+QISTATE=?"]
    for dialect in (*DIALECTS, None):
        for name, forms in [(name, forms) for name, forms in Vocabulary(dialect).names().items() if name[-1] != "+"]:
            offered = [form for form in completions(f"AT{name}", dialect) if form.rstrip("=?") == f"AT{name}"]
            assert sorted(offered) == sorted(f"AT{form}" for form in forms)
            assert offered[0].endswith("=") or not any(form.endswith("=") for form in offered)


def test_only_the_commands_of_the_dialect():
    assert completions("AT+MIPO", "nl668") and not completions("AT+MIPO", "bg96")
    assert completions("AT+MIPO", None) and completions("AT+QIO", None)     # no dialect: all that are known


@pytest.mark.parametrize(
    "text, values",
    [("AT+QIOPEN=1,0,", ['"TCP"', '"UDP"', '"TCP LISTENER"', '"UDP SERVICE"']),
     ('AT+QIOPEN=1,0,"T', ['"TCP"', '"TCP LISTENER"']), ("AT+QISWTMD=0,", ["0", "1", "2"]),
     ('AT+QIOPEN=1,0,"TCP","a,b",', []), ("AT+QIOPEN=", []), ("AT+NOSUCH=1,", [])])
def test_values_are_completed(text, values):
    assert completions(text) == values


def test_own_lines_are_completed():
    assert completions(":h") == [":help", ":hex"] and completions(":raw") == [":raw"]


def hint(text, dialect="bg96"):
    return complete.hint(Vocabulary(dialect), text)


def test_the_hint_names_parameters_and_what_they_may_be():
    parts = hint("AT+QIOPEN=1,")
    assert parts[0] == ("", "open a connection (BG96 TCP/IP 2.1.4)  ")
    assert ("bold", "connectID: 0 to 11  ") in parts and ("", "contextID  ") in parts
    assert ("", "[local_port: 0 to 65535]  ") in parts
    assert hint("hello") == [] and hint("AT+QIACT=")[1] == ("bold", "contextID: 1 to 16  ")


def test_the_hint_says_first_what_is_wrong():
    assert hint("AT+QIOPEN=1,13")[0] == ("fg:ansired", "connectID: the manual allows 0 to 11  ")


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "sim7028", "nl668", "l610", None])
def test_every_command_of_every_manual_has_a_hint(dialect):
    words = Vocabulary(dialect)
    for name, forms in words.names().items():
        for form in forms:
            for text in (f"AT{form}", f"AT{form}1,", f'AT{form}1,"x",2,3,4,5,6,7,8,9'):
                assert all(isinstance(part, str) for _, part in complete.hint(words, text)), (name, text)
                completions(text, dialect)


def test_history_is_kept_without_secrets(tmp_path):
    path = tmp_path / "atsock" / "history"
    history = terminal.History(str(path))
    secret = ('AT+CPIN="1234"', 'AT+QICSGP=1,1,"apn","me","secret",1', 'AT+CGAUTH=1,1,"me","secret"')
    for line in ("AT+CSQ", *secret, "AT"):
        history.append_string(line)
    stored = path.read_text()
    assert "AT+CSQ" in stored and "CPIN" not in stored and "secret" not in stored
    assert list(terminal.History(str(path)).load_history_strings()) == ["AT", "AT+CSQ"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
def test_history_on_a_full_disk_is_lost_without_a_word():
    terminal.History("/dev/full").append_string("AT")


def test_dump():
    assert list(terminal.dump(b"AT\r\n" + bytes(range(16)))) == [
        "41 54 0d 0a 00 01 02 03 04 05 06 07 08 09 0a 0b  AT..............", "0c 0d 0e 0f" + " " * 36 + "  ...."]


class Module:
    """The other end of a pseudo-terminal, and what the person at the keyboard sees."""

    def __init__(self):
        self.far, self.near = pty.openpty()
        tty.setraw(self.near)
        self.shown, self.news = [], asyncio.Event()

    def show(self, text):
        self.shown.append(text)
        self.news.set()

    def say(self, data):
        os.write(self.far, data)

    async def until_shown(self, text):
        while not any(text in line for line in self.shown[1:]):     # the first is the help
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), WAIT_S)
            except TimeoutError:
                raise AssertionError(f"{text!r} is not among {self.shown[1:]}") from None

    async def sent(self, count=1):
        data, loop = b"", asyncio.get_running_loop()
        while len(data) < count:
            arrived = asyncio.Event()
            loop.add_reader(self.far, arrived.set)
            await asyncio.wait_for(arrived.wait(), WAIT_S)
            loop.remove_reader(self.far)
            data += os.read(self.far, 1000)
        return data


def talk(typist, **settings):
    """Run a Terminal while `typist(keys, module, terminal)` plays the person and the module."""

    async def conversation():
        module = Module()
        try:
            with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
                with SerialPort(os.ttyname(module.near)) as port:
                    it = terminal.Terminal(port, module.show, **settings)
                    running = asyncio.create_task(it.run())
                    await typist(keys, module, it)
                    keys.send_text("\x04")
                    await asyncio.wait_for(running, WAIT_S)
        finally:
            os.close(module.far)
            os.close(module.near)
        return module.shown

    return asyncio.run(conversation())


async def until(condition):
    """Until it is true; it fails after a while."""
    async def poll():
        while not condition():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(poll(), WAIT_S)


def test_meanings_stand_beside_the_lines():
    async def typist(keys, module, it):
        keys.send_text("AT+CSQ\r")
        assert await module.sent(7) == b"AT+CSQ\r"
        module.say(b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n\r\n+QIURC: \"closed\",3\r\n+CME ERROR: 10\r\n")
        await module.until_shown("+CME")

    shown = talk(typist, dialect="bg96", explains=True)
    assert shown[1:] == [       # the echo is not among them
        "+CSQ: 20,99  # -73 dBm, good", "OK",
        '+QIURC: "closed",3  # the peer, or an error of the network, has closed connection 3',
        "+CME ERROR: 10  # SIM not inserted"]


def test_the_dialect_is_found_out():
    async def typist(keys, module, it):
        assert it.words.dialect is None
        module.say(b"\r\nL610-CN\r\n+MIPCALL: 1,10.0.0.1\r\n")
        await module.until_shown("MIPCALL")
        assert it.words.dialect == "l610"

    talk(typist)


def test_times_and_hexadecimal():
    async def typist(keys, module, it):
        keys.send_text(":hex\r")
        await module.until_shown("hex: on")
        module.say(b"\x00AT\r\n")
        await module.until_shown("00 41 54 0d 0a")
        keys.send_text(":hex\r:times\r:explain\r")
        await module.until_shown("explain: on")
        module.say(b"RDY\r\n")
        await module.until_shown("# the module has started")

    shown = talk(typist)
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} RDY  # the module has started", shown[-1])
    assert not any("\\x00AT" in line for line in shown[1:])        # bytes are shown once


@pytest.mark.parametrize(
    "command, typed, sent",
    [('AT+CMGS="1"', "Hello" + CTRL_Z, b"Hello\x1a"), ("AT+QISEND=0", "Hel" + ESC, b"\x1b")],
    ids=["ctrl-z", "escape"])
def test_the_end_of_a_payload(command, typed, sent):
    """Ctrl-Z sends what is typed before it, ESC gives it up."""
    async def typist(keys, module, it):
        keys.send_text(command + "\r")
        await module.sent(len(command) + 1)
        module.say(b"\r\n> ")
        await module.until_shown("> ")
        keys.send_text(typed)
        assert await module.sent(len(sent)) == sent

    talk(typist)


def test_a_counted_payload_is_sent_without_cr():
    async def typist(keys, module, it):
        keys.send_text("AT+QISEND=0,5\r")
        await module.sent(14)
        module.say(b"\r\n> ")
        await module.until_shown("> ")
        keys.send_text("hello\r")
        assert await module.sent(5) == b"hello"
        module.say(b"\r\nSEND OK\r\n")
        await module.until_shown("SEND OK")
        keys.send_text("AT\r")
        assert await module.sent(3) == b"AT\r"

    talk(typist)


def test_ctrl_c_drops_the_line_that_is_begun():
    """As shells do; the next line is as if it had not been.  Also what stands behind the prompt for data."""
    async def typist(keys, module, it):
        keys.send_text("AT+NONS\x03AT+CSQ\r")
        assert await module.sent(7) == b"AT+CSQ\r"
        module.say(b"\r\n> ")
        await module.until_shown("> ")
        keys.send_text("half\x03whole\r")
        assert await module.sent(6) == b"whole\r"

    try:
        talk(typist)
    except KeyboardInterrupt:       # it would end pytest
        pytest.fail("the session has ended")


def test_ctrl_c_on_an_empty_line_ends():
    async def typist(keys, module, it):
        keys.send_text("AT+CS\x03\x03")
        await until(lambda: it._session.app.is_done)

    with pytest.raises(KeyboardInterrupt):
        talk(typist)


@pytest.mark.parametrize(
    "typed, sent",
    [("AT+QIO\t=1,0\r", b"AT+QIOPEN=1,0\r"), ("AT+QIO\t1,0\r", b"AT+QIOPEN=1,0\r"),
     ("AT+QIO\t=?\r", b"AT+QIOPEN=?\r"), ("AT+QICLOSE==1\r", b"AT+QICLOSE=1\r"),
     ('AT+QICFG="a=\r', b'AT+QICFG="a=\r'), ("ATD=a==\r", b"ATD=a==\r")])
def test_an_equals_sign_behind_a_completed_one(typed, sent):
    """Tab writes AT+QIOPEN= with its =, and fingers write their own."""
    async def typist(keys, module, it):
        head, tab, tail = typed.partition("\t")
        buffer = it._session.default_buffer
        keys.send_text(head)
        if tab:
            await until(lambda: buffer.complete_state)
            keys.send_text(tab)
            await until(lambda: buffer.text == "AT+QIOPEN=")
        keys.send_text(tail)
        assert await module.sent(len(sent)) == sent

    talk(typist, dialect="bg96")


def test_words_of_the_terminal_that_are_none_are_not_sent():
    async def typist(keys, module, it):
        keys.send_text(":foo bar\r")
        await module.until_shown("not sent: no such word, :foo; :help")
        keys.send_text(":raw\r:hex on\r")
        await module.until_shown("not sent: it is :raw TEXT")
        await module.until_shown("not sent: it is :hex")
        keys.send_text("AT\r")
        assert await module.sent(3) == b"AT\r"      # nothing before it
        module.say(b"\r\n> ")
        await module.until_shown("> ")
        keys.send_text(":foo\r")                    # this is data
        assert await module.sent(5) == b":foo\r"

    talk(typist)


def test_lines_of_data_that_end_with_cr_lf():
    """What a web server wants; the bar at the bottom and :help lead there."""
    async def typist(keys, module, it):
        keys.send_text("AT+QISEND=0\r")
        assert await module.sent(12) == b"AT+QISEND=0\r"
        module.say(b"\r\n> ")
        await module.until_shown("> ")
        assert "a line ends with CR (:crlf: CR LF" in it._toolbar()
        keys.send_text(":crlf\r")
        await module.until_shown("lines of data end with CR LF")
        assert "a line ends with CR LF (:crlf: CR," in it._toolbar()
        keys.send_text("GET / HTTP/1.0\r\r:raw x\r" + CTRL_Z)
        assert await module.sent(20) == b"GET / HTTP/1.0\r\n\r\nx\x1a"
        module.say(b"\r\nSEND OK\r\n")
        await module.until_shown("SEND OK")
        keys.send_text("ATO\r")
        assert await module.sent(4) == b"ATO\r"     # commands keep their CR
        module.say(b"\r\nCONNECT\r\n")
        await module.until_shown("CONNECT")
        assert "CR LF" in it._toolbar()
        keys.send_text("data\r")
        assert await module.sent(6) == b"data\r\n"

    assert ":crlf" in terminal.HELP
    talk(typist)


@pytest.mark.parametrize("refusal", ["ERROR", "+CME ERROR: 100"])
def test_a_command_that_no_manual_has(refusal):
    """It says so beside the refusal; not beside that of one that is known, even if another manual has it."""
    async def typist(keys, module, it):
        for command in ("AT+FOO=1", "AT+QIOPEN=1", "AT+QGPS=1", "AT&D1", "AT"):
            keys.send_text(command + "\r")
            await module.sent(len(command) + 1)
            module.say(f"\r\n{refusal}\r\n".encode())
            await until(lambda: it._open is None)

    shown = talk(typist, dialect="bg96", explains=True)
    marked = [line for line in shown[1:] if "not in the manual" in line]
    assert len(marked) == 1 and marked[0] == shown[1] and shown[1].endswith("AT+FOO is not in the manual")


def test_the_way_out_of_data_mode(monkeypatch):
    monkeypatch.setattr(terminal, "GUARD_S", 0.3)

    async def typist(keys, module, it):
        keys.send_text("ATO\r")
        await module.sent(4)
        module.say(b"\r\nCONNECT\r\n")
        await module.until_shown("CONNECT")
        assert it._prompt() == "data> "
        keys.send_text("data\r")
        assert await module.sent(5) == b"data\r"
        begun = time.monotonic()
        keys.send_text("+++\rATH\r")
        assert await module.sent(3) == b"+++"           # without CR, and alone
        silence = time.monotonic()
        assert silence - begun > 0.25
        assert await module.sent(4) == b"ATH\r"
        assert time.monotonic() - silence > 0.25
        module.say(b"\r\nOK\r\n")
        await module.until_shown("OK")
        assert it._prompt() == "AT> "

    talk(typist)


@pytest.mark.parametrize(
    "last, status",
    [([(b"AT>", "\x04")], 0), ([(b"AT>", ":quit\r")], 0), ([(b"AT>", "AT+CS"), (b"CSQ", "\x03\x03")], 130),
     ([(b"AT>", "AT+CS"), (b"CSQ", "\x03AT+CGSN\r"), (b"8600000000", ":quit\r")], 0)],
    ids=["ctrl-d", "quit", "ctrl-c", "ctrl-c drops a line"])
def test_in_a_terminal(tmp_path, last, status):
    """atsock term as a person starts it, with a module behind it; the last two see a completion and press Ctrl-C."""
    child, screen = pty.fork()
    if not child:
        os.environ.update(TERM="xterm", HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
        os.execv(sys.executable, [sys.executable, "-m", "atsock_host", "term", "--sim", "bg96"])
    steps = [(b"AT>", "AT+CMEE=1\r"), (b"OK", ""), *last]
    said, seen = b"", 0         # seen: what of it was looked at by the steps before
    try:
        while select.select([screen], [], [], WAIT_S)[0] and (data := os.read(screen, 4096)):
            said += data
            if b"\x1b[6n" in data:          # where is the cursor?
                os.write(screen, b"\x1b[1;1R")
            while steps and (at := said.find(steps[0][0], seen)) >= 0:
                seen = at + 1
                os.write(screen, steps.pop(0)[1].encode())
    except OSError:                         # its end
        pass
    else:
        os.kill(child, signal.SIGKILL)
    os.close(screen)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status, said
    assert not steps and b"Traceback" not in said
