"""One virtual module without any input or output of its own: bytes in, bytes out, clock and network injected.

Owns the command line (CR, echo, length, `A/`, concatenation), the dispatch to handlers, the framing of
answers, prompt and payload, transparent data with its escape, boot and restart, and the strict checker.
Knows no vendor command: those are methods marked with `@at` in common.py and the vendor files.

Life of a command: `_process_line` -> `_run_next` -> handler -> `ok()`/`error()`/`final()`.  A handler may
return without a final result and give it later from a timer or a network callback; until then bytes from
the host wait (and are reported, because a host must wait too).
"""

from .arguments import BadArguments, match, split_line
from .capture import Capture
from .escape import EscapeDetector
from .timers import Timers

_NUMERIC_RESULTS = {"OK": "0", "CONNECT": "1", "NO CARRIER": "3", "ERROR": "4"}     # V.250 5.7.1, ATV0


def at(*names):
    """Marks a method as the handler of the commands `names` (what follows AT, upper case)."""
    def mark(handler):
        handler.at_names = names
        return handler
    return mark


class Module:
    """The core of one module.  `clock` is a callable giving milliseconds; `quirks` are names of faults."""

    MANUFACTURER = "Simulated"
    MODEL = "Module"
    REVISION = "1"
    BOOT_WORDS = ()             # (milliseconds after the line is alive, text)
    BOOT_MS = 2000              # silence after power-on or restart: commands get neither echo nor answer
    OFF_WORDS = ()              # unsolicited lines between the OK of a restart and the silence
    MAX_LINE = 2560             # longest command line; the longest of the manuals carries 2048 hex digits
    OUTPUT_LIMIT = 2048         # bytes waiting for the line beyond which nothing is pushed
    SHARED_FRAMES = True        # information lines of one answer share one CR LF between them
    ESCAPE_GUARD_MS = 1000
    ESCAPE_WINDOW_MS = 1000
    QUIRKS = {}                 # name -> what the module then does differently

    def __init__(self, clock, network, *, quirks=(), trace=None):
        self.now_ms = clock
        self.network = network
        network.owner = self
        self.quirks = frozenset(quirks)
        self.splice = None              # called for an unsolicited text at every line boundary, or None
        self.trace = trace              # called with a text for the trace file, or None
        self.violations = []            # what a well-behaved driver never does, in order
        self.input_paused = False       # data mode: the connection takes no more; the line holds bytes back
        self.tracks_delivery = False    # True: the line calls delivered(); else take() counts as delivery
        self._timers = Timers(clock)
        self._handlers = self._collect_handlers()
        self._input = bytearray()       # bytes from the host not yet looked at
        self._output = bytearray()
        self._made = 0                  # bytes ever put out
        self._delivered = 0             # bytes the host can have seen
        self._awaited = 0               # value of _made behind the last final result or prompt
        self._draining = False
        self.alive = True               # False while off or booting
        self._clear_line()
        self.reset()

    # ---- for vendors: state -------------------------------------------------------------------------

    def reset(self):
        """Bring volatile settings to their start values; called at power-on and after a restart."""
        self.echo = True
        self.verbose = True
        self.quiet = False

    def quirk(self, name):
        """True when the fault `name` was asked for."""
        return name in self.quirks

    def after(self, ms, run):
        """Run `run()` in `ms` milliseconds; returns a Timer with cancel().  A restart cancels all."""
        return self._timers.after(ms, run)

    def next_deadline_ms(self):
        return self._timers.next_deadline_ms()

    def tick(self):
        """Do what is due by the clock."""
        self._timers.tick()

    def violation(self, text):
        """Report something a well-behaved driver never does."""
        where = f" [{self._line_text}]" if self._line_text else ""
        self.violations.append(text + where)
        if self.trace:
            self.trace(f"! {self.now_ms() / 1000:.6f} {text}{where}\n")

    # ---- for vendors: answers -----------------------------------------------------------------------

    def info(self, text, payload=None, *, inline=False, tail=True):
        """Write one information line of the command in progress.

        `payload`: raw bytes behind the line's CR LF and followed by CR LF; `inline` puts them right behind
        the text instead, `tail=False` leaves the CR LF after them out.
        """
        opened = self._info_open and self.SHARED_FRAMES
        self._write(self._frame(text, payload, inline, tail, lead=not opened and self.verbose))
        self._info_open = True
        self._spliced()

    def line(self, text):
        """Write a line framed by itself which neither ends the command nor counts as information."""
        self._write(self._frame(text))
        self._spliced()

    def raw(self, data):
        """Write bytes as they are."""
        self._write(bytes(data))

    def ok(self):
        """End the command well; the next command of a concatenated line follows."""
        if not self.busy:
            raise RuntimeError("final result OK without a command in progress")
        if self._todo:
            self._run_next()
        else:
            self.final("OK")

    def error(self):
        self.final("ERROR")

    def final(self, text):
        """Write the final result `text` and end the command line."""
        if not self.busy:
            raise RuntimeError(f"final result {text} without a command in progress")
        self._write_final(text)
        self._end_command()
        self._spliced()
        self._flush_held()
        self._drain()

    def urc(self, text, payload=None, *, inline=False, tail=True):
        """Write an unsolicited line; while a prompt or data mode has the line it waits for its end."""
        frame = self._frame(text, payload, inline, tail)
        if self._capture or self._sink:
            self._held.append(frame)
        elif self.alive:
            self._write(frame)
            self._spliced()

    def urc_raw(self, data):
        """As urc(), for bytes without any frame."""
        if self._capture or self._sink:
            self._held.append(bytes(data))
        elif self.alive:
            self._write(bytes(data))

    def prompt(self, done, *, text="\r\n> ", count=None, etx=False, limit=None, echo=False,
               timeout_ms=None, on_timeout="cancel"):
        """Write the prompt `text` (exact bytes) and collect the payload, then call `done(data)`.

        `count`: bytes to take; None takes all up to Ctrl-Z, and ESC calls `done(None)`.  `etx`: SIMCom's
        0x03 escapes.  `limit`: longest payload without a count.  `echo`: send the payload back.
        After `timeout_ms` without the end: done(None), or with `on_timeout="send"` done(what came).
        The command stays in progress: `done` gives the final result.
        """
        self._capture = Capture(count, etx, limit)
        self._capture_done = done
        self._capture_echo = echo
        self._capture_timer = None
        if timeout_ms is not None:
            self._capture_timer = self.after(timeout_ms, lambda: self._capture_timeout(on_timeout))
        self._write(text.encode("latin-1"))
        self._awaited = self._made
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
        self._flush_held()
        self._drain()

    @property
    def in_data_mode(self):
        return self._sink is not None

    @property
    def written(self):
        """Position in the output: what is written next begins here."""
        return self._made

    def seen(self, position):
        """True when the host can have seen everything before this position of the output."""
        return self._delivered >= position

    @property
    def line_free(self):
        """True when unsolicited lines go out at once."""
        return self._capture is None and self._sink is None and self.alive

    def unknown(self):
        """Answer to a command, or a form of one, that the module does not have."""
        self.violation("unknown command or form")
        self.error()

    @property
    def output_full(self):
        """True while so much waits for the line that received data should stay in its socket."""
        return self._made - self._delivered >= self.OUTPUT_LIMIT

    def line_ready(self):
        """Called when the line is free for unsolicited data again, or has room for more of it."""

    def bad_arguments(self, text):
        """Answer to a command whose arguments are wrong; vendors with error codes override this."""
        del text
        self.error()

    def match(self, args, *kinds):
        """arguments.match(), for handlers: a mismatch becomes a violation and bad_arguments()."""
        return match(args, *kinds)

    # ---- boot and restart ---------------------------------------------------------------------------

    def restart(self, off_words=None, silence_ms=None):
        """Restart as after AT+CFUN=1,1 or a watchdog: settings and sockets are gone, boot words follow."""
        if self._sink:
            self.command_mode()
        self._timers.clear()
        self._clear_line()
        for word in self.OFF_WORDS if off_words is None else off_words:
            self._write(self._frame(word))
        self._input.clear()
        self.network.reset()
        self.alive = False
        self.reset()
        self.after(self.BOOT_MS if silence_ms is None else silence_ms, self._booted)

    def power_off(self):
        """Go silent until power_on()."""
        self.restart()
        self._timers.clear()

    def power_on(self):
        """Start silent, as a module whose power key was just pressed."""
        self.restart(off_words=())

    def hang(self):
        """Stop listening and answering, as crashed firmware does; only a restart helps."""
        self._timers.clear()
        self._input.clear()
        self.alive = False

    def _booted(self):
        self.alive = True
        for ms, word in self.BOOT_WORDS:
            self.after(ms, lambda word=word: self.urc(word))

    # ---- for the line -------------------------------------------------------------------------------

    def receive(self, data):
        """Bytes from the host, as far as the line has carried them."""
        if not self.alive:
            return      # a booting module neither echoes nor answers
        if not self._input and not self._sink:
            self._check_patience(data)
        self._input += data
        self._drain()

    def take(self):
        """Bytes for the host, taken out of the module."""
        data = bytes(self._output)
        self._output.clear()
        if not self.tracks_delivery:
            self.delivered(len(data))
        return data

    def delivered(self, n):
        """The line has carried `n` more bytes to the host."""
        full = self.output_full
        self._delivered += n
        if full and not self.output_full:
            self.line_ready()

    # ---- input --------------------------------------------------------------------------------------

    def _clear_line(self):
        self._line_text = ""        # the command line in progress, for reports
        self._last_line = ""        # for A/
        self.command_name = ""      # the command in progress, for handlers of several commands
        self.argument_text = ""     # what stood behind its "="
        self.busy = False           # a command has no final result yet
        self._impatient = False     # the host has already spoken during the command in progress
        self._todo = []             # commands of a concatenated line still to run
        self._info_open = False     # the last thing written was an information line
        self._capture = None        # payload after a prompt
        self._capture_done = None
        self._capture_echo = False
        self._capture_timer = None
        self._sink = None           # data mode: where bytes of the host go
        self._escape = None
        self._held = []             # unsolicited frames that wait for the line

    def _check_patience(self, data):
        """A host may speak only when it has seen the final result or the prompt."""
        if self._delivered < self._awaited and data.strip(b"\n"):
            what = "payload before the prompt" if self._capture else "command before the final result"
            self.violation(f"{what} was out: {bytes(data[:12])!r}")

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
        echo = bytes(self._input[:n]).rstrip(b"\x1a") if capture.count is None else self._input[:n]
        del self._input[:n]
        if self._capture_echo and echo:
            self._write(bytes(echo))
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
            if bytes(self._input.lstrip(b"\n")).upper() == b"A/":
                self._input.clear()
                self._process_line(self._last_line)
                return True
            if len(self._input) > self.MAX_LINE:
                self.violation(f"command line longer than {self.MAX_LINE} characters")
                self._input.clear()
                self.busy = True
                self.error()
            return False
        line = bytes(self._input[:end])
        del self._input[:end + 1]
        if self.echo:
            self._write(line.lstrip(b"\n") + b"\r")
            self._spliced()
        text = line.lstrip(b"\n").decode("latin-1")
        start = text.upper().find("AT")
        if not text:
            return True
        if start < 0:
            self.violation(f"text that is no command: {text[:24]!r}")
            return True
        if start > 0:
            # V.250 5.2.1: everything before "AT" is ignored
            self.violation(f"text before a command: {text[:start][:24]!r}")
        self._process_line(text[start:])
        return True

    # ---- commands -----------------------------------------------------------------------------------

    def _collect_handlers(self):
        handlers = {}
        for cls in reversed(type(self).__mro__):
            for name, member in vars(cls).items():
                for command in getattr(member, "at_names", ()):
                    handlers[command] = getattr(self, name)
        return handlers

    def _process_line(self, text):
        self._line_text = self._last_line = text
        self.busy = True
        self._impatient = False
        self._info_open = False
        problems = []
        try:
            self._todo = split_line(text[2:], problems)
        except BadArguments as problem:
            self._todo = []
            self.violation(str(problem))
            self.bad_arguments(str(problem))
            return
        for problem in dict.fromkeys(problems):
            self.violation(problem)
        self._run_next()

    def _run_next(self):
        command = self._todo.pop(0)
        if command.name == "":
            self.ok()
            return
        handler = self._handlers.get(command.name)
        if handler is None:
            self.unknown()
            return
        self.command_name = command.name
        self.argument_text = command.text
        try:
            handler(command.form, command.args)
        except BadArguments as problem:
            self.violation(str(problem))
            self.bad_arguments(str(problem))

    def _end_command(self):
        self.busy = False
        self._todo = []
        self._info_open = False
        self._line_text = ""

    # ---- output -------------------------------------------------------------------------------------

    def _frame(self, text, payload=None, inline=False, tail=True, lead=True):
        frame = bytearray(b"\r\n" if lead else b"")
        frame += text.encode("latin-1")
        if payload is None:
            return bytes(frame + b"\r\n")
        frame += b"" if inline else b"\r\n"
        frame += payload
        return bytes(frame + (b"\r\n" if tail else b""))

    def _write(self, data):
        self._output += data
        self._made += len(data)
        self._info_open = False

    def _spliced(self):
        """A line boundary: the place for a line that has nothing to do with what stands around it."""
        if self.splice is not None:
            self._write(self._frame(self.splice()))

    def _write_final(self, text):
        if not self.quiet:
            if self.verbose:
                self._write(self._frame(text))
            else:
                self._write(_NUMERIC_RESULTS.get(text, text).encode("latin-1") + b"\r")
        self._awaited = self._made

    def _flush_held(self):
        while self._held and self.line_free:
            self._write(self._held.pop(0))
        if self.line_free:
            self.line_ready()

    def _escaped(self):
        self.command_mode("OK")
