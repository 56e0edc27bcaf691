"""asyncio on both interpreters: the driver's own streams, and MicroPython's asyncio on the modem's sockets."""

import socket
import threading

import pytest
from freeport import free_port
from fronts import ACCESS, DEADLINE_S, DIALECTS, INTERPRETERS, LINKS, Program, Server, echo, exchange, run

from atsock_host.simulator import Simulator

pytestmark = pytest.mark.slow

SIZE = 3000


@pytest.fixture(scope="module")
def echo_port():
    with Server(echo) as server:
        yield server.port


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_as_many_clients_as_ids(interpreter, dialect, access, echo_port):
    """All connection ids at once, and all of them a second time."""
    hosts = {"echo.example": "127.0.0.1"}
    echoed = run(interpreter, "echo_clients.py", dialect, access, echo_port, SIZE, hosts=hosts)
    assert echoed == [SIZE] * 2 * LINKS[dialect]


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_micropythons_own_asyncio(dialect, access, echo_port):
    hosts = {"echo.example": "127.0.0.1"}
    echoed = run("micropython", "native_asyncio.py", dialect, access, echo_port, SIZE, hosts=hosts)
    assert echoed == [SIZE] * LINKS[dialect]


def _serve(interpreter, name, dialect, access, together):
    """The program's result and what its clients got; `together`: how many come at once."""
    port = free_port()
    data = bytes(range(256)) * 8
    got = []
    with (
        Simulator(dialect) as module,
        Program(interpreter, name, module, dialect, access, port, 2 * together) as program,
    ):
        program.line("listening")
        for turn in range(2):
            clients = [threading.Thread(target=lambda: got.append(exchange(port, data))) for _ in range(together)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
        value = program.result()
        violations = module.violations()
    assert got == [data] * 2 * together
    # Whether a connection came just before the server was stopped is a matter of luck, and the module's to refuse.
    assert [text for text in violations if "SERVERSTOP" not in text] == []
    return value, len(data)


@pytest.mark.parametrize("access", ACCESS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_server(interpreter, dialect, access):
    together = min(LINKS[dialect] - 1, 4)
    (served, peers), size = _serve(interpreter, "echo_server.py", dialect, access, together)
    assert served == [size] * 2 * together
    assert peers == ["127.0.0.1"] * 2 * together


@pytest.mark.parametrize("dialect", DIALECTS)
def test_micropythons_own_server(dialect):
    together = min(LINKS[dialect] - 1, 4)
    served, size = _serve("micropython", "native_server.py", dialect, "buffer", together)
    assert served == [[size, "127.0.0.1"]] * 2 * together


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_callback_that_raises(interpreter, dialect):
    """Its connection is closed, the loop's handler hears of it, and the server goes on."""
    port = free_port()
    data = b"hello"
    with (
        Simulator(dialect) as module,
        Program(interpreter, "raising_server.py", module, dialect, "buffer", port) as program,
    ):
        program.line("listening")
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as client:
                assert client.recv(1) == b""
        assert exchange(port, data) == data
        seen, told = program.result()
    assert seen == [0, 1, 2]
    assert sorted(told) == [1, 2]
