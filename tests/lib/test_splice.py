"""Unsolicited lines in every gap of every dialogue: a module may say them between any two lines of its answers.

The dialogues end as if nothing had been said, whole and byte by byte, with echo off and on.
"""

import sys

from cases import cases
from fakes import Case
from frames import ACCESS, DIALECTS, OK, PEER, PORT, PULLED, line, lines_of, pulls
from scenes import attached, connect, settle

MICROPYTHON = sys.implementation.name == "micropython"  # where it takes long
GENERAL = (
    line(b"RING"),
    line(b"+CREG: 2"),
    line(b"+CPIN: READY"),
    line(b"+CSQ: 31,99"),
    line(b'+CMTI: "SM",1'),
    line(b"SMS DONE") + line(b"PB DONE"),
    line(b'*PSUTTZ: 2024/1/1,0:0:0,"+0",0') + b"\r\n\r\n",
    line(b"DST: 0"),
    line(b'+CUSD: 0,"' + b"Balance OK ERROR > " * 30 + b'",15'),
    b"\r\r\n",
)


def own(says, dialect, access, other):
    """Notices about another connection than the one of the dialogue, and about none."""
    found = [says.notice(access, other), says.closed(other)]
    if not pulls(dialect, access):
        found[0] = says.push(access, other, b"\r\nOK\r\n> x")
    if dialect == "bg96":
        found += [line(b'+QIURC: "incoming full"'), line(b'+QIURC: "pdpdeact",9'), line(b"+QPING: 569")]
    elif dialect in ("nl668", "l610"):
        found += [line(b"+MIPXOFF: %d" % other), line(b"+MIPXON: %d" % other), line(b"+MIPSTAT: %d,0,10" % other)]
    else:
        found += [line(b"+CIPEVENT: SOMETHING ELSE"), line(b"+CIPERROR: 2")]
    return found


def parts_of(script):
    """The script with the module's answers cut between their lines (payload stays whole), as (kind, data)."""
    parts = []
    for kind, data in script:
        if kind == "<" and not data.startswith(b"\r\n>") and not data.startswith(b">"):
            parts += [("<", part) for part in lines_of(data)]
        else:
            parts.append((kind, data))
    return parts


def spliced(parts, gap, extra):
    """`extra` before the gap-th part that the module says; None when there are not so many."""
    out = []
    for kind, data in parts:
        if kind == "<":
            if gap == 0:
                out.append(("<", extra))
            gap -= 1
        out.append((kind, data))
    if gap == 0:
        out.append(("!", extra))
        gap -= 1
    return out if gap < 0 else None


def echoed(parts):
    """The parts with each command line coming back first, as a part of its own: CR CR LF in front of the answer."""
    out = []
    for kind, data in parts:
        if kind == "<" and data.startswith(b">"):
            data = b"\r\n" + data
        out.append((kind, data))
        if kind == ">" and data.startswith(b"AT"):
            out.append(("<", data))
    return out


def _sweep(dialect, access, parts_for, act, extras=None, other=1):
    """act(modem, tape, says, script) under every splice; the connection `other` above the first is not the
    dialogue's."""
    modem, tape, clock, says = attached(dialect, access)
    parts = parts_for(says)
    extras = extras or GENERAL + tuple(own(says, dialect, access, says.first + other))
    for said in (parts, echoed(parts)):
        for extra in extras:
            gap = 0
            script = spliced(said, gap, extra)
            while script:
                # Whole answers, and an echo whole, are what most other tests have.
                for cut in (1,) if said is not parts or MICROPYTHON else (0, 1):
                    with Case(dialect, access, extra[:40], "gap", gap, "cut", cut, "echo", said is not parts):
                        modem, tape, clock, says = attached(dialect, access, cut)
                        act(modem, tape, says, script)
                gap += 1
                script = spliced(said, gap, extra)


@cases("dialect", DIALECTS)
def test_command(dialect):
    def act(modem, tape, says, script):
        tape.load(script)
        assert modem.command("AT+CGMR") == [b"R1.0"]
        settle(modem, tape)
        tape.done()

    # The lines of a command are those that no table knows: only what begins with "+" can be told from them.
    extras = (line(b"+CREG: 2"), line(b"+CPIN: READY"), line(b'+CMTI: "SM",1'), b"\r\r\n", line(b"SMS DONE"))
    _sweep(dialect, "buffer", lambda says: [(">", b"AT+CGMR\r"), ("<", line(b"R1.0")), ("<", OK)], act, extras)


@cases("dialect", DIALECTS)
def test_opening(dialect):
    def parts_for(says):
        commands = []
        modem, tape, clock, says = attached(dialect)
        other = connect(modem, tape, says)  # noqa: F841  a dropped one would be closed

        def answer(text):
            commands.append(text + b"\r")
            return says.opened(text, says.link_of(text))

        tape.auto = answer
        modem.socket().connect((PEER, PORT))
        return parts_of([(">", commands[-1]), ("<", says.opened(commands[-1], says.first + 1))])

    def act(modem, tape, says, script):
        other = connect(modem, tape, says)  # noqa: F841  a dropped one would be closed
        tape.load(script)
        socket = modem.socket()
        socket.connect((PEER, PORT))
        settle(modem, tape)
        tape.done()

    _sweep(dialect, "buffer", parts_for, act, other=0)


@cases("dialect", DIALECTS)
def test_closing(dialect):
    def act(modem, tape, says, script):
        socket = connect(modem, tape, says)
        other = connect(modem, tape, says)  # noqa: F841  a dropped one would be closed
        tape.load(script)
        socket.close()
        settle(modem, tape)
        tape.done()

    _sweep(dialect, "buffer", lambda says: parts_of(says.close(says.first)), act)


@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_sending(dialect, access):
    def act(modem, tape, says, script):
        socket = connect(modem, tape, says, 20)
        other = connect(modem, tape, says)  # noqa: F841  a dropped one would be closed
        tape.load(script)
        assert socket.send(b"abc") == 3
        settle(modem, tape)
        tape.done()

    _sweep(dialect, access, lambda says: parts_of(says.send(access, says.first, b"abc")), act)


@cases(("dialect", "access"), PULLED)
def test_reading(dialect, access):
    def act(modem, tape, says, script):
        socket = connect(modem, tape, says, 20)
        other = connect(modem, tape, says)  # noqa: F841  a dropped one would be closed
        tape.load([("!", says.notice(modem._session.access, says.first))] + script)
        data = b""
        while len(data) < 9:
            data += socket.recv(100)
        assert data == b"OK\r\nERROR"
        settle(modem, tape)
        tape.done()

    def parts_for(says):
        answer = says.answer(access, says.first, b"OK\r\nERROR", 0)
        return [(">", says.ask(access, says.first, says.most[access])), ("<", answer[: -len(OK)]), ("<", OK)]

    _sweep(dialect, access, parts_for, act)
