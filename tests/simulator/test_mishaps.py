"""What goes wrong once, at one step of the protocol: by name, by number, by seed."""

import pytest
from atsock_host.simulator.faults import UnknownFault, Wire, sort_out
from atsock_host.simulator.mishaps import FAULTS, STEPS, Mishaps, is_mishap
from atsock_host.simulator.quectel import Bg96
from atsock_host.simulator.registry import DIALECTS, module_class
from simbench import Bench, FakeNetwork

REQUIRED = {
    "drop-urc", "urc-storm", "reboot", "pdp-drop", "garbage", "slow-prompt", "lost-prompt", "send-fail", "close",
    "lost-ok", "echo-on", "dup-urc", "urc-delay", "open-fail", "lost-byte", "hang", "silent-reboot",
}  # fmt: skip


class EndingNetwork(FakeNetwork):
    def peers_end(self):
        for stream in self.streams:
            stream.close_by_peer()


def bench(*planned, dialect="bg96", seed=1):
    b = Bench(module_class(dialect))
    b.network = EndingNetwork()
    b.network.owner = b.module
    b.module.network = b.network
    b.module.mishaps = Mishaps(b.module, seed)
    for text in planned:
        name, _, count = text.partition(":")
        b.module.mishaps.switch(name, int(count or 1))
    return b


def opened(*planned, mode=0):
    """A BG96 with a connection of id 0, and the mishaps planned then."""
    b = bench()
    b.ask("AT+QIACT=1")
    b.ask(f'AT+QIOPEN=1,0,"TCP","192.0.2.10",80,0,{mode}', b'+QIOPEN: 0,0\r\n')
    for text in planned:
        name, _, count = text.partition(":")
        b.module.mishaps.switch(name, int(count or 1))
    return b


def settled(b, ms=100):
    b.wait(ms)
    return b.rx()


def test_names():
    assert set(FAULTS) == REQUIRED
    for name in FAULTS:
        for step in STEPS:
            assert is_mishap(f"{name}@{step}")
    assert is_mishap("reboot@+QIOPEN") and is_mishap("chaos")
    for wrong in ("reboot", "reboot@", "reboot@nowhere", "flood@open", "reboot@open:2"):
        assert not is_mishap(wrong)
    assert sort_out(["reboot@open:3", "lost-ok@+CSQ", "chaos", "drop"], Bg96) == (
        {"reboot@open": 3, "lost-ok@+CSQ": 1, "chaos": 200, "drop": 1000}, [])
    for wrong in ("reboot@nowhere", "reboot@open:x"):
        with pytest.raises(UnknownFault):
            sort_out([wrong], Bg96)


def test_switched_through_the_wire():
    b = bench()
    wire = Wire(seed=1)
    wire.mishaps = b.module.mishaps
    wire.switch("lost-ok@command", 2)
    wire.switch("chaos", 50)
    assert wire.on() == ["chaos", "lost-ok@command"]
    wire.switch("chaos", None)
    assert b.ask("AT") == b"\r\nOK\r\n"
    b.tx("AT\r")
    assert settled(b) == b""
    assert wire.on() == []
    assert b.module.mishaps.happened == ["lost-ok@command"]


def test_counted_from_one():
    b = bench("lost-ok@+CSQ:3")
    for _ in range(2):
        assert b.ask("AT+CSQ").endswith(b"OK\r\n")
    b.tx("AT+CSQ\r")
    assert settled(b).startswith(b"\r\n+CSQ:") and b.module.mishaps.happened == ["lost-ok@+CSQ"]
    assert b.ask("AT+CSQ").endswith(b"OK\r\n")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_restarts(dialect):
    """Nothing more is heard or written; the words of the start follow, or none."""
    for name, says in (("reboot", True), ("silent-reboot", False)):
        b = bench(f"{name}@+CSQ", dialect=dialect)
        b.tx("AT+CSQ\r")
        b.tx("AT\r")
        said = settled(b, 1)
        assert b"CSQ" not in said and b"OK" not in said
        assert not b.module.alive
        said = settled(b, 20_000)
        assert bool(said) == (says and bool(b.module.boot_words())), said
        assert b.module.alive and b.module.echo
        assert b.ask("AT").endswith(b"OK\r\n")


def test_hangs_until_restarted():
    b = bench("hang@command")
    b.tx("AT\r")
    assert settled(b, 60_000) == b""
    b.tx("AT\r")
    assert settled(b, 60_000) == b""
    b.module.restart(off_words=())
    b.wait(20_000)
    b.rx()
    assert b.ask("AT").endswith(b"OK\r\n")


