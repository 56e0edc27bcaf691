"""The far end of `atsock bench`: sends or takes as many bytes as it is asked to.

Owns the little protocol: a request is one letter and eight hexadecimal digits; b"R" and n: the server sends n bytes;
b"S" and n: it takes n bytes, then sends b"." to say that it has them.  Knows nothing of modems.
"""

import argparse
import contextlib
import socketserver
import threading

REQUEST_BYTES = 9
MOST_BYTES = 0xFFFFFFFF
TAKEN = b"."
_BLOCK = bytes(range(256)) * 16
_SILENCE_S = 120


def request(direction, n):
    """The request: `direction` b"R" (the server sends) or b"S" (it takes), n bytes."""
    return b"%s%08X" % (direction, n)


def pattern(n, begin=0):
    """What the server sends and expects from byte `begin` on: n bytes."""
    shift = begin % len(_BLOCK)
    return (_BLOCK * (2 + n // len(_BLOCK)))[shift:shift + n]


class _Handler(socketserver.StreamRequestHandler):
    timeout = _SILENCE_S

    def handle(self):
        words = self.rfile.read(REQUEST_BYTES)
        try:
            direction, n = words[:1], int(words[1:], 16)
        except ValueError:
            return      # not one of ours: the connection ends
        if len(words) == REQUEST_BYTES and direction == b"R":
            self._send(n)
        elif len(words) == REQUEST_BYTES and direction == b"S" and self._take(n):
            self.wfile.write(TAKEN)

    def _send(self, n):
        while n > 0:
            self.wfile.write(_BLOCK[:n])
            n -= len(_BLOCK)

    def _take(self, n):
        """True when n bytes came and are the pattern."""
        begin = 0
        while begin < n:
            data = self.rfile.read(min(len(_BLOCK), n - begin))
            if not data or data != pattern(len(data), begin):
                return False
            begin += len(data)
        return True


class BenchServer(socketserver.ThreadingTCPServer):
    """Listens on `address` (host, port); a context manager that serves in a thread of its own."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address=("127.0.0.1", 0)):
        super().__init__(address, _Handler)

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """Nothing: a client that goes away in the middle is the client's business, and it says so itself."""

    def __enter__(self):
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self.shutdown()
        self._thread.join()
        self.server_close()


def main():
    parser = argparse.ArgumentParser(
        prog="python -m atsock_host.bench_server", description="The far end of `atsock bench`, until Ctrl-C.")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")
    parser.add_argument("port", type=int)
    given = parser.parse_args()
    try:
        server = BenchServer((given.host, given.port))
    except (OSError, OverflowError) as error:
        parser.exit(1, f"cannot listen on {given.host}:{given.port}: {error}\n")
    print(f"serving on {given.host}:{server.port}, Ctrl-C ends it", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
