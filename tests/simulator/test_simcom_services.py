"""HTTP, MQTT and TLS sessions of the A7600 and its kin, against servers of this machine and by hand."""

import pathlib
import selectors
import sys

import pytest
from simbench import Bench

from atsock_host.simulator.models import model_class
from atsock_host.simulator.simcom import A7600

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("clients", "fronts")]
OK, ERROR = b"\r\nOK\r\n", b"\r\nERROR\r\n"


class RealBench:
    """A module with real sockets; time is the machine's."""

    def __init__(self, kind, hosts):
        import time

        from atsock_host.simulator.network import SocketNetwork
        self.selector = selectors.SelectSelector()
        self.module = kind(lambda: time.monotonic() * 1000, SocketNetwork(hosts, self.selector))
        self.module.RAISES = True
        self.module.echo = False
        self.got = b""

    def until(self, *ends):
        """What came up to and with all of `ends`."""
        for _ in range(2000):
            self.got += self.module.take()
            if all(end in self.got for end in ends):
                got, self.got = self.got, b""
                return got
            for key, events in self.selector.select(0.005):
                key.data(events)
            self.module.tick()
        raise AssertionError(f"waited for {ends}, got {self.got!r}")

    def ask(self, line, *ends):
        self.module.receive(line if isinstance(line, bytes) else line.encode() + b"\r")
        return self.until(*(ends or (OK,)))


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    from servers import Broker, Web
    folder = tmp_path_factory.mktemp("far")
    with Web(folder) as web, Broker(folder) as broker:
        yield web, broker


def real(model="A7670"):
    return RealBench(model_class(model), {"server.example": "127.0.0.1"})


# ---- HTTP

@pytest.mark.parametrize("model, mark", [("A7670", b""), ("SIM7600", b"DATA,")])
def test_get_and_post(far, model, mark):
    web, _ = far
    b = real(model)
    b.ask("AT+HTTPINIT")
    b.ask(f'AT+HTTPPARA="URL","http://server.example:{web.port}/hello"')
    b.ask("AT+HTTPACTION=0", b"+HTTPACTION: 0,200,5\r\n")
    head = b.ask("AT+HTTPHEAD")
    assert b"+HTTPHEAD: " + mark in head and b"HTTP/1.1 200 OK\r\n" in head
    assert b.ask("AT+HTTPREAD?") == b"\r\n+HTTPREAD: LEN,5\r\n" + OK
    assert b.ask("AT+HTTPREAD=0,100", b"+HTTPREAD: 0\r\n") == (
        OK + b"\r\n+HTTPREAD: " + mark + b"5\r\nhello\r\n\r\n+HTTPREAD: 0\r\n")
    b.ask('AT+HTTPPARA="CONTENT","text/csv"')
    assert b.ask("AT+HTTPDATA=3,10", b"DOWNLOAD\r\n") == b"\r\nDOWNLOAD\r\n"
    assert b.ask(b"a,b") == OK
    b.ask("AT+HTTPACTION=1", b"+HTTPACTION: 1,201,3\r\n")
    assert b"X-Type: text/csv" in b.ask("AT+HTTPHEAD")
    b.ask("AT+HTTPTERM")
    assert b.module.violations == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_long_answer_is_read_in_pieces(far, scheme):
    from servers import BIG
    web, _ = far
    b = real()
    b.ask("AT+HTTPINIT")
    port = web.tls_port if scheme == "https" else web.port
    b.ask(f'AT+HTTPPARA="URL","{scheme}://server.example:{port}/big"')
    b.ask("AT+HTTPACTION=0", b"+HTTPACTION: 0,200,65536\r\n")
    assert BIG[:1000] in b.ask("AT+HTTPREAD=1000", b"+HTTPREAD: 0\r\n")
    assert BIG[1000:1500] + b"\r\n\r\n+HTTPREAD: 0\r\n" in b.ask("AT+HTTPREAD=500", b"+HTTPREAD: 0\r\n")
    assert BIG[60000:] in b.ask("AT+HTTPREAD=60000,9999", b"+HTTPREAD: 0\r\n")


