"""Runs in MicroPython: a board's module is switched on and reset, with a fake machine and a fake clock.

    press.py MS     the module answers AT so long after the power key was let go; -1: at once, 0: never

Prints a JSON object: uart (id, bit rate, the rest); "rest", "start" and "reset": what happened to the pins meanwhile
as [ms, pin, level], how long it took, and what came back.
"""

import json
import sys

import machine

sys.modules["machine"] = machine

import atsock  # noqa: E402
import board  # noqa: E402
import power  # noqa: E402

power.sleep_ms = machine.sleep_ms
power.ticks_ms = machine.ticks_ms


class Module:
    """Answers AT, or does not, as a Modem would."""

    def __init__(self, late_ms):
        self.late_ms = late_ms
        self.let_go_ms = None

    def answers(self):
        if self.late_ms < 0:
            return True
        for ms, pin, level in machine.changes:
            if pin == board.PWRKEY and level != board.PWRKEY_PRESSED:
                self.let_go_ms = ms
        return self.late_ms > 0 and self.let_go_ms is not None and machine.clock_ms >= self.let_go_ms + self.late_ms

    def command(self, text, timeout_ms):
        if text != "AT":
            raise ValueError(text)
        if not self.answers():
            machine.sleep_ms(timeout_ms)
            raise atsock.Timeout()


def observe(action, *args):
    machine.changes.clear()
    begun_ms = machine.clock_ms
    try:
        answer = action(*args)
    except OSError as error:
        answer = str(error)
    changes = [(ms - begun_ms, pin, level) for ms, pin, level in machine.changes]
    return {"changes": changes, "ms": machine.clock_ms - begun_ms, "answer": answer}


def pins():
    global the_pins
    the_pins = power.Power(board)


found = {"rest": observe(pins)}
found["start"] = observe(the_pins.start, Module(int(sys.argv[1])))
found["reset"] = observe(the_pins.reset) if the_pins.reset else None
found["uart"] = machine.uarts[0]
print(json.dumps(found))
