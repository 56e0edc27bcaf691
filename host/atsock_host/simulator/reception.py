"""What a module makes of the bytes of the host: command lines, payload after a prompt, transparent data.

Owns the input bytes, the state of the line and the part of the strict checker that looks at when the host
speaks.  Knows no command: complete lines go to `_process_line`, payload and transparent data to the
functions that were given for them.
"""

from .capture import Capture
from .escape import EscapeDetector
from .output import Output

_CROSSING_MS = 500      # after a lost connection the host's last data may still be on its way


class Reception(Output):
    MAX_LINE = 2560             # longest command line; the longest of the manuals carries 2048 hex digits
    ESCAPE_GUARD_MS = 1000
    ESCAPE_WINDOW_MS = 1000

    def __init__(self):
        super().__init__()
        self.input_paused = False   # data mode: the connection takes no more; the line holds bytes back
        self._input = bytearray()   # bytes from the host not yet looked at
        self._draining = False
        self._forgiving_ms = -1.0   # until then bytes that make no sense are data that crossed NO CARRIER
        self._stray_escape = None   # Timer: a lone "+++" in command mode is forgotten

    # ---- for vendors

    def prompt(self, done, *, text="\r\n> ", count=None, etx=False, limit=None, echo=False,
               escape=True, timeout_ms=None, on_timeout="cancel"):
        """Write the prompt `text` (exact bytes) and collect the payload, then call `done(data)`.

        `count`: bytes to take; None takes all up to Ctrl-Z, and ESC calls `done(None)` if `escape`.  `etx`:
        SIMCom's 0x03 escapes.  `limit`: longest payload without a count.  `echo`: send the payload back.
        After `timeout_ms` without the end: done(None), or with `on_timeout="send"` done(what came).
        The command stays in progress: `done` gives the final result.
        """
        self._spliced()
        self._capture = Capture(count, etx, limit, escape)
        self._capture_done = done
        self._capture_echo = echo
        self._capture_timer = None
        if timeout_ms is not None:
            self._capture_timer = self.after(timeout_ms, lambda: self._capture_timeout(on_timeout))
        self._write(text.encode("latin-1"))
        # A host may start at '>' itself: whether a blank or a line end follows it differs from module to module.
        self._awaited = self._made - len(text) + text.find(">") + 1
        if self._capture.finished:      # a count of 0
            self._finish_capture(b"")
        self._drain()

    def data_mode(self, sink, *, result=None, urc=None, on_escape=None):
        """Give the line to a connection: from now on bytes of the host go to `sink(data)`.

        `result` (for example "CONNECT") ends the command in progress, `urc` is written as an unsolicited
        line; either is the last thing before the raw bytes, which the vendor writes with raw().
        `on_escape()` is called for `+++` with guard times (default: command mode and OK).
        """
        if result is not None:
            self._write_final(result)
            self._end_command()
        if urc is not None:
            self._write(self._frame(urc))
        self._awaited = self._made
        self._sink = sink
        self._escape = EscapeDetector(self, sink, on_escape or self._escaped,
                                      self.ESCAPE_GUARD_MS, self.ESCAPE_WINDOW_MS)
        self._drain()

    def command_mode(self, text=None):
        """Take the line back from the connection; `text` (OK, NO CARRIER) is written first."""
        if self._escape:
            self._escape.stop()
        self._sink = self._escape = None
        self.input_paused = False
        if text is not None:
            self._write(self._frame(text))
            self._awaited = self._made
        if text != "OK":        # the host has not asked for it and may still be sending data
            self._forgiving_ms = self.now_ms() + _CROSSING_MS
        self._flush_held()
        self._drain()

    def drop_input(self):
        """Forget the bytes of the host that nobody has looked at yet; returns them."""
        dropped = bytes(self._input)
        self._input.clear()
        return dropped

    @property
    def in_data_mode(self):
        return self._sink is not None

    @property
    def line_free(self):
        """True when unsolicited lines go out at once."""
        return self._capture is None and self._sink is None and self.alive

    # ---- for the line

    def receive(self, data):
        """Bytes from the host, as far as the line has carried them."""
        if not self.alive:
            return      # a booting module neither echoes nor answers
        if not self._input and not self._sink:
            self._check_patience(data)
        self._input += data
        self._drain()

    # ---- inside

    def _clear_input(self):
        self._capture = None        # payload after a prompt
        self._capture_done = None
        self._capture_echo = False
        self._capture_timer = None
        self._sink = None           # data mode: where bytes of the host go
        self._escape = None
        self._impatient = False     # the host has already spoken during the command in progress
        self.input_paused = False
        self._input.clear()

    @property
    def _forgiving(self):
        """True while what comes may be data that the host wrote before it saw the connection end."""
        return self.now_ms() <= self._forgiving_ms

    def _check_patience(self, data):
        """A host may speak only when it has seen the final result or the prompt."""
        if self._delivered < self._awaited and data.strip(b"\n") and not self._forgiving:
            what = "payload before the prompt" if self._capture else "command before the final result"
            self.violation(f"{what} was out: {bytes(data[:12])!r}")
            self._awaited = 0       # once is enough

    def _drain(self):
        if self._draining:
            return
        self._draining = True
        try:
            while self._input and self._consume():
                pass
        finally:
            self._draining = False

    def _consume(self):
        """Use some of the input; False when what is there has to wait."""
        if self._sink:
            data = bytes(self._input)
            self._input.clear()
            self._escape.feed(data)
        elif self._capture:
            self._consume_payload()
        elif self.busy:
            if self._input.strip(b"\n"):
                if not self._impatient:
                    self._impatient = True
                    self.violation(f"bytes before the final result of the command: {bytes(self._input[:12])!r}")
                return False
            self._input.clear()
        else:
            return self._consume_line()
        return True

    def _consume_payload(self):
        capture = self._capture
        n = capture.feed(bytes(self._input))
        echo = bytes(self._input[:n])
        del self._input[:n]
        if capture.count is None:
            echo = echo.rstrip(b"\x1a")
        if self._capture_echo and echo:
            self._write(echo)
        if capture.finished:
            if capture.dropped:
                self.violation(f"payload longer than the limit by {capture.dropped} bytes")
            self._finish_capture(None if capture.cancelled else bytes(capture.data))

    def _capture_timeout(self, on_timeout):
        capture = self._capture
        if capture.count is not None:
            self.violation(f"payload of {len(capture.data)} bytes, {capture.count} were announced")
        self._finish_capture(bytes(capture.data) if on_timeout == "send" else None)

    def _finish_capture(self, data):
        if self._capture_timer is not None:
            self._capture_timer.cancel()
        done, self._capture, self._capture_done = self._capture_done, None, None
        done(data)

    def _consume_line(self):
        end = self._input.find(b"\r")
        if end < 0:
            return self._consume_without_cr()
        # ESC ends a payload that nobody waits for any more; LF is the second half of a CR LF
        line = bytes(self._input[:end]).lstrip(b"\n\x1b")
        del self._input[:end + 1]
        if not line:
            return True
        if len(line) > self.MAX_LINE:
            self._refuse_long_line()
            return True
        if self.echo:
            self._spliced()
            self._write(line + b"\r")
            self._spliced()
        text = line.decode("latin-1")
        start = text.upper().find("AT")     # V.250 5.2.1: everything before "AT" is ignored
        if start and self._forgiving:
            return True
        if start:
            what = "text that is no command" if start < 0 else "text before a command"
            self.violation(f"{what}: {text[:start if start > 0 else 24][:24]!r}")
        if start >= 0:
            self._process_line(text[start:])
        return True

    def _consume_without_cr(self):
        """The start of a line; only `A/` (V.250 5.2.4) is complete without a CR."""
        start = bytes(self._input.lstrip(b"\n\x1b"))
        if start.upper() == b"A/":
            self._input.clear()
            self._process_line(self._last_line)
            return True
        if start == b"+++" and self._stray_escape is None:
            # a host that does not know whether it is in data mode
            self._stray_escape = self.after(self.ESCAPE_GUARD_MS, self._forget_escape)
        if len(start) > self.MAX_LINE:
            self._input.clear()
            self._refuse_long_line()
        return False

    def _refuse_long_line(self):
        self.violation(f"command line longer than {self.MAX_LINE} characters")
        self.busy = True
        self.error()

    def _forget_escape(self):
        self._stray_escape = None
        if not self._sink and not self._capture and bytes(self._input.lstrip(b"\n\x1b")) == b"+++":
            self._input.clear()

    def _escaped(self):
        self.command_mode("OK")
