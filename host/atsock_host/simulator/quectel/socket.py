"""One socket service of the BG96 and its states (2.1.6)."""

INITIAL, OPENING, CONNECTED, LISTENING, CLOSING = 0, 1, 2, 3, 4
BUFFER, PUSH, TRANSPARENT = 0, 1, 2         # access modes (1.2)

TCP, UDP = "TCP", "UDP"
TCP_LISTENER, TCP_INCOMING, UDP_SERVICE = "TCP LISTENER", "TCP INCOMING", "UDP SERVICE"


class Socket:
    """What +QISTATE shows of a connectID, and the endpoint behind it."""

    def __init__(self, number, context, kind, mode):
        self.number = number            # connectID
        self.context = context          # contextID
        self.kind = kind                # TCP, UDP, ...
        self.mode = mode                # access mode
        self.state = OPENING
        self.server = 0                 # connectID of the listener; own number for LISTENER and UDP SERVICE
        self.address = ""               # peer; own address for LISTENER and UDP SERVICE
        self.remote_port = 0
        self.local_port = 0
        self.endpoint = None            # Stream, Listener or DatagramSocket
        self.armed = True               # buffer mode: the next data is announced
        self.broken = False             # its context was lost
        self.part = b""                 # rest of a datagram longer than the last read
        self.closed_pending = False     # the peer has closed, but its data is not out yet
        self.timer = None               # opening: time limit
        self.packet = bytearray()       # transparent: bytes of the host not sent yet
        self.packet_timer = None

    @property
    def is_stream(self):
        return self.kind in (TCP, TCP_INCOMING)

    def available(self):
        """Bytes that can be read."""
        if self.endpoint is None or self.kind == TCP_LISTENER:
            return 0
        return self.endpoint.available() + len(self.part)

    def read(self, n):
        """Up to `n` bytes as (data, address, port): of the stream, or of one datagram."""
        if self.is_stream:
            return self.endpoint.recv(n), self.address, self.remote_port
        if self.part:
            data, address, port = self.part, self.address, self.remote_port
        else:
            data, address, port = self.endpoint.recv() or (b"", self.address, self.remote_port)
        self.part = data[n:]
        return data[:n], address, port

    def release(self):
        """Let the endpoint go."""
        if self.timer is not None:
            self.timer.cancel()
        if self.packet_timer is not None:
            self.packet_timer.cancel()
        if self.endpoint is not None:
            self.endpoint.close()
            self.endpoint = None
