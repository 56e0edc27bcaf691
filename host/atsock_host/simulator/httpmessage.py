"""HTTP as a client speaks it: the text of a request, and an answer put together from the bytes as they come.

http.client of Python reads the answer; this file finds out when all of it is there.  Opens no connection and knows
no AT command.
"""

import http.client
import io
import urllib.parse

_INTERIM = b"HTTP/1.1 1"        # 100 Continue and the like: the answer comes behind it
_END_OF_HEAD = b"\r\n\r\n"


class BadUrl(ValueError):
    """Not the address of something that HTTP fetches."""


class BadAnswer(ValueError):
    """What came is no HTTP."""


class Url:
    """http://host:port/path or https://...; BadUrl for others."""

    def __init__(self, text):
        try:
            parts = urllib.parse.urlsplit(text)
            self.host, port = parts.hostname, parts.port
        except ValueError as problem:
            raise BadUrl(str(problem)) from problem
        if parts.scheme not in ("http", "https") or not self.host or not text.isascii() or set(text) & set(" \r\n"):
            raise BadUrl(f"{text!r} is no URL of HTTP")
        self.tls = parts.scheme == "https"
        self.port = port or (443 if self.tls else 80)
        self.authority = parts.netloc.rpartition("@")[2]
        self.target = (parts.path or "/") + ("?" + parts.query if parts.query else "")


def request(method, url, headers, body=b""):
    """The bytes of a request; `headers` is a dict, `body` may be empty."""
    if "host" not in (name.lower() for name in headers):
        headers = {"Host": url.authority, **headers}
    lines = [f"{method} {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class _Came:
    """What http.client takes for a socket."""

    def __init__(self, data):
        self._data = data

    def makefile(self, mode):
        del mode
        return io.BytesIO(self._data)


class Answer:
    """The answer to a request of `method`: feed() it, end() when the peer has closed, until one of them says True."""

    def __init__(self, method):
        self._method = method
        self._data = bytearray()
        self._length = None         # of the whole answer, once it is known
        self.status = 0
        self.head = b""             # with the empty line behind it
        self.body = b""
        self.chunked = False

    @property
    def size(self):
        """Bytes that have come."""
        return len(self._data)

    def feed(self, data):
        """True when all is there.  BadAnswer for what is no HTTP."""
        self._data += data
        if not self.head:
            self._read_head()
            if not self.head:
                return False
        if self._length is not None:
            return len(self._data) >= self._length and self._read()
        # the last chunk, or its trailer, ends like a head
        return self.chunked and self._data.endswith(_END_OF_HEAD) and self._read()

    def end(self):
        """The peer has closed: True when that makes the answer complete."""
        return bool(self.head) and (self._length is None and not self.chunked) and self._read()

    def _read_head(self):
        while _END_OF_HEAD in self._data:
            end = self._data.index(_END_OF_HEAD) + len(_END_OF_HEAD)
            if not self._data.startswith(_INTERIM):
                answer = self._begun(bytes(self._data[:end]))
                self.head, self.status, self.chunked = bytes(self._data[:end]), answer.status, answer.chunked
                self._length = None if answer.length is None or answer.chunked else end + answer.length
                return
            del self._data[:end]
        if len(self._data) > len("HTTP/") and not self._data.startswith(b"HTTP/"):
            raise BadAnswer("no status line")

    def _begun(self, data):
        answer = http.client.HTTPResponse(_Came(data), method=self._method)
        try:
            answer.begin()
        except (http.client.HTTPException, ValueError) as problem:
            raise BadAnswer(str(problem)) from problem
        return answer

    def _read(self):
        try:
            self.body = self._begun(bytes(self._data)).read()
        except http.client.IncompleteRead:
            return False
        except (http.client.HTTPException, ValueError) as problem:
            raise BadAnswer(str(problem)) from problem
        return True
