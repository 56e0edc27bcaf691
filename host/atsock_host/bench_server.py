"""The far end of `atsock bench`: sends, takes or sends back as many bytes as it is asked to, request after request.

The words of its protocol are those of bench/on_board/transfers.py.  Knows nothing of modems.
"""

import argparse
import contextlib
import socketserver
import threading

from .bench.on_board.transfers import BLOCK_BYTES, REQUEST_BYTES, TAKEN, pattern

MOST_BYTES = 0xFFFFFFFF
_SILENCE_S = 120


class _Handler(socketserver.StreamRequestHandler):
    timeout = _SILENCE_S
    disable_nagle_algorithm = True

    def handle(self):
        while self._serve(self.rfile.read(REQUEST_BYTES)):
            pass

    def _serve(self, words):
        """Do what one request asks for; False when the connection is to end."""
        try:
            direction, n = words[:1], int(words[1:], 16)
        except ValueError:
            return False        # not one of ours, or the end
        if len(words) != REQUEST_BYTES:
            return False
        if direction == b"R":
            self._send(n)
        elif direction == b"S" and self._take(n):
            self.wfile.write(TAKEN)
        elif direction == b"E":
            self._echo(n)
        else:
            return False
        return True

    def _send(self, n):
        block = pattern(BLOCK_BYTES)
        while n > 0:
            self.wfile.write(block[:n])
            n -= len(block)

    def _take(self, n):
        """True when n bytes came and are the pattern."""
        begin = 0
        while begin < n:
            data = self.rfile.read(min(BLOCK_BYTES, n - begin))
            if not data or data != pattern(len(data), begin):
                return False
            begin += len(data)
        return True

    def _echo(self, n):
        while n > 0:
            data = self.rfile.read1(min(BLOCK_BYTES, n))
            if not data:
                return
            self.wfile.write(data)
            n -= len(data)


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
