"""A TCP or TLS connection that a module opens for a service of its own: HTTP, MQTT, sessions of its TLS commands.

Owns the way from a host name to bytes.  Knows no AT command.
"""

from .endpoints import NetworkError
from .hosts import is_address
from .tls import TlsStream

_PIECE = 2048       # handed to the stream at once
# why a connection did not come about
NO_NAME, NO_SOCKET, REFUSED, NO_HANDSHAKE = "no name", "no socket", "refused", "no handshake"


class Connection:
    """`user` is told: opened(); failed(why), one of the reasons above; received(data); sent(), when something had to
    wait and has gone; ended(reset), when the peer has ended it.  Nothing more after failed(), ended() and close().

    With `keeps` received() has no argument, and what came stays in the buffer, which has its limit: recv() takes it.
    """

    def __init__(self, module, user, keeps=False):
        self._module = module
        self._user = user
        self._keeps = keeps
        self._inner = None      # the TCP stream
        self._over = False
        self._unsent = bytearray()
        self.stream = None      # what the user's bytes go through
        self.open = False

    # ---- for the user

    def start(self, host, port, *, tls=False, server_name=None, local_port=0, family=4):
        """Open it to (host, port)."""
        def found(addresses):
            if self._over:
                return
            if addresses:
                self._connect(addresses[0], port, tls, server_name, local_port)
            else:
                self._fail(NO_NAME)

        if is_address(host):
            found([host])
        else:
            self._module.network.resolve(host, found, family)

    def send(self, data):
        """Send all of `data`, behind what waits."""
        self._unsent += data
        self._push()

    @property
    def waits(self):
        """Something that was sent has found no room yet."""
        return bool(self._unsent)

    def available(self):
        return 0 if self.stream is None else self.stream.available()

    def recv(self, n):
        return self.stream.recv(n)

    def close(self):
        """End it; what send() took still goes out."""
        self._over, self.open = True, False
        if self.stream is not None:
            self.stream.close()

    # ---- inside

    def _push(self):
        while self._unsent:
            piece = bytes(self._unsent[:_PIECE])
            if not self.stream.send(piece):
                return
            del self._unsent[:len(piece)]

    def _connect(self, address, port, tls, server_name, local_port):
        try:
            self._inner = self._module.reach(address, port, local_port)
        except NetworkError:
            self._fail(NO_SOCKET)
            return
        self.stream = TlsStream(self._inner, server_name) if tls and self._module.network.secure else self._inner
        self.stream.user = self

    def _fail(self, why):
        self.close()
        self._user.failed(why)

    # ---- what happens to the stream

    def on_connected(self, stream, ok):
        del stream
        if self._over:
            return
        if ok:
            self.open = True
            self._user.opened()
        else:
            self._fail(NO_HANDSHAKE if self.stream is not self._inner and self._inner.connected else REFUSED)

    def on_data(self, stream):
        del stream
        if self._over:
            return
        if self._keeps:
            self._user.received()
        else:
            self._user.received(self.stream.recv(self.stream.available()))

    def on_room(self, stream):
        del stream
        if not self._over and self._unsent:
            self._push()
            if not self._unsent:
                self._user.sent()

    def on_closed(self, stream, reset):
        del stream
        if self._over:
            return
        self._over, self.open = True, False
        self.stream.close()     # what was received stays readable
        self._user.ended(reset)
