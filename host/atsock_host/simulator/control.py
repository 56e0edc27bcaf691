"""Commands to a running simulator, one per line; each is answered by one line of JSON.

They come on the process's standard input and on the TCP port of --control.  Owns the words and what is said of them;
what they do is done by the module.
"""

import json
import selectors
import shlex
import socket

from .canned import AnswerError, from_entries
from .faults import UnknownFault, all_quirks, sort_out
from .settings import SETTINGS, SettingError, change, shown


class ControlError(Exception):
    """A control command that cannot be done; the text says why."""


WORDS = {
    "violations": "what a well-behaved driver never does and this one did",
    "exceptions": "tracebacks of the simulator's own faults; the module lives on",
    "status": "alive, busy, data mode, and how many violations",
    "restart": "as by a watchdog: no word but those of the start",
    "hang": "stop listening and answering; only a restart or the power key helps",
    "power-off": "go silent until power-on",
    "power-on": "start as if the power had just come",
    "power-key": "press it: on when off, off when on",
    "reset-pin": "press it: a restart",
    "dtr": "dtr off: the host's DTR goes off, as AT&D wants it",
    "network-lost": "the network goes away: contexts fall, the module searches",
    "network-back": "it is there again",
    "urc": "urc TEXT: an unsolicited line",
    "ring": "ring [NUMBER]: a call comes in, which nobody takes",
    "sms": "sms [INDEX]: the notice of a short message",
    "set": "set NAME VALUE: change a setting now",
    "get": "get NAME: the value of a setting",
    "settings": "all settings",
    "fault": "fault NAME[:VALUE]: from now on this goes wrong",
    "no-fault": "no-fault NAME: no longer",
    "faults": "names of the faults that are on",
    "answer": 'answer {"command": ..., "lines": [...], ...}: a canned answer, before those there are',
    "no-answers": "forget all canned answers",
    "help": "these words",
}

_QUESTIONS = {"violations", "exceptions", "status", "get", "settings", "faults", "help"}    # they are not in the log


class Control:
    """The words for one module; `wire` holds the faults of its line, or is None where there is none."""

    def __init__(self, module, wire=None):
        self._module = module
        self._wire = wire

    def answer(self, line):
        """The answer to one line, as text without a line end."""
        word, _, rest = line.strip().partition(" ")
        if word not in WORDS:
            return json.dumps({"error": f"unknown control command {word!r}; there are: {', '.join(WORDS)}"})
        if word not in _QUESTIONS:
            self._module.note("control", text=line.strip())
        try:
            return json.dumps({"result": getattr(self, "_" + word.replace("-", "_"))(rest.strip())})
        except (ControlError, SettingError, UnknownFault, AnswerError) as problem:
            return json.dumps({"error": str(problem)})
        except Exception as problem:
            self._module.crashed(problem)
            return json.dumps({"error": f"{type(problem).__name__}: {problem}"})

    # ---- what happened

    def _violations(self, rest):
        del rest
        module = self._module
        left_out = module.violations_left_out
        return module.violations + ([f"and {left_out} more"] if left_out else [])

    def _exceptions(self, rest):
        del rest
        return self._module.exceptions

    def _status(self, rest):
        del rest
        module = self._module
        status = {"alive": module.alive, "busy": module.busy, "data_mode": module.in_data_mode,
                  "violations": len(module.violations) + module.violations_left_out}
        if module.exceptions_seen:
            status["exceptions"] = module.exceptions_seen
        return status

    def _help(self, rest):
        del rest
        return WORDS

    # ---- power

    def _restart(self, rest):
        del rest
        self._module.restart(off_words=())

    def _power_off(self, rest):
        del rest
        self._module.power_off()

    def _power_on(self, rest):
        del rest
        self._module.power_on()

    def _power_key(self, rest):
        del rest
        self._module.press_power_key()

    def _reset_pin(self, rest):
        del rest
        self._module.restart(off_words=())

    def _hang(self, rest):
        del rest
        self._module.hang()

    def _dtr(self, rest):
        if rest not in ("on", "off"):
            raise ControlError("dtr on or dtr off")
        if rest == "off":
            self._module.dtr_off()

    # ---- network and notices

    def _network_lost(self, rest):
        del rest
        self._module.network_lost()

    def _network_back(self, rest):
        del rest
        self._module.set_searching(False)

    def _urc(self, rest):
        self._module.urc(rest)

    def _ring(self, rest):
        self._module.urc("RING")
        if rest:
            self._module.urc(f'+CLIP: "{rest}",145,,,,0')

    def _sms(self, rest):
        if rest and not rest.isdigit():
            raise ControlError(f"sms takes a number, not {rest!r}")
        self._module.urc(f'+CMTI: "SM",{rest or 1}')

    # ---- settings, faults, answers

    def _set(self, rest):
        name, _, value = rest.partition(" ")
        words = shlex.split(value) if value.startswith(('"', "'")) else [value]
        change(self._module, name, words[0] if words else "")

    def _get(self, rest):
        return shown(self._module, rest)

    def _settings(self, rest):
        del rest
        return {name: shown(self._module, name) for name in SETTINGS}

    def _fault(self, rest):
        wire, quirks = sort_out([rest], type(self._module))
        if wire and self._wire is None:
            raise ControlError("this module has no line")
        for name, value in wire.items():
            self._wire.switch(name, value)
        self._module.quirks.update(quirks)
        self._module.note("fault", name=rest, on=True)

    def _no_fault(self, rest):
        wire, quirks = sort_out([rest], type(self._module))
        for name in wire if self._wire is not None else ():
            self._wire.switch(name, None)
        self._module.quirks.difference_update(quirks)
        self._module.note("fault", name=rest, on=False)

    def _faults(self, rest):
        del rest
        on = [] if self._wire is None else self._wire.on()
        return sorted([*on, *self._module.quirks & set(all_quirks(type(self._module)))])

    def _answer(self, rest):
        try:
            entry = json.loads(rest)
        except ValueError as problem:
            raise ControlError(f"an answer is a JSON object: {problem}") from problem
        self._module.answers[:0] = from_entries([entry])

    def _no_answers(self, rest):
        del rest
        self._module.answers.clear()


class ControlPort:
    """A TCP port where whoever reaches it may give control commands; several clients at a time."""

    def __init__(self, control, selector, port=0, address="127.0.0.1"):
        self._control = control
        self._selector = selector
        self._listener = socket.create_server((address, port))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self, events):
        del events
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        pending = bytearray()
        self._selector.register(client, selectors.EVENT_READ, lambda events: self._serve(client, pending))

    def _serve(self, client, pending):
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(client)
            client.close()
            return
        pending += data
        while b"\n" in pending:
            line, _, rest = bytes(pending).partition(b"\n")
            pending[:] = rest
            client.sendall(self._control.answer(line.decode(errors="replace")).encode() + b"\n")

    def close(self):
        self._selector.unregister(self._listener)
        self._listener.close()
