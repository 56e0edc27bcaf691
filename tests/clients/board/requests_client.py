"""requests, as it is on PyPI, over a modem: HTTP and HTTPS.  CPython.

Inside the bridge the library finds real sockets; nothing of it is told of a modem.
"""

from binascii import crc32

import common
import requests
from atsock_host import Bridge

PORT, TLS_PORT, AUTHORITY = common.arguments
modem = common.attached()
asked = []


def _counted(function):
    def wrapped(host, *arguments, **options):
        asked.append(host)
        return function(host, *arguments, **options)

    return wrapped


modem.open_connection = _counted(modem.open_connection)
with Bridge(modem), requests.Session() as session:
    session.trust_env = False
    session.verify = AUTHORITY
    seen = []
    for site in ("http://server.example:" + PORT, "https://server.example:" + TLS_PORT):
        hello = session.get(site + "/moved", timeout=20)
        big = session.get(site + "/big", timeout=20)
        chunked = session.get(site + "/chunked", timeout=20)
        echo = session.post(site + "/", json={"text": "Gruß", "n": [1, 2]}, timeout=20)
        lines = b"a line\n" * 1000
        assert session.post(site + "/", data=lines, timeout=20).content == lines
        seen.append([hello.text, crc32(big.content), crc32(chunked.content), echo.status_code, echo.json()])
    kept = len(asked)
    session.headers["Connection"] = "close"     # and each request on a connection of its own
    closed = [session.get("http://server.example:%s/hello" % PORT, timeout=20).text for turn in range(3)]
modem.close()
common.result([seen, kept, closed])
