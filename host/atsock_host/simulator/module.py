"""One virtual module without any input or output of its own: bytes in, bytes out, clock and network injected.

Owns the dispatch of commands to handlers, boot and restart, and the list of violations.  output.py and
reception.py, on which it stands, own the bytes.  Knows no vendor command: those are methods marked with `@at`
in common.py and the vendor files.

Life of a command: `_process_line` -> `_run_next` -> handler -> `ok()`/`error()`/`final()`.  A handler may
return without a final result and give it later from a timer or a network callback; until then bytes from
the host wait (and are reported, because a host must wait too).
"""

import functools
import sys
import traceback

from ..trace import hide_secrets_in_text
from .arguments import BadArguments, match, split_line
from .endpoints import NetworkError
from .reception import Reception
from .settings import change
from .timers import Timers


_MOST_VIOLATIONS = 1000     # what comes beyond is counted
_MOST_EXCEPTIONS = 100


def at(*names):
    """Marks a method as the handler of the commands `names` (what follows AT, upper case)."""
    def mark(handler):
        handler.at_names = names
        return handler
    return mark


def printable(text, keep=""):
    """`text` with everything but printable ASCII (and what is in `keep`) as escapes."""
    return "".join(char if " " <= char <= "~" or char in keep else ascii(char)[1:-1] for char in text)


