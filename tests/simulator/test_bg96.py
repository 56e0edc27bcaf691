"""The BG96 against every example of its manual, and what the manual says without an example."""

import pytest

from atsock_host.simulator.quectel import Bg96
from simbench import Bench, vectors

VECTORS = {vector["id"]: vector for vector in vectors("bg96")}


def make(*setup, quirks=()):
    """A BG96 with context 1 active and no echo of data, after the commands of `setup`."""
    b = Bench(Bg96, quirks=quirks)
    b.ask("AT+QISDE=0")
    b.ask("AT+QIACT=1")
    for command in setup:
        b.ask(command)
    b.wait(1000)
    b.rx()
    return b


def test_open():
    b = make()
    print(b.ask('AT+QIOPEN=1,0,"TCP","220.180.239.212",8009,0,0'))
    print(b.ask('AT+QISTATE=1,0'))
