"""Commands to a running simulator, one per line of its standard input; each is answered by one line of JSON.

Owns the words; what they do is done by the module.
"""

import json


class Control:
    def __init__(self, module):
        self._module = module

    def answer(self, line):
        """The answer to one line, as text without a line end."""
        word, _, rest = line.strip().partition(" ")
        act = getattr(self, "_" + word.replace("-", "_"), None) if word else None
        if act is None:
            return json.dumps({"error": f"unknown control command {word!r}"})
        return json.dumps({"result": act(rest)})

    def _violations(self, rest):
        del rest
        return self._module.violations

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
