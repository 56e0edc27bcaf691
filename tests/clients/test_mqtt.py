"""MQTT with a real broker over every dialect: paho-mqtt on CPython, a small client of these tests on MicroPython."""

import pytest
from fronts import DIALECTS, run
from servers import BOARD, Broker

pytestmark = pytest.mark.slow

PROGRAMS = {"cpython": "paho_client.py", "micropython": "mqtt_client.py"}
RECEIVED = [
    ["test/kept", 1, b"kept".hex(), True],
    ["test/zero", 0, b"quick".hex(), False],
    ["test/one", 1, True, False],  # 6000 bytes, compared by the program
    ["test/kept", 1, "", False],
]


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", PROGRAMS)
def test_publish_and_subscribe(interpreter, dialect, broker):
    hosts = {"broker.example": "127.0.0.1"}
    result = run(interpreter, BOARD / PROGRAMS[interpreter], dialect, "buffer", broker.port, hosts=hosts)
    assert result == [[0], [1], RECEIVED], broker.log()
