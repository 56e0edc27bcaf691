"""The line as modules take it: CR and CR LF, echo as typed, backspace."""

import pytest

from atsock_host.simulator.common import CommonModule
from atsock_host.simulator.fibocom import L610, NL668
from atsock_host.simulator.quectel import Bg96
from atsock_host.simulator.simcom import A7600, SIM7028
from bg96bench import SERVER
from fibocombench import MipBench
from simbench import Bench


def sample(**settings):
    return Bench(CommonModule, **settings)


def crlf(b, line, until=b"OK\r\n"):
    """A host that ends its lines with CR LF."""
    b.tx(line + "\r\n")
    return b.read_until(until)


def open_bg96(quirks=()):
    b = Bench(Bg96, quirks=quirks)
    crlf(b, "AT+QISDE=0")
    crlf(b, "AT+QIACT=1")
    return b


def open_simcom(module_class, quirks=()):
    b = Bench(module_class, quirks=quirks)
    crlf(b, "AT+NETOPEN", b"+NETOPEN: 0\r\n")
    crlf(b, 'AT+CIPOPEN=0,"TCP","192.0.2.10",7', b"+CIPOPEN: 0,0\r\n")
    return b


# ---- a payload behind a prompt


@pytest.mark.parametrize("payload", [b"hello", b"\nhello", b"\r\nhello", b"\n"])
def test_bg96_takes_crlf_before_a_payload(payload):
    b = open_bg96()
    crlf(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', b"+QIOPEN: 0,0\r\n")
    assert crlf(b, f"AT+QISEND=0,{len(payload)}", b"> ") == b"\r\n> "
    b.tx(payload)
    assert b.rx() == b"\r\nSEND OK\r\n"
    assert b.network.streams[0].sent == payload
    assert b.module.violations == []


@pytest.mark.parametrize("module_class", [A7600, SIM7028])
@pytest.mark.parametrize("payload", [b"hello", b"\nhello", b"\n"])
def test_simcom_takes_crlf_before_a_payload(module_class, payload):
    b = open_simcom(module_class)
    crlf(b, f"AT+CIPSEND=0,{len(payload)}", b">")
    b.tx(payload)
    b.read_until(b"+CIPSEND: 0,%d,%d\r\n" % (len(payload), len(payload)))
    assert b.network.streams[0].sent == payload
    assert b.module.violations == []


@pytest.mark.parametrize("module_class", [NL668, L610])
@pytest.mark.parametrize("payload", [b"hello", b"\nhello", b"\n"])
def test_fibocom_takes_crlf_before_a_payload(module_class, payload):
    b = MipBench(module_class)
    stream = b.open()
    b.tx(f"AT+MIPSEND=1,{len(payload)}\r\n")
    assert b">" in b.rx()
    b.tx(payload)
    b.wait(10)
    assert b.rx().endswith(b"OK\r\n")
    assert stream.sent == payload
    assert b.module.violations == []


def test_a_payload_of_a_host_that_writes_cr_only_may_begin_with_lf():
    b = open_bg96()
    b.ask(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', b"+QIOPEN: 0,0\r\n")
    b.ask("AT")
    b.ask("AT+QISEND=0,3", b"> ")
    b.tx(b"\nab")
    assert b.network.streams[0].sent == b"\nab"


def test_a_lf_of_its_own_behind_an_open_prompt_is_that_of_the_line():
    """A host that writes CR and LF apart, and whose LF comes when the prompt is out already."""
    b = open_bg96()
    crlf(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', b"+QIOPEN: 0,0\r\n")
    b.ask("AT+QISEND=0,3", b"> ")
    b.tx(b"\n")
    b.tx(b"abc")
    assert b.network.streams[0].sent == b"abc"


def test_lf_is_data_on_request():
    b = open_bg96(quirks=("lf-is-data",))
    crlf(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', b"+QIOPEN: 0,0\r\n")
    crlf(b, "AT+QISEND=0,3", b"> ")
    b.tx(b"abc")
    assert b.network.streams[0].sent == b"\nab"


# ---- data mode


def escape(b):
    b.wait(1100)
    b.tx("+++")
    return b.read_until(b"OK\r\n")


def test_bg96_data_mode_begins_behind_the_lf():
    b = open_bg96()
    crlf(b, f'AT+QIOPEN=1,0,"TCP",{SERVER},0,2', b"CONNECT\r\n")
    b.tx(b"\nfirst")
    b.wait(1000)
    escape(b)
    crlf(b, "ATO", b"CONNECT\r\n")
    b.tx(b"second")
    b.wait(1000)
    assert b.network.streams[0].sent == b"\nfirstsecond"


@pytest.mark.parametrize("module_class", [A7600, SIM7028])
def test_simcom_data_mode_begins_behind_the_lf(module_class):
    b = Bench(module_class)
    crlf(b, "AT+CIPMODE=1")
    crlf(b, "AT+NETOPEN", b"+NETOPEN: 0\r\n")
    crlf(b, 'AT+CIPOPEN=0,"TCP","192.0.2.10",7', b"CONNECT 115200\r\n")
    b.tx(b"first")
    escape(b)
    crlf(b, "ATO", b"CONNECT 115200\r\n")
    b.tx(b"\nsecond")
    b.wait(100)
    assert b.network.streams[0].sent == b"first\nsecond"


@pytest.mark.parametrize("module_class", [NL668, L610])
def test_fibocom_data_mode_begins_behind_the_lf(module_class):
    b = MipBench(module_class)
    stream = b.online()
    b.tx(b"first")
    b.wait(1000)
    escape(b)
    b.tx("ATO\r\n")
    b.tx(b"second")
    b.wait(1000)
    assert stream.sent == b"firstsecond"


# ---- typing


def test_characters_are_echoed_as_they_are_typed():
    b = sample(echo=True)
    for typed, shown in (("A", b"A"), ("T+C", b"T+C"), ("SQ", b"SQ"), ("\r\n", b"\r\r\n+CSQ: 23,0\r\n\r\nOK\r\n")):
        b.tx(typed)
        assert b.rx() == shown


def test_backspace_takes_a_character_back():
    b = sample(echo=True)
    b.tx("ATX\b+CSW\bQ\r")
    assert b.rx() == b"ATX\b \b+CSW\b \bQ\r\r\n+CSQ: 23,0\r\n\r\nOK\r\n"
    b.tx("\b\bATE0X\x7f\r")
    assert b.rx() == b"ATE0X\b \b\r\r\nOK\r\n"
    assert b.module.violations == []


def test_s5_chooses_the_character_that_erases():
    b = sample(echo=True)
    b.ask("ATS5=35")
    b.tx("ATX#\r")
    assert b.rx() == b"ATX\b \b\r\r\nOK\r\n"
    b.ask("AT&F")
    b.tx("ATX\b\r")
    assert b.rx() == b"ATX\b \b\r\r\nOK\r\n"


def test_an_unsolicited_line_does_not_cut_what_is_being_typed():
    b = sample(echo=True)
    b.tx("AT+C")
    b.module.urc("RING")
    b.tx("SQ")
    assert b.rx() == b"AT+CSQ"
    b.tx("\r")
    assert b.rx() == b"\r\r\n+CSQ: 23,0\r\n\r\nOK\r\n\r\nRING\r\n"
    b.tx("AT")
    b.module.urc("RING")
    b.wait(1000)
    assert b.rx() == b"AT\r\nRING\r\n"      # nobody types on: the line waits a second, not for ever


@pytest.mark.parametrize("line", ["AT;", "AT;;", "AT ; ", "AT&W", "AT&W0", "AT&C1", "AT&E1", "AT&K0", "AT&S0", "AT\\Q3",
                                  "ATL1", "ATM0", "ATT", "ATP", "at&c1&d2\\q3+CSQ"])
@pytest.mark.parametrize("module_class", [Bg96, A7600, SIM7028, NL668, L610])
def test_settings_without_effect_are_accepted(module_class, line):
    b = Bench(module_class)
    assert b.ask(line).endswith(b"\r\nOK\r\n")
    assert b.module.violations == []
