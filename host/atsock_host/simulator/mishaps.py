"""Mishaps: what goes wrong once, at one step of the protocol, by name or by the seed.

`NAME@STEP[:N]`: the N-th time (1) that the step is reached, NAME happens.  STEP is one of STEPS, or a command
(`reboot@+CPIN`).  `chaos[:N]`: at one of N (200) steps one of the mishaps, by the seed.

The module says where it is (reached()) and hands over all that it writes (written()).  A mishap of the output waits for
the next line of its kind, so lost-ok@open loses the OK of the command that opens.  Owns when something goes wrong and
what that does to the bytes; what a restart or a lost network does is the module's.
"""

import random
import re

FAULTS = {
    "close": "the peers end all connections",
    "drop-urc": "an unsolicited line is lost",
    "dup-urc": "an unsolicited line comes twice",
    "echo-on": "the echo is on again",
    "garbage": "40 bytes of any value stand in the output",
    "hang": "the module listens and answers no more; only a restart or the power key helps",
    "lost-byte": "one byte is lost: of the output, at payload of what the host sends",
    "lost-ok": "the final result of a command is lost",
    "lost-prompt": "the prompt is lost, and the module waits for the payload",
    "open-fail": "the next connection cannot be opened",
    "pdp-drop": "the network goes away for 3 s: contexts fall, the module searches",
    "reboot": "the module restarts with the words of its start; what it was writing breaks off",
    "send-fail": "the next payload is refused",
    "silent-reboot": "the same without a word",
    "slow-prompt": "the prompt comes 3 s late",
    "urc-delay": "an unsolicited line comes 3 s late",
    "urc-storm": "40 unsolicited lines come at once",
}
STEPS = {
    "announce": "a line that announces received data is written",
    "close": "a command that closes a connection has been taken",
    "command": "a command has been taken",
    "counted": "received data is half out",
    "escape": "a + has come that may be one of the +++ that leave data mode",
    "open": "a command that opens a connection has been taken",
    "payload": "a payload behind a prompt is half in",
    "prompt": "a prompt is written",
    "result": "a final result is written",
    "stream": "data mode: received data is half out",
    "urc": "another unsolicited line is written",
}
CHAOS = 200             # steps to one mishap
_LATE_MS = 3000
_NETWORK_MS = 3000
_STORM = 40
_GARBAGE = 40
_STORM_LINES = ("RING", "+CREG: 1", "+CEREG: 1", '+CMTI: "SM",3', "+CTZV: +32", "+CIEV: 2,4")
_OPENS = ("+QIOPEN", "+QISSLOPEN", "+CIPOPEN", "+MIPOPEN", "+MIPODM")
_CLOSES = ("+QICLOSE", "+CIPCLOSE", "+MIPCLOSE")
_ANNOUNCES = re.compile(rb'\r\n(\+QIURC: "recv",\d+\r|\+CIPRXGET: 1,|\+MIPREAD: \d+,)')
_DATA_LINES = re.compile(rb"\r\n\+MIPR(TCP|UDP): ")      # hexadecimal digits on the line itself
_KINDS = {      # what a mishap of the output waits for; None: whatever is written next
    "drop-urc": ("urc", "announce"), "dup-urc": ("urc", "announce"), "urc-delay": ("urc", "announce"),
    "lost-ok": ("result",), "lost-prompt": ("prompt",), "slow-prompt": ("prompt",), "garbage": None, "lost-byte": None,
}
_NAME = re.compile(r"([a-z-]+)@(\S+)\Z")


def texts():
    """Names with what they mean, for lists."""
    return {"chaos": f"at one of VALUE ({CHAOS}) steps one of the following, by the seed",
            **{f"{name}@STEP": text for name, text in FAULTS.items()}}


def is_mishap(name):
    """True for NAME@STEP of a mishap and a step that there are, or NAME@COMMAND; True for chaos."""
    found = _NAME.match(name)
    if name == "chaos":
        return True
    return bool(found) and found[1] in FAULTS and (found[2] in STEPS or found[2].startswith("+"))


