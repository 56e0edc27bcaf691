"""The BG96 against every example of its manual (TCP/IP AT Commands Manual V1.0, chapters 2 and 3)."""

import pytest

from atsock_host.simulator.quectel import Bg96
from bg96bench import accepted, connected, listening, make, udp_service
from simbench import Bench, vectors

VECTORS = {vector["id"]: vector for vector in vectors("bg96")}


def show_as_printed(b):
    """The peer and ports of the printed +QISTATE line, which is not that of the opened socket (B4)."""
    sock = b.module.sockets[0]
    sock.address, sock.remote_port, sock.local_port = "220.180.239.201", 8705, 65514


def plain(name):
    return Bench(Bg96), {}


def configured(name):
    b = plain(name)[0]
    b.ask('AT+QICSGP=1,1,"UNINET","","",1')
    return b, {}


def active(name):
    return make(), {}


def opened_for_state(name):
    b = make()
    return b, {3: lambda: show_as_printed(b)}


def open_tcp(name):
    return connected(1 if name.startswith("3.4") else 0), {}


def peer_sends_test1(name):
    b = connected()
    return b, {0: lambda: b.network.streams[0].feed(b"test1")}


def transparent(name):
    return connected(2), {}


def peer_sends_test_1(name):
    b = connected(2)
    return b, {0: lambda: b.network.streams[0].feed(b"Test 1")}


def peer_pushes_test(name):
    b = connected(1)
    return b, {0: lambda: b.network.streams[0].feed(b"test")}


def client_comes(name):
    b = listening()
    return b, {0: lambda: b.network.accept(b.network.listeners[0], "172.31.242.222", 54091)}


def client_sends_test(name):
    b = accepted()
    return b, {0: lambda: b.network.streams[0].feed(b"test")}


def incoming(name):
    return accepted(), {}


def service(name):
    return udp_service(), {}


def service_hears(name):
    b = udp_service()
    return b, {0: lambda: b.network.sockets[0].put_received(b"AAAA", "10.7.76.34", 7687)}


def baidu(name):
    b = make()
    b.network.names["www.baidu.com"] = ["61.135.169.125"]
    b.network.round_trips = [192, 240, 241, 479]
    return b, {}


def china_time(name):
    b = make()
    b.module.zone_of_network = 32
    return b, {3: lambda: b.wait(47_000)}


SETUPS = {
    "2.1.1": plain,
    "3.1.1": plain,
    "3.1.2": configured,
    "3.1.3": active,
    "3.2.1": opened_for_state,
    "3.2.2": open_tcp,
    "3.2.3": peer_sends_test1,
    "3.2.4": open_tcp,
    "3.3.1": active,
    "3.3.2": transparent,
    "3.3.3": peer_sends_test_1,
    "3.3.4": transparent,
    "3.4.1": opened_for_state,
    "3.4.2": open_tcp,
    "3.4.3": peer_pushes_test,
    "3.4.4": open_tcp,
    "3.5.1": active,
    "3.5.2": client_comes,
    "3.5.3": client_sends_test,
    "3.5.4": incoming,
    "3.6.1": active,
    "3.6.2": service,
    "3.6.3": service_hears,
    "3.6.4": service,
    "3.7": baidu,
    "3.8": china_time,
    "3.9": active,
}


def test_every_example_of_the_manual_has_a_setup():
    assert set(SETUPS) == set(VECTORS)


@pytest.mark.parametrize("name", VECTORS)
def test_example_of_the_manual(name):
    b, peer = SETUPS[name](name)
    b.play(VECTORS[name]["steps"], peer)
    wrong_on_purpose = (
        ['argument 2 must be a number, not \'TCP\' [AT+QIOPEN=1,"TCP","220.180.239.212",8009,0,1]']
        if name == "3.9"
        else []
    )
    assert b.module.violations == wrong_on_purpose


