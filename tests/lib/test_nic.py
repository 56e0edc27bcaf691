"""NIC, and recover() on its first rung: MicroPython's network interface over the modem."""

import atsock
from atsock.nic import STAT_CONNECTING, STAT_GOT_IP, STAT_IDLE
from cases import cases
from fakes import new_modem, raises
from frames import DIALECTS, OK, line, speech
from scenes import attached


@cases("dialect", DIALECTS)
def test_nic_comes_and_goes(dialect):
    """active, connect, the address, disconnect."""
    modem, tape, clock = new_modem(dialect)
    tape.auto = speech(dialect).attach()
    nic = atsock.NIC(modem)
    assert not nic.active() and not nic.isconnected() and nic.status() == 0
    raises(RuntimeError, nic.connect, "internet")
    nic.active(True)
    nic.connect("internet")
    assert nic.isconnected() and nic.status() == 3
    assert nic.ifconfig()[0] == "10.0.0.1"
    assert nic.ipconfig("addr4") == ("10.0.0.1", 32)


@cases("dialect", DIALECTS)
def test_nic_is_switched_off(dialect):
    """Which disconnects, if there is something to be disconnected."""
    modem, tape, clock, says = attached(dialect)
    sent = []
    down = {b"AT+NETCLOSE": line(b"+NETCLOSE: 0"), b"AT+MIPCALL=0": line(b"+MIPCALL: 0")}
    tape.auto = lambda command: sent.append(command) or OK + down.get(command, b"")
    nic = atsock.NIC(modem)
    assert nic.active(True) is nic.active() is True
    assert nic.isconnected() and not sent
    assert nic.active(False) is nic.active() is False
    assert not nic.isconnected() and len(sent) == 1
    assert nic.active(False) is False
    assert len(sent) == 1
    assert nic.ifconfig() == ("0.0.0.0", "255.255.255.255", "0.0.0.0", "0.0.0.0")


def test_nic_tells_the_state_while_it_connects():
    modem, tape, clock = new_modem("bg96")
    nic = atsock.NIC(modem)
    nic.active(True)
    seen = []
    modem.attach = lambda apn, **settings: seen.append((apn, settings, nic.status()))
    nic.connect("internet", "key")
    nic.connect("internet", "key", user="me")
    nic.connect("internet", "key", user="me", password="secret", auth=1)
    assert seen == [
        ("internet", {}, 1), ("internet", {"user": "me", "password": "key"}, 1),
        ("internet", {"user": "me", "password": "secret", "auth": 1}, 1),
    ]  # fmt: skip
    assert nic.status() == 0


def test_nic_of_either_family():
    modem, tape, clock, says = attached("bg96")
    nic = atsock.NIC(modem)
    assert nic.ipconfig("addr6") == [] and nic.ipconfig("gw4") == "0.0.0.0" and nic.ipconfig("has_dhcp4") is False
    modem._session.set_connected("2001:db8::1")
    assert nic.ipconfig("addr4") == ("0.0.0.0", 32) and nic.ipconfig("addr6") == [("2001:db8::1", 0, 0, 0)]
    tape.auto = lambda command: line(b"+CSQ: 20,99") + OK
    assert nic.status("rssi") == -73


def test_nic_numbers():
    """As network.WLAN's: programs compare with 0 and 3, too."""
    assert (STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP) == (0, 1, 3)


def test_nic_says_what_it_does_not_know():
    modem, tape, clock = new_modem("bg96")
    nic = atsock.NIC(modem)
    raises(ValueError, nic.config, "mac")
    raises(ValueError, nic.status, "stations")
    raises(ValueError, nic.ifconfig, ("1.2.3.4", "255.255.255.0", "1.2.3.1", "1.1.1.1"))
    for name in ("dns", "ADDR4"):
        raises(ValueError, nic.ipconfig, name)
    raises(ValueError, nic.ipconfig)
    raises(ValueError, nic.ipconfig, "addr4", "addr6")
    raises(ValueError, lambda: nic.ipconfig("addr4", dhcp4=True))
    raises(ValueError, lambda: nic.config(mac=b"123456"))
    assert nic.config(apn="internet") is None
    assert nic.config("apn") == "internet"
    raises(ValueError, lambda: nic.config(apn='a"b'))
    assert nic.config("apn") == "internet"


@cases("dialect", DIALECTS)
def test_recover_attaches_anew(dialect):
    """After the network was lost recover() gives the address again."""
    modem, tape, clock, says = attached(dialect)
    modem._engine.network_losses += 1
    assert not modem.isconnected()
    tape.auto = says.attach()
    assert modem.recover() and modem.local_address() == "10.0.0.1"
    assert modem.isconnected()