def test_a_long_answer_may_come_in_parts(far):
    from servers import BIG
    web, _ = far
    b = real("SIM7600")
    b.module.quirks.add("httpread-parts")
    b.ask("AT+HTTPINIT")
    b.ask(f'AT+HTTPPARA="URL","http://server.example:{web.port}/big"')
    b.ask("AT+HTTPACTION=0", b"+HTTPACTION: 0,200,65536\r\n")
    got = b.ask("AT+HTTPREAD=0,2500", b"+HTTPREAD: 0\r\n")
    parts = b"".join(b"\r\n+HTTPREAD: DATA,%d\r\n%s\r\n" % (n, BIG[at:at + n])
                     for at, n in ((0, 1024), (1024, 1024), (2048, 452)))
    assert got == OK + parts + b"\r\n+HTTPREAD: 0\r\n"


@pytest.mark.parametrize("first, last, wanted", [(0, 0, None), (500, 0, b"500-"), (0, 499, b"0-499"), (9, 5, b"9-")])
def test_a_download_may_go_on_where_it_broke_off(first, last, wanted):
    b = Bench(A7600)
    b.ask("AT+HTTPINIT")
    b.ask('AT+HTTPPARA="URL","http://192.0.2.10/"')
    b.ask('AT+HTTPPARA="UA","me/1.0"')
    b.ask('AT+HTTPPARA="RESPTO",30')
    b.ask(f'AT+HTTPPARA="BREAK",{first}')
    b.ask(f'AT+HTTPPARA="BREAKEND",{last}')
    b.ask("AT+HTTPACTION=0")
    b.wait(30)
    sent = bytes(b.network.streams[-1].sent)
    assert b"User-Agent: me/1.0\r\n" in sent
    assert b"Range: bytes=%s\r\n" % wanted in sent if wanted else b"Range" not in sent
    assert b.module.violations == []


def test_chunks_head_and_a_redirection(far):
    web, _ = far
    b = real()
    b.ask("AT+HTTPINIT")
    for path, action, result in (("chunked", 0, b"200,5000"), ("moved", 0, b"302,0"), ("hello", 3, b"501,")):
        b.ask(f'AT+HTTPPARA="URL","http://server.example:{web.port}/{path}"')
        b.ask(f"AT+HTTPACTION={action}", b"+HTTPACTION: %d,%s" % (action, result))
    assert b"+HTTPREAD" not in b.ask('AT+HTTPPARA="READMODE",1')


def test_http_in_the_wrong_state_and_without_a_server():
    b = Bench(A7600)
    for line in ("AT+HTTPTERM", 'AT+HTTPPARA="URL","http://a.example"', "AT+HTTPACTION=0", "AT+HTTPHEAD",
                 "AT+HTTPREAD=0,1", "AT+HTTPREAD?", "AT+HTTPDATA=1,10"):
        assert b.ask(line, b"\r\n") == ERROR, line
    b.ask("AT+HTTPINIT")
    assert b.ask("AT+HTTPINIT", b"\r\n") == ERROR
    assert b.ask('AT+HTTPPARA="URL","ftp://a.example"', b"\r\n") == ERROR
    assert b.ask("AT+HTTPACTION=0", b"\r\n") == ERROR       # no URL yet
    b.network.unknown.add("a.example")
    b.network.refuse.add("192.0.2.9")
    for host, code in (("a.example", 713), ("192.0.2.9", 714)):
        b.ask(f'AT+HTTPPARA="URL","http://{host}/"')
        b.ask("AT+HTTPACTION=0", f"+HTTPACTION: 0,{code},0\r\n".encode())
    b.ask('AT+HTTPPARA="URL","http://192.0.2.10/x?y=1"')
    b.ask("AT+HTTPACTION=0")
    b.wait(30)
    assert b.network.streams[-1].sent.startswith(b"GET /x?y=1 HTTP/1.1\r\nHost: 192.0.2.10\r\n")
    assert b.ask("AT+HTTPACTION=0", b"\r\n") == ERROR
    assert b.read_until(b"+HTTPACTION: 0,705,0\r\n", 25_000)
    for sent, result in ((b"no HTTP at all", "600,0"), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "704,0"),
                         (b"HTTP/1.1 200 OK\r\n\r\nto the end", "200,10")):
        b.ask("AT+HTTPACTION=0")
        b.wait(30)
        b.network.streams[-1].feed(sent)
        if not result.startswith("600"):
            b.network.streams[-1].close_by_peer()
        assert f"+HTTPACTION: 0,{result}\r\n".encode() in b.rx()
    b.ask("AT+HTTPACTION=0")
    b.wait(30)
    b.module.network_lost()
    assert b.rx().endswith(b"\r\n+HTTP_NONET_EVENT\r\n")


