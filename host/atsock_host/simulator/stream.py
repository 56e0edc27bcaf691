"""A TCP connection of the module as a real, non-blocking socket of this machine."""

import array
import selectors
import socket
import sys

from .endpoints import RECEIVE_BUFFER, SEND_BUFFER, Stream

try:
    import fcntl
    import termios
except ImportError:     # Windows
    fcntl = None

_ROOM_POLL_MS = 5           # the kernel tells nobody when the peer has acknowledged
_CHUNK = 4096
_SO_NWRITE = 0x1024         # macOS: <sys/socket.h>
_AGAIN_MS = 1000            # a lost packet of a stream comes that much later: TCP sends it again


def _queued(sock):
    """Bytes that the operating system has sent and the peer has not acknowledged; 0 where it does not tell."""
    if sys.platform == "darwin":
        return sock.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
    if fcntl is None:
        return 0
    queued = array.array("i", [0])
    fcntl.ioctl(sock, termios.TIOCOUTQ, queued)     # Linux: tcp(7), SIOCOUTQ
    return queued[0]


class Way:
    """One direction through a network with a delay: what is carried arrives in the order it was sent."""

    def __init__(self, network):
        self._network = network
        self._free_ms = 0.0
        self._under_way = 0

    def carry(self, ms, arrive):
        """Call `arrive()` in `ms` milliseconds, never before what was carried earlier."""
        now = self._network.owner.now_ms()
        self._free_ms = max(self._free_ms, now + ms)
        self._under_way += 1
        self._network.owner.after(self._free_ms - now, lambda: self._arrived(arrive))

    def _arrived(self, arrive):
        self._under_way -= 1
        arrive()

    @property
    def carries(self):
        """True while something is under way."""
        return self._under_way > 0


class SocketStream(Stream):
    """A Stream over a TCP socket; `sock` is None for a stream that is going to fail."""

    def __init__(self, network, peer, local, sock):
        super().__init__(network, peer, local)
        self._sock = sock
        self._unsent = bytearray()      # taken by send(), not yet by the operating system
        self._watching = 0
        self.closing = False            # the module has ended it
        self._ended = False             # the peer sends no more
        self._room_timer = None         # looks again after send() found no room
        self._outgoing, self._incoming = Way(network), Way(network)
        self._leaving = 0               # bytes on their way to the peer, in a network with a delay
        self._coming = 0                # and from it

    def free_buffer(self):
        return RECEIVE_BUFFER - len(self._received) - self._coming

    def unacked(self):
        if self._sock is None:
            return 0
        return self._leaving + len(self._unsent) + _queued(self._sock)

    def connecting(self):
        self._watch(selectors.EVENT_WRITE)

    def established(self):
        self.connected = True
        self._watch(selectors.EVENT_READ)

    def accepted(self):
        """A client of one of the module's servers has come."""
        self._note("accepted")

    def unreachable(self):
        """Nobody can be asked there."""
        self._note("unreachable")
        self.closed = True

    def send(self, data):
        taken = super().send(data)
        if not taken and not self.closed and self._room_timer is None:
            self._room_timer = self.network.owner.after(_ROOM_POLL_MS, self._look_for_room)
        return taken

    def _look_for_room(self):
        self._room_timer = None
        if self._sock is None or self.closed:
            return
        if self.room() >= SEND_BUFFER // 2:
            self.room_again()
        else:
            self._room_timer = self.network.owner.after(_ROOM_POLL_MS, self._look_for_room)

    def _note(self, value):
        self.network.owner.note("state", what=f"connection {self.peer[0]}:{self.peer[1]}", value=value)

    def close(self):
        self._note_end("closed")
        self.closing = True
        if self._leaving:
            self._watch(0)
        elif self._unsent:
            self._watch(selectors.EVENT_WRITE)
        else:
            self._drop()

    def _note_end(self, value):
        if self._sock is not None and not (self.closing or self.closed):
            self._note(value)

    def abort(self):
        self._note_end("aborted")
        if self._sock is not None:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._drop()

    def _transmit(self, data):
        delay = self._delay_ms()
        if delay or self._leaving:
            self._leaving += len(data)
            self._outgoing.carry(delay, lambda: self._arrive_outside(data))
        else:
            self._unsent += data
            self._push()

    def _delay_ms(self):
        return self.network.one_way_ms() + (_AGAIN_MS if self.network.loses() else 0)

    def _arrive_outside(self, data):
        self._leaving -= len(data)
        if self._sock is not None:
            self._unsent += data
            self._push()

    def _push(self):
        while self._unsent and self._sock is not None:
            try:
                n = self._sock.send(self._unsent)
            except BlockingIOError:
                break
            except OSError:
                self._broken()
                return
            del self._unsent[:n]
        if self.closing and not self._unsent and not self._leaving:
            self._drop()
        elif self._sock is not None:
            self._rewatch()

    def _rewatch(self):
        read = selectors.EVENT_READ if self.free_buffer() and not (self.closing or self._ended) else 0
        write = selectors.EVENT_WRITE if self._unsent else 0
        self._watch(read | write)

    def _watch(self, events):
        self._watching = self.network.watch(self._sock, self._watching, events, self._ready)

    def _ready(self, events):
        if not self.connected:
            self._connect_result()
            return
        if events & selectors.EVENT_WRITE:
            self._push()
        if events & selectors.EVENT_READ and self._sock is not None and not self.closing:
            self._pull()

    def _connect_result(self):
        failure = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        delay = self.network.open_ms + self.network.round_trip_ms()
        if delay:
            self._watch(0)
            self.network.owner.after(delay, lambda: self._sock is not None and self._connected(failure))
        else:
            self._connected(failure)

    def _connected(self, failure):
        if failure:
            self._note("refused")
            self.closed = True
            self._drop()
        else:
            self._note("open")
            self.local = self._sock.getsockname()[:2]
            self.established()
        self.told.on_connected(self, not failure)

    def _pull(self):
        try:
            data = self._sock.recv(min(_CHUNK, self.free_buffer()))
        except BlockingIOError:
            return
        except OSError:
            self._broken()
            return
        if not data:
            self._ended = True
            self._rewatch()
        delay = self._delay_ms()
        if delay or self._incoming.carries:
            self._coming += len(data)
            self._rewatch()
            self._incoming.carry(delay, lambda: self._arrive_inside(data))
        else:
            self._take(data)

    def _arrive_inside(self, data):
        self._coming -= len(data)
        if self._sock is not None and not self.closing:
            self._take(data)

    def _take(self, data):
        if data:
            self.put_received(data)
            if self._sock is not None:
                self._rewatch()
        else:
            self._note_end("closed by the peer")
            self.closed = True
            self.told.on_closed(self, False)

    def peer_ends(self):
        """The end comes from the network, whatever the peer does."""
        if self.connected and not (self.closed or self.closing):
            self._ended = True
            self._rewatch()
            self._take(b"")

    def _broken(self):
        if self._incoming.carries:          # what came before arrives before
            self._watch(0)
            self._incoming.carry(0, self._break_off)
        else:
            self._break_off()

    def _break_off(self):
        if self._sock is None:
            return
        already = self.closed
        self._note_end("broken off by the peer")
        self.closed = True
        quiet = self.closing
        self._drop()
        if not already and not quiet:
            self.told.on_closed(self, True)

    def _buffer_read(self):
        if self._sock is not None and self.connected:
            self._rewatch()

    def _drop(self):
        if self._sock is not None:
            self._watch(0)
            self._sock.close()
            self._sock = None
        self.network.forget(self)
