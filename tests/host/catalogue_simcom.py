"""One call of every form of the A7600's and the SIM7028's manual: in which state, what is sent, what comes back."""

from atsock_host.simulator.simcom import A7600, SIM7028
from callbench import States
from formcase import Case

PEER = "192.0.2.10"
HOSTILE = b"\r\nOK\r\n+CIPRXGET: 1,0\r\n\x1a\x03\x1b"


class Simcom(States):
    """The states of one of the two modules."""

    def up(self, *setup, **settings):
        return self.plain("AT+NETOPEN", *setup, **settings)

    def open(self, *setup, **settings):
        return self.up(f'AT+CIPOPEN=0,"TCP","{PEER}",80', *setup, **settings)

    def udp(self, **settings):
        return self.up('AT+CIPOPEN=1,"UDP",,,5000', **settings)

    def has_data(self, **settings):
        b = self.open("AT+CIPRXGET=1", **settings)
        b.network.streams[0].feed(HOSTILE + b"rest")
        b.wait(100)
        b.rx()
        return b

    def sent(self, **settings):
        b = self.open(**settings)
        b.network.streams[0].send(b"0123456789")
        b.network.streams[0].put_received(b"abc")
        b.wait(100)
        b.rx()
        return b

    def serving(self, **settings):
        return self.up("AT+SERVERSTART=8080,1", **settings)

    def mode1(self, **settings):
        return self.plain("AT+CIPMODE=1", "AT+NETOPEN", **settings)

    def online(self, **settings):
        b = self.mode1(**settings)
        b.tx(f'AT+CIPOPEN=0,"TCP","{PEER}",80\r')
        b.wait(1000)
        assert b.rx().startswith(b"\r\nCONNECT")
        return b

    def refusing(self, **settings):
        b = self.mode1(**settings)
        b.network.refuse.add(PEER)
        return b


