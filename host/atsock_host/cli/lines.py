"""Lines of a terminal: what is typed made into bytes, what comes cut into lines to show.

Knows of modules only what a prompt looks like.
"""

import time

from ..trace import escape, unescape

LOOK_S = 0.01           # how often the port is looked at


class Lines:
    """Cuts what comes into lines to show; a line without an end (a prompt) is given out when nothing follows."""

    def __init__(self):
        self._held = b""

    def feed(self, data):
        """The complete lines, as texts."""
        *lines, self._held = (self._held + data).split(b"\n")
        return [escape(line.rstrip(b"\r")) for line in lines]

    def at_prompt(self):
        """True when what is held of a line without an end is a prompt."""
        return self._held.startswith(b">")

    def rest(self):
        """What is held of a line without an end, as text; "" when nothing is."""
        held, self._held = self._held, b""
        return escape(held)


def command_bytes(line):
    """What a typed line sends; ValueError for a malformed :raw line."""
    if line.startswith(":raw "):
        return unescape(line.removeprefix(":raw "))
    if not line.isascii():
        raise ValueError("only ASCII can be sent as it is; :raw with \\xNN sends any byte")
    return line.encode() + b"\r"


def write_all(port, data, limit_s=5.0):
    """Write all of `data`; TimeoutError when the port takes nothing for `limit_s`."""
    sent, until = 0, time.monotonic() + limit_s
    while sent < len(data):
        count = port.write(data, sent, len(data) - sent)
        if count:
            sent += count
            until = time.monotonic() + limit_s
        elif time.monotonic() > until:
            raise TimeoutError(f"the port takes nothing (for {limit_s:.0f} s); is flow control in the way?")
        else:
            time.sleep(LOOK_S)
