"""One call of every form of the BG96's manual: in which state, what is sent, what comes back."""

from atsock_host.simulator.quectel import Bg96
from callbench import CallBench
from formcase import Case

SERVER = '"220.180.239.212",8009'
RANGES = ["(1-16)"]


def plain(*setup, **settings):
    """A BG96 after the commands of `setup`, without echo of data."""
    b = CallBench(Bg96, "bg96", **settings)
    for command in ("AT+QISDE=0",) + setup:
        b.ask(command)
    b.wait(1000)
    b.rx()
    return b


def active(*setup, **settings):
    return plain('AT+QICSGP=1,1,"UNINET","","",1', "AT+QIACT=1", *setup, **settings)


def connected(**settings):
    return active(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,0', **settings)


def service(**settings):
    return active('AT+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,3030,0', **settings)


def stream_has_data(**settings):
    b = connected(**settings)
    b.network.streams[0].feed(b"+QIRD: 3\r\nOK\r\n\x1a\x00")
    return b


def datagram_came(**settings):
    b = service(**settings)
    b.network.sockets[0].put_received(b"AAAA", "10.7.76.34", 7687)
    return b


def names_known(**settings):
    b = active(**settings)
    b.network.names["example.com"] = ["192.0.2.1", "192.0.2.2"]
    b.network.round_trips = [192, 240, 241, 479]
    return b


def synchronising(**settings):
    b = active(**settings)
    b.network.ntp = lambda server, port, done: b.module.after(100_000, lambda: done(None))
    b.ask('AT+QNTP=1,"192.0.2.7",123')
    return b


def sent_before(**settings):
    b = connected(**settings)
    b.network.streams[0].send(b"0123456789")
    b.network.streams[0].pending = 4
    return b


def online(**settings):
    b = active(**settings)
    b.tx(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,2\r')
    b.wait(1000)
    assert b.rx().startswith(b"\r\nCONNECT")
    return b


def escaped(**settings):
    b = online(**settings)
    b.wait(1100)
    b.tx("+++")
    b.wait(1100)
    assert b.rx() == b"\r\nOK\r\n"
    return b


STATE = (0, "TCP", "220.180.239.212", 8009, 49153, 2, 1, 0, 0, "usbmodem")

CASES = (
    Case("QICSGP.test", plain, "test", ("QICSGP",), "AT+QICSGP=?",
         ["(1-16)", "(1,2)", "<APN>", "<username>", "<password>", "(0-3)"]),
    Case("QICSGP.query", active, "call", ("QICSGP", 1), "AT+QICSGP=1", (1, "UNINET", "", "", 1)),
    Case("QICSGP.set", plain, "call", ("+QICSGP", 1, 1, "UNINET", "", "", 1), 'AT+QICSGP=1,1,"UNINET","","",1', None),
    Case("QICSGP.set", plain, "call", ("qicsgp", 2, 2, "net"), 'AT+QICSGP=2,2,"net"', None),
    Case("QIACT.test", plain, "test", ("QIACT",), "AT+QIACT=?", RANGES),
    Case("QIACT.read", active, "query", ("QIACT",), "AT+QIACT?", [(1, 1, 1, "10.7.157.1")]),
    Case("QIACT.read", plain, "query", ("QIACT",), "AT+QIACT?", []),
    Case("QIACT.activate", plain, "call", ("QIACT", 2), "AT+QIACT=2", None),
    Case("QIDEACT.test", plain, "test", ("QIDEACT",), "AT+QIDEACT=?", RANGES),
    Case("QIDEACT.deactivate", active, "call", ("QIDEACT", 1), "AT+QIDEACT=1", None),
    Case("QIOPEN.test", plain, "test", ("QIOPEN",), "AT+QIOPEN=?",
         ["(1-16)", "(0-11)", "TCP/UDP/TCP LISTENER/UDP SERVICE", "<IP_address>/<domain_name>", "<remote_port>",
          "<local_port>", "(0-2)"]),
    Case("QIOPEN.open", active, "call", ("QIOPEN", 1, 3, "TCP", "220.180.239.212", 8009, 0, 1),
         'AT+QIOPEN=1,3,"TCP","220.180.239.212",8009,0,1', (3, 0)),
    Case("QIOPEN.open", active, "call", ("QIOPEN", 1, 0, "TCP", "example.com", 80),
         'AT+QIOPEN=1,0,"TCP","example.com",80', (0, 0)),
    Case("QIOPEN.open", active, "call", ("QIOPEN", 1, 2, "UDP SERVICE", "127.0.0.1", 0, 3030, 0),
         'AT+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,3030,0', (2, 0)),
    Case("QIOPEN.open", active, "call", ("QIOPEN", 1, 0, "TCP", "220.180.239.212", 8009, 0, 2),
         'AT+QIOPEN=1,0,"TCP","220.180.239.212",8009,0,2', "CONNECT"),
    Case("QICLOSE.test", plain, "test", ("QICLOSE",), "AT+QICLOSE=?", ["(0-11)", "(0-65535)"]),
    Case("QICLOSE.close", connected, "call", ("QICLOSE", 0, 10), "AT+QICLOSE=0,10", None),
    Case("QISTATE.test", plain, "test", ("QISTATE",), "AT+QISTATE=?", []),
    Case("QISTATE.read", connected, "query", ("QISTATE",), "AT+QISTATE?", [STATE]),
    Case("QISTATE.exec", connected, "call", ("QISTATE",), "AT+QISTATE", [STATE]),
    Case("QISTATE.context", connected, "call", ("QISTATE", 0, 1), "AT+QISTATE=0,1", [STATE]),
    Case("QISTATE.connection", connected, "call", ("QISTATE", 1, 0), "AT+QISTATE=1,0", STATE),
    Case("QISTATE.connection", active, "call", ("QISTATE", 1, 0), "AT+QISTATE=1,0", None),
    Case("QISEND.test", plain, "test", ("QISEND",), "AT+QISEND=?", ["(0-11)", "(0-1460)"]),
    Case("QISEND.variable", connected, "call", ("QISEND", 0, b"test1"), "AT+QISEND=0", None, b"test1"),
    Case("QISEND.variable", connected, "call", ("QISEND", 0, None), "AT+QISEND=0", None, b""),
    Case("QISEND.fixed", connected, "call", ("QISEND", 0, 5, b"OK\r\n\x1a"), "AT+QISEND=0,5", None, b"OK\r\n\x1a"),
    Case("QISEND.udpservice", service, "call", ("QISEND", 2, 4, "10.7.89.10", 6969, b"AAAA"),
         'AT+QISEND=2,4,"10.7.89.10",6969', None, [(b"AAAA", ("10.7.89.10", 6969))]),
    Case("QISEND.query", sent_before, "call", ("QISEND", 0, 0), "AT+QISEND=0,0", (10, 6, 4)),
    Case("QIRD.test", plain, "test", ("QIRD",), "AT+QIRD=?", ["(0-11)", "(0-1500)"]),
    Case("QIRD.stream", stream_has_data, "call", ("QIRD", 0, 1500), "AT+QIRD=0,1500",
         (16, b"+QIRD: 3\r\nOK\r\n\x1a\x00")),
    Case("QIRD.stream", connected, "call", ("QIRD", 0, 10), "AT+QIRD=0,10", (0, b"")),
    Case("QIRD.udpservice", datagram_came, "call", ("QIRD", 2), "AT+QIRD=2", (4, "10.7.76.34", 7687, b"AAAA")),
    Case("QIRD.query", stream_has_data, "call", ("QIRD", 0, 0), "AT+QIRD=0,0", (16, 0, 16)),
    Case("QISENDEX.test", plain, "test", ("QISENDEX",), "AT+QISENDEX=?", ["(0-11)", "<hex_string>"]),
    Case("QISENDEX.send", connected, "call", ("QISENDEX", 0, "3132FF"), 'AT+QISENDEX=0,"3132FF"', None, b"12\xff"),
    Case("QISWTMD.test", plain, "test", ("QISWTMD",), "AT+QISWTMD=?", ["(0-11)", "(0-2)"]),
    Case("QISWTMD.switch", connected, "call", ("QISWTMD", 0, 1), "AT+QISWTMD=0,1", None),
    Case("QISWTMD.switch", connected, "call", ("QISWTMD", 0, 2), "AT+QISWTMD=0,2", "CONNECT"),
    Case("QPING.test", plain, "test", ("QPING",), "AT+QPING=?", ["(1-16)", "<host>", "(1-255)", "(1-10)"]),
    Case("QPING.ping", names_known, "call", ("QPING", 1, "example.com", 4, 4), 'AT+QPING=1,"example.com",4,4',
         [(0, "192.0.2.1", 32, ms, 255) for ms in (192, 240, 241, 479)] + [(0, 4, 4, 0, 192, 479, 287)]),
    Case("QNTP.test", plain, "test", ("QNTP",), "AT+QNTP=?",
         ["(1-16)", "<server>", "(list of supported <port>s)", "(0,1)"]),
    Case("QNTP.read", synchronising, "query", ("QNTP",), "AT+QNTP?", ("192.0.2.7", 123)),
    Case("QNTP.read", plain, "query", ("QNTP",), "AT+QNTP?", None),
    Case("QNTP.sync", active, "call", ("QNTP", 1, "192.0.2.7", 123, 1), 'AT+QNTP=1,"192.0.2.7",123,1',
         (0, "2013/08/19,03:10:10+00")),
    Case("QIDNSCFG.test", plain, "test", ("QIDNSCFG",), "AT+QIDNSCFG=?", ["(1-16)", "<pridnsaddr>", "<secdnsaddr>"]),
    Case("QIDNSCFG.set", active, "call", ("QIDNSCFG", 1, "192.0.2.53", "192.0.2.54"),
         'AT+QIDNSCFG=1,"192.0.2.53","192.0.2.54"', None),
    Case("QIDNSCFG.query", lambda **settings: active('AT+QIDNSCFG=1,"192.0.2.53","192.0.2.54"', **settings),
         "call", ("QIDNSCFG", 1), "AT+QIDNSCFG=1", (1, "192.0.2.53", "192.0.2.54")),
    Case("QIDNSGIP.test", plain, "test", ("QIDNSGIP",), "AT+QIDNSGIP=?", ["(1-16)", "<hostname>"]),
    Case("QIDNSGIP.resolve", names_known, "call", ("QIDNSGIP", 1, "example.com"), 'AT+QIDNSGIP=1,"example.com"',
         [(0, 2, 600), ("192.0.2.1",), ("192.0.2.2",)]),
    Case("QICFG.test", plain, "test", ("QICFG",), "AT+QICFG=?",
         [["transpktsize", "(1-1460)"], ["transwaittm", "(0-20)"], ["dataformat", "(0,1)", "(0,1)"],
          ["viewmode", "(0,1)"], ["tcp/retranscfg", "(3-20)", "(5-1000)"]]),
    Case("QICFG.transpktsize", plain, "call", ("QICFG", "transpktsize"), 'AT+QICFG="transpktsize"',
         ("transpktsize", 1024)),
    Case("QICFG.transpktsize", plain, "call", ("QICFG", "transpktsize", 1460), 'AT+QICFG="transpktsize",1460', None),
    Case("QICFG.transwaittm", plain, "call", ("QICFG", "transwaittm"), 'AT+QICFG="transwaittm"', ("transwaittm", 2)),
    Case("QICFG.transwaittm", plain, "call", ("QICFG", "transwaittm", 0), 'AT+QICFG="transwaittm",0', None),
    Case("QICFG.dataformat", plain, "call", ("QICFG", "dataformat"), 'AT+QICFG="dataformat"', ("dataformat", 0, 0)),
    Case("QICFG.dataformat", plain, "call", ("QICFG", "dataformat", 1, 0), 'AT+QICFG="dataformat",1,0', None),
    Case("QICFG.viewmode", plain, "call", ("QICFG", "viewmode"), 'AT+QICFG="viewmode"', ("viewmode", 0)),
    Case("QICFG.viewmode", plain, "call", ("QICFG", "viewmode", 1), 'AT+QICFG="viewmode",1', None),
    Case("QICFG.tcp/retranscfg", plain, "call", ("QICFG", "tcp/retranscfg"), 'AT+QICFG="tcp/retranscfg"',
         ("tcp/retranscfg", 8, 600)),
    Case("QICFG.tcp/retranscfg", plain, "call", ("QICFG", "tcp/retranscfg", 3, 5), 'AT+QICFG="tcp/retranscfg",3,5',
         None),
    Case("QISDE.test", plain, "test", ("QISDE",), "AT+QISDE=?", ["(0,1)"]),
    Case("QISDE.read", plain, "query", ("QISDE",), "AT+QISDE?", (0,)),
    Case("QISDE.set", plain, "call", ("QISDE", 1), "AT+QISDE=1", None),
    Case("QIGETERROR.test", plain, "test", ("QIGETERROR",), "AT+QIGETERROR=?", []),
    Case("QIGETERROR.exec", plain, "call", ("QIGETERROR",), "AT+QIGETERROR", (0, "operation successful")),
    Case("+++", online, "call", ("+++",), "+++", None),
    Case("ATO", escaped, "call", ("ATO",), "ATO", "CONNECT"),
    Case("AT&D1", plain, "call", ("AT&D1",), "AT&D1", None),
    Case("AT+CCLK?", plain, "query", ("CCLK",), "AT+CCLK?", ("80/01/06,00:00:01+00",)),
)
