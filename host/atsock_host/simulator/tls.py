"""TLS of a module's own: a Stream that encrypts what goes through another Stream.

Owns the handshake and the records (the `ssl` module over memory buffers); the stream inside moves the bytes.
No certificate is checked: which ones a module trusts is the matter of commands that are not simulated.
Knows no AT command.
"""

import contextlib
import ssl

from .endpoints import Stream

_PIECE = 2048           # encrypted bytes handed to the inner stream at once
_RECORD = 4096          # decrypted bytes taken at once


def _client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _session(incoming, outgoing, server_name):
    context = _client_context()
    try:
        return context.wrap_bio(incoming, outgoing, server_hostname=server_name)
    except (ValueError, TypeError):     # what no name of a host can be, or with a NUL: a handshake without it
        return context.wrap_bio(incoming, outgoing)


class TlsStream(Stream):
    """A client's TLS connection over `inner`; `server_name` goes into the handshake unless it is an address, or what
    cannot be the name of a host (RFC 5890).
    """

    CARRIES = False

    def __init__(self, inner, server_name=None):
        super().__init__(inner.network, inner.peer, inner.local)
        self._inner = inner
        inner.user = self
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _session(self._incoming, self._outgoing, server_name)
        self._encrypted = bytearray()       # made by TLS, not yet taken by the inner stream
        self._inner_ended = self._inner_reset = False

    # ---- for the owner

    def unacked(self):
        return self._inner.unacked() + len(self._encrypted)

    def close(self):
        if self.connected and not self.closed:
            # sends close_notify; unwrap() then misses the peer's, or finds data nobody wants any more
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
        self._inner.close()

    def abort(self):
        self._inner.abort()

    # ---- what happens to the inner stream

    def on_connected(self, inner, ok):
        del inner
        self.local = self._inner.local
        if ok:
            self._handshake()
        else:
            self._fail()

    def on_data(self, inner):
        del inner
        self._pull()

    def on_room(self, inner):
        del inner
        self._flush()
        if not self._encrypted:
            self.room_again()

    def on_closed(self, inner, reset):
        del inner
        self._inner_ended, self._inner_reset = True, reset
        if self.connected:
            self._pull()
        else:
            self._fail()

    # ---- inside

    def _handshake(self):
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except ssl.SSLError:
            self._flush()       # the alert tells the peer why
            self._inner.close()
            self._fail()
            return
        self._flush()
        self.connected = True
        self.told.on_connected(self, True)
        self._decrypt()

    def _fail(self):
        if not self.closed:
            self.closed = True
            self.told.on_connected(self, False)

    def _pull(self):
        """Take encrypted bytes as long as there is room for what they hold."""
        while not self.closed and self._inner.available() and (self.free_buffer() or not self.connected):
            self._incoming.write(self._inner.recv(self._inner.available()))
            if self.connected:
                self._decrypt()
            else:
                self._handshake()
        if self._inner_ended and not self._inner.available():
            self._incoming.write_eof()
            self._decrypt()

    def _decrypt(self):
        while not self.closed and self.free_buffer():
            try:
                data = self._tls.read(min(_RECORD, self.free_buffer()))
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError as problem:
                # a peer that goes without close_notify cuts the stream off; anything else is damage
                damaged = not isinstance(problem, (ssl.SSLZeroReturnError, ssl.SSLEOFError))
                self._end(damaged or self._inner_reset)
                return
            if not data:
                self._end(self._inner_reset)
                return
            self.put_received(data)
        self._flush()

    def _end(self, reset):
        self.closed = True
        self.told.on_closed(self, reset)

    def _buffer_read(self):
        # later, not now: the owner is in the middle of recv() and must get older bytes before newer ones
        self.network.owner.after(0, self._resume)

    def _resume(self):
        if self.connected and not self.closed:
            self._decrypt()
            self._pull()

    def _transmit(self, data):
        self._tls.write(data)
        self._flush()

    def _flush(self):
        self._encrypted += self._outgoing.read()
        while self._encrypted and not self._inner_ended:
            piece = bytes(self._encrypted[:_PIECE])
            if not self._inner.send(piece):
                break
            del self._encrypted[:len(piece)]
