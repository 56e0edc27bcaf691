"""A WebSocket echo over every dialect: the package websockets on CPython, a small client of these tests on
MicroPython.
"""

import pytest
from fronts import DIALECTS, run
from servers import BOARD, WebSocketEcho

pytestmark = pytest.mark.slow

PROGRAMS = {"cpython": "websockets_client.py", "micropython": "websocket_client.py"}


@pytest.fixture(scope="module")
def echo():
    with WebSocketEcho() as server:
        yield server


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", PROGRAMS)
def test_echo(interpreter, dialect, echo):
    program, hosts = BOARD / PROGRAMS[interpreter], {"echo.example": "127.0.0.1"}
    result = run(interpreter, program, dialect, "buffer", echo.port, hosts=hosts)
    assert result == [[0, 5, 125, 126, 2000, 66000], "Grüße", "are you there", 1000]