# ---- MQTT

def connected(b, port, number=0):
    b.ask("AT+CMQTTSTART", b"+CMQTTSTART: 0\r\n", OK)
    b.ask(f'AT+CMQTTACCQ={number},"me",0')
    b.ask(f"AT+CMQTTWILLTOPIC={number},4", b">")
    b.ask(b"last")
    b.ask(f"AT+CMQTTWILLMSG={number},4,1", b">")
    b.ask(b"gone")
    b.ask(f'AT+CMQTTCONNECT={number},"tcp://server.example:{port}",60,1', f"+CMQTTCONNECT: {number},0\r\n".encode())


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_publish_and_receive(far, qos):
    _, broker = far
    b = real()
    connected(b, broker.port)
    b.ask(f"AT+CMQTTSUB=0,4,{qos}", b">")
    b.ask(b"up/#", b"+CMQTTSUB: 0,0\r\n")
    b.ask("AT+CMQTTTOPIC=0,4", b">")
    b.ask(b"up/1")
    b.ask("AT+CMQTTPAYLOAD=0,2000", b">")
    payload = bytes(i & 255 for i in range(2000))
    b.ask(payload)
    got = b.ask(f"AT+CMQTTPUB=0,{qos},60", b"+CMQTTPUB: 0,0\r\n", b"+CMQTTRXEND: 0\r\n")
    assert (b"\r\n+CMQTTRXSTART: 0,4,2000\r\n+CMQTTRXTOPIC: 0,4\r\nup/1\r\n+CMQTTRXPAYLOAD: 0,1500\r\n" + payload[:1500]
            + b"\r\n+CMQTTRXPAYLOAD: 0,500\r\n" + payload[1500:] + b"\r\n+CMQTTRXEND: 0\r\n") in got
    assert b"+CMQTTPUB: 0,18" in b.ask("AT+CMQTTPUB=0,0,60", ERROR)     # topic and payload are used up
    b.ask("AT+CMQTTUNSUBTOPIC=0,4", b">")
    b.ask(b"up/#")
    b.ask("AT+CMQTTUNSUB=0", b"+CMQTTUNSUB: 0,0\r\n")
    assert b.ask("AT+CMQTTDISC?") == b"\r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n" + OK
    assert b"+CMQTTREL: 0,19" in b.ask("AT+CMQTTREL=0", ERROR)
    b.ask("AT+CMQTTDISC=0,60", b"+CMQTTDISC: 0,0\r\n")
    assert b"+CMQTTSTOP: 21" in b.ask("AT+CMQTTSTOP", ERROR)
    b.ask("AT+CMQTTREL=0")
    b.ask("AT+CMQTTSTOP", b"+CMQTTSTOP: 0\r\n")
    assert b.module.violations == []


def test_the_order_of_lines_of_a_sim7600():
    b = Bench(model_class("SIM7600"))
    assert b.ask("AT+CMQTTSTART") == b"\r\n+CMQTTSTART: 0\r\n" + OK
    assert b.ask("AT+CMQTTSTART", ERROR) == b"\r\n+CMQTTSTART: 23\r\n" + ERROR
    assert b.ask("AT+CMQTTSTOP") == b"\r\n+CMQTTSTOP: 0\r\n" + OK


def test_mqtt_in_the_wrong_state_and_what_a_server_may_do():
    b = Bench(A7600)
    assert b.ask('AT+CMQTTACCQ=0,"me"', b"\r\n") == ERROR
    b.ask("AT+CMQTTSTART", b"+CMQTTSTART: 0\r\n")
    assert b.ask("AT+CMQTTSTART", b"\r\n") == ERROR
    assert b.ask("AT+CMQTTREL=0", ERROR) == b"\r\n+CMQTTREL: 0,20\r\n" + ERROR
    b.ask('AT+CMQTTACCQ=0,"me"')
    assert b.ask("AT+CMQTTDISC=0,60", ERROR) == b"\r\n+CMQTTDISC: 0,11\r\n" + ERROR
    assert b.ask('AT+CMQTTCONNECT=0,"http://a",60,1', ERROR).endswith(ERROR)
    connect = 'AT+CMQTTCONNECT=0,"tcp://192.0.2.10",60,1,"user","secret"'
    for answer, code in ((b"\x20\2\0\4", 30), (b"\x20\2\0\5", 31), (b"\xf0\2\0\0", 6)):
        b.ask(connect)
        b.wait(30)
        assert b"user" in b.network.streams[-1].sent and b"secret" in b.network.streams[-1].sent
        b.network.streams[-1].feed(answer)
        assert b.rx() == f"\r\n+CMQTTCONNECT: 0,{code}\r\n".encode()
    b.network.refuse.add("192.0.2.10")
    b.ask(connect, b"+CMQTTCONNECT: 0,3\r\n")
    b.network.refuse.clear()
    for end, cause in ((lambda stream: stream.close_by_peer(), 1), (lambda stream: stream.close_by_peer(True), 2),
                       (lambda stream: b.wait(121_000), 1)):
        b.ask(connect)
        b.wait(30)
        b.network.streams[-1].feed(b"\x20\2\0\0")
        assert b.rx() == b"\r\n+CMQTTCONNECT: 0,0\r\n"
        end(b.network.streams[-1])
        assert b.rx() == f"\r\n+CMQTTCONNLOST: 0,{cause}\r\n".encode()
    assert b.network.streams[-1].sent.endswith(b"\xc0\0")       # it has asked the server before
    b.module.network_lost()
    assert b.rx() == b"\r\n+CMQTTNONET\r\n"


