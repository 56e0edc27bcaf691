"""The example and table exchanges of the NL668 and L610 manuals, replayed byte by byte."""

import copy
import json

import pytest
from fibocombench import MipBench
from simbench import SPEC

from atsock_host.simulator.faults import all_quirks
from atsock_host.simulator.fibocom import L610, NL668

MODULES = {"nl668": NL668, "l610": L610}
V6 = "2001:db8:0:0:0:0:0:10"


class Case:
    """How a vector comes about: `before(bench)` first, `peer` maps steps to what the network does then."""

    def __init__(self, before=None, *, peer=None, quirks=(), link=True, violates=False):
        self.before = before or (lambda bench: None)
        self.peer = peer or {}
        self.quirks = quirks
        self.link = link
        self.violates = violates    # what a well-behaved driver would not send


def stream(bench):
    return bench.network.streams[-1]


def feed(data):
    return lambda bench: stream(bench).feed(data)


def datagram(data, host="192.0.2.10", port=5000):
    return lambda bench: bench.network.sockets[-1].put_received(data, host, port)


def tcp(number=1):
    return lambda bench: bench.open(number)


def udp(number=2, protocol=1, host="192.0.2.10", port=5000):
    return lambda bench: bench.open(number, protocol, host, port)


def all_open(bench):
    for number in range(1, 7):
        bench.open(number)


def does(*steps):
    """One function that does one after the other; a text is a command to be answered with OK."""
    def run(bench):
        for step in steps:
            if isinstance(step, str):
                bench.ask(step)
            else:
                step(bench)
    return run


def setting(**values):
    """Attributes of the module or the fake network."""
    def run(bench):
        for name, value in values.items():
            target = bench.network if hasattr(bench.network, name) else bench.module
            setattr(target, name, copy.copy(value))
    return run


def refuse(bench):
    bench.network.refuse.add("192.0.2.10")


def unacknowledged(count):
    def run(bench):
        stream(bench).pending = count
    return run


def end(reset):
    return lambda bench: stream(bench).close_by_peer(reset)


def ten_sent(bench):
    bench.send(b"0123456789")


def flowed_off(bench):
    """Three bytes in the accumulating buffer and a peer that acknowledges nothing."""
    stream(bench).pending = 10240
    bench.ask('AT+MIPSEND=1,"010203"', until=b"+MIPXOFF: 1\r\n")


def push_by_time(bench):
    """Bytes that the module pushes by itself after 100 ms, into a send buffer that is nearly full then."""
    bench.open(3)
    bench.ask("AT+MIPSETS=3,2048,100")
    bench.ask('AT+MIPSEND=3,"0102030405"')
    stream(bench).pending = 9000


def calling(bench):
    bench.ask('AT+MIPCALL=1,"internet"')


def suspended(bench):
    bench.online()
    bench.suspend()


READ_FORMAT = 'AT+GTSET="IPRFMT",5'
THREE = 'AT+MIPSEND=1,"010203"'
ACKS = "AT+MIPCONF=1,5,5,600,75,{}"