def test_restart_in_the_middle_of_received_data():
    b = opened("reboot@counted")
    b.network.streams[0].feed(b"x" * 100)
    b.rx()
    b.tx("AT+QIRD=0,1500\r")
    head = settled(b, 1)
    assert head.startswith(b"\r\n+QIRD: 100\r\nxx") and 40 < head.count(b"x") < 60
    assert settled(b, 20_000).startswith(b"\r\nRDY\r\n")


def test_restart_in_the_middle_of_a_payload():
    b = opened("reboot@payload")
    assert b.ask("AT+QISEND=0,100", b"> ") == b"\r\n> "
    b.tx("x" * 100)
    assert settled(b, 20_000).startswith(b"\r\nRDY\r\n")
    assert b.network.streams == []


def test_results_and_prompts():
    b = opened("lost-prompt@command")
    b.tx("AT+QISEND=0,3\r")
    assert settled(b) == b""
    b.tx("abc")
    assert settled(b) == b"abc\r\nSEND OK\r\n"
    b = opened("slow-prompt@prompt")
    b.tx("AT+QISEND=0,3\r")
    assert settled(b, 2999) == b"" and settled(b, 1) == b"\r\n> "
    b = opened("send-fail@payload")
    b.ask("AT+QISEND=0,4", b"> ")
    b.tx("abcd")
    assert settled(b) == b"abcd\r\nSEND FAIL\r\n"
    b = opened("lost-byte@payload")
    b.ask("AT+QISEND=0,4", b"> ")
    b.tx("abcd")
    assert settled(b) == b"abd"
    b.tx("e")
    assert bytes(b.network.streams[0].sent) == b"abde"


def test_unsolicited_lines():
    notice = b'\r\n+QIURC: "recv",0\r\n'
    for name, first, later in (("drop-urc", b"", b""), ("dup-urc", notice * 2, b""), ("urc-delay", b"", notice)):
        b = opened(f"{name}@announce")
        b.network.streams[0].feed(b"x")
        assert settled(b) == first, name
        assert settled(b, 5000) == later, name
    b = bench("urc-storm@command")
    assert b.ask("AT").count(b"\r\n") == 82
    assert b.module.mishaps.happened == ["urc-storm@command"]


def test_pushed_data_is_no_unsolicited_line():
    b = opened("dup-urc@counted", "drop-urc@counted", mode=1)
    b.network.streams[0].feed(b"xyz")
    assert settled(b) == b'\r\n+QIURC: "recv",0,3\r\nxyz\r\n'


def test_bytes():
    b = bench("garbage@result")
    assert len(b.ask("AT", b"K\r\n")) == len(b"\r\nOK\r\n") + 40
    b = bench("lost-byte@result")
    b.tx("AT\r")
    assert len(settled(b)) == len(b"\r\nOK\r\n") - 1
    b = bench("echo-on@command")
    assert b.ask("AT") == b"\r\nOK\r\n"
    assert b.ask("AT") == b"AT\r\r\nOK\r\n"


def test_network_and_peers():
    b = opened("pdp-drop@+CSQ")
    b.ask("AT+CSQ")
    assert b'+QIURC: "pdpdeact",1' in settled(b)
    assert not b.module.registered
    b.wait(3000)
    assert b.module.registered
    b = opened("close@+CSQ")
    b.ask("AT+CSQ")
    assert settled(b) == b'\r\n+QIURC: "closed",0\r\n'
    b = bench("open-fail@open")
    b.ask("AT+QIACT=1")
    b.tx('AT+QIOPEN=1,0,"TCP","192.0.2.10",80,0,0\r')
    assert settled(b, 200_000) == b"\r\nOK\r\n\r\n+QIOPEN: 0,556\r\n"


def chaos(seed, steps):
    b = bench(seed=seed)
    b.module.mishaps.switch("chaos", 20)
    for _ in range(steps):
        b.tx("AT+CSQ\r")
        b.wait(10_000)
        b.rx()
        if not b.module.alive:
            b.module.restart()
            b.wait(10_000)
    return b.module.mishaps.happened


def test_chaos_is_repeatable():
    assert chaos(7, 300) == chaos(7, 300) != chaos(8, 300)
    assert {name.partition("@")[0] for name in chaos(7, 3000)} == REQUIRED


def test_nothing_is_left_of_what_was_planned():
    b = bench("lost-ok@+CSQ", "drop-urc@command")
    b.ask("AT")
    b.module.mishaps.quiet()
    assert b.ask("AT+CSQ").endswith(b"OK\r\n")
    assert b.module.mishaps.planned() == []