# ---- TLS sessions

@pytest.mark.parametrize("by_hand", [0, 1])
def test_a_tls_session(far, by_hand):
    web, _ = far
    b = real()
    b.ask(f"AT+CCHSET=1,{by_hand}")
    b.ask("AT+CCHSTART", b"+CCHSTART: 0\r\n")
    b.ask("AT+CCHSSLCFG=0,0")
    b.ask(f'AT+CCHOPEN=0,"server.example",{web.tls_port},2', b"+CCHOPEN: 0,0\r\n")
    text = b"GET /hello HTTP/1.0\r\n\r\n"
    b.ask(f"AT+CCHSEND=0,{len(text)}", b">")
    got = b.ask(text, b"+CCHSEND: 0,0\r\n", b"+CCH_PEER_CLOSED: 0\r\n")
    if by_hand:
        assert b"+CCHEVENT: 0,RECV EVENT\r\n" in got
        assert b'+CCHOPEN: 0,"server.example"' in b.ask("AT+CCHOPEN?")      # over, and not read yet
        assert b"+CCHRECV: LEN,0,0" not in b.ask("AT+CCHRECV?")
        got = b.ask("AT+CCHRECV=0,2048", b"+CCHRECV: 0,0\r\n")
        assert got.startswith(OK)
    assert b.ask("AT+CCHOPEN?").startswith(b'\r\n+CCHOPEN: 0,"",,,\r\n')
    assert b"+CCHRECV: DATA,0," in got and b"hello" in got
    b.ask("AT+CCHCLOSE=0", b"+CCHCLOSE: 0,0\r\n")
    b.ask("AT+CCHSTOP", b"+CCHSTOP: 0\r\n")
    assert b.module.violations == []


def test_tls_sessions_in_the_wrong_state():
    b = Bench(A7600)
    assert b.ask('AT+CCHOPEN=0,"a.example",443', ERROR) == b"\r\n+CCHOPEN: 0,11\r\n" + ERROR
    b.ask("AT+CCHSTART", b"+CCHSTART: 0\r\n")
    assert b.ask("AT+CCHSTART", b"\r\n") == ERROR
    assert b.ask("AT+CCHSEND=0,5", ERROR) == b"\r\n+CCHSEND: 0,11\r\n" + ERROR
    b.network.unknown.add("a.example")
    b.ask('AT+CCHOPEN=0,"a.example",443', b"+CCHOPEN: 0,13\r\n")
    b.ask('AT+CCHOPEN=0,"192.0.2.10",443')
    b.wait(30)
    b.network.streams[-1].feed(b"this is no TLS record")
    assert b.read_until(b"+CCHOPEN: 0,15\r\n")
    b.ask('AT+CCHOPEN=1,"192.0.2.10",80,1', b"+CCHOPEN: 1,0\r\n")
    b.ask("AT+NETOPEN", b"+NETOPEN: 0\r\n")
    b.ask("AT+NETCLOSE", b"+NETCLOSE: 0\r\n")
    assert b.ask("AT+CCHOPEN?").startswith(b'\r\n+CCHOPEN: 0,"",,,\r\n+CCHOPEN: 1,"192.0.2.10",80,1,')
    b.module.network_lost()
    assert b.rx() == b"\r\n+CCH: CCH STOP\r\n"
