"""socket_module(): the names that programs look for in `import socket`."""

import sys
from errno import EBADF, EOPNOTSUPP

import cases
from atsock.sockets.opening import make_like
from fakes import raises
from frames import DIALECTS
from scenes import attached
from test_listener_faults import listening

CPYTHON = sys.implementation.name != "micropython"


def module():
    modem, tape, clock, says = attached("bg96")
    return modem.socket_module(), tape


@cases.cases("access", ("buffer", "push", "transparent"))
def test_sockets_are_of_its_class(access):
    """Those of the module and of the modem, also what accept() returns; none of another modem."""
    modem, tape, clock, says = attached("bg96")
    made = modem.socket_module()
    for kind in (made.SOCK_STREAM, made.SOCK_DGRAM):
        for socket in (made.socket(made.AF_INET, kind), modem.socket(made.AF_INET, kind, access=access)):
            assert isinstance(socket, made.socket) and isinstance(socket, made.SocketType)
            socket.settimeout(3)
            assert socket.gettimeout() == 3
            socket.close()
    assert not isinstance(tape, made.socket) and not isinstance(None, made.socket)
    assert made.socket.recv and made.socket.connect
    assert tape.written == 0


def test_a_class_derived_from_it():
    """It makes what the class itself makes."""
    made, tape = module()

    class Derived(made.socket):
        pass

    for arguments in ((), (made.AF_INET, made.SOCK_DGRAM)):
        socket = Derived(*arguments)
        assert isinstance(socket, made.socket)
        assert type(socket) is type(made.socket(*arguments))
        assert not isinstance(socket, Derived)  # as one that is derived elsewhere: ssl.SSLSocket on CPython
        socket.close()


@cases.cases("dialect", DIALECTS)
def test_an_accepted_socket_is_of_its_class(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    server.close()
    made = modem.socket_module()
    with made.create_server(("", 8081)) as server:
        assert isinstance(server, made.socket)
        assert isinstance(make_like(server), made.socket)


def test_what_is_no_family_or_type():
    made, tape = module()
    for arguments in ((None,), ("x",), (made.AF_INET, None), (made.AF_INET, "x"), (made.AF_INET, 1.5)):
        raises(TypeError, made.socket, *arguments)
    made.socket(-1, -1, -1)


def test_a_default_timeout():
    made, tape = module()
    made.setdefaulttimeout(2)
    assert made.socket().gettimeout() == made.getdefaulttimeout() == 2
    made.setdefaulttimeout(None)
    assert made.socket().gettimeout() is None


@cases.cases("dialect", DIALECTS)
def test_a_server_with_a_backlog(dialect):
    modem, tape, clock, says, module, server = listening(dialect)
    server.close()
    made = modem.socket_module()
    for backlog, expected in ((9, 9), (None, 4)):
        with made.create_server(("", 8081), backlog=backlog) as server:
            assert server._listener.backlog == expected


def test_an_empty_host_is_any_address():
    """For bind(), as programs ask for it; another one is what it is.  Nothing is sent for either."""
    made, tape = module()
    for host, address in (("", "0.0.0.0"), (None, "0.0.0.0"), ("192.0.2.9", "192.0.2.9")):
        assert made.getaddrinfo(host, 80)[0][4] == (address, 80)
    assert tape.written == 0


def test_what_cannot_be_made_is_closed():
    """create_connection() and create_server() raise why, and leave no socket that is open."""
    made, tape = module()
    closed = []
    kind = type(made.socket())
    close = kind.close
    kind.close = lambda self: closed.append(self)
    try:
        raises(ValueError, made.create_connection, ("not a name", 80), 5)
        raises(ValueError, made.create_server, ("", 70_000))
    finally:
        kind.close = close
    assert len(closed) == 2 and closed[0].gettimeout() == 5
    assert tape.written == 0


def test_options_that_programs_set():
    made, tape = module()
    sock = made.socket(made.AF_INET, made.SOCK_DGRAM)
    sock.setsockopt(made.SOL_SOCKET, made.SO_BROADCAST, 1)
    sock.setsockopt(made.SOL_SOCKET, made.SO_REUSEADDR, 1)
    sock.close()
    for use in (lambda: sock.setsockopt(made.SOL_SOCKET, made.SO_BROADCAST, 1), lambda: sock.bind(("", 1))):
        assert raises(OSError, use).errno == 9  # EBADF


PACKED = (
    ("192.0.2.1", b"\xc0\x00\x02\x01"),
    ("2001:db8::1", b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01"),
    ("::", bytes(16)),
    ("1::", b"\x00\x01" + bytes(14)),
    ("1:2:3:4:5:6:7::", b"\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0"),
    ("::ffff:192.0.2.1", bytes(10) + b"\xff\xff\xc0\x00\x02\x01"),
    ("1:0:0:2:3:4:5:6", b"\0\1\0\0\0\0\0\2\0\3\0\4\0\5\0\6"),
)


def test_numeric_addresses():
    made, tape = module()
    for text, data in PACKED:
        family = made.AF_INET6 if ":" in text else made.AF_INET
        assert made.inet_pton(family, text) == data
        text = {
            "1:0:0:2:3:4:5:6": "1::2:3:4:5:6", "::ffff:192.0.2.1": "::ffff:c000:201",
            "1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0",
        }.get(text, text)  # fmt: skip
        assert CPYTHON or made.inet_ntop(family, data) == text
    for family, text in ((made.AF_INET, "192.0.2"), (made.AF_INET, "x"), (made.AF_INET6, "192.0.2.1"), (99, "1.2.3.4")):
        raises((OSError, ValueError), lambda: made.inet_pton(family, text))
    raises(ValueError, lambda: made.inet_ntop(made.AF_INET, b"123"))


def test_what_it_has_not():
    """CPython: the system's names, so that a library that asks for them can be imported."""
    made, tape = module()
    assert not hasattr(made, "no_such_name") and not hasattr(made, "__file__")
    if CPYTHON:
        import socket

        assert made.gaierror is socket.gaierror and made.socketpair is socket.socketpair
        assert made.AF_UNSPEC == 0 and made.IPPROTO_IPV6 == socket.IPPROTO_IPV6
        assert "gaierror" in dir(made) and "create_connection" in dir(made)
        assert issubclass(made.timeout, TimeoutError)


@cases.cases("access", ("buffer", "transparent"))
def test_a_closed_socket_takes_no_timeout(access):
    modem, tape, clock, says = attached("bg96")
    made = modem.socket_module()
    for kind in (made.SOCK_STREAM, made.SOCK_DGRAM):
        socket = modem.socket(made.AF_INET, kind, access=access)
        socket.close()
        for call, value in ((socket.settimeout, 1), (socket.settimeout, None), (socket.setblocking, False)):
            assert raises(OSError, call, value).errno == EBADF
    assert tape.written == 0


def test_what_datagrams_have_not():
    """As on a stack of the system: EOPNOTSUPP, from methods that are there."""
    made, tape = module()
    socket = made.socket(made.AF_INET, made.SOCK_DGRAM)
    assert raises(OSError, socket.listen, 1).errno == raises(OSError, socket.accept).errno == EOPNOTSUPP
    socket.close()
    assert raises(OSError, socket.listen).errno == raises(OSError, socket.accept).errno == EBADF
    assert tape.written == 0


def test_a_socket_has_no_file_descriptor():
    """docs/sockets.md."""
    made, tape = module()
    for kind in (made.SOCK_STREAM, made.SOCK_DGRAM):
        assert not hasattr(made.socket(made.AF_INET, kind), "fileno")


if __name__ == "__main__":
    cases.main(globals())
