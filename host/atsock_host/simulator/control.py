"""Commands to a running simulator, one per line of its standard input; each is answered by one line of JSON.

Owns the words; what they do is done by the module.
"""

import json


class ControlError(Exception):
    """A control command that cannot be done; the text says why."""


class Control:
    def __init__(self, module):
        self._module = module
        self._words = {
            "violations": self._violations, "exceptions": self._exceptions, "status": self._status,
            "restart": self._restart, "hang": self._hang, "power-off": self._power_off, "power-on": self._power_on,
            "network-lost": self._network_lost, "network-back": self._network_back, "urc": self._urc}

    def answer(self, line):
        """The answer to one line, as text without a line end."""
        word, _, rest = line.strip().partition(" ")
        act = self._words.get(word)
        if act is None:
            return json.dumps({"error": f"unknown control command {word!r}"})
        try:
            return json.dumps({"result": act(rest)})
        except ControlError as problem:
            return json.dumps({"error": str(problem)})
        except Exception as problem:
            self._module.crashed(problem)
            return json.dumps({"error": f"{type(problem).__name__}: {problem}"})

    def _violations(self, rest):
        del rest
        module = self._module
        left_out = module.violations_left_out
        return module.violations + ([f"and {left_out} more"] if left_out else [])

    def _exceptions(self, rest):
        del rest
        return self._module.exceptions

    def _restart(self, rest):
        del rest
        self._module.restart(off_words=())

    def _power_off(self, rest):
        del rest
        self._module.power_off()

    def _power_on(self, rest):
        del rest
        self._module.power_on()

    def _hang(self, rest):
        del rest
        self._module.hang()

    def _network_lost(self, rest):
        del rest
        self._module.network_lost()

    def _network_back(self, rest):
        del rest
        self._module.set_searching(False)

    def _urc(self, rest):
        self._module.urc(rest)

    def _status(self, rest):
        del rest
        module = self._module
        return {"alive": module.alive, "busy": module.busy, "data_mode": module.in_data_mode,
                "violations": len(module.violations)}
