"""The port: streams that cannot be polled, the baud rate, and command lines of every length on their way out."""

from atsock.core import port as port_module
from atsock.core.port import HORIZON_MS, Deadlines, Port
from cases import cases
from fakes import Case, new_modem
from frames import OK, line

_POLLIN, _POLLOUT = 1, 4


class Stream:
    """Has something to read after so many questions; cannot be polled."""

    def __init__(self, silent=1000):
        self.silent = silent

    def any(self):
        self.silent -= 1
        return int(self.silent < 0)

    readinto = write = any


class Replaced:
    """Puts something in the place of what port.py imports, for a while."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __enter__(self):
        self.before = getattr(port_module, self.name)
        setattr(port_module, self.name, self.value)
        return self

    def __exit__(self, kind, error, trace):
        setattr(port_module, self.name, self.before)
        return False


def test_how_often_a_stream_is_asked_that_cannot_be_polled():
    """After 1 ms, then ever more rarely; never longer than the wait, nor any more when there is something."""
    for ms, silent, pauses in (
        (0, 9, []),
        (1, 9, [1]),
        (20, 9, [1, 2, 4, 8, 5]),
        (50, 9, [1, 2, 4, 8, 16, 16, 3]),
        (5000, 2, [1, 2, 4]),
    ):
        with Case(ms, silent):
            slept = []
            with Replaced("sleep_ms", slept.append):
                Port(Stream(silent)).wait(ms, False)
            assert slept == pauses, slept


class Poller:
    """What select.poll() makes, on CPython or MicroPython, and what is asked of it."""

    def __init__(self, has_ipoll):
        self.asked = []
        self.stream = None
        if has_ipoll:
            self.ipoll = self.poll

    def register(self, stream, mask):
        self.stream = stream
        self.mask = mask

    def modify(self, stream, mask):
        assert stream is self.stream
        self.mask = mask

    def poll(self, ms=-1):
        self.asked.append((ms, self.mask))
        return ()


class Select:
    """The module select with that poller; poller None: that of Windows, which has none."""

    def __init__(self, poller):
        if poller is not None:
            self.poll = lambda: poller


@cases("has_ipoll", (False, True))
def test_a_stream_that_can_be_polled(has_ipoll):
    """It is waited for by that, for room to write only when something is to be written."""
    poller = Poller(has_ipoll)
    stream = Stream()
    with Replaced("select", Select(poller)):
        port = Port(stream)
    assert poller.stream is stream
    del poller.asked[:]
    for writing in (False, False, True, True, False):
        port.wait(7, writing)
    both = _POLLIN | _POLLOUT
    assert poller.asked == [(7, _POLLIN), (7, _POLLIN), (7, both), (7, both), (7, _POLLIN)]


def test_no_poll_at_all():
    slept = []
    with Replaced("select", Select(None)):
        port = Port(Stream(1))
    with Replaced("sleep_ms", slept.append):
        port.wait(9, True)
    assert slept == [1, 2]


def test_the_baud_rate_is_the_streams():
    """The silences around +++ depend on it; where the stream does not tell, it is that of most modules."""
    stream = Stream()
    assert Port(stream).baudrate == 115200
    for told, baudrate in ((None, 115200), (9600, 9600)):
        stream.baudrate = told
        assert Port(stream).baudrate == baudrate


class Late(Deadlines):
    """Whose clock stands at 5."""

    def __init__(self):
        self.port = self
        self.ticks_ms = lambda: 5


def test_times_that_are_too_far_ahead():
    """No time of the driver's is more than three days ahead: what seems to be so is long past (the ticks wrap)."""
    late = Late()
    for left, until in ((0, 0), (1, 1), (-1, -1), (HORIZON_MS, HORIZON_MS), (HORIZON_MS + 1, -HORIZON_MS)):
        assert late.until_ms(5 + left) == until
        assert late.is_past(5 + left) == (until <= 0)
    for ms, after in ((0, 5), (7, 12), (HORIZON_MS + 9, 5 + HORIZON_MS)):
        assert late.after_ms(ms) == after


# -- command lines

LONG = b"AT+WIDE=" + b"0123456789" * 40


@cases("echo", (False, True))
@cases("n", (318, 319, 320, 321, 408))
def test_a_long_command_line(n, echo):
    """It goes out whole and once, its echo is no answer, and lines of its name are."""
    text = LONG[:n]
    heard = []
    answer = (text + b"\r" if echo else b"") + line(b"+WIDE: 7") + line(b"more") + OK
    script = [(">", text + b"\r"), ("<", answer), (">", b"AT+WIDE?\r"), ("<", line(b"+WIDE: 8") + OK)]
    for take in (0, 7):
        with Case(take):
            modem, tape, clock = new_modem("bg96", script, take=take, on_event=lambda *event: heard.append(event))
            assert modem.command(text) == [b"+WIDE: 7", b"more"]
            assert modem.command("AT+WIDE?") == [b"+WIDE: 8"]
            tape.done()
            assert heard == []
