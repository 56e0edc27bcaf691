"""Whatever a host sends in whatever order, a Fibocom module goes on: random sessions, repeatable by their seed."""

import random

import pytest
from fibocombench import PEER, MipBench

from atsock_host.simulator.common import CommonModule
from atsock_host.simulator.faults import all_quirks
from atsock_host.simulator.fibocom import L610, NL668

LINES = [
    'AT+MIPCALL=1,"a"', "AT+MIPCALL=0", "AT+MIPCALL?", f'AT+MIPOPEN={{n}},,"{PEER}",7,0',
    f'AT+MIPOPEN={{n}},,"{PEER}",7,1', 'AT+MIPOPEN={n},,"example.com",7,2', 'AT+MIPOPEN={n},5000,"0.0.0.0",0,0',
    'AT+MIPOPEN={n},5000,"0.0.0.0",0,1', "AT+MIPCLOSE={n}", "AT+MIPCLOSE={n},1", "AT+MIPSETS={n},5,50",
    "AT+MIPDSETS={n},3,20", 'AT+MIPSEND={n},"0102030405"', "AT+MIPSEND={n},5", "AT+MIPSEND={n}", "AT+MIPSEND?",
    "AT+MIPPUSH={n}", f'AT+MIPPUSH={{n}},"{PEER}",9', "AT+MIPFLUSH={n}", "AT+MIPREAD={n},10", "AT+MIPREAD?",
    'AT+GTSET="IPRFMT",{f}', 'AT+GTSET="SENDTIME",1', f'AT+MIPODM={{n}},,"{PEER}",7,0', "ATO",
    f'AT+MPING=1,"{PEER}",2', "AT+MPING=0", 'AT+MIPDNS="example.com"', 'AT+MIPNTP="ntp.example.com",123',
    "AT+MIPCONF={n},,,,1,{a}", "AT+CFUN=4", "AT+CFUN=1", "AT+CFUN=1,1", "AT+CGACT=0,1", "AT+MIPOPEN={n};+MIPCLOSE={n}",
]
QUIRKS = sorted(set(all_quirks(L610)) - set(all_quirks(CommonModule)))


class Session:
    def __init__(self, module_class, seed):
        self.dice = random.Random(seed)
        self.bench = MipBench(module_class, quirks=self.dice.sample(QUIRKS, 3), link=False)

    def line(self):
        text = self.dice.choice(LINES).format(n=self.dice.randint(1, 3), f=self.dice.choice("0125"),
                                              a=self.dice.randint(0, 2))
        self.bench.tx(text + "\r")

    def payload(self):
        self.bench.tx(self.dice.choice([b"hello", b"\x1a", b"x" * 3000, b"+++", b"\r\n"]))

    def peer(self):
        network = self.bench.network
        streams = [stream for stream in network.streams if stream.connected and not stream.ended]
        kind = self.dice.randrange(6)
        if kind == 0 and network.listeners and not network.listeners[-1].ended:
            network.accept(network.listeners[-1], PEER, 40000)
        elif kind == 1 and network.sockets and not network.sockets[-1].ended:
            network.sockets[-1].put_received(b"datagram", PEER, 7)
        elif kind == 2 and streams and not streams[-1].closed:
            streams[-1].close_by_peer(self.dice.random() < 0.5)
        elif kind == 3 and streams:
            streams[-1].pending = self.dice.choice([0, 9000, 10_240])
        elif streams and not streams[-1].closed:
            streams[-1].feed(b"from the peer"[:streams[-1].free_buffer()])

    def step(self):
        self.dice.choices([self.line, self.payload, self.peer], [6, 2, 4])[0]()
        self.bench.wait(self.dice.choice([0, 1, 10, 100, 2000]))
        self.bench.rx()


@pytest.mark.parametrize("module_class", [NL668, L610])
@pytest.mark.parametrize("seed", range(25))
def test_a_random_session_ends_in_a_module_that_answers(module_class, seed):
    session = Session(module_class, seed)
    for _ in range(150):
        session.step()
    b = session.bench
    b.wait(300_000)             # every command under way has its result by then
    b.module.lose_link()        # ends online data mode too
    b.wait(10_000)
    b.rx()
    b.tx("\r")
    b.wait(10)
    b.rx()
    b.tx("ATE0\r")
    assert b.rx().endswith(b"OK\r\n")
