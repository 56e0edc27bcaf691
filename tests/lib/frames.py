"""What the five modules say and want to hear on the data path, written from the manuals' specifications.

Shares nothing with the driver's tables.  speech(dialect) gives one of three classes whose methods return bytes
(what the module says) or script items of fakes.Tape.
"""

from binascii import hexlify

DIALECTS = ("bg96", "a7600", "sim7028", "nl668", "l610")
ACCESS = ("buffer", "push", "hex")
PEER = "192.0.2.7"
PORT = 5005

# A payload made of what the modules' lines are made of: what looks like protocol is data all the same.
HOSTILE = (
    b'\r\nOK\r\n\r\nERROR\r\n> \r\n>+QIURC: "closed",0\r\n+QIURC: "recv",0\r\n+IPD5\r\n+CIPRXGET: 1,0\r\n'
    b"\r\n+IPCLOSE: 0,1\r\nNO CARRIER\r\n+++\x1a\x1b\x00\xff\x03\x1a+MIPREAD: 1,5\r\n+MIPSTAT: 1,1\r\n+MIPRTCP: 1,3,"
    b"+MIPDATA: 1,9\r\n+QIRD: 7\r\nSEND OK\r\nSEND FAIL\r\nRDY\r\nCONNECT\r\nCLOSED\r\n"
    b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\nRECV FROM:192.0.2.7:5005\r\n+RECEIVE,0,4\r\nAT+QIRD=0,1500\r"
    b'+QIURC: "pdpdeact",1\r\n+CME ERROR: 3\r\n> > \r\r\nOK\r\n'
)


def digits(data):
    return hexlify(data).upper()


def line(text):
    return b"\r\n" + text + b"\r\n"


OK = line(b"OK")
ERROR = line(b"ERROR")


class Quectel:
    """BG96 TCP/IP AT Commands Manual V1.0; sections 2.1.4-2.1.9, 2.2."""

    first = 0
    links = 12
    prompt = b"\r\n> "

    def attach(self):
        return _Attached((b"AT+QIACT?", b"AT+QIACT="), b'\r\n+QIACT: 1,1,1,"10.0.0.1"\r\n\r\nOK\r\n', OK)

    def open_line(self, command):
        return b"AT+QIOPEN="

    def opened(self, command, link):
        return OK + line(b"+QIOPEN: %d,0" % link)

    def link_of(self, command):
        return int(command.split(b",")[1])

    def notice(self, access, link):
        return line(b'+QIURC: "recv",%d' % link)

    def ask(self, access, link, n):
        return b"AT+QIRD=%d,%d\r" % (link, n)

    most = {"buffer": 1500, "hex": 1500}

    def header(self, access, link, n, rest):
        return b"\r\n+QIRD: %d\r\n" % n

    def answer(self, access, link, payload, rest):
        data = digits(payload) if access == "hex" else payload
        return self.header(access, link, len(payload), rest) + data + b"\r\n" + OK

    def nothing(self, access, link):
        return b"\r\n+QIRD: 0\r\n" + OK

    tells_rest = False

    def push(self, access, link, payload):
        return b'\r\n+QIURC: "recv",%d,%d\r\n' % (link, len(payload)) + payload + b"\r\n"

    def closed(self, link):
        return line(b'+QIURC: "closed",%d' % link)

    def send(self, access, link, payload):
        """Script of one send that succeeds."""
        if access == "hex":
            return [(">", b'AT+QISENDEX=%d,"%s"\r' % (link, digits(payload))), ("<", line(b"SEND OK"))]
        return [
            (">", b"AT+QISEND=%d,%d\r" % (link, len(payload))), ("<", self.prompt),
            (">", payload), ("<", line(b"SEND OK")),
        ]  # fmt: skip

    def result(self, access, link, n):
        """Lines behind the payload of a send that succeeds."""
        return line(b"SEND OK")

    def chunk(self, access):
        return 256 if access == "hex" else 1460

    def close(self, link):
        return [(">", b"AT+QICLOSE=%d\r" % link), ("<", OK)]

    def why(self):
        """Behind a bare ERROR: the driver asks for the reason."""
        return [(">", b"AT+QIGETERROR\r"), ("<", line(b"+QIGETERROR: 566, Socket connect failed") + OK)]

    lost = line(b'+QIURC: "pdpdeact",1')