class Module(Reception):
    """The core of one module.  `clock` is a callable giving milliseconds; `quirks` are names of faults."""

    MANUFACTURER = "Simulated"
    MODEL = "Module"
    REVISION = "1"
    BOOT_WORDS: "tuple[tuple[int, str], ...]" = ()     # (milliseconds after the line is alive, text)
    TABLE: "dict[str, object]" = {}     # command -> row of tables.py; those of all classes are put together
    BOOT_MS = 2000              # silence after power-on or restart: commands get neither echo nor answer
    OFF_WORDS: "tuple[str, ...]" = ()       # unsolicited lines between the OK of a switch-off and the silence
    RESTART_WORDS: "tuple[str, ...] | None" = None      # the same for a restart; None: OFF_WORDS
    RAISES = False              # True: an exception nobody expected leaves the module, as tests want it
    # name -> what the module then does differently
    QUIRKS = {"boot": "starts as if the power had just come: silence, then the boot words"}

    def __init__(self, clock, network, *, quirks=(), trace=None, settings=None, answers=()):
        super().__init__()
        self.now_ms = clock
        self.network = network
        network.owner = self
        self.quirks = set(quirks)
        self.answers = list(answers)    # CannedAnswer: they come before the module's own
        self.nonvolatile = {}           # what survives a restart
        self._volatile = {}             # what tables.py keeps until then
        self.trace = trace              # called with a text for the trace file, or None
        self.violations = []            # what a well-behaved driver never does, in order
        self.violations_left_out = 0    # more of them
        self.exceptions = []            # tracebacks of exceptions nobody expected
        self.exceptions_seen = 0
        self._timers = Timers(clock, self.crashed)
        self._handlers = self._collect_handlers()
        self.alive = True               # False while off or booting
        self.powered = True
        self._running = False           # a command's handler is at work
        self._clear_line()
        for name, value in (settings or {}).items():
            change(self, name, value)
        self.reset()
        if self.quirk("boot"):
            self.power_on()

    # ---- for vendors: state -------------------------------------------------------------------------

    def reset(self):
        """Bring volatile settings to their start values; called at power-on and after a restart."""
        self.echo = True
        self.verbose = True
        self.quiet = False
        self._volatile.clear()

    def kept(self, saved):
        """Where a command keeps its values: until a restart, or for ever."""
        return self.nonvolatile if saved else self._volatile

    def set_constant(self, attribute, value):
        """What is a constant of the class becomes another value for this module."""
        setattr(self, attribute, value)

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

    def note(self, event, **fields):
        """One record of the log, when there is one."""
        if self.log is not None:
            self.log(event, fields)

    def violation(self, text):
        """Report something a well-behaved driver never does."""
        shown = printable(text) + self._where()
        if len(self.violations) < _MOST_VIOLATIONS:
            self.violations.append(shown)
        else:
            self.violations_left_out += 1
        if self.trace:
            self.trace(f"! {self.now_ms() / 1000:.6f} {shown}\n")
        self.note("violation", text=shown)

    def _where(self):
        # The command line in progress, as reports show it.
        return f" [{printable(hide_secrets_in_text(self._line_text))}]" if self._line_text else ""

    def crashed(self, problem):
        """An exception nobody expected: reported and counted; the command in progress ends with ERROR."""
        if self.RAISES:
            raise problem
        self.exceptions_seen += 1
        report = printable("".join(traceback.format_exception(problem)), keep="\n").rstrip("\n") + self._where()
        if len(self.exceptions) < _MOST_EXCEPTIONS:
            self.exceptions.append(report)
            sys.stderr.write(f"the simulator is at fault, the module goes on:\n{report}\n")
            sys.stderr.flush()
        if self.trace:
            lines = report.split("\n")
            self.trace("".join(f"# {self.now_ms() / 1000:.6f} {line}\n" for line in lines))
        self.note("exception", text=report)
        if self.busy:
            if self._capture_timer is not None:
                self._capture_timer.cancel()
            self._capture = self._capture_done = self._capture_timer = None
            self.error()

    # ---- for vendors: results of commands -----------------------------------------------------------

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

    def end_silently(self):
        """End the command in progress without any result."""
        self._awaited = self._behind_text()
        self._note_answer("")
        self._end_command()
        self._flush_held()
        self._drain()

    def dtr_off(self):
        """The host has switched DTR off."""

    def unknown(self):
        """Answer to a command, or a form of one, that the module does not have.

        AT+X=? asks whether there is such a command (V.250 5.4): who asks does nothing wrong.
        """
        if self.command_form != "test":
            self.violation("unknown command or form")
        self.error()

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
        self._timers.clear()
        self._clear_line()
        self.powered = True
        if self.mishaps is not None:
            self.mishaps.restarted()
        for word in self.restart_words if off_words is None else off_words:
            self._write(self._frame(word))
        self.network.reset()
        self.alive = False
        self.note("state", what="power", value="starting")
        self.reset()
        self.after(self.BOOT_MS if silence_ms is None else silence_ms, self._booted)

    @property
    def restart_words(self):
        """What AT+CFUN=1,1 and the like write before the silence."""
        return self.OFF_WORDS if self.RESTART_WORDS is None else self.RESTART_WORDS

    def power_off(self):
        """Go silent until power_on()."""
        self.restart(self.OFF_WORDS)
        self._timers.clear()
        self.powered = False
        self.note("state", what="power", value="off")

    def power_on(self):
        """Start silent, as a module whose power key was just pressed."""
        self.restart(off_words=())

    def reach(self, address, port, local_port=0):
        """network.connect(), which a mishap may refuse."""
        if self.strikes("open-fail"):
            raise NetworkError("create", "a mishap")
        return self.network.connect(address, port, local_port)

    def strikes(self, name):
        """True, once, when this mishap has happened and is the module's to carry out."""
        return self.mishaps is not None and self.mishaps.struck(name)

    def press_power_key(self):
        """On when off (booting counts as on), off when on."""
        if self.powered:
            self.power_off()
        else:
            self.power_on()

    def hang(self):
        """Stop listening and answering, as crashed firmware does; only a restart helps."""
        self._timers.clear()
        self._input.clear()
        self.alive = False
        self.note("state", what="power", value="hung")

    def boot_words(self):
        """(milliseconds after the line is alive, text) of what a start says."""
        return self.BOOT_WORDS

    def _booted(self):
        self.alive = True
        self.note("state", what="power", value="on")
        for ms, word in self.boot_words():
            self.after(ms, lambda word=word: self.urc(word))

    # ---- commands -----------------------------------------------------------------------------------

    def _clear_line(self):
        self._line_text = ""        # the command line in progress, for reports
        self._last_line = ""        # for A/
        self.command_name = ""      # the command in progress, for handlers of several commands
        self.command_form = ""      # its form: "test" | "read" | "write" | "exec"
        self.argument_text = ""     # what stood behind its "="
        self.busy = False           # a command has no final result yet
        self._todo = []             # commands of a concatenated line still to run
        self._again = False         # the next of them can run
        self._clear_output()
        self._clear_input()

    def _collect_handlers(self):
        handlers = {}
        for cls in reversed(type(self).__mro__):
            for command, row in vars(cls).get("TABLE", {}).items():
                handlers[command] = functools.partial(row.answer, self, command)
            for member in vars(cls).values():
                for command in getattr(member, "at_names", ()):
                    handlers[command] = member.__get__(self)
        return handlers

    def _process_line(self, text):
        self._line_text = self._last_line = text
        self.busy = True
        self._impatient = False
        self._info_open = False
        self.command_name = self.command_form = self.argument_text = ""
        self._begin_answer(text)
        if self._canned(text):
            return
        problems = []
        try:
            self._todo = split_line(text[2:], problems)
        except BadArguments as error:
            self._todo = []
            self.violation(str(error))
            self.bad_arguments(str(error))
            return
        for problem in dict.fromkeys(problems):
            self.violation(problem)
        self._run_next()

    def _run_next(self):
        """Run the commands of the line one after the other, until one takes longer or ends the line."""
        self._again = True
        if self._running:       # the handler that has just said ok() returns first
            return
        self._running = True
        try:
            while self._again:
                self._again = False
                self._run_command(self._todo.pop(0))
        finally:
            self._running = False
        self._drain()

    def _run_command(self, command):
        if self.mishaps is not None:
            self.mishaps.command(command.name)
        if command.name == "":
            self.ok()
            return
        self._info_open = False         # each command of a line frames its own answer (V.250 5.7.1)
        self.command_name, self.command_form = command.name, command.form
        self.argument_text = command.text
        if command.source != self._line_text and self._canned(command.source):
            return
        handler = self._handlers.get(command.name)
        if handler is None:
            self.unknown()
            return
        try:
            handler(command.form, command.args)
        except BadArguments as problem:
            if command.form != "test":
                self.violation(str(problem))
            self.bad_arguments(str(problem))

    def _canned(self, text):
        """Answer a line, or one command of it, out of the file of answers; False when none fits."""
        return any(answer.give(self, text) for answer in self.answers)

    def _end_command(self):
        self.busy = False
        self._todo = []
        self._info_open = False
        self._behind_result = False
        self._line_text = ""
