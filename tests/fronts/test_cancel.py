"""asyncio: what a cancelled task, a host or a module that does not answer leave behind is a working driver with
all its ids.
"""

import socket
import threading

import pytest
from freeport import free_port
from fronts import DEADLINE_S, DIALECTS, INTERPRETERS, LINKS, Program, Server, echo

from atsock_host.simulator import Simulator

pytestmark = pytest.mark.slow

HOSTS = {"echo.example": "127.0.0.1", "dead.example": "127.0.0.1"}


@pytest.fixture(scope="module")
def echo_port():
    with Server(echo) as server:
        yield server.port


class DeadHost:
    """A port where connections get no answer, as long as its queue is full: until wake().  A context manager."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._server.getsockname()[1]
        self._waiting = [self._knock() for _ in range(4)]

    def _knock(self):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(self._server.getsockname())
        return client

    def wake(self):
        """Answer everybody."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self._waiting.append(self._server.accept()[0])
            except OSError:  # closed
                return

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._waiting:
            client.close()


def _start(interpreter, scene, module, dialect, *ports):
    return Program(interpreter, "cancel.py", module, dialect, "buffer", scene, *ports)


PLACES = pytest.mark.parametrize("interpreter,dialect", [(i, d) for i in INTERPRETERS for d in DIALECTS])
FAMILIES = pytest.mark.parametrize(
    "interpreter,dialect", [(i, d) for i in INTERPRETERS for d in ("bg96", "a7600", "l610")]
)


@PLACES
def test_connect(interpreter, dialect, echo_port):
    with Simulator(dialect, hosts=HOSTS) as module, DeadHost() as host:
        with _start(interpreter, "connect", module, dialect, echo_port, host.port) as program:
            program.line("dead")
            host.wake()
            assert program.result() == [None, LINKS[dialect], True]
        assert module.violations() == []


@FAMILIES
def test_read(interpreter, dialect, echo_port):
    with Simulator(dialect, hosts=HOSTS, baudrate=230400) as module:
        with _start(interpreter, "read", module, dialect, echo_port, 0) as program:
            assert program.result() == [None, LINKS[dialect], True]
        assert module.violations() == []


class LateReader(Server):
    """Reads nothing before `reads` is set, and has little room.  A context manager."""

    def __init__(self):
        self.reads = threading.Event()
        super().__init__(self._take)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def _take(self, connection):
        self.reads.wait(DEADLINE_S)
        while connection.recv(65536):
            pass


@FAMILIES
def test_drain(interpreter, dialect, echo_port):
    with LateReader() as server, Simulator(dialect, hosts=HOSTS) as module:
        with _start(interpreter, "drain", module, dialect, echo_port, server.port) as program:
            program.line("full")
            server.reads.set()
            assert program.result() == [None, LINKS[dialect], True]
        assert module.violations() == []


@pytest.mark.parametrize("interpreter,dialect", [("cpython", "bg96"), ("micropython", "l610")])
def test_close(interpreter, dialect, echo_port):
    with LateReader() as server, Simulator(dialect, hosts=HOSTS) as module:
        with _start(interpreter, "close", module, dialect, echo_port, server.port) as program:
            assert program.result() == [None, LINKS[dialect], True]
        server.reads.set()
        assert module.violations() == []


@PLACES
def test_accept(interpreter, dialect, echo_port):
    with Simulator(dialect, hosts=HOSTS) as module:
        with _start(interpreter, "accept", module, dialect, echo_port, free_port()) as program:
            assert program.result() == [None, LINKS[dialect], True]
        assert module.violations() == []


@FAMILIES
def test_hung_module(interpreter, dialect, echo_port):
    with Simulator(dialect, hosts=HOSTS) as module:
        with _start(interpreter, "hang", module, dialect, echo_port, echo_port) as program:
            program.line("hang")
            module.control("hang")
            program.line("hung")
            if dialect in (
                "nl668",
                "l610",
            ):  # these say nothing when they start: that they did shows by a command's time
                assert program.result() == ["hung", 0, True]
                return
            module.control("restart")
            assert program.result() == [None, LINKS[dialect], True]