SYNC = [(">", b"AT+CSQ\r"), ("<", b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n")]


class Simcom:
    """A7600 TCPIP AT Command Manual; 2.1-2.9, 5.  SIM7028 Application Note V1.04; 2.1, 2.2."""

    first = 0
    prompt = b"\r\n>"

    def why(self):
        """Behind a bare ERROR: the driver makes sure that it is the answer."""
        return SYNC

    def __init__(self, links, sender):
        self.links = links
        self.sender = sender

    def attach(self):
        return _Attached(
            (b"AT+NETOPEN?", b"AT+NETOPEN"),
            line(b"+NETOPEN: 1") + OK,
            OK + line(b"+NETOPEN: 0"),
            line(b"+NETOPEN: 0") + OK,
        )

    def open_line(self, command):
        return b"AT+CIPOPEN="

    def opened(self, command, link):
        if b'"UDP"' in command:
            return line(b"+CIPOPEN: %d,0" % link) + OK
        return OK + line(b"+CIPOPEN: %d,0" % link)

    def link_of(self, command):
        return int(command.split(b"=")[1].split(b",")[0])

    def notice(self, access, link):
        return line(b"+CIPRXGET: 1,%d" % link)

    def ask(self, access, link, n):
        return b"AT+CIPRXGET=%d,%d,%d\r" % (3 if access == "hex" else 2, link, n)

    most = {"buffer": 1500, "hex": 750}

    def header(self, access, link, n, rest):
        return b"\r\n+CIPRXGET: %d,%d,%d,%d\r\n" % (3 if access == "hex" else 2, link, n, rest)

    def answer(self, access, link, payload, rest):
        data = digits(payload) if access == "hex" else payload
        return self.header(access, link, len(payload), rest) + data + b"\r\n" + OK

    def nothing(self, access, link):
        return line(b"+IP ERROR: No data") + ERROR

    tells_rest = True

    def push(self, access, link, payload):
        """2.13, HeaderType 1 with the sender's address (2.9)."""
        address = b"%s:%s:%d" % (self.sender, PEER.encode(), PORT)
        return line(address) + b"+RECEIVE,%d,%d\r\n" % (link, len(payload)) + payload

    def push_ipd(self, payload, peer=b"192.0.2.7:5005"):
        """2.8: no link; the sender's address only."""
        return line(self.sender + b":" + peer) + b"+IPD%d\r\n" % len(payload) + payload

    def closed(self, link):
        return line(b"+IPCLOSE: %d,1" % link)

    def send(self, access, link, payload):
        return [
            (">", b"AT+CIPSEND=%d,%d\r" % (link, len(payload))), ("<", self.prompt),
            (">", payload), ("<", self.result(access, link, len(payload))),
        ]  # fmt: skip

    def result(self, access, link, n):
        return OK + line(b"+CIPSEND: %d,%d,%d" % (link, n, n))

    def chunk(self, access):
        return 1500

    def close(self, link):
        return [(">", b"AT+CIPCLOSE=%d\r" % link), ("<", OK + line(b"+CIPCLOSE: %d,0" % link))]

    lost = line(b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")


class Fibocom:
    """NL668 TCP&UDP AT manual; L610 AT Commands User Manual TCP&UDP V1.0.0; 1.1, 1.2."""

    first = 1
    links = 6
    prompt = b">\r\n"

    def why(self):
        """Behind a bare ERROR: the driver makes sure that it is the answer."""
        return SYNC

    def attach(self):
        return _Attached(
            (b"AT+MIPCALL?", b"AT+MIPCALL="),
            line(b"+MIPCALL: 1,10.0.0.1") + OK,
            OK + line(b"+MIPCALL: 10.0.0.1"),
            line(b"+MIPCALL: 0") + OK,
        )

    def open_line(self, command):
        return b"AT+MIPOPEN="

    def opened(self, command, link):
        return OK + line(b"+MIPOPEN: %d,1" % link)

    def link_of(self, command):
        return int(command.split(b"=")[1].split(b",")[0])

    def notice(self, access, link):
        return line(b"+MIPREAD: %d,10" % link)

    def ask(self, access, link, n):
        return b"AT+MIPREAD=%d,%d\r" % (link, n)

    most = {"buffer": 2048}

    def header(self, access, link, n, rest):
        return b"\r\n+MIPDATA: %d,%d\r\n" % (link, n)

    def answer(self, access, link, payload, rest):
        return self.header(access, link, len(payload), rest) + payload + b"\r\n" + OK

    def nothing(self, access, link):
        return line(b"+MIPREAD: %d,0" % link) + OK

    tells_rest = False

    def push(self, access, link, payload):
        if access == "hex":
            return line(b"+MIPRTCP: %d,0,%s" % (link, digits(payload)))
        return b"\r\n+MIPRTCP: %d,%d,%s" % (link, len(payload), payload)

    def closed(self, link):
        return line(b"+MIPSTAT: %d,1" % link)

    def send(self, access, link, payload):
        if access == "hex":
            return [
                (">", b'AT+MIPSEND=%d,"%s"\r' % (link, digits(payload))),
                ("<", line(b"+MIPSEND: %d,0,%d" % (link, 2048 - len(payload))) + OK),
                (">", b"AT+MIPPUSH=%d\r" % link),
                ("<", line(b"+MIPPUSH: %d,0,%d" % (link, len(payload))) + OK),
            ]
        return [
            (">", b"AT+MIPSEND=%d,%d\r" % (link, len(payload))), ("<", self.prompt),
            (">", payload), ("<", self.result(access, link, len(payload))),
        ]  # fmt: skip

    def result(self, access, link, n):
        return OK + line(b"+MIPPUSH: %d,0" % link) + line(b"+MIPSEND: %d,0,2048" % link) + OK

    def chunk(self, access):
        return 1023 if access == "hex" else 2048

    def close(self, link):
        return [(">", b"AT+MIPCLOSE=%d\r" % link), ("<", OK + line(b"+MIPCLOSE: %d,0" % link))]

    lost = line(b"+MIPCALL: 0")


class _Attached:
    """Answers everything that attach() may ask of a registered module whose context is not active yet."""

    def __init__(self, names, active, activated, inactive=OK):
        self.question, self.activation = names
        self.active = active
        self.activated = activated
        self.state = inactive

    def __call__(self, command):
        if command == self.question:
            return self.state
        if command.startswith(self.activation):
            self.state = self.active
            return self.activated
        for text, answer in _ANSWERS:
            if command.startswith(text):
                return line(answer) + OK
        return OK


_ANSWERS = (
    (b"AT+CSQ", b"+CSQ: 20,99"),
    (b"AT+CPIN?", b"+CPIN: READY"),
    (b"AT+CEREG?", b"+CEREG: 0,1"),
    (b"AT+CGREG?", b"+CGREG: 0,1"),
    (b"AT+CREG?", b"+CREG: 0,1"),
    (b"AT+CFUN?", b"+CFUN: 1"),
    (b"AT+CMEE?", b"+CMEE: 1"),
    (b"AT+IPADDR", b"+IPADDR: 10.0.0.1"),
    (b"AT+CIPCLOSE?", b"+CIPCLOSE: 0,0,0,0,0,0,0,0,0,0"),
    (b"AT+MIPCLOSE?", b"+MIPCLOSE: 0"),
)


def speech(dialect):
    if dialect == "bg96":
        return Quectel()
    if dialect == "a7600":
        return Simcom(10, b"RECV FROM")
    if dialect == "sim7028":
        return Simcom(2, b"RCV FROM")
    return Fibocom()


def pulls(dialect, access):
    """Does the driver fetch data (rather than get it pushed) in this access mode?"""
    return access == "buffer" or access == "hex" and dialect not in ("nl668", "l610")


MODES = [(dialect, access) for dialect in DIALECTS for access in ACCESS]
PULLED = [mode for mode in MODES if pulls(*mode)]
PUSHED = [mode for mode in MODES if not pulls(*mode)]


def lines_of(data):
    """The lines of an answer without payload, each with its CR LF before and behind."""
    return [line(text) for text in data.split(b"\r\n") if text]


def read_script(says, dialect, access, link, payload, rest=0):
    """Script by which `payload` reaches the driver: a notice and a read, or a push."""
    if not pulls(dialect, access):
        return [("!", says.push(access, link, payload))]
    return [
        ("!", says.notice(access, link)),
        (">", says.ask(access, link, says.most[access])),
        ("<", says.answer(access, link, payload, rest)),
    ]
