"""Finds `+++` with its silences in the byte stream of a data mode.

The three bytes are an escape when nothing came for a guard time before them, they came within a window
and nothing came for a guard time after them (BG96 1.2, A7600 1.2).  Plus signs that may be an escape are
held back until that is known.  Owns the decision; the caller owns the bytes and the timers.
"""

_ISOLATED_MS = 100      # a burst with this much silence on both sides was meant as an escape, not as payload


class EscapeDetector:
    def __init__(self, module, sink, on_escape, guard_ms, window_ms):
        self._module = module
        self._sink = sink               # gets the payload
        self._on_escape = on_escape
        self._guard_ms = guard_ms
        self._window_ms = window_ms
        self._last_ms = module.now_ms()     # when the last byte came
        self._first_ms = 0                  # when the first held-back plus sign came
        self._held = 0                      # plus signs held back, 0-3
        self._timer = None
        self._suspect = None                # Timer while an early "+++" may still prove to be payload

    def feed(self, data):
        """Bytes from the host, in order."""
        now = self._module.now_ms()
        silence = now - self._last_ms
        self._last_ms = now
        self._cancel()
        if self._held == 0:
            start = data[:3].strip(b"+") == b"" and len(data) <= 3 and silence >= self._guard_ms
            if start:
                self._first_ms = now
            elif data == b"+++" and silence >= _ISOLATED_MS:
                self._suspect = self._module.after(_ISOLATED_MS, self._isolated)
        else:
            start = False
            if self._held == 3 and silence >= _ISOLATED_MS:
                self._module.violation("+++ without a guard time after it")
        if start or (self._held and self._held + len(data) <= 3 and data.strip(b"+") == b""
                     and now - self._first_ms <= self._window_ms):
            self._held += len(data)
            wait = self._guard_ms if self._held == 3 else self._window_ms - (now - self._first_ms)
            self._timer = self._module.after(wait, self._silence)
            return
        held, self._held = self._held, 0
        self._sink(b"+" * held + bytes(data))

    def stop(self):
        """Data mode ended another way: what was held back is payload nobody wants any more."""
        self._cancel()
        self._held = 0

    def _silence(self):
        held, self._held = self._held, 0
        self._timer = None
        if held == 3:
            self._on_escape()
        else:
            self._sink(b"+" * held)

    def _isolated(self):
        self._module.violation("+++ without a guard time before it")

    def _cancel(self):
        for timer in (self._timer, self._suspect):
            if timer is not None:
                timer.cancel()
        self._timer = self._suspect = None
