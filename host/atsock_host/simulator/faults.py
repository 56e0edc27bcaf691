"""What a bad wire does, and the list of everything that can be asked for with `--fault`.

A fault is `NAME` or `NAME:VALUE`.  Faults of the wire are here; mishaps.py has what goes wrong once, at one step; the
others ("quirks") are things that real modules do and their manuals do not say, each named where its module is
(`QUIRKS` of the module classes).
"""

import random

from .mishaps import CHAOS, is_mishap

WIRE_FAULTS = {
    "cut": "output arrives in pieces of 1 to 7 bytes",
    "drop": "bytes of the output are lost, one of VALUE (1000)",
    "flip": "bytes of the output have one wrong bit, one of VALUE (1000)",
    "wrong-rate": "a host whose speed is not that of AT+IPR gets and gives garbage (a pseudo-terminal counts what "
                  "the host has set; over RFC 2217 it is always so)",
    "splice": "an unsolicited line stands between any two lines of the output",
}

# Lines that have nothing to do with the command in progress; real modules write all of them.
SPLICED = (
    "+CEREG: 1", "+CREG: 1", "+CTZV: +32", '+CMTI: "SM",3', "+CIEV: 2,4", "RING", "SMS DONE",
    "*PSUTTZ: 24/5/1,12:00:00,+32,0", '+QIND: "csq",23,0', "+SIMCARD: READY",
    '+CUSD: 0,"' + "a text of the operator " * 12 + '",15', "VOLTAGE WARNING",
)


class UnknownFault(Exception):
    """A name that is no fault of this module."""


class Wire:
    """Faults of the line between module and host; the same seed gives the same faults."""

    def __init__(self, faults=(), seed=None):
        self._random = random.Random(seed)
        self._faults = dict(faults)
        self._splicer = Splicer(seed)
        self.on_change = None       # called when a fault has been switched
        self.mishaps = None         # the module's, set by whoever puts both together

    def switch(self, name, value):
        """From now on the fault `name` is there with `value`, or with None no longer."""
        if is_mishap(name):
            if self.mishaps is not None:
                self.mishaps.switch(name, value)
        elif value is None:
            self._faults.pop(name, None)
        else:
            self._faults[name] = value
        if self.on_change is not None:
            self.on_change()

    def on(self):
        """Names of the faults that are there, and of the mishaps that are still to come."""
        return sorted([*self._faults, *(self.mishaps.planned() if self.mishaps is not None else ())])

    @property
    def cuts(self):
        return "cut" in self._faults

    @property
    def minds_rate(self):
        return "wrong-rate" in self._faults

    @property
    def splice(self):
        """What gives an unsolicited line for every line boundary, or None."""
        return self._splicer if "splice" in self._faults else None

    def garbage(self, data):
        """`data` as it is seen with the wrong speed."""
        return self._random.randbytes(len(data))

    def spoil(self, data):
        """`data` as it leaves the wire."""
        drop, flip = self._faults.get("drop"), self._faults.get("flip")
        if not (drop or flip):
            return data
        spoiled = bytearray()
        for byte in data:
            if drop and self._random.random() * drop < 1:
                continue
            if flip and self._random.random() * flip < 1:
                byte ^= 1 << self._random.randrange(8)
            spoiled.append(byte)
        return bytes(spoiled)

    def next_cut(self):
        return self._random.randint(1, 7)


class Splicer:
    """Gives an unsolicited line for every line boundary."""

    def __init__(self, seed=None):
        self._random = random.Random(seed)

    def __call__(self):
        return self._random.choice(SPLICED)


def sort_out(names, module_class):
    """Faults as ({wire fault: value}, [quirk]) of a list of `NAME` or `NAME:VALUE`.

    Raises UnknownFault with the name and what there is.
    """
    known = all_quirks(module_class)
    wire, quirks = {}, []
    for text in names:
        name, _, value = text.partition(":")
        if name in WIRE_FAULTS or is_mishap(name):
            if value and not value.isdigit():
                raise UnknownFault(f"the value of the fault {name} must be a number, not {value}")
            wire[name] = int(value or (CHAOS if name == "chaos" else 1 if is_mishap(name) else 1000))
        elif name in known:
            quirks.append(name)
        else:
            choice = ", ".join([*sorted([*WIRE_FAULTS, *known]), "chaos", "MISHAP@STEP"])
            raise UnknownFault(f"no fault is called {name}; there are: {choice}")
    return wire, quirks


def all_quirks(module_class):
    """name -> description of the quirks of a module class and the classes above it."""
    found = {}
    for cls in reversed(module_class.__mro__):
        found.update(vars(cls).get("QUIRKS", {}))
    return found
