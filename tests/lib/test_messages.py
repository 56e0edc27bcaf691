"""Short messages that the module writes out, because another program has asked for them (27.005 3.4.1, AT+CNMI): the
line behind +CMT: is what somebody has written.
"""

from atsock import EVENT_CLOSED, EVENT_UNKNOWN
from cases import cases
from fakes import Case
from frames import DIALECTS, OK, PULLED, PUSHED, line, pulls, speech
from scenes import connected, recv_exactly, settle

HEADERS = (
    b'\r\n+CMT: "+491700000000","","26/11/30,04:30:00+04"\r\n',
    b'\r\n+CMT: "+491700000000",,"26/11/30,04:30:00+04",145,4,0,0,"+491760000443",145,2\r\n',
    b"\r\n+CBM: 1,50,1,1,1\r\n",
)
TEXTS = (
    b"hello", b"OK", b"ERROR", b"RDY", b"POWERED DOWN", b"+CME ERROR: 3", b"NO CARRIER", b"SEND FAIL", b"> x",
    b"CONNECT", b"*ATREADY: 1", b'+QIURC: "closed",0', b'+QIURC: "pdpdeact",1', b"+IPCLOSE: 0,1", b"+MIPSTAT: 1,1",
    b"+CIPRXGET: 2,0,3,0", b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY", b"+MIPCALL: 0", b"+QIRD: 3", b"+MIPDATA: 1,3",
    b"+CMT: again",
)  # fmt: skip


def _transfers(says, dialect, access, extra):
    """Scripts of a send, a read and a close, with the extra in each gap."""
    items = says.send(access, says.first, b"hello")
    if pulls(dialect, access):
        answer = says.answer(access, says.first, b"abc", 0)
        items += [
            ("!", says.notice(access, says.first)), (">", says.ask(access, says.first, says.most[access])),
            ("<", answer[: -len(OK)]), ("<", OK),
        ]  # fmt: skip
    else:
        items.append(("!", says.push(access, says.first, b"abc")))
    items += says.close(says.first)
    for i in range(len(items)):
        if items[i][0] != ">":
            yield items[:i] + [(items[i][0], extra)] + items[i:]


@cases(("dialect", "access"), PULLED + PUSHED)
def test_the_text_of_a_message_is_none_of_the_modules(dialect, access):
    """Whatever somebody writes: nothing of a transfer changes by it, and the application is told both lines."""
    events = []
    for text in TEXTS:
        for header in HEADERS if text == b"OK" else HEADERS[:1]:
            for script in _transfers(speech(dialect), dialect, access, header + text + b"\r\n"):
                for cut in (0, 1) if text in (b"OK", b"RDY", b"> x") else (0,):
                    with Case(dialect, access, text, header, cut, script):
                        socket, modem, tape, clock, says = connected(
                            dialect,
                            access,
                            script,
                            cut,
                            20,
                            on_event=lambda event, _, value: events.append((event, value)),
                        )
                        assert socket.send(b"hello") == 5
                        assert recv_exactly(socket, 3) == b"abc"
                        socket.close()
                        settle(modem, tape)
                        tape.done()
                        told = [value for event, value in events if event == EVENT_UNKNOWN]
                        assert told == [header.strip(), text], told
                        assert clock.now < 1000
                        events.clear()


@cases("dialect", DIALECTS)
def test_an_empty_message_hides_nothing(dialect):
    """Behind the header of an empty text comes the next line as always."""
    events = []
    socket, modem, tape, clock, says = connected(dialect, on_event=lambda event, _, value: events.append(event))
    tape.load(
        [(">", b"AT+CSQ\r"), ("<", HEADERS[0] + b"\r\n" + line(b"+CSQ: 20,99") + OK)]
        + [("!", HEADERS[0] + b"\r\n" + says.closed(says.first))]
    )
    assert modem.command("AT+CSQ") == [b"+CSQ: 20,99"]
    settle(modem, tape)
    assert EVENT_CLOSED in events, events


@cases("dialect", DIALECTS)
def test_a_message_between_two_commands(dialect):
    """The header comes before a command is sent, its text behind; and the module may begin anew in between."""
    for parts in (
        (HEADERS[0], b"ERROR\r\n"),
        (HEADERS[0][:9], HEADERS[0][9:] + b"ERROR\r\n"),
        (HEADERS[0] + b"ERR", b"OR\r\n"),
    ):
        with Case(dialect, parts):
            socket, modem, tape, clock, says = connected(dialect, timeout=20)
            tape.load([("!", parts[0])])
            settle(modem, tape)
            tape.load([(">", b"AT+CSQ\r"), ("<", parts[1] + line(b"+CSQ: 20,99") + OK)])
            assert modem.command("AT+CSQ") == [b"+CSQ: 20,99"]
            tape.done()
