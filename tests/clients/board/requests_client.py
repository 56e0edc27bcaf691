"""requests, as it is on PyPI, over a modem: HTTP and HTTPS.  CPython.

urllib3 lets a program say which class its connections are of; the class here differs from urllib3's in where it gets
its socket from, and in how it sees whether a kept connection has ended.
"""

import io
from binascii import crc32

import common
import requests
import urllib3
from atsock_host import tls
from requests.adapters import HTTPAdapter

PORT, TLS_PORT, AUTHORITY = common.arguments
POLL, ENDED = 3, 1 | 8 | 16  # readable between two answers: the end, or an error
modem = common.attached()
socket_module = modem.socket_module()
connections = []


class Reader(io.RawIOBase):
    def __init__(self, sock):
        self._sock = sock

    def readable(self):
        return True

    def readinto(self, buf):
        return self._sock.recv_into(buf)


class KeptOpen:
    """A modem's socket whose file can be closed without closing it, as http.client expects of CPython's sockets."""

    def __init__(self, sock):
        self._sock = sock

    def makefile(self, mode):
        assert mode == "rb"
        return io.BufferedReader(Reader(self._sock))

    def __getattr__(self, name):
        return getattr(self._sock, name)


class OverModem:
    def _new_conn(self):
        connections.append(self.host)
        return KeptOpen(socket_module.create_connection((self._dns_host, self.port), self.timeout))

    @property
    def is_connected(self):
        return self.sock is not None and not self.sock.ioctl(POLL, 1) & ENDED


class Http(OverModem, urllib3.connection.HTTPConnection):
    pass


class Https(OverModem, urllib3.connection.HTTPSConnection):
    pass


class HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = Http


class HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = Https


class Adapter(HTTPAdapter):
    def init_poolmanager(self, *args, **options):
        super().init_poolmanager(*args, ssl_context=tls.create_default_context(cafile=AUTHORITY), **options)
        self.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}


session = requests.Session()
session.trust_env = False
session.mount("http://", Adapter())
session.mount("https://", Adapter())
seen = []
for site in ("http://server.example:" + PORT, "https://server.example:" + TLS_PORT):
    hello = session.get(site + "/moved", timeout=20)
    big = session.get(site + "/big", timeout=20)
    chunked = session.get(site + "/chunked", timeout=20)
    echo = session.post(site + "/", json={"text": "Gruß", "n": [1, 2]}, timeout=20)
    lines = b"a line\n" * 1000
    assert session.post(site + "/", data=lines, timeout=20).content == lines
    seen.append([hello.text, crc32(big.content), crc32(chunked.content), echo.status_code, echo.json()])
kept = len(connections)
session.close()
with requests.Session() as other:  # and each request on a connection of its own
    other.mount("http://", Adapter())
    other.headers["Connection"] = "close"
    closed = [other.get("http://server.example:%s/hello" % PORT, timeout=20).text for turn in range(3)]
modem.close()
common.result([seen, kept, closed])
