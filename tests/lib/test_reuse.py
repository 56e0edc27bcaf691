"""A connection id that is used again: nothing of the connection before is taken for the new one's."""

from cases import cases
from fakes import CUTS, Case
from frames import PEER, PORT, PULLED
from scenes import answers, connected, settle


@cases(("dialect", "access"), PULLED)
def test_rest_of_a_read(dialect, access):
    """Closed by the peer, then by the program while a read's payload is still coming in: the rest of it is nobody's."""
    for cut in CUTS:
        with Case(dialect, access, cut):
            _rest_of_a_read(dialect, access, cut)


def _rest_of_a_read(dialect, access, cut):
    socket, modem, tape, clock, says = connected(dialect, access, cut=cut, timeout=9)
    link = says.first
    most = says.most[access]
    payload = bytes(range(256))
    answer = says.answer(access, link, payload, 0)
    came = len(answer) - 300
    tape.load([
        ("!", says.notice(access, link)), ("!", says.closed(link)), (">", says.ask(access, link, most)),
        ("<", answer[:came]), ("~", 50), ("<", answer[came:]),
    ])  # fmt: skip
    tape.after = answers(says)
    part = socket.recv(100)
    assert part and payload.startswith(part)
    socket.close()
    socket = modem.socket()
    socket.settimeout(9)
    socket.connect((PEER, PORT))
    settle(modem, tape)
    tape.auto = tape.after = None
    tape.load(
        [
            ("!", says.notice(access, link)),
            (">", says.ask(access, link, most)),
            ("<", says.answer(access, link, b"new", 0)),
        ]
    )
    data = b""
    while len(data) < 3:
        data += socket.recv(100)
    assert data == b"new", data
    settle(modem, tape)
    tape.done()
