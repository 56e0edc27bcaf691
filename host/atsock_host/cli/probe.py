"""Is there a module on this line, and if not, what is there instead?  For doctor.

Owns the bytes that are sent before anything is known: AT, and the escape from data mode.
"""

import time

SPEEDS = (115200, 9600, 921600, 460800, 230400, 57600, 38400, 19200)
TURNS = 3
TURN_S = 0.35
GUARD_S = 1.1  # silence around +++ (V.250)
LOOK_S = 0.005


class Seen:
    """What came back: `data`, bytes."""

    def __init__(self, data):
        self.data = data

    @property
    def answers(self):
        """A module said OK."""
        return b"OK\r\n" in self.data or self.data.rstrip().endswith(b"OK")

    @property
    def echoes(self):
        return b"AT\r" in self.data

    @property
    def refuses(self):
        return b"ERROR" in self.data

    @property
    def is_text(self):
        odd = sum(not (0x20 <= c < 0x7F or c in b"\r\n\t") for c in self.data)
        return bool(self.data) and odd * 8 <= len(self.data)


def ask(port):
    """AT, up to TURNS times, until OK; a Seen of all that came."""
    data = b""
    _listen(port, 0.02)  # what an earlier program has left
    for _ in range(TURNS):
        _write(port, b"AT\r")
        data += _listen(port, TURN_S, lambda new: Seen(new).answers)
        if Seen(data).answers:
            break
    return Seen(data)


def leave_data_mode(port):
    """+++ with its guard times; True when something said OK or NO CARRIER to it."""
    time.sleep(GUARD_S)
    _write(port, b"+++")
    data = _listen(port, GUARD_S, lambda new: b"OK" in new or b"NO CARRIER" in new)
    return b"OK" in data or b"NO CARRIER" in data


def explain(seen, tried):
    """(what is wrong, what to do, source) when nothing answered; seen: what came at the first of the speeds tried."""
    speeds = ", ".join(map(str, tried))
    if not seen.data:
        return (
            f"silence (tried {speeds} bit/s)",
            ("is the module switched on (power key, supply)? Is TX wired to RX and RX "
            "to TX, and ground to ground? A USB module has several ports, and only some take AT: try the others"),
            "",
        )
    if seen.refuses:
        return (
            "the module answers AT with ERROR",
            "it may wait for something else: switch it off and on",
            "V.250 5.7.1",
        )
    if seen.echoes and seen.data.replace(b"AT\r", b"").strip() == b"":
        return (
            "only the echo comes back",
            "TX and RX may be joined, or the module hangs: switch it off and on",
            "V.250 6.2.4",
        )
    if seen.is_text:
        shown = seen.data.strip()[:40].decode("ascii", "replace")
        return (
            f"something speaks, but does not answer AT: {shown!r}",
            "this may be the console or the GNSS port of the module: try its other ports",
            "",
        )
    return (
        f"what comes is no text ({seen.data[:8].hex(' ')}; tried {speeds} bit/s)",
        "most likely another speed: --baud; or the levels do not fit (1.8 V, 3.3 V, RS-232)",
        "V.250 6.2.10",
    )


def _write(port, data):
    until = time.monotonic() + TURN_S
    while data and time.monotonic() < until:
        count = port.write(data)
        data = data[count or 0 :]
        if not count:
            time.sleep(LOOK_S)


def _listen(port, seconds, enough=lambda data: False):
    data, until = b"", time.monotonic() + seconds
    while time.monotonic() < until and not enough(data):
        new = port.read()
        if new:
            data = (data + new)[-4096:]
        else:
            time.sleep(LOOK_S)
    return data
