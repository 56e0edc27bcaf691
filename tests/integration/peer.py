"""The peer of exchange.py: a TCP server of this machine, a thread per connection."""

import hashlib
import socketserver
import threading


def seeded(n):
    """As in exchange.py, written apart from it."""
    out = bytearray()
    state = 1
    while len(out) < n:
        state = (1664525 * state + 1013904223) % 2**32
        out.append(state // 2**24)
    return bytes(out)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in iter(self.rfile.readline, b""):
            kind, number = line[:1], line[1:-1]
            if kind == b"H":
                self.wfile.write(hashlib.sha256(self.rfile.read(int(number))).hexdigest().encode())
            elif kind == b"S":
                self.wfile.write(seeded(int(number)))
            elif kind == b"E":
                self.wfile.write(self.rfile.read(int(number)))
            else:
                return


class Peer(socketserver.ThreadingTCPServer):
    """A context manager; .port is its TCP port on loopback."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)