class Mishaps:
    """Those of one module.  `happened`: names with their steps, in order."""

    def __init__(self, module, seed=None):
        self._module = module
        self._random = random.Random(seed)
        self._chaos = 0
        self._planned = {}      # NAME@STEP -> how often the step has still to be reached
        self._waiting = []      # names of those that wait for their output
        self._struck = set()    # those that the module asks for
        self._kind = ""         # of what is written next
        self._mute = False      # unsolicited lines are lost until the host asks something: those of the start
        self._busy = False
        self.dead = False       # from the mishap to the restart: nothing is heard or written
        self.happened = []

    def switch(self, name, value):
        """Plan `NAME@STEP` for the value-th time, or chaos; None: forget it."""
        if name == "chaos":
            self._chaos = value or 0
        elif value is None:
            self._planned.pop(name, None)
        else:
            self._planned[name] = value

    def planned(self):
        """Names of what is still to come."""
        return [*self._planned, *(["chaos"] if self._chaos else [])]

    def quiet(self):
        """Nothing goes wrong from now on; what is waiting is forgotten."""
        self._chaos = 0
        self._planned.clear()
        self._waiting.clear()
        self._struck.clear()

    def is_planned(self, step):
        """True when something may happen at this step."""
        return bool(self._chaos) or any(name.endswith("@" + step) for name in self._planned)

    def struck(self, name):
        """True, once, when the mishap has happened whose work the module does: open-fail, send-fail."""
        if name not in self._struck:
            return False
        self._struck.discard(name)
        return True

    def restarted(self):
        """The module starts anew, why ever."""
        self.dead = self._mute = False
        self._kind = ""

    # ---- from the module

    def command(self, name):
        """A command has been taken."""
        self._mute = False
        for step in ("command", "open" if name in _OPENS else "close" if name in _CLOSES else "", name):
            if step:
                self.reached(step)

    def reached(self, step):
        """The module is at this step; what it writes next belongs to it."""
        self._kind = step
        if self._busy or self.dead:
            return
        for name in [name for name in self._planned if name.endswith("@" + step)]:
            self._planned[name] -= 1
            if self._planned[name] <= 0:
                del self._planned[name]
                self._strike(name.partition("@")[0], step)
        if self._chaos and self._random.randrange(self._chaos) == 0:
            self._strike(self._random.choice(sorted(FAULTS)), step)

    def announces(self, frame):
        """The step of an unsolicited frame."""
        if _DATA_LINES.match(frame):
            return "counted"
        return "announce" if _ANNOUNCES.match(frame) else "urc"

    def written(self, data):
        """What is left of `data`, which the module writes."""
        kind, self._kind = self._kind, ""
        if self._breaking_off(kind, data):
            return bytes(data[:len(data) // 2])
        if self.dead or (kind in ("urc", "announce") and self._mute):
            return b""
        for name in list(self._waiting):
            kinds = _KINDS[name]
            if data and (kinds is None or kind in kinds):
                self._waiting.remove(name)
                data = self._spoilt(name, bytes(data))
        return data

    # ---- inside

    def _breaking_off(self, kind, data):
        # A restart in the middle of received data lets half of it out.
        first = self.dead == "now"
        if first:
            self.dead = True
        return first and kind in ("counted", "stream") and len(data) > 1

    def _spoilt(self, name, data):
        if name == "dup-urc":
            return data + data
        if name in ("urc-delay", "slow-prompt"):
            write = self._module.raw if name == "slow-prompt" else self._module.urc_raw
            self._module.after(_LATE_MS, lambda: write(data))
            return b""
        if name == "garbage":
            at = len(data) // 2
            return data[:at] + self._random.randbytes(_GARBAGE) + data[at:]
        if name == "lost-byte":
            at = self._random.randrange(len(data))
            return data[:at] + data[at + 1:]
        return b""

    def _strike(self, name, step):
        self.happened.append(f"{name}@{step}")
        self._module.note("fault", name=f"{name}@{step}", on=True)
        if name == "lost-byte" and step == "payload":
            self._module.lose_input()
        elif name in _KINDS:
            self._waiting.append(name)
        elif name in ("open-fail", "send-fail"):
            self._struck.add(name)
        else:
            self._busy = True
            kind = self._kind
            try:
                getattr(self, "_" + name.replace("-", "_"))()
            finally:
                self._busy = False
                self._kind = kind

    def _later(self, run):
        # Nothing of the command in progress may go on behind it.
        self.dead = "now"
        self._module.after(0, run)

    def _reboot(self):
        self._later(lambda: self._module.restart(off_words=()))

    def _silent_reboot(self):
        self._later(self._restart_silently)

    def _restart_silently(self):
        self._module.restart(off_words=())
        self._mute = True

    def _hang(self):
        self._later(self._hung)

    def _hung(self):
        self.dead = False
        self._module.hang()

    def _pdp_drop(self):
        self._module.after(0, self._lose_network)

    def _lose_network(self):
        self._module.network_lost()
        self._module.after(_NETWORK_MS, lambda: self._module.set_searching(False))

    def _close(self):
        self._module.after(0, self._module.network.peers_end)

    def _echo_on(self):
        self._module.echo = True

    def _urc_storm(self):
        for index in range(_STORM):
            self._module.urc(_STORM_LINES[index % len(_STORM_LINES)])
