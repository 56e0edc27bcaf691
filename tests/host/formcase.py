"""One use of one form of a manual's command through Modem.call(), query() or test().

The record that tests and coverage share.
"""

from typing import Any, Callable, NamedTuple


class Case(NamedTuple):
    form: str               # as the specification names it, see specforms.py
    make: Callable          # the module in the right state: make(quirks=..., cut=...) -> CallBench
    method: str             # "call", "query" or "test"
    arguments: tuple        # of the method, the name first
    line: str               # the command line that must be sent
    value: Any              # what must come back
    reaches: Any = None     # what the peer must have got: bytes of the first stream, or its list of datagrams

    def run(self, bench):
        """Do it on a bench; returns the value."""
        return getattr(bench.modem, self.method)(*self.arguments)


def check(case, *, splice=None, echo=False, **settings):
    """Run a case on a module of its own and compare all that it says.

    `splice`: a line that stands between any two lines of the module; `echo`: it repeats the commands.
    """
    bench = case.make(**settings)
    bench.module.echo = echo
    if splice:
        bench.module.splice = lambda: splice
    before = len(bench.module.violations)
    got = case.run(bench)
    assert got == case.value and type(got) is type(case.value)
    assert case.line in bench.lines() or case.line.encode() == bench.wire.sent[:3]
    assert bench.module.violations[before:] == []
    if isinstance(case.reaches, bytes):
        assert bytes(bench.network.streams[0].sent) == case.reaches
    elif case.reaches is not None:
        assert bench.network.sockets[0].sent == case.reaches
    return bench
