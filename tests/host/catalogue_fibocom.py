"""One call of every form of the NL668's and the L610's manual: in which state, what is sent, what comes back."""

from atsock_host.simulator.fibocom import L610, NL668
from callbench import States
from formcase import Case

ADDRESS = "10.7.157.1"
PEER = "192.0.2.10"
SIX = "FE80:0:0:0:0:0:0:1"
SERVERS = [(n, "10.0.0.53", "10.0.0.54") for n in range(1, 8)]


class Fibocom(States):
    """The states of one of the two modules."""

    def up(self, *setup, **settings):
        return self.plain('AT+MIPCALL=1,"internet"', *setup, **settings)

    def open(self, *setup, **settings):
        return self.up(f'AT+MIPOPEN=1,,"{PEER}",7,0', *setup, **settings)

    def udp(self, **settings):
        return self.up(f'AT+MIPOPEN=2,3000,"{PEER}",7,1', **settings)

    def buffered(self, **settings):
        return self.open('AT+MIPSEND=1,"3132"', **settings)

    def has_data(self, **settings):
        b = self.open('AT+GTSET="IPRFMT",5', **settings)
        b.network.streams[0].feed(b"\r\nOK\r\n+MIPDATA: 1,3\r\n\x1a")
        b.wait(100)
        b.rx()
        return b

    def reads(self, **settings):
        return self.open('AT+GTSET="IPRFMT",5', **settings)

    def pinging(self, **settings):
        b = self.up(**settings)
        b.network.round_trips = [None]
        b.ask(f'AT+MPING=1,"{PEER}",1')
        return b

    def names_known(self, **settings):
        b = self.up(**settings)
        b.network.names["example.com"] = ["192.0.2.1"]
        b.network.round_trips = [30, 40, 50, 60]
        return b

    def asked_time(self, **settings):
        b = self.up(**settings)
        b.ask('AT+MIPNTP="192.0.2.7",123')
        b.wait(1000)
        b.rx()
        return b

    def online(self, **settings):
        b = self.up(**settings)
        b.ask(f'AT+MIPODM=1,,"{PEER}",7,0')
        b.wait(1000)
        assert b.rx().endswith(b"1,1\r\n")
        return b


