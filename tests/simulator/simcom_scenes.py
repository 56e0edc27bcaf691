"""What has to be the case before each example session of the SIMCom manuals, and what the network does in it.

`scene(dialect, id)` gives the Scene of a vector; test_simcom.py plays them.
"""

from atsock_host.simulator.endpoints import SEND_BUFFER
from atsock_host.simulator.simcom import A7600, SIM7028

MODULES = {"a7600": A7600, "sim7028": SIM7028}
PEER = ("117.131.85.139", 5254)
CLIENT = ("192.168.108.5", 57202)


class Scene:
    """`before`: called with the bench before the first step; `acts`: text of a step -> call before that step.

    An act belongs to the first step whose rx or tx begins with its text (CR LF at the front left out), or
    to the step of a number.  `violations`: words that the checker's reports contain, one per report.
    """

    def __init__(self, before=None, acts=None, quirks=(), violations=()):
        self.before = before or (lambda bench: None)
        self.acts = acts or {}
        self.quirks = quirks
        self.violations = violations

    def peer(self, bench, steps):
        """The acts as Bench.play() wants them."""
        return {self._step(steps, place): lambda act=act: act(bench) for place, act in self.acts.items()}

    @staticmethod
    def _step(steps, place):
        if isinstance(place, int):
            return place
        for index, step in enumerate(steps):
            if (step.get("rx") or step.get("tx", "")).lstrip("\r\n").startswith(place):
                return index
        raise LookupError(f"no step begins with {place!r}")


# ---- pieces of scenes -----------------------------------------------------------------------------------

def doing(*acts):
    """One act out of several."""
    def run(bench):
        for act in acts:
            act(bench)
    return run


def service(bench):
    bench.ask("AT+NETOPEN", b"+NETOPEN: 0\r\n")


def says(command):
    """The host sends a command that is answered by OK."""
    return lambda bench: bench.ask(command)


def tcp(number, address="10.0.0.1", port=80):
    def run(bench):
        bench.ask(f'AT+CIPOPEN={number},"TCP","{address}",{port}', f"+CIPOPEN: {number},0\r\n".encode())
    return run


def udp(number, port=5000):
    return says(f'AT+CIPOPEN={number},"UDP",,,{port}')


def transparent(bench):
    """The host has opened a transparent link and gone back to command mode."""
    bench.ask("AT+CIPMODE=1")
    service(bench)
    bench.ask('AT+CIPOPEN=0,"TCP","10.0.0.1",80', b"CONNECT 115200\r\n")
    bench.wait(1000)
    bench.tx("+++")
    bench.read_until(b"OK\r\n")


def sent(number, data):
    def run(bench):
        bench.ask(f"AT+CIPSEND={number},{len(data)}", b">")
        bench.tx(data)
        bench.read_until(f"+CIPSEND: {number},{len(data)},{len(data)}\r\n".encode())
    return run


def feeds(data):
    """The peer of the newest stream sends."""
    return lambda bench: bench.network.streams[-1].feed(data)


def datagram(data):
    return lambda bench: bench.network.sockets[-1].put_received(data, *PEER)


def client(server):
    """A peer connects to the module's server."""
    return lambda bench: bench.network.accept(bench.module.listeners[server], *CLIENT)


def quiet(*acts):
    """Acts whose output the session does not show."""
    def run(bench):
        doing(*acts)(bench)
        bench.wait(50)
        bench.rx()
    return run


def network(**settings):
    """Sets of names and addresses of the fake network."""
    def run(bench):
        for name, value in settings.items():
            setattr(bench.network, name, value)
    return run


def attribute(name, value):
    return lambda bench: setattr(bench.module, name, value)


def peer_stalls(bench):
    bench.network.streams[-1].pending = SEND_BUFFER


BAIDU = network(names={"www.baidu.com": ["61.135.169.121"]})
STREAM = feeds(b"data from server")
CHINA_MOBILE = ("183.230.174.137", 6031)

A7600_SCENES = {
    "2.17": Scene(doing(service, BAIDU)),
    "6.2.1.3": Scene(acts={0: STREAM}),
    "6.2.2.3": Scene(acts={0: STREAM}, violations=["link 2 is not open"]),
    "6.2.3.3": Scene(acts={0: feeds(b"DATA FROM SERVERDATA FROM SERVER"), "HELLO CLIENT": feeds(b"HELLO CLIENT")}),
    "6.3.1.3": Scene(acts={0: datagram(b"HELLO CLIENT\r\n")}),
    "6.3.2.3": Scene(acts={0: datagram(b"data from server")}, violations=["link 2 is not open"]),
    "6.3.2.4": Scene(quirks=["udp-close-late"]),
    "6.3.3.3": Scene(acts={0: datagram(b"HELLO CLIENT"), 1: datagram(b"HELLO CLIENT")}),
    "6.4.1": Scene(acts={"+CLIENT": client(0)}, violations=["blank in the argument list"]),
    "6.4.2": Scene(acts={"+CLIENT": client(1)}, quirks=["serverstop-open"]),
    "6.6": Scene(service),
}

