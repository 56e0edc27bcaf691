"""NIC, and recover() on its first rung: MicroPython's network interface over the modem."""

import atsock
from cases import cases
from fakes import new_modem, raises
from frames import DIALECTS, speech
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


def test_nic_says_what_it_does_not_know():
    modem, tape, clock = new_modem("bg96")
    nic = atsock.NIC(modem)
    raises(ValueError, nic.config, "mac")
    raises(ValueError, nic.status, "stations")
    raises(ValueError, nic.ifconfig, ("1.2.3.4", "255.255.255.0", "1.2.3.1", "1.1.1.1"))
    nic.config(apn="internet")
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
