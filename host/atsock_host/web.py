"""urllib3 over the modem's sockets: HTTP and HTTPS with everything that library does.

    pool = modem_pool(modem)
    pool.request("GET", "https://example.com/").data

Owns where urllib3's connections get their sockets, and how it sees that a kept one has ended.  For libraries that
cannot be told of that there is bridge.py.
"""

from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from . import tls

_POLL, _ENDED = 3, 1 | 8 | 16      # readable between two answers: the end, or an error


class _OverModem:
    modem: "Any" = None     # of the class that modem_pool() makes
    timeout: "Any"          # and these are urllib3's
    port: "int | None"
    sock: "Any"
    _dns_host: str

    def _new_conn(self):
        sock = self.modem.socket()
        try:
            sock.settimeout(_seconds(self.timeout))
            sock.connect((self._dns_host, self.port))
        except BaseException:
            sock.close()
            raise
        return sock

    @property
    def is_connected(self):
        return self.sock is not None and not self.sock.ioctl(_POLL, 1) & _ENDED


def _seconds(timeout):
    return timeout if isinstance(timeout, (int, float)) else None


def modem_pool(modem, cafile=None):
    """A urllib3.PoolManager over `modem`, which is attached; certificates are checked against the system's authorities,
    or those of `cafile`.
    """

    class Http(_OverModem, HTTPConnection):
        pass

    class Https(_OverModem, HTTPSConnection):
        pass

    class HttpPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Https

    Http.modem = Https.modem = modem
    pool = urllib3.PoolManager(retries=False, ssl_context=tls.create_default_context(cafile=cafile))
    pool.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return pool