def shared(s, links, servers, acknowledged):
    """The forms that both modules have; `links`, `servers`: how many; `acknowledged`: what CIPACK says of 10 bytes."""
    link, server = f"(0-{links - 1})", f"(0-{servers - 1})"
    return (
        Case("+NETOPEN/read", s.up, "query", ("NETOPEN",), "AT+NETOPEN?", (1,)),
        Case("+NETOPEN/exec", s.plain, "call", ("NETOPEN",), "AT+NETOPEN", (0,)),
        Case("+NETCLOSE/exec", s.up, "call", ("NETCLOSE",), "AT+NETCLOSE", (0,)),
        Case("+NETCLOSE/exec", s.suspended, "call", ("NETCLOSE",), "AT+NETCLOSE", (0,)),
        Case("+NETCLOSE/exec", s.open, "call", ("NETCLOSE",), "AT+NETCLOSE", (0,)),
        Case("+CIPOPEN/test", s.plain, "test", ("CIPOPEN",), "AT+CIPOPEN=?", [link, '("TCP","UDP")']),
        Case("+CIPOPEN/read", s.open, "query", ("CIPOPEN",), "AT+CIPOPEN?",
             [(0, "TCP", PEER, 80, -1)] + [(n,) for n in range(1, links)]),
        Case("+CIPOPEN/write/tcp", s.up, "call", ("CIPOPEN", 1, "TCP", PEER, 80),
             f'AT+CIPOPEN=1,"TCP","{PEER}",80', (1, 0)),
        Case("+CIPOPEN/write/tcp", s.up, "call", ("CIPOPEN", 0, "TCP", "example.com", 80, 5001),
             'AT+CIPOPEN=0,"TCP","example.com",80,5001', (0, 0)),
        Case("+CIPOPEN/write/tcp", s.mode1, "call", ("CIPOPEN", 0, "TCP", PEER, 80), f'AT+CIPOPEN=0,"TCP","{PEER}",80',
             "CONNECT"),
        Case("+CIPOPEN/write/udp", s.up, "call", ("CIPOPEN", 1, "UDP", None, None, 5000),
             'AT+CIPOPEN=1,"UDP",,,5000', (1, 0)),
        Case("+CIPOPEN/write/udp_transparent", s.mode1, "call", ("CIPOPEN", 0, "UDP", PEER, 80, 5000),
             f'AT+CIPOPEN=0,"UDP","{PEER}",80,5000', "CONNECT"),
        Case("+CIPSEND/test", s.plain, "test", ("CIPSEND",), "AT+CIPSEND=?", [link, "(1-1500)"]),
        Case("+CIPSEND/write/tcp_variable", s.open, "call", ("CIPSEND", 0, HOSTILE), "AT+CIPSEND=0",
             (0, len(HOSTILE), len(HOSTILE)), HOSTILE),
        Case("+CIPSEND/write/tcp_variable", s.open, "call", ("CIPSEND", 0, None), "AT+CIPSEND=0", None, b""),
        Case("+CIPSEND/write/tcp_fixed", s.open, "call", ("CIPSEND", 0, len(HOSTILE), HOSTILE),
             f"AT+CIPSEND=0,{len(HOSTILE)}", (0, len(HOSTILE), len(HOSTILE)), HOSTILE),
        Case("+CIPSEND/write/udp_fixed", s.udp, "call", ("CIPSEND", 1, 4, PEER, 5000, b"\x03\x1a\x1b!"),
             f'AT+CIPSEND=1,4,"{PEER}",5000', (1, 4, 4), [(b"\x03\x1a\x1b!", (PEER, 5000))]),
        Case("+CIPRXGET/test", s.plain, "test", ("CIPRXGET",), "AT+CIPRXGET=?", ["(0-4)", link, "(1-1500)"]),
        Case("+CIPRXGET/read", s.plain, "query", ("CIPRXGET",), "AT+CIPRXGET?", (0,)),
        Case("+CIPRXGET/write/mode", s.open, "call", ("CIPRXGET", 1), "AT+CIPRXGET=1", None),
        Case("+CIPRXGET/write/read_bytes", s.has_data, "call", ("CIPRXGET", 2, 0, len(HOSTILE)),
             f"AT+CIPRXGET=2,0,{len(HOSTILE)}", (2, 0, len(HOSTILE), 4, HOSTILE)),
        Case("+CIPRXGET/write/read_hex", s.has_data, "call", ("CIPRXGET", 3, 0), "AT+CIPRXGET=3,0",
             (3, 0, len(HOSTILE) + 4, 0, HOSTILE + b"rest")),
        Case("+CIPRXGET/write/query", s.has_data, "call", ("CIPRXGET", 4, 0), "AT+CIPRXGET=4,0",
             (4, 0, len(HOSTILE) + 4)),
        Case("+CIPCLOSE/test", s.plain, "test", ("CIPCLOSE",), "AT+CIPCLOSE=?", [link]),
        Case("+CIPCLOSE/read", s.open, "query", ("CIPCLOSE",), "AT+CIPCLOSE?", (1,) + (0,) * (links - 1)),
        Case("+CIPCLOSE/write", s.open, "call", ("CIPCLOSE", 0), "AT+CIPCLOSE=0", (0, 0)),
        Case("+CIPCLOSE/write", s.udp, "call", ("CIPCLOSE", 1), "AT+CIPCLOSE=1", (1, 0)),
        Case("+CIPCLOSE/write", s.suspended, "call", ("CIPCLOSE", 0), "AT+CIPCLOSE=0", (0, 0)),
        Case("+IPADDR/exec", s.up, "call", ("IPADDR",), "AT+IPADDR", ("10.148.0.17",)),
        *switch(s, "CIPHEAD", 1), *switch(s, "CIPSRIP", 1), *switch(s, "CIPMODE", 0), *switch(s, "CIPSENDMODE", 0)[:3],
        Case("+CIPTIMEOUT/read", s.plain, "query", ("CIPTIMEOUT",), "AT+CIPTIMEOUT?", (120000, 120000, 120000)),
        Case("+CIPTIMEOUT/write", s.plain, "call", ("CIPTIMEOUT", 3000, 20000, 10000),
             "AT+CIPTIMEOUT=3000,20000,10000", None),
        Case("+CIPCCFG/test", s.plain, "test", ("CIPCCFG",), "AT+CIPCCFG=?",
             ["(0-10)", "(0-1000)", "(0)", "(0-1)", "(0-1)", "(0-1)", "(500-120000)"]),
        Case("+CIPCCFG/read", s.plain, "query", ("CIPCCFG",), "AT+CIPCCFG?", (10, 0, 0, 1, 0, 0, 500)),
        Case("+CIPCCFG/write", s.plain, "call", ("CIPCCFG", 3, 100, 0, 0, 1, 0, 120000),
             "AT+CIPCCFG=3,100,0,0,1,0,120000", None),
        Case("+CIPCCFG/write", s.plain, "call", ("CIPCCFG", None, 100, None, None, 1, None),
             "AT+CIPCCFG=,100,,,1", None),
        Case("+CIPCCFG/exec", s.plain, "call", ("CIPCCFG",), "AT+CIPCCFG", None),
        Case("+SERVERSTART/test", s.plain, "test", ("SERVERSTART",), "AT+SERVERSTART=?", ["(0-65535)", server]),
        Case("+SERVERSTART/read", s.serving, "query", ("SERVERSTART",), "AT+SERVERSTART?", [(1, 8080)]),
        Case("+SERVERSTART/read", s.up, "query", ("SERVERSTART",), "AT+SERVERSTART?", []),
        Case("+SERVERSTART/write", s.up, "call", ("SERVERSTART", 8080, 0, 3), "AT+SERVERSTART=8080,0,3", None),
        Case("+SERVERSTOP/write", s.serving, "call", ("SERVERSTOP", 1), "AT+SERVERSTOP=1", (1, 0)),
        Case("+CIPACK/test", s.plain, "test", ("CIPACK",), "AT+CIPACK=?", [link]),
        Case("+CIPACK/write", s.sent, "call", ("CIPACK", 0), "AT+CIPACK=0", (10, acknowledged, 3)),
        Case("+CDNSGIP/test", s.plain, "test", ("CDNSGIP",), "AT+CDNSGIP=?", []),
        Case("+CDNSGIP/write", s.up, "call", ("CDNSGIP", "example.com"), 'AT+CDNSGIP="example.com"',
             (1, "example.com", PEER)),
        Case("+++/exec", s.online, "call", ("+++",), "+++", None),
        Case("ATO/exec", s.suspended, "call", ("ATO",), "ATO", "CONNECT"),
        Case("&D/write/dtr", s.plain, "call", ("AT&D1",), "AT&D1", None),
    )