# Keys: ids of the NL668 vectors; the same exchange of the L610 manual has a section number one lower between
# 1.1.12 and 1.1.17.
CASES = {
    "3.1": Case(setting(LOCAL_ADDRESS="10.34.7.211"), link=False),
    "3.2a": Case(),
    "3.2b": Case(),
    "3.2c": Case(),
    "3.3a": Case(tcp(), peer={4: feed(b"123456")}),
    "3.3b": Case(tcp(), peer={4: feed(b"1234567890")}),
    "3.3c": Case(tcp(), peer={5: feed(b"12345678901234567890")}),
    "3.4": Case(peer={7: feed(b"1234567890")}),
    "3.5": Case(peer={7: datagram(b"1234567890", "111.231.250.105", 5092)}),
    "3.6": Case(setting(round_trips=[3491, 1874, 618, 2202])),
    "3.7": Case(),
    "3.8": Case(setting(names={"www.baidu.com": ["180.97.33.107"]})),
    "3.9": Case(),
    "3.10": Case(peer={9: feed(b"1234567890")}),
    "3.11": Case(tcp()),
    "1.1.1-apn": Case(setting(LOCAL_ADDRESS="192.0.2.1"), link=False),
    "1.1.1-dual": Case(setting(LOCAL_ADDRESS="192.0.2.1", LOCAL_ADDRESS6=V6), link=False),
    "1.1.1-release": Case(),
    "1.1.1-error": Case(),      # the link is up already
    "1.1.1-read-up": Case(does(setting(LOCAL_ADDRESS="192.0.2.1"), MipBench.call), link=False),
    "1.1.1-read-dual": Case(does(setting(LOCAL_ADDRESS="192.0.2.1", LOCAL_ADDRESS6=V6),
                                 lambda bench: bench.call('AT+MIPCALL=3,"internet"')), link=False),
    "1.1.1-read-down": Case(link=False),
    "1.1.1-read-busy": Case(calling, link=False, violates=True),
    "1.1.2-tcp": Case(),
    "1.1.2-tcp6": Case(),
    "1.1.2-udp6": Case(),
    "1.1.2-tls6": Case(),
    "1.1.2-fail": Case(refuse),
    "1.1.2-error": Case(tcp()),     # the number is in use
    "1.1.2-listen": Case(peer={2: lambda bench: bench.network.accept(bench.network.listeners[-1],
                                                                     "192.0.2.10", 40000)}),
    "1.1.2-read-none": Case(all_open),
    "1.1.3-acked": Case(does(ACKS.format(1), tcp(), ten_sent)),
    "1.1.3-timeout": Case(does(tcp(), unacknowledged(5))),
    "1.1.3-rst": Case(tcp(), peer={2: end(True)}),
    "1.1.3-error": Case(),
    "1.1.3-read-none": Case(),
    "1.1.4-set": Case(tcp()),
    "1.1.4-rejected": Case(does(tcp(), THREE)),
    "1.1.4-read": Case(does(tcp(), "AT+MIPSETS=1,512,200")),
    "1.1.4-read-none": Case(),
    "1.1.5-set": Case(tcp()),
    "1.1.5-read": Case(does(tcp(), "AT+MIPDSETS=1,1024,100")),
    "1.1.5-read-none": Case(),
    "1.1.6-send": Case(tcp()),
    "1.1.6-error": Case(violates=True),
    "1.1.6-read": Case(does(tcp(), THREE)),
    "1.1.6-read-none": Case(),
    "1.1.7-push": Case(does(tcp(), THREE)),
    "1.1.7-push-short": Case(does(tcp(), THREE), quirks=("push-short",)),
    "1.1.7-empty": Case(tcp()),
    "1.1.7-flow": Case(does(tcp(), flowed_off)),
    "1.1.7-udp": Case(does(udp(host="192.0.2.99", port=9), 'AT+MIPSEND=2,"010203"')),
    "1.1.7-udp6": Case(does(udp(protocol=61, host=V6), 'AT+MIPSEND=2,"010203"')),
    "1.1.7-read-none": Case(),
    "1.1.8-flush": Case(does(tcp(), THREE)),
    "1.1.8-error": Case(violates=True),
    "1.1.8-read-none": Case(),
    "1.1.9-fmt0": Case(udp(), peer={0: datagram(b"hello")}),
    "1.1.9-fmt0-v6": Case(udp(protocol=61, host=V6), peer={0: datagram(b"hi", "2001:db8::10")}),
    "1.1.9-fmt2": Case(does('AT+GTSET="IPRFMT",2', udp()), peer={0: datagram(b"he\r\nl")}),
    "1.1.10-fmt0": Case(tcp(), peer={0: feed(b"hello")}),
    "1.1.10-fmt2": Case(does('AT+GTSET="IPRFMT",2', tcp()), peer={0: feed(b"he\r\nl"), 1: end(True)}),
    "1.1.10-fmt2-crlf": Case(does('AT+GTSET="IPRFMT",2', tcp()), peer={0: feed(b"hello"), 1: end(True)},
                             quirks=("raw-crlf",)),
    "1.2.4-fmt1": Case(tcp(), peer={2: feed(b"hello")}),
    "1.1.12-ack": Case(does(ACKS.format(2), tcp(), ten_sent)),
    "1.1.12-broken": Case(tcp(), peer={0: end(True)}),
    "1.1.12-alert": Case(tcp(), peer={0: end(False)}),
    "1.1.13-set": Case(),
    "1.1.13-set-last": Case(),
    "1.1.13-read": Case(),
    "1.1.14-on": Case(),
    "1.1.14-read-on": Case(does("AT+MIPKEEPCONF=1,7200,65,9")),
    "1.1.14-read-off": Case(),
    "1.1.15-lost": Case(setting(round_trips=[None, None])),
    "1.1.15-abort": Case(),
    "1.1.15-abort-idle": Case(),
    "1.1.15-ttl": Case(),
    "1.1.15-read": Case(),
    "1.1.15-v6": Case(setting(round_trips=[50])),
    "1.1.17-set": Case(),
    "1.1.17-clear": Case(),
    "msv6dns-set": Case(),
    "msv6dns-clear": Case(),
    "1.1.18-fail": Case(refuse),
    "1.1.18-error": Case(suspended),
    "1.1.18-read-none": Case(all_open),
    "1.1.18-data": Case(peer={4: feed(b"pong\r\n")}),
    "1.1.19-xoff": Case(push_by_time, peer={1: unacknowledged(0)}),
    "1.1.21-ok": Case(),
    "1.1.21-v6": Case(setting(names={"example.com": [V6]})),
    "1.1.21-error": Case(setting(unknown={"nosuch.invalid"})),
    "1.1.22-ok": Case(),
    "1.1.22-v6": Case(),
    "1.1.22-fail": Case(setting(time=None)),
    "1.1.23-data": Case(does(READ_FORMAT, tcp()), peer={0: feed(b"a\r\nOK\r\nb")}, quirks=("read-tables",)),
    "1.1.23-empty": Case(does(READ_FORMAT, tcp()), quirks=("read-tables",)),
    "1.1.23-read-none": Case(does(READ_FORMAT, tcp())),
    "1.1.23-read": Case(does(READ_FORMAT, tcp(), feed(b"0123456789"), MipBench.rx), quirks=("read-tables",)),
    "1.1.23-error": Case(does(READ_FORMAT), violates=True),
    "1.1.24-urc": Case(suspended, peer={0: feed(b"hello")}),
    "1.1.24-suspend": Case(peer={6: feed(b"hello")}),
    "1.2.1-tcp": Case(tcp(), quirks=("prompt-crlf",)),
    "1.2.1-empty": Case(tcp(), quirks=("prompt-crlf",)),
    "1.2.1-udp": Case(udp(), quirks=("prompt-crlf", "push-tables")),
    "1.2.2-tcp": Case(tcp(), quirks=("prompt-crlf",)),
    "1.2.3-tcp-prompt-plain": Case(tcp(), quirks=("prompt-plain",)),
    "1.2.3-tcp-prompt-crlf": Case(tcp(), quirks=("prompt-crlf",)),
    "1.2.3-tcp-prompt-both": Case(tcp(), quirks=("prompt-both",)),
    "1.2.3-udp": Case(udp(), quirks=("prompt-crlf", "push-tables")),
    "1.2.3-error": Case(violates=True),
    "1.2.3-binary": Case(tcp(), quirks=("prompt-crlf",)),
    "1.2.4-error": Case(violates=True),
}

