"""select.poll() over many sockets, and ids of sockets that nobody closed, against real servers."""

import pytest
from freeport import free_port
from fronts import DIALECTS, INTERPRETERS, Server, run

pytestmark = pytest.mark.slow

HOSTS = {"server.example": "127.0.0.1"}
EMFILE = 24


def _lines(connection):
    """Sends back every line; hangs up behind "end"."""
    with connection.makefile("rb") as lines:
        for line in lines:
            connection.sendall(line)
            if line == b"end\n":
                return


def _greet(connection):
    connection.sendall(b"hello")


def _greet_and_stay(connection):
    connection.sendall(b"hello")
    while connection.recv(1):
        connection.sendall(b"!")


@pytest.mark.parametrize("access", ("buffer", "push"))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_poll_over_many(dialect, access):
    with Server(_lines) as server:
        count = run("micropython", "poll_many.py", dialect, access, server.port, free_port(), hosts=HOSTS)
    assert count == (2 if dialect == "sim7028" else 3)
    assert server.errors == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_ids_of_dropped_sockets(interpreter, dialect):
    with Server(_greet) as ends, Server(_greet_and_stay) as stays:
        result = run(interpreter, "dropped.py", dialect, "buffer", ends.port, stays.port, hosts=HOSTS)
    assert result == [4 if interpreter == "micropython" else 6, EMFILE]
