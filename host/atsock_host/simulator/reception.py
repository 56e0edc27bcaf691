"""What a module makes of the bytes of the host: command lines, payload after a prompt, transparent data.

Owns the input bytes, the state of the line and the part of the strict checker that looks at when the host
speaks.  Knows no command: complete lines go to `_process_line`, payload and transparent data to the
functions that were given for them.

A line ends with CR; a LF behind it belongs to it, also when a prompt or data mode begins there.  A LF may be the
first byte of the payload, too: it is taken for the line's when it came together with the CR, when the host cannot
have seen the prompt yet, or when the host has ended the command before with CR LF.
"""

from .capture import Capture
from .escape import EscapeDetector
from .output import Output

_CROSSING_MS = 500      # after a lost connection the host's last data may still be on its way
_TYPING_MS = 1000       # so long after an echoed character unsolicited lines wait for the rest of the line
_CR, _LF, _ESC, _DEL = b"\r\n\x1b\x7f"


class Reception(Output):
    MAX_LINE = 2560             # longest command line; the longest of the manuals carries 2048 hex digits
    ESCAPE_GUARD_MS = 1000
    ESCAPE_WINDOW_MS = 1000
    QUIRKS = {"lf-is-data": "LF behind the CR of a command is the first byte of the payload or of data mode"}

    def __init__(self):
        super().__init__()
        self.input_paused = False   # data mode: the connection takes no more; the line holds bytes back
        self.erase = 8              # S5 of V.250: the character that takes back the one before it
        self._running = False       # a command is at work: what comes behind it waits
        self._input = bytearray()   # bytes from the host not yet looked at
        self._sends_lf = False      # the host ended its last command with CR LF
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
        self.note("prompt", count=count)
        self.step("prompt")
        self._write(text.encode("latin-1"))
        # A host may start at '>' itself: whether a blank or a line end follows it differs from module to module.
        # Other prompts are words.
        self._awaited = self._made - len(text) + (text.find(">") + 1 or len(text.rstrip()))
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
        self.note("state", what="data mode", value="on")
        self._escape = EscapeDetector(self, sink, on_escape or self._escaped,
                                      self.ESCAPE_GUARD_MS, self.ESCAPE_WINDOW_MS)
        self._drain()

    def command_mode(self, text=None):
        """Take the line back from the connection; `text` (OK, NO CARRIER) is written first."""
        if self._escape:
            self._escape.stop()
        if self._sink is not None:
            self.note("state", what="data mode", value="off")
        self._sink = self._escape = None
        self.input_paused = False
        if text is not None:
            self._write(self._frame(text))
            self._awaited = self._behind_text()
        if text != "OK":        # the host has not asked for it and may still be sending data
            self._forgiving_ms = self.now_ms() + _CROSSING_MS
        self._flush_held()
        self._drain()

    def lose_input(self):
        """The line loses the next byte of the host."""
        del self._input[:1]

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
        return (self._capture is None and self._sink is None and self.alive and not self._typing
                and not self._behind_result)

    # ---- for the line

    def receive(self, data):
        """Bytes from the host, as far as the line has carried them."""
        if not self.alive or self._is_dead:
            return      # a booting module neither echoes nor answers
        if not self._input and not self._typed and not self._sink:
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
        self._typed = bytearray()   # the command line so far, without what was taken back
        self._too_long = False      # the rest of the line is dropped
        self._typing = False        # characters of an unfinished line have been echoed; until when they hold
        self._typing_until_ms = 0.0     # unsolicited lines back
        self._behind_slash = False  # A/ has come, and no CR behind it
        self._behind_cr = False     # the byte before was the CR of a command line,
        self._lf_at_once = False    # and a LF came together with it

    @property
    def _forgiving(self):
        """True while what comes may be data that the host wrote before it saw the connection end."""
        return self.now_ms() <= self._forgiving_ms

    def _check_patience(self, data):
        """A host may speak only when it has seen the final result or the prompt."""
        line_ends = b"\n" if self._capture else b"\r\n"     # an empty line is no command
        if self._delivered < self._awaited and data.strip(line_ends) and not self._forgiving:
            what = "payload before the prompt" if self._capture else "command before the final result"
            self.violation(f"{what} was out: {bytes(data[:12])!r}")
            self._awaited = 0       # once is enough

    def _drain(self):
        if self._draining or self._running:
            return
        self._draining = True
        try:
            while self._input and self._consume_safely():
                pass
        finally:
            self._draining = False

    def _consume_safely(self):
        before = len(self._input)
        try:
            return self._consume()
        except Exception as problem:
            self.crashed(problem)
            if len(self._input) == before:
                self._input.clear()
            return True

    @property
    def _is_dead(self):
        return self.mishaps is not None and bool(self.mishaps.dead)

    def _consume(self):
        """Use some of the input; False when what is there has to wait."""
        if self._is_dead:
            self._input.clear()
        elif self._behind_slash and self._input[0] == _CR and not (self._sink or self._capture):
            self._behind_slash = False      # a host that ends each line with CR ends this one, too
            self._behind_cr = True
            del self._input[:1]
        elif self._behind_cr:
            self._behind_cr = False
            if self._ends_line():
                del self._input[:1]
        elif self._sink:
            data = bytes(self._input)
            self._input.clear()
            if data[:3].strip(b"+") == b"":
                self.step("escape")
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

    def _ends_line(self):
        """True when the byte behind the CR of a command line is its LF."""
        ends = self._input[0] == _LF
        if not (self._sink or self._capture):
            self._sends_lf = ends
            return ends
        if self.quirk("lf-is-data"):
            return False
        return ends and (self._lf_at_once or self._sends_lf or self._delivered < self._awaited)

    def _consume_payload(self):
        capture = self._capture
        half = self._to_half(capture)
        n = capture.feed(bytes(self._input[:half]))
        echo = bytes(self._input[:n])
        del self._input[:n]
        if capture.count is None:
            echo = echo.rstrip(b"\x1a")
        elif n and len(capture.data) == capture.count // 2:
            self.step("payload")
        if self._capture_echo and echo:
            self._write(echo)
        if capture.finished:
            if capture.dropped:
                self.violation(f"payload longer than the limit by {capture.dropped} bytes")
            self._finish_capture(None if capture.cancelled else bytes(capture.data))

    def _to_half(self, capture):
        """Bytes up to the middle of a counted payload where something goes wrong; None: as many as there are."""
        left = 0
        if capture.count and self.mishaps is not None and self.mishaps.is_planned("payload"):
            left = capture.count // 2 - len(capture.data)
        return left if left > 0 else None

    def _capture_timeout(self, on_timeout):
        capture = self._capture
        if capture.count is not None:
            self.violation(f"payload of {len(capture.data)} bytes, {capture.count} were announced")
        self._finish_capture(bytes(capture.data) if on_timeout == "send" else None)

    def _finish_capture(self, data):
        if self._capture_timer is not None:
            self._capture_timer.cancel()
        done, self._capture, self._capture_done = self._capture_done, None, None
        self.note("payload", bytes=None if data is None else len(data))
        done(data)

    def _consume_line(self):
        """Take what has been typed up to and with CR, or the `A/` that needs none."""
        self._behind_slash = False
        missing = 2 - len(self._typed)
        if missing > 0 and not self._too_long and (self._typed + self._input[:missing]).upper() == b"A/":
            self._type(bytes(self._input[:missing]))
            del self._input[:missing]
            self._behind_slash = True
            self._repeat()
            return True
        end = self._input.find(_CR)
        typed = bytes(self._input if end < 0 else self._input[:end])
        del self._input[:len(typed) + 1]
        self._type(typed)
        if end < 0:
            return self._line_unfinished()
        line, self._typed = bytes(self._typed), bytearray()
        self._typing = self._too_long = False
        if line:
            self._behind_cr = b"AT" in line.upper()     # stray payload says nothing of how the host ends its commands
            self._lf_at_once = self._input[:1] == b"\n"
            if self.echo:
                self._write(b"\r")
                self._spliced()
            self._command_line(line)
        self._flush_held()
        return True

    def _type(self, typed):
        """Add characters to the command line, echo them, and take back what the host takes back."""
        echo = bytearray()
        before = len(self._typed)
        for char in typed:
            if char in (self.erase, _DEL):
                if self._typed:
                    del self._typed[-1:]
                    echo += b"\b \b"
            # ESC ends a payload that nobody waits for any more; LF is the second half of a CR LF
            elif char != _LF and not (char == _ESC and not self._typed) and not self._too_long:
                self._typed.append(char)
                echo.append(char)
        if echo and self.echo:
            if not before:
                self._spliced()
            self._write(echo)
        if len(self._typed) > self.MAX_LINE:
            self._typed.clear()
            self._too_long = True
            self.violation(f"command line longer than {self.MAX_LINE} characters")
            self.busy = True
            self.error()

    def _line_unfinished(self):
        start = bytes(self._typed)
        if start == b"+++" and self._stray_escape is None:
            # a host that does not know whether it is in data mode
            self._stray_escape = self.after(self.ESCAPE_GUARD_MS, self._forget_escape)
        if start and self.echo:
            self._typing_until_ms = self.now_ms() + _TYPING_MS
            if not self._typing:
                self._typing = True
                self.after(_TYPING_MS, self._look_at_typing)
        return False

    def _repeat(self):
        """`A/`: the last line again (V.250 5.2.4)."""
        self._typed.clear()
        self._typing = False
        self._process_line(self._last_line)

    def _look_at_typing(self):
        """Unsolicited lines have waited long enough for the rest of the line."""
        if not self._typing:
            return
        if self.now_ms() < self._typing_until_ms:
            self.after(self._typing_until_ms - self.now_ms(), self._look_at_typing)
        else:
            self._typing = False
            self._flush_held()

    def _command_line(self, line):
        start = line.upper().find(b"AT")    # V.250 5.2.1: everything before "AT" is ignored
        if start and self._forgiving:
            return
        text = line.decode("latin-1")
        if start:
            what = "text that is no command" if start < 0 else "text before a command"
            self.violation(f"{what}: {text[:start if start > 0 else 24][:24]!r}")
        if start >= 0:
            self._process_line(text[start:])

    def _forget_escape(self):
        self._stray_escape = None
        if not self._sink and not self._capture and self._typed == b"+++":
            self._typed.clear()
            self._typing = False
            self._flush_held()

    def _escaped(self):
        self.command_mode("OK")
