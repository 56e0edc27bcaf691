"""The host's end of the line, in four ways: pseudo-terminal, TCP, TCP with RFC 2217, standard input and output.

An end moves bytes without waiting and knows no speed: line.py asks for what has come and hands over what is due.
`port` is what a host opens; `host_rate` is the speed the host has set, None where nobody can know it.
"""

import os
import selectors
import socket

_PIECE = 4096


class End:
    port = ""
    host_rate: "int | None" = None
    tells_rate = False      # the host has told its speed on purpose

    def attach(self, selector, ready):
        """Call `ready(events)` when there is something to do; watch() says for what."""
        self.selector = selector
        self.ready = ready
        self._watching = 0

    def watch(self, events):
        """Wait for `events` of selectors."""
        self._rewatch(self.fileno(), events)

    def _rewatch(self, fileno, events):
        if events == self._watching:
            return
        if not self._watching:
            self.selector.register(fileno, events, self.ready)
        elif not events:
            self.selector.unregister(fileno)
        else:
            self.selector.modify(fileno, events, self.ready)
        self._watching = events


class PtyEnd(End):
    """A pseudo-terminal: `port` is its path."""

    def __init__(self):
        import tty      # not on Windows
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)     # the slave stays open here: a host may come and go

    @property
    def host_rate(self):
        """What the host has set with termios."""
        import termios
        speed = termios.tcgetattr(self._slave)[5]
        return next((int(name[1:]) for name in dir(termios)
                     if name[0] == "B" and name[1:].isdigit() and getattr(termios, name) == speed), None)

    def fileno(self):
        return self._master

    def read(self):
        return os.read(self._master, _PIECE)

    def write(self, data):
        """How many bytes were taken; BlockingIOError when none can be."""
        return os.write(self._master, data)

    def close(self):
        os.close(self._master)
        os.close(self._slave)


class TcpEnd(End):
    """One TCP client at a time; what the module writes while there is none is lost, as on a line nobody reads.

    A second client takes the line over: the first one may have died without a word.
    """

    SCHEME = "socket"

    def __init__(self, host="127.0.0.1", port=0):
        self._listener = socket.create_server((host, port))
        self._listener.setblocking(False)
        address, port = self._listener.getsockname()[:2]
        self.port = f"{self.SCHEME}://{address}:{port}"
        self._client = None
        self._wanted = 0

    def attach(self, selector, ready):
        super().attach(selector, ready)
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def watch(self, events):
        self._wanted = events
        if self._client is not None:
            self._rewatch(self._client, events)

    def _accept(self, events):
        del events
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._drop()
        self._client = client
        self.connected()
        self.watch(self._wanted)

    def connected(self):
        """A client has come."""

    @staticmethod
    def _acknowledge(client):
        """Now: a client that waits for it before its next small write (Nagle) would look patient for 40 ms.  Linux."""
        if hasattr(socket, "TCP_QUICKACK"):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _drop(self):
        client, self._client = self._client, None
        if client is not None:
            if self._watching:
                self.selector.unregister(client)
            self._watching = 0
            client.close()

    def read(self):
        if self._client is None:
            return b""
        try:
            data = self._client.recv(_PIECE)
            self._acknowledge(self._client)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop()
            self.ready(selectors.EVENT_WRITE)       # what waited for the client is lost
        return data

    def write(self, data):
        if self._client is None:
            return len(data)
        try:
            return self._client.send(data)
        except BlockingIOError:
            raise
        except OSError:
            self._drop()
            return len(data)

    def close(self):
        self._drop()
        self._listener.close()


class StdioEnd(End):
    """Standard input and output; `on_end()` is called once, at the end of the input."""

    port = "-"

    def __init__(self, on_end):
        self._on_end = on_end
        self._writing = self._ended = False
        os.set_blocking(1, False)

    def watch(self, events):
        self._rewatch(0, 0 if self._ended else events & selectors.EVENT_READ)
        writing = bool(events & selectors.EVENT_WRITE)
        if writing != self._writing:
            self._writing = writing
            if writing:
                self.selector.register(1, selectors.EVENT_WRITE, self.ready)
            else:
                self.selector.unregister(1)

    def read(self):
        data = os.read(0, _PIECE)
        if not data:
            self._rewatch(0, 0)
            self._ended = True
            self._on_end()
        return data

    def write(self, data):
        return os.write(1, data)

    def close(self):
        os.set_blocking(1, True)
