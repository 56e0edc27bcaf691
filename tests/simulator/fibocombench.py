"""What the tests of the Fibocom modules share: a bench with the link up, sockets opened, data sent."""

import re

from simbench import Bench

PEER = "192.0.2.10"


class MipBench(Bench):
    """A Bench of an NL668 or L610 with the steps that tests begin with; each checks the answer it gets."""

    def __init__(self, module_class, *, quirks=(), link=True):
        super().__init__(module_class, quirks=quirks)
        self.network.secure = False
        if link:
            self.call()

    def call(self, line='AT+MIPCALL=1,"internet"'):
        self.ask(line)
        self.wait(1000)
        assert b"+MIPCALL:" in self.rx()

    def open(self, number=1, protocol=0, host=PEER, port=7, source=""):
        """Open a socket; returns its endpoint in the fake network."""
        self.ask(f'AT+MIPOPEN={number},{source},"{host}",{port},{protocol}')
        assert re.fullmatch(rb"\r\n\+MIPOPEN: ?%d,1\r\n" % number, self.read_until(b"\r\n"))
        return (self.network.sockets if protocol % 60 == 1 else self.network.streams)[-1]

    def prompted(self, line):
        """Send a command that is answered with the prompt."""
        self.tx(line + "\r")
        assert b">" in self.rx()

    def send(self, data, number=1):
        """Send in HEX mode with a length; returns everything behind the prompt."""
        self.prompted(f"AT+MIPSEND={number},{len(data)}")
        self.tx(data)
        self.wait(10)
        return self.rx()

    def online(self, number=1, host=PEER, mode=""):
        """Open a socket in online data mode; returns its endpoint."""
        self.ask(f'AT+MIPODM={number},,"{host}",7,0{mode}')
        assert self.read_until(b"1,1\r\n") == b"\r\n+MIPODM: 1,1\r\n"
        return self.network.streams[-1]

    def suspend(self):
        self.wait(1000)
        self.tx("+++")
        assert self.read_until(b"OK\r\n") == b"\r\nOK\r\n"
