"""A program with one connection at a time keeps one ring, whatever id its connections get."""

from cases import cases
from frames import DIALECTS, PEER, PORT, read_script
from scenes import answers, attached, connect, rest


def rings(modem):
    return len([link for link in modem._engine.links.values() if link.buf is not None])


@cases("access", ("buffer", "push"))
@cases("dialect", DIALECTS)
def test_one_after_the_other(dialect, access):
    """The ids of the earlier ones still wait for their close, so each connection gets another one."""
    modem, tape, clock, says = attached(dialect, access)
    for i in range(2):
        socket = connect(modem, tape, says, 20)
        link = socket._link
        assert link.id == says.first + i
        tape.load(read_script(says, dialect, access, link.id, b"data", 0))
        assert socket.recv(4) == b"data"
        tape.done()
        assert rings(modem) == 1
        tape.load(says.close(link.id))
        socket.close()
        rest(tape)
        link.must_close = True
        assert rings(modem) == 1


@cases("dialect", DIALECTS)
def test_two_at_a_time(dialect):
    """The ring of a connection that is open is nobody else's."""
    modem, tape, clock, says = attached(dialect, "push")
    sockets = [connect(modem, tape, says, 20) for _ in range(2)]
    for i in range(2):
        tape.load(read_script(says, dialect, "push", says.first + i, b"%d" % i, 0))
        modem.poll(1)
    assert rings(modem) == 2
    assert [socket.recv(1) for socket in sockets] == [b"0", b"1"]


@cases("dialect", ("bg96", "a7600", "nl668"))
def test_one_of_two_is_taken(dialect):
    """Two connections are closed, and a third one needs one ring: the other waits for the fourth."""
    modem, tape, clock, says = attached(dialect, "push")
    sockets = [connect(modem, tape, says, 20) for _ in range(2)]
    for i in range(2):
        tape.load(read_script(says, dialect, "push", says.first + i, b"%d" % i, 0))
        modem.poll(1)
    links = [socket._link for socket in sockets]
    for i in range(2):
        tape.load(says.close(says.first + i))
        sockets[i].close()
        rest(tape)
    for link in links:
        link.must_close = True
    third = connect(modem, tape, says, 20)
    assert third._link not in links and third._link.buf is not None
    assert rings(modem) == 2


@cases("dialect", DIALECTS)
def test_what_is_pushed_gets_a_larger_ring(dialect):
    """It comes when it comes, what is fetched comes by reads."""
    sizes = []
    for access in ("buffer", "push"):
        modem, tape, clock, says = attached(dialect, access)
        tape.auto = answers(says)
        socket = modem.socket()
        socket.connect((PEER, PORT))
        sizes.append(socket._link.size)
    assert sizes[1] >= 4 * sizes[0], sizes
