"""An event loop for tests of asyncio on a scripted module: run().

On CPython its time is virtual: where every task sleeps, it is at once later, and each round of the loop takes a
millisecond.  MicroPython's loop has no such way in: sleeping takes its time there.
"""

import asyncio

try:
    from selectors import DefaultSelector
except ImportError:  # MicroPython
    DefaultSelector = None

ROUND_S = 0.001


def run(main, *args):
    """What main(*args) returns, in a loop of its own; more than 20 s are a failure."""
    if DefaultSelector is None:
        return asyncio.run(asyncio.wait_for(main(*args), 20))
    with asyncio.Runner(loop_factory=_loop) as runner:
        return runner.run(asyncio.wait_for(main(*args), 20))


def _loop():
    class Selector(DefaultSelector):
        def select(self, timeout=None):
            loop.now += timeout or ROUND_S
            return super().select(0)

    class Loop(asyncio.SelectorEventLoop):
        now = 0.0

        def time(self):
            return self.now

    loop = Loop(Selector())
    return loop
