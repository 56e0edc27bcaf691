"""RFC 2217: a TCP end that carries the speed and the wires of a serial line, too.

DTR is the power key and RTS the reset input of the module, pressed while the wire is off: a host that switches one off
and on again has pressed it.  With `dtr="data"` DTR is what AT&D says of it.  Telnet and RFC 2217 themselves are
pyserial's, which this file alone of the simulator needs.
"""

import selectors

from serial import rfc2217

from .ends import TcpEnd


class _Wires:
    """The serial port that pyserial's PortManager believes to control."""

    cts = dsr = cd = True
    ri = False
    bytesize, parity, stopbits = 8, "N", 1
    xonxoff = rtscts = break_condition = False

    def __init__(self, end):
        self._end = end
        self._levels = {"dtr": None, "rts": None}

    @property
    def baudrate(self):
        return self._end.host_rate or 115200

    @baudrate.setter
    def baudrate(self, rate):
        self._end.host_rate = rate

    @property
    def dtr(self):
        return self._levels["dtr"]

    @dtr.setter
    def dtr(self, level):
        self._change("dtr", level)

    @property
    def rts(self):
        return self._levels["rts"]

    @rts.setter
    def rts(self, level):
        self._change("rts", level)

    def _change(self, wire, level):
        before, self._levels[wire] = self._levels[wire], level
        if before is not None and before != level:
            self._end.on_wire(wire, level)

    def reset_input_buffer(self):
        pass

    def reset_output_buffer(self):
        pass


class Rfc2217End(TcpEnd):
    """`on_wire("dtr" or "rts", level)` is called when the host changes a wire that it has set before."""

    SCHEME = "rfc2217"
    tells_rate = True
    host_rate = None

    def __init__(self, host="127.0.0.1", port=0, on_wire=None):
        super().__init__(host, port)
        self.on_wire = on_wire
        self._manager = None
        self._control = b""     # bytes that the client has not taken yet, telnet's own and escaped ones

    def attach(self, selector, ready):
        def flush_first(events):
            if events & selectors.EVENT_WRITE:
                self._flush_control()
            ready(events)
        super().attach(selector, flush_first)

    def watch(self, events):
        super().watch(events | (selectors.EVENT_WRITE if self._control else 0))

    def connected(self):
        self.host_rate = None
        self._control = b""
        self._manager = rfc2217.PortManager(_Wires(self), _Telnet(self))

    def send_control(self, data):
        self._control += data
        self._flush_control()

    def _flush_control(self):
        """True when all of it is out."""
        while self._control:
            try:
                n = super().write(self._control)
            except BlockingIOError:
                return False
            self._control = self._control[n:]
        return True

    def read(self):
        data = super().read()
        return b"".join(self._manager.filter(data)) if data else b""

    def write(self, data):
        """Escaped bytes go out whole or wait: the count is of bytes of the line."""
        if self._client is None:
            return len(data)
        if not self._flush_control():
            raise BlockingIOError
        self._control = b"".join(self._manager.escape(data))
        self._flush_control()
        return len(data)


class _Telnet:
    def __init__(self, end):
        self._end = end

    def write(self, data):
        self._end.send_control(bytes(data))