def shared(s, operations, open_test, push_test, odm_test):
    """The forms that both modules have; their test forms tell different ranges."""
    return (
        Case("+MIPCALL/write", s.plain, "call", ("MIPCALL", 1, "internet"), 'AT+MIPCALL=1,"internet"', (ADDRESS,)),
        Case("+MIPCALL/write", s.plain, "call", ("MIPCALL", 1, "net", "user", "secret", 1),
             'AT+MIPCALL=1,"net","user","secret",1', (ADDRESS,)),
        Case("+MIPCALL/write", s.up, "call", ("MIPCALL", 0), "AT+MIPCALL=0", (0,)),
        Case("+MIPCALL/read", s.up, "query", ("MIPCALL",), "AT+MIPCALL?", (1, ADDRESS)),
        Case("+MIPCALL/test", s.plain, "test", ("MIPCALL",), "AT+MIPCALL=?", [operations]),
        Case("+MIPOPEN/write", s.up, "call", ("MIPOPEN", 1, None, PEER, 7, 0), f'AT+MIPOPEN=1,,"{PEER}",7,0', (1, 1)),
        Case("+MIPOPEN/write", s.up, "call", ("MIPOPEN", 6, 3000, "example.com", 80, 1),
             'AT+MIPOPEN=6,3000,"example.com",80,1', (6, 1)),
        Case("+MIPOPEN/write", s.up, "call", ("MIPOPEN", 2, 3000, "127.0.0.1", 0, 0),
             'AT+MIPOPEN=2,3000,"127.0.0.1",0,0', None),
        Case("+MIPOPEN/read", s.open, "query", ("MIPOPEN",), "AT+MIPOPEN?", (2, 3, 4, 5, 6)),
        Case("+MIPOPEN/test", s.plain, "test", ("MIPOPEN",), "AT+MIPOPEN=?", open_test),
        Case("+MIPCLOSE/write", s.open, "call", ("MIPCLOSE", 1), "AT+MIPCLOSE=1", (1, 0)),
        Case("+MIPCLOSE/write", s.open, "call", ("MIPCLOSE", 1, 2), "AT+MIPCLOSE=1,2", (1, 0)),
        Case("+MIPCLOSE/read", s.open, "query", ("MIPCLOSE",), "AT+MIPCLOSE?", (1,)),
        Case("+MIPCLOSE/read", s.up, "query", ("MIPCLOSE",), "AT+MIPCLOSE?", ()),
        Case("+MIPCLOSE/test", s.plain, "test", ("MIPCLOSE",), "AT+MIPCLOSE=?", ["(1-6)", "(0-2)"]),
        Case("+MIPSETS/write", s.open, "call", ("MIPSETS", 1, 2048, 1000), "AT+MIPSETS=1,2048,1000", (0,)),
        Case("+MIPSETS/write", s.buffered, "call", ("MIPSETS", 1, 1), "AT+MIPSETS=1,1", (3,)),
        Case("+MIPSETS/read", s.open, "query", ("MIPSETS",), "AT+MIPSETS?", [(1, 2048, 0)]),
        Case("+MIPSETS/read", s.up, "query", ("MIPSETS",), "AT+MIPSETS?", []),
        Case("+MIPSETS/test", s.plain, "test", ("MIPSETS",), "AT+MIPSETS=?", ["(1-6)", "(1-2048)", "(0-1000)"]),
        Case("+MIPDSETS/write", s.open, "call", ("MIPDSETS", 1, 100, 20), "AT+MIPDSETS=1,100,20", (0,)),
        Case("+MIPDSETS/read", s.open, "query", ("MIPDSETS",), "AT+MIPDSETS?", [(1, 2048, 0)]),
        Case("+MIPDSETS/test", s.plain, "test", ("MIPDSETS",), "AT+MIPDSETS=?", ["(1-6)", "(1-2048)", "(0-1000)"]),
        Case("+MIPSEND/write/basic", s.open, "call", ("MIPSEND", 1, "31FF0d"), 'AT+MIPSEND=1,"31FF0D"', (1, 0, 2045)),
        Case("+MIPSEND/read", s.buffered, "query", ("MIPSEND",), "AT+MIPSEND?", [(1, 2046)]),
        Case("+MIPPUSH/write", s.buffered, "call", ("MIPPUSH", 1), "AT+MIPPUSH=1", (1, 0, 2), b"12"),
        Case("+MIPPUSH/write", s.udp, "call", ("MIPPUSH", 2, "192.0.2.9", 9), 'AT+MIPPUSH=2,"192.0.2.9",9', (2, 2)),
        Case("+MIPPUSH/read", s.open, "query", ("MIPPUSH",), "AT+MIPPUSH?", (1,)),
        Case("+MIPPUSH/test", s.plain, "test", ("MIPPUSH",), "AT+MIPPUSH=?", push_test),
        Case("+MIPFLUSH/write", s.buffered, "call", ("MIPFLUSH", 1), "AT+MIPFLUSH=1", (1,)),
        Case("+MIPFLUSH/read", s.open, "query", ("MIPFLUSH",), "AT+MIPFLUSH?", (1,)),
        Case("+MIPFLUSH/test", s.plain, "test", ("MIPFLUSH",), "AT+MIPFLUSH=?", ["(1-6)"]),
        Case("+MIPCONF/write", s.up, "call", ("MIPCONF", 3, 12, None, 10, 1, 2), "AT+MIPCONF=3,12,,10,1,2", None),
        Case("+MIPCONF/write", s.up, "call", ("MIPCONF", 3, 5, None), "AT+MIPCONF=3,5", None),
        Case("+MIPCONF/read", s.up, "query", ("MIPCONF",), "AT+MIPCONF?", [(n, 5, 5, 600, 75, 0) for n in range(1, 7)]),
        Case("+MIPCONF/test", s.plain, "test", ("MIPCONF",), "AT+MIPCONF=?",
             ["(1-6)", "(1-12)", "(1-10)", "(10-600)", "(1-75)", "(0-2)"]),
        Case("+MIPKEEPCONF/write", s.plain, "call", ("MIPKEEPCONF", 1, 36000, 750, 50),
             "AT+MIPKEEPCONF=1,36000,750,50", None),
        Case("+MIPKEEPCONF/write", s.plain, "call", ("MIPKEEPCONF", 0), "AT+MIPKEEPCONF=0", None),
        Case("+MIPKEEPCONF/read", lambda **settings: s.plain("AT+MIPKEEPCONF=1,60,5,3", **settings),
             "query", ("MIPKEEPCONF",), "AT+MIPKEEPCONF?", (1, 60, 5, 3)),
        Case("+MIPKEEPCONF/test", s.plain, "test", ("MIPKEEPCONF",), "AT+MIPKEEPCONF=?",
             ["(0-1)", "(1-36000)", "(1-750)", "(1-50)"]),
        Case("+MPING/write", s.names_known, "call", ("MPING", 1, "example.com", 4, 32, 64, 0, 4000),
             'AT+MPING=1,"example.com",4,32,64,0,4000',
             [("192.0.2.1", 0, 0, ms) for ms in (30, 40, 50, 60)] + [(0, "192.0.2.1", 4, 4, 45)]),
        Case("+MPING/write", s.pinging, "call", ("MPING", 0), "AT+MPING=0", None),
        Case("+MPING/read", s.plain, "query", ("MPING",), "AT+MPING?", (4, 32, 64, 0, 4000)),
        Case("+MPING/test", s.plain, "test", ("MPING",), "AT+MPING=?", ["4", "32", "64", "0", "4000"]),
        Case("+MSDNS/write", s.up, "call", ("MSDNS", 7, "10.0.0.53", "10.0.0.54"),
             'AT+MSDNS=7,"10.0.0.53","10.0.0.54"', None),
        Case("+MSDNS/write", s.up, "call", ("MSDNS", 1), "AT+MSDNS=1", None),
        Case("+MSDNS/read",
             lambda **settings: s.up(*(f'AT+MSDNS={n},"10.0.0.53","10.0.0.54"' for n in range(1, 8)), **settings),
             "query", ("MSDNS",), "AT+MSDNS?", SERVERS),
        Case("+MSDNS/test", s.plain, "test", ("MSDNS",), "AT+MSDNS=?", ["(1-7)", "(<IP>)", "(<IP>)"]),
        Case("+MIPODM/write", s.up, "call", ("MIPODM", 1, None, PEER, 7, 0), f'AT+MIPODM=1,,"{PEER}",7,0', "CONNECT"),
        Case("+MIPODM/write", s.up, "call", ("MIPODM", 1, 3000, PEER, 7, 0, 0),
             f'AT+MIPODM=1,3000,"{PEER}",7,0,0', "CONNECT"),
        Case("+MIPODM/read", s.open, "query", ("MIPODM",), "AT+MIPODM?", (2, 3, 4, 5, 6)),
        Case("+MIPODM/test", s.plain, "test", ("MIPODM",), "AT+MIPODM=?", odm_test),
        Case("+MIPDNS/write", s.names_known, "call", ("MIPDNS", "example.com"), 'AT+MIPDNS="example.com"',
             ("example.com", "192.0.2.1")),
        Case("+MIPNTP/write", s.up, "call", ("MIPNTP", "192.0.2.7", 123), 'AT+MIPNTP="192.0.2.7",123', (1,)),
        Case("+MIPNTP/read", s.asked_time, "query", ("MIPNTP",), "AT+MIPNTP?", ("192.0.2.7", 123)),
        Case("+MIPNTP/test", s.plain, "test", ("MIPNTP",), "AT+MIPNTP=?", ["(<IP/URL>)", "(1-65535)"]),
        Case("+MIPREAD/write", s.has_data, "call", ("MIPREAD", 1, 2048), "AT+MIPREAD=1,2048",
             (1, 22, b"\r\nOK\r\n+MIPDATA: 1,3\r\n\x1a")),
        Case("+MIPREAD/write", s.reads, "call", ("MIPREAD", 1, 10), "AT+MIPREAD=1,10", (1, 0, b"")),
        Case("+MIPREAD/read", s.has_data, "query", ("MIPREAD",), "AT+MIPREAD?", [(1, 22)]),
        Case("+MIPREAD/read", s.reads, "query", ("MIPREAD",), "AT+MIPREAD?", []),
        Case("+MIPSEND/write/ctrl-z", s.open, "call", ("MIPSEND", 1, b"12\r\nOK\r\n"), "AT+MIPSEND=1", (1, 0, 2048),
             b"12\r\nOK\r\n"),
        Case("+MIPSEND/write/timeout", s.open, "call", ("MIPSEND", 1, b"12345", "SENDTIME"), "AT+MIPSEND=1",
             (1, 0, 2048), b"12345"),
        Case("+MIPSEND/write/length", s.open, "call", ("MIPSEND", 1, 4, b"\x1a\x00\r\n"), "AT+MIPSEND=1,4",
             (1, 0, 2048), b"\x1a\x00\r\n"),
        Case("+MIPSEND/write/length", s.udp, "call", ("MIPSEND", 2, 2, b"ab"), "AT+MIPSEND=2,2", (2, 0, 2048),
             [(b"ab", (PEER, 7))]),
        Case("+GTSET/write/SENDTIME", s.plain, "call", ("GTSET", "SENDTIME", 30), 'AT+GTSET="SENDTIME",30', None),
        Case("+GTSET/write/IPRFMT", s.plain, "call", ("GTSET", "IPRFMT", 5), 'AT+GTSET="IPRFMT",5', None),
        Case("+++", s.online, "call", ("+++",), "+++", None),
        Case("ATO", s.suspended, "call", ("ATO",), "ATO", "CONNECT"),
    )


