"""Ping, names and time of the Fibocom modules, beyond the manuals' examples."""

from fibocombench import PEER, MipBench

from atsock_host.simulator.fibocom import L610, NL668


def test_one_ping_at_a_time():
    b = MipBench(L610)
    b.ask(f'AT+MPING=1,"{PEER}"')
    b.ask(f'AT+MPING=1,"{PEER}"', until=b"ERROR\r\n")
    b.ask("AT+MPING?")
    assert [text.split(" [")[0] for text in b.module.violations] == [
        "a ping is running already", "query while the results of AT+MPING are outstanding"]


def test_a_ping_to_nowhere():
    b = MipBench(NL668)
    b.network.unknown.add("nosuch.invalid")
    b.ask('AT+MPING=1,"nosuch.invalid"')
    assert b.read_until(b"\r\n") == b"\r\n+MPINGSTAT: 2\r\n"
    b.network.round_trips = [10, None]
    b.ask('AT+MPING=1,"example.com",2,32,64,0,1000')
    assert b.read_until(b"2,1,10\r\n") == (b'\r\n+MPING: "192.0.2.10",0,0,10\r\n\r\n+MPINGSTAT: 1\r\n'
                                          b'\r\n+MPINGSTAT: 0,"192.0.2.10",2,1,10\r\n')


def test_a_lost_link_ends_the_ping():
    b = MipBench(NL668)
    b.ask(f'AT+MPING=1,"{PEER}"')
    b.module.network_lost()
    b.wait(10_000)
    assert b.rx() == b"\r\n+MPINGSTAT: 2\r\n\r\n+MIPCALL: 0\r\n"


def test_resolving_both_families():
    b = MipBench(L610)
    b.network.names["dual.example"] = ["192.0.2.20"]
    assert b.ask('AT+MIPDNS="dual.example",0') == b'\r\n+MIPDNS: "dual.example",192.0.2.20\r\n\r\nOK\r\n'
    assert b.ask('AT+MIPDNS="dual.example",2').count(b'+MIPDNS: "dual.example",') == 2