def test_transparent_bytes_reach_the_peer():
    """3.3.2: the manual prints no bytes, only that all of them go to the network."""
    b = connected(2)
    b.tx(bytes(range(256)))
    b.wait(200)
    assert b.network.streams[0].sent == bytes(range(256))


def test_the_last_error_is_one_of_tcp_ip():
    b = make()
    b.ask('AT+QICFG="nonsense"', until=b"ERROR\r\n")
    b.ask("AT+QIGETERROR", until=b"552, invalid parameters\r\n\r\nOK\r\n")
    b.ask("AT+QISDE=0")
    b.ask("AT+CREG=9", until=b"ERROR\r\n")
    assert b.ask("AT+QIGETERROR").startswith(b"\r\n+QIGETERROR: 0, ")


# ---- the counter of data (AT+QGDCNT)


def test_data_are_counted_and_saved():
    b = connected()
    assert b.ask("AT+QGDCNT=?") == b"\r\n+QGDCNT: (0,1)\r\n\r\nOK\r\n"
    assert b.ask("AT+QGDCNT?") == b"\r\n+QGDCNT: 0,0\r\n\r\nOK\r\n"
    b.ask('AT+QISENDEX=0,"3132"')
    b.network.streams[0].feed(b"abc")
    b.ask('AT+QIOPEN=1,1,"UDP SERVICE","127.0.0.1",0,3030,0', until=b"+QIOPEN: 1,0\r\n")
    b.ask('AT+QISEND=1,1,"10.7.89.10",6969', until=b"> ")
    b.tx("x")
    b.network.sockets[0].put_received(b"four", "10.7.89.10", 6969)
    b.rx()
    assert b.ask("AT+QGDCNT?") == b"\r\n+QGDCNT: 3,7\r\n\r\nOK\r\n"
    b.ask("AT+QGDCNT=1")
    b.network.sockets[0].put_received(b"lost", "10.7.89.10", 6969)
    restarted(b)
    assert b.ask("AT+QGDCNT?") == b"\r\n+QGDCNT: 3,7\r\n\r\nOK\r\n"
    b.ask("AT+QGDCNT=0")
    assert b.ask("AT+QGDCNT?") == b"\r\n+QGDCNT: 0,0\r\n\r\nOK\r\n"
    restarted(b)        # what is in the flash was not touched
    assert b.ask("AT+QGDCNT?") == b"\r\n+QGDCNT: 3,7\r\n\r\nOK\r\n"


def test_the_counter_saves_itself():
    b = connected()
    assert b.ask("AT+QAUGDCNT=?") == b"\r\n+QAUGDCNT: (0,30-65535)\r\n\r\nOK\r\n"
    b.ask("AT+QAUGDCNT=60")
    b.ask("AT+QAUGDCNT=30")
    assert b.ask("AT+QAUGDCNT?") == b"\r\n+QAUGDCNT: 30\r\n\r\nOK\r\n"
    b.wait(30_001)
    b.network.streams[0].feed(b"abc")
    b.wait(30_001)
    b.network.streams[0].feed(b"lost")
    restarted(b)
    assert b.ask("AT+QGDCNT?") == b"\r\n+QGDCNT: 0,3\r\n\r\nOK\r\n"
    assert b.ask("AT+QAUGDCNT?") == b"\r\n+QAUGDCNT: 0\r\n\r\nOK\r\n"
    assert b.module.next_deadline_ms() is None
    b.ask("AT+QAUGDCNT=30")
    b.ask("AT+QAUGDCNT=0")
    assert b.module.next_deadline_ms() is None


@pytest.mark.parametrize("command", ["AT+QGDCNT=2", "AT+QGDCNT", "AT+QAUGDCNT=29", "AT+QAUGDCNT=65536", "AT+QAUGDCNT"])
def test_the_counter_refuses_what_its_manual_does_not_have(command):
    b = make()
    assert b.ask(command, until=b"ERROR\r\n") == b"\r\nERROR\r\n"


def restarted(b):
    b.module.restart()
    b.module.echo = False
    b.wait(10_000)
    b.rx()