_nl668 = Fibocom(NL668, "nl668")
_l610 = Fibocom(L610, "l610")

NL668_CASES = shared(
    _nl668, "(0-1)", ["(1-6)", "(1-65535)", '("Destination_IP")', "(0-65535)", "(0-2)"],
    ["(1-6)", "<Destination_IP>", "(0-65535)"],
    ["(1-6)", "(1-65535)", '("Destination IP")', "(0-65535)", "(0-2)", "(0-1)"])

L610_CASES = shared(
    _l610, "(0-3)", ["(1-6)", "(0-65535)", "(<IP/URL>)", "(0-65535)", "(0-2,60-62)"],
    ["(1-6)", "(<IP>)", "(0-65535)"],
    ["(1-6)", "(0-65535)", "(<IP/URL>)", "(1-65535)", "(0-2,60-62)", "(0-1)"]) + (
    Case("+MIPCALL/write", _l610.plain, "call", ("MIPCALL", 3, "internet"), 'AT+MIPCALL=3,"internet"',
         (ADDRESS, "2001:DB8:7:0:0:0:0:9D1")),
    Case("+MIPOPEN/write", lambda **settings: _l610.plain('AT+MIPCALL=2,"internet"', **settings), "call",
         ("MIPOPEN", 1, 0, "2001:DB8:0:0:0:0:0:7", 7, 60), 'AT+MIPOPEN=1,0,"2001:DB8:0:0:0:0:0:7",7,60', (1, 1)),
    Case("+MIPODM/write", lambda **settings: _l610.plain('AT+MIPCALL=2,"internet"', **settings), "call",
         ("MIPODM", 1, None, "2001:DB8:0:0:0:0:0:7", 7, 60), 'AT+MIPODM=1,,"2001:DB8:0:0:0:0:0:7",7,60', "CONNECT"),
    Case("+MSV6DNS/write", _l610.up, "call", ("MSV6DNS", 7, SIX), f'AT+MSV6DNS=7,"{SIX}"', None),
    Case("+MSV6DNS/read", _l610.up, "query", ("MSV6DNS",), "AT+MSV6DNS?",
         [(n, "0:0:0:0:0:0:0:0", "0:0:0:0:0:0:0:0") for n in range(1, 8)]),
    Case("+MSV6DNS/test", _l610.plain, "test", ("MSV6DNS",), "AT+MSV6DNS=?", ["(1-7)", "(<IP>)", "(<IP>)"]),
    Case("+MIPDNS/write", _l610.names_known, "call", ("MIPDNS", "example.com", 0), 'AT+MIPDNS="example.com",0',
         ("example.com", "192.0.2.1")),
    Case("+MIPNTP/write", _l610.up, "call", ("MIPNTP", "192.0.2.7", 123, 0), 'AT+MIPNTP="192.0.2.7",123,0', (1,)),
)
