"""HTTP and HTTPS over every dialect: requests on CPython, a small client of these tests on MicroPython."""

import zlib

import pytest
from fronts import DIALECTS, run
from servers import BIG, BOARD, Web

pytestmark = pytest.mark.slow

PROGRAMS = {"cpython": "requests_client.py", "micropython": "http_client.py"}


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with Web(tmp_path_factory.mktemp("web")) as web:
        yield web


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("interpreter", PROGRAMS)
def test_get_and_post(interpreter, dialect, web):
    program, hosts = BOARD / PROGRAMS[interpreter], {"server.example": "127.0.0.1"}
    seen, *rest = run(
        interpreter, program, dialect, "buffer", web.port, web.tls_port, web.authority[interpreter], hosts=hosts
    )
    posted = {"text": "Gruß", "n": [1, 2]}
    assert seen == [["hello", zlib.crc32(BIG), zlib.crc32(BIG[:5000]), 201, posted]] * 2
    if interpreter == "cpython":
        assert rest == [2, ["hello"] * 3]  # one connection for HTTP, one for HTTPS
