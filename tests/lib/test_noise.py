"""What recordings hold beside answers: boot words, the network's time, other vendors' notices, blank lines, other line
ends.

None of it is an answer: collected lines, results and payload are what they are without it.
"""

import atsock
from cases import cases
from fakes import Case, new_modem
from frames import SYNC
from frames import ACCESS, DIALECTS, ERROR, OK, line, lines_of, pulls
from scenes import connected, settle

NOISE = (
    b"\r\n", b"\n", b"\r\r\n", b"\r\n\r\n\r\n", line(b"Call Ready"), line(b"SMS Ready"),
    line(b"SMS DONE") + line(b"PB DONE"), line(b"APP RDY"),
    line(b"+CPIN: READY"), line(b"+CPIN: NOT READY"), line(b"+CREG: 2"), line(b'+CEREG: 1,"1A2B","01234567",7'),
    line(b"+CTZV: +32,0"),
    line(b'*PSNWID: "262","01","Net",0,"Net",0') + line(b'*PSUTTZ: 26/11/21,03:00:00","+32",0') + line(b"DST: 0"),
    line(b'+QIND: "csq",20,99'),
    line(b"+QIND: SMS DONE"), line(b"^SIMST: 1"), line(b"^MODE: 17,17"), line(b"%CPSTAT: 1"), line(b"%NWSEARCH"),
    line(b"RING") + b"\r\r\n", b"\r\nRING\r\r\n",
    line(b"+VOLTAGE WARNING: 3.3V")[:-2] + b"\n", line(b"+SIMCARD: NOT AVAILABLE"), line(b"+GTEV: 1"),
    line(b"+SIM READY"), line(b"+CGEV: NW DETACH"),
    line(b'+MSTK: 11, "' + b"D0" * 300 + b'"'), line(b'+CUSD: 0,"OK ERROR > ",15'), line(b"+CSQN: 31,99"),
)  # fmt: skip


def _at_every_gap(parts, noise):
    # Scripts with the noise before each part that the module says, and behind the last.
    for at in range(len(parts) + 1):
        if at == len(parts) or parts[at][0] == "<":
            yield parts[:at] + [("<" if at < len(parts) else "!", noise)] + parts[at:]


def _command(text, answer, prefix=None):
    parts = [(">", text.encode() + b"\r")] + [("<", part) for part in lines_of(answer)]
    wanted = [part[2:-2] for part in lines_of(answer)[:-1]]
    for noise in NOISE:
        for script in _at_every_gap(parts, noise):
            with Case(text, noise[:40]):
                modem, tape, clock = new_modem("bg96", script, 1)
                assert modem.command(text, prefix) == wanted
                settle(modem, tape)
                tape.done()


def test_lines_without_a_name():
    """A command whose answer has no name: what begins with another name, or is a boot word, is not part of it."""
    _command("AT+CGMR", line(b"A011B07A7670M7") + OK)
    _command("ATI", line(b"Quectel") + line(b"BG96") + line(b"Revision: BG96MAR02A07M1G") + OK)


def test_lines_with_the_name_of_the_command():
    _command("AT+COPS?", line(b'+COPS: 0,0,"SMS Net",7') + OK)
    _command("AT^SYSINFO", line(b"^SYSINFO: 2,3,0,17,1") + OK)
    _command("AT*CELL=1", line(b"*CELL: 1,2") + OK)
    _command("AT%CCLK?", line(b"%CCLK: 1") + OK)


def test_refusals():
    """The refusal is the command's, and so are its number and text."""
    for answer, code, text in (
        (ERROR, None, ""),
        (line(b"+CME ERROR: 33"), 33, None),
        (line(b"+CME ERROR: requested service option not subscribed (#33)"), None, "(#33)"),
    ):
        parts = [(">", b"AT+CGACT=1,1\r"), ("<", answer)] + (SYNC if answer == ERROR else [])
        for noise in NOISE:
            for script in _at_every_gap(parts, noise):
                with Case(answer, noise[:40]):
                    modem, tape, clock = new_modem("bg96", script, 1)
                    try:
                        raise AssertionError("came back with %r" % (modem.command("AT+CGACT=1,1"),))
                    except atsock.CommandError as error:
                        assert error.code == code, error.code
                        assert text is None or text in error.text, error.text
                    settle(modem, tape)
                    tape.done()


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_transfer(dialect, access):
    """A send, a read and a close with noise at every gap."""
    for noise in NOISE:
        with Case(dialect, access, noise[:40]):
            _transfer(dialect, access, noise, 1)


def _transfer(dialect, access, noise, cut):
    socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=20)
    link = says.first
    payload = b"data \r\nOK\r\n"
    items = says.send(access, link, b"hello")
    if pulls(dialect, access):
        items += [
            ("!", says.notice(access, link)),
            (">", says.ask(access, link, says.most[access])),
            ("<", says.answer(access, link, payload, 0)[: -len(OK)]),
            ("<", OK),
        ]
    else:
        items.append(("!", says.push(access, link, payload)))
    items += says.close(link)
    script = []
    for kind, data in items:
        keep = kind == ">" or b"data" in data or access == "hex" or data == says.prompt
        for part in [data] if keep else lines_of(data):
            if kind == "<":
                script.append(("<", noise))
            script.append((kind, part))
    tape.load(script + [("!", noise)])
    assert socket.send(b"hello") == 5
    data = b""
    while len(data) < len(payload):
        data += socket.recv(100)
    assert data == payload
    socket.close()
    settle(modem, tape)
    tape.done()


@cases("dialect", DIALECTS)
def test_garbage_between_commands(dialect):
    """Bytes of another speed, half a line, an old prompt: the next dialogue is not disturbed."""
    for rubbish in (
        b"\x00\xff\xfe\x80\xf8",
        b"\r\n+CS",
        b"AT+QIRD=0",
        b"\r\n> ",
        b">",
        b"\xff" * 400,
        b'\r\n+QIURC: "re',
    ):
        for cut in (0, 1):
            with Case(dialect, rubbish[:12], cut):
                socket, modem, tape, clock, says = connected(dialect, cut=cut, timeout=20)
                if not says.prompt.startswith(b"\r\n"):  # that prompt behind half a line is a part of it
                    rubbish += b"\r\n"
                tape.load([("!", rubbish)] + says.send("buffer", says.first, b"hello") + says.close(says.first))
                settle(modem, tape)
                assert socket.send(b"hello") == 5
                socket.close()
                tape.done()