def switch(s, name, mode):
    """A setting with one value: test, read, write, exec."""
    return (
        Case(f"+{name}/test", s.plain, "test", (name,), f"AT+{name}=?", ["(0-1)"]),
        Case(f"+{name}/read", s.plain, "query", (name,), f"AT+{name}?", (mode,)),
        Case(f"+{name}/write", s.plain, "call", (name, 1), f"AT+{name}=1", None),
        Case(f"+{name}/exec", s.plain, "call", (name,), f"AT+{name}", None),
    )


_a7600 = Simcom(A7600, "a7600")
_sim7028 = Simcom(SIM7028, "sim7028")

A7600_CASES = shared(_a7600, 10, 4, 10) + (
    Case("+CIPSEND/write/udp_variable", _a7600.udp, "call", ("CIPSEND", 1, None, PEER, 5000, b"a\x1ab"),
         f'AT+CIPSEND=1,,"{PEER}",5000', (1, 3, 3), [(b"a\x1ab", (PEER, 5000))]),
    Case("+CIPTIMEOUT/write", _a7600.plain, "call", ("CIPTIMEOUT", None, 3000), "AT+CIPTIMEOUT=,3000", None),
)
SIM7028_CASES = shared(_sim7028, 2, 2, 0) + (
    Case("+NETCLOSE/test", _sim7028.plain, "test", ("NETCLOSE",), "AT+NETCLOSE=?", []),
    Case("+IPADDR/test", _sim7028.plain, "test", ("IPADDR",), "AT+IPADDR=?", []),
    Case("+CIPSEND/write/udp_variable", _sim7028.udp, "call", ("CIPSEND", 1, "example.com", 5000, b"a\x1ab"),
         'AT+CIPSEND=1,"example.com",5000', (1, 3, 3), [(b"a\x1ab", (PEER, 5000))]),
    Case("+CSOCKSETPN/test", _sim7028.plain, "test", ("CSOCKSETPN",), "AT+CSOCKSETPN=?", ["1", "(1,6)"]),
    Case("+CSOCKSETPN/read", _sim7028.plain, "query", ("CSOCKSETPN",), "AT+CSOCKSETPN?", (1, 1)),
    Case("+CSOCKSETPN/write", _sim7028.plain, "call", ("CSOCKSETPN", 1, 6), "AT+CSOCKSETPN=1,6", None),
    Case("+CTCPKA/test", _sim7028.plain, "test", ("CTCPKA",), "AT+CTCPKA=?", []),
    Case("+CTCPKA/read", _sim7028.plain, "query", ("CTCPKA",), "AT+CTCPKA?", (0, 120, 9, 1)),
    Case("+CTCPKA/write", _sim7028.up, "call", ("CTCPKA", 1, 10, 3, 1), "AT+CTCPKA=1,10,3,1", None),
    Case("+CDNSCFG/test", _sim7028.plain, "test", ("CDNSCFG",), "AT+CDNSCFG=?",
         ['("Primary DNS")', '("Secondary DNS")', "type"]),
    Case("+CDNSCFG/read", _sim7028.plain, "query", ("CDNSCFG",), "AT+CDNSCFG?",
         [("183.230.126.224", "183.230.126.225"), ("2409:8060:20EA:101::1", "2409:8060:20EA:201::1")]),
    Case("+CDNSCFG/write", _sim7028.plain, "call", ("CDNSCFG", "192.0.2.53", "192.0.2.54", 0),
         "AT+CDNSCFG=192.0.2.53,192.0.2.54,0", None),
    Case("+CDNSCFG/write", _sim7028.plain, "call", ("CDNSCFG", "192.0.2.53"), "AT+CDNSCFG=192.0.2.53", None),
)