SIM7028_SCENES = {
    "2.1.1a": Scene(service),
    "2.1.2": Scene(service),
    "2.1.3b": Scene(doing(service, tcp(1, *CHINA_MOBILE))),
    "2.1.3c": Scene(service),
    "2.1.3d": Scene(service),
    "2.1.4b": Scene(doing(service, tcp(1))),
    "2.1.4c": Scene(doing(service, udp(1))),
    "2.1.5b": Scene(says("AT+CIPRXGET=1")),
    "2.1.5d": Scene(quiet(service, says("AT+CIPRXGET=1"), tcp(0), feeds(b"123456"))),
    "2.1.5e": Scene(quiet(service, says("AT+CIPRXGET=1"), tcp(0), feeds(b"123456"))),
    "2.1.5f": Scene(quiet(service, says("AT+CIPRXGET=1"), tcp(0), feeds(b"123456" * 3))),
    "2.1.6c": Scene(doing(service, tcp(0))),
    "2.1.7": Scene(doing(attribute("LOCAL_ADDRESS", "10.84.17.161"), service)),
    "2.1.14": Scene(service),
    "2.1.15": Scene(doing(service, says("AT+SERVERSTART=8080,0")), quirks=["serverstop-late"]),
    "2.1.16": Scene(quiet(service, tcp(0), sent(0, b"0123456789"), feeds(b"hello"))),
    "2.1.17": Scene(doing(service, BAIDU)),
    "2.1.19": Scene(service),
    "3.2.1c": Scene(acts={0: STREAM}),
    "3.2.2c": Scene(acts={0: feeds(b"Data1from server")}, violations=["link number 2"]),
    "3.2.3c": Scene(acts={0: feeds(b"DATA FROM SERVERDATA FROM SERVER"), "HELLO CLIENT": feeds(b"HELLO CLIENT")}),
    "3.3.1c": Scene(acts={0: datagram(b"HELLO CLIENT\r\n")}),
    "3.3.2c": Scene(acts={0: datagram(b"data from server")}, violations=["link number 2"]),
    "3.3.2d": Scene(quirks=["udp-close-late"]),
    "3.3.3c": Scene(acts={0: datagram(b"HELLO CLIENT"), 1: datagram(b"HELLO CLIENT")}),
    "3.4.1": Scene(acts={"+CLIENT": client(0)}, violations=["blank in the argument list"]),
    "3.4.2": Scene(acts={"+CLIENT": client(0)}, quirks=["serverstop-open", "list-index"]),
    "3.4.3": Scene(service),
}

UNRESOLVED = doing(service, network(unknown={"nohost.invalid"}))
LINK = doing(service, tcp(0))
BUFFERED = doing(service, says("AT+CIPRXGET=1"), tcp(0))
SERVER = doing(service, says("AT+SERVERSTART=8080,0"))
TOKENS = b"A\r\n\r\nOK\r\nB"

DERIVED_SCENES = {
    "D1": Scene(service),
    "D2": Scene(attribute("searching", True)),
    "D4": Scene(violations=["while the socket service is closed"]),
    "D5": Scene(doing(service, network(silent={"10.0.0.1"}))),
    "D6": Scene(UNRESOLVED),
    "D7": Scene(service, violations=["link number 10"]),
    "D9": Scene(service, violations=["link 0 is not open"]),
    "D10": Scene(doing(LINK, peer_stalls)),
    "D11": Scene(doing(LINK, sent(0, b"one"), sent(0, b"two")), quirks=["send-lost"]),
    "D12": Scene(LINK),
    "D13": Scene(LINK),
    "D14": Scene(quiet(BUFFERED, feeds(TOKENS))),
    "D15": Scene(BUFFERED),
    "D16": Scene(BUFFERED),
    "D17": Scene(violations=["argument 1 is 9"]),
    "D18": Scene(violations=["argument 1 is 9"]),
    "D19": Scene(service, violations=["link 0 is not open"]),
    "D20": Scene(LINK, acts={0: lambda bench: bench.network.streams[0].close_by_peer()}),
    "D21": Scene(LINK, acts={0: lambda bench: bench.module.network_lost(),
                             "AT+NETOPEN\r": lambda bench: bench.module.set_searching(False)}),
    "D22": Scene(doing(says("AT+CIPMODE=1"), service, network(refuse={"10.0.0.1"}))),
    "D23": Scene(transparent),
    "D24": Scene(quiet(SERVER, client(0)), violations=["links of server 0 are open"]),
    "D25": Scene(SERVER, violations=["server 0 is started already"]),
    "D26": Scene(UNRESOLVED),
    "D27": Scene(doing(LINK, says("AT+CIPSRIP=0")), acts={0: feeds(b"HELLO")}),
    "D28": Scene(doing(LINK, says("AT+CIPSRIP=0"), says("AT+CIPCCFG=10,0,0,1,1,0,500")), acts={0: feeds(b"HELLO")}),
    "D29": Scene(doing(LINK, says("AT+CIPCCFG=10,0,0,1,1,0,500")), acts={0: feeds(b"HELLO")}),
    "D30": Scene(doing(says('AT+CGDCONT=1,"IPV6","CMNET"'), says("AT+CSOCKSETPN=1,6"), service,
                       tcp(0, "2409:8060:20EA:101::1", 5253)), acts={0: feeds(b"HELLO")}),
}

_NOTHING = Scene()


def scene(dialect, name):
    """The Scene of a vector; an empty one when it needs nothing."""
    if name.startswith("D"):
        return DERIVED_SCENES.get(name, _NOTHING)
    return (A7600_SCENES if dialect == "a7600" else SIM7028_SCENES).get(name, _NOTHING)
