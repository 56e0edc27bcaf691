"""Where most tests begin: attached, with connected sockets."""

import atsock
from fakes import WIRES, errno_of, new_modem
from frames import PEER, PORT, speech


def attached(dialect, access="buffer", cut=0, take=0, wire=None, **options):
    """(modem, tape, clock, speech), attached and with a blank script; wire: one of WIRES from here on."""
    modem, tape, clock = new_modem(dialect, (), 0, take, access=access, **options)
    says = speech(dialect)
    tape.auto = says.attach()
    assert modem.attach("internet") == "10.0.0.1"
    rest(tape)
    if wire:
        tape.behave(**WIRES[wire])
    else:
        tape.behave(cut, take)
    return modem, tape, clock, says


def rest(tape):
    """From answering by itself to the script."""
    assert not tape.any(), "not read: %r" % tape.input[tape.at :]
    tape.auto = tape.after = None
    tape.line = b""
    tape.load(())


def answers(says):
    """What the module answers by itself: every connection opens and closes, the rest is OK."""

    def answer(command):
        if command.startswith(says.open_line(command)):
            return says.opened(command, says.link_of(command))
        if command.startswith(says.close(0)[0][1][:-2]):
            return says.close(int(command.split(b"=")[1]))[1][1]
        return b"\r\nOK\r\n"

    return answer


def silent_first(says):
    """The answers of a module whose first open gets its OK and no outcome, and the list of the ids that it opens."""
    opens = []

    def answer(command):
        if not command.startswith(says.open_line(command)):
            return b"\r\nOK\r\n"
        opens.append(says.link_of(command))
        return b"\r\nOK\r\n" if len(opens) == 1 else says.opened(command, opens[-1])

    return answer, opens


def connect(modem, tape, says, timeout=None, ring=4096, **options):
    """A new socket with a ring of that size, connected while the module answers by itself."""
    tape.auto = answers(says)
    behaviour = tape.behaviour()
    tape.behave()
    socket = modem.socket(**options)
    socket.setsockopt(1, atsock.SO_RCVBUF, ring)
    socket.connect((PEER, PORT))
    socket.settimeout(timeout)
    rest(tape)
    tape.behave(*behaviour)
    return socket


def connected(dialect, access="buffer", script=(), cut=0, timeout=None, take=0, wire=None, **options):
    """(socket, modem, tape, clock, speech): one connected socket on the first id, and this script from here on."""
    modem, tape, clock, says = attached(dialect, access, cut, take, wire, **options)
    socket = connect(modem, tape, says, timeout)
    tape.load(script)
    return socket, modem, tape, clock, says


def recv_exactly(socket, n):
    """n bytes of the stream, in as many reads as they take."""
    data = b""
    while len(data) < n:
        got = socket.recv(n - len(data))
        assert got, "end of stream after %d of %d bytes" % (len(data), n)
        data += got
    return data


def settle(modem, tape):
    """Let the driver take in all that can be read."""
    modem.poll()
    while tape.any() or tape.is_pausing():
        modem.poll(tape.pause)


def echoing(answer):
    """The answers of a module that echoes until ATE0, and a list that tells whether it still does."""
    echo = [True]

    def echoed(command):
        text = command + b"\r" if echo[0] else b""
        if command == b"ATE0":
            echo[0] = False
        return text + answer(command)

    return echoed, echo


def opens_when_up_again(modem, errno=None):
    """An open that finds no network fails (with errno), and attach() brings the context up anew."""
    socket = modem.socket()
    found = errno_of(socket.connect, (PEER, PORT))
    assert errno is None or found == errno, found
    socket.close()
    assert modem.attach("internet") == "10.0.0.1"


def looks_up(dialect, answer, family=None):
    """The addresses that resolve() makes of this answer."""
    modem, tape, clock, says = attached(dialect)
    tape.auto = lambda command: answer
    found = modem.resolve("a.test") if family is None else modem.resolve("a.test", family)
    assert not tape.any()
    return found