# Readings of the tables that these modules do not share: left out of the replay on purpose.
OTHER_READINGS = {
    "1.1.6-xoff",           # <FreeSize> 0 while flowed off; here it counts the accumulating buffer
    "1.1.10-fmt0-left",     # pieces of different lengths
    "1.2.3-flow",           # data refused with status 1 is kept: quirk flow-kept, tested apart
}


def key(dialect, vector_id):
    """The id under which CASES knows a vector."""
    section, _, rest = vector_id.partition("-")
    place = int(section.split(".")[2]) if section.count(".") == 2 else 0
    if dialect == "l610" and section.startswith("1.1.") and 11 <= place <= 16:
        return f"1.1.{place + 1}-{rest}"
    if dialect == "l610" and section == "1.1.17":
        return f"msv6dns-{rest}"
    return vector_id


def replayed():
    for dialect in MODULES:
        for vector in json.loads((SPEC / f"{dialect}.vectors.json").read_text(encoding="utf-8")):
            if key(dialect, vector["id"]) not in OTHER_READINGS:
                yield pytest.param(dialect, vector, id=f"{dialect}-{vector['id']}")


@pytest.mark.parametrize("dialect, vector", list(replayed()))
def test_vector(dialect, vector):
    case = CASES[key(dialect, vector["id"])]
    module_class = MODULES[dialect]
    quirks = [name for name in case.quirks if name in all_quirks(module_class)]
    b = MipBench(module_class, quirks=quirks, link=case.link)
    case.before(b)
    b.rx()
    assert b.module.violations == [] or case.violates
    b.play(vector["steps"], {step: lambda act=act: act(b) for step, act in case.peer.items()})
    assert bool(b.module.violations) == case.violates, b.module.violations


@pytest.mark.parametrize("dialect", MODULES)
def test_only_readings_are_left_out(dialect):
    vectors = json.loads((SPEC / f"{dialect}.vectors.json").read_text(encoding="utf-8"))
    left_out = [vector for vector in vectors if key(dialect, vector["id"]) in OTHER_READINGS]
    assert all(vector.get("reading") for vector in left_out)
    assert len(vectors) - len(left_out) >= 97
