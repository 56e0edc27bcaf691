"""The specification's example sessions in data mode, played with transparent sockets.

Every byte of the examples passes between the driver and the script; what the driver does on its own beside them (the
access mode, AT after the escape) is in BEFORE and AFTER_ESCAPE, what it says in other words than the manual in SAID.
"""

import json

import atsock
from cases import cases
from fakes import CUTS, Case
from frames import DIALECTS, OK, line
from scenes import attached, settle
from test_match import SPEC

# Vectors that belong together, in their order.
SESSIONS = {
    "bg96": (("3.3.1", "3.3.2", "3.3.3", "3.3.4"),),
    "a7600": (("6.2.3.1", "6.2.3.2", "6.2.3.3"), ("6.3.3.1", "6.3.3.2", "6.3.3.3"), ("6.4.1",)),
    "sim7028": (("3.2.3a", "3.2.3b", "3.2.3c"), ("3.3.3a", "3.3.3b", "3.3.3c"), ("3.4.1",)),
    "nl668": (("3.9",), ("1.1.18-data",)),
    "l610": (("1.1.18-data",),),
}
_NETCLOSE = [(">", b"AT+NETCLOSE\r"), ("<", OK + line(b"+NETCLOSE: 0"))]
BEFORE = {
    b"AT+QIOPEN=": [(">", b'AT+QICFG="dataformat",0,0\r'), ("<", OK)],
    b"AT+CIPMODE=1": _NETCLOSE,
    b"AT+MIPODM=": [(">", b'AT+GTSET="IPRFMT",5\r'), ("<", OK)],
}
AFTER_ESCAPE = [(">", b"AT+CSQ\r"), ("<", line(b"+CSQ: 20,99") + OK)]
SAID = {
    b"AT+SERVERSTART=8080, 0\r": b"AT+SERVERSTART=8080,0\r",  # a blank that the syntax has not
    b'AT+MIPODM=1,,"192.0.2.10",7,0,0\r': b'AT+MIPODM=1,,"192.0.2.10",7,0\r',  # the default is left out
}


def as_bytes(text):
    return bytes([ord(character) for character in text])


def played(dialect):
    """The ids of the vectors that are played here."""
    return [id for session in SESSIONS[dialect] for id in session]


def steps_of(dialect, session):
    with open(SPEC + dialect + ".vectors.json") as file:
        found = {vector["id"]: vector for vector in json.load(file)}
    return [step for id in session for step in found[id]["steps"]]


class Online:
    """Plays one session: the script is made of all its steps, and each step is what a program would do."""

    def __init__(self, dialect, session, cut):
        self.script = []
        self.actions = []  # (function, arguments)
        self.online = False
        for step in steps_of(dialect, session):
            if "tx" in step:
                self._sent(as_bytes(step["tx"]))
            elif "rx" in step:
                self._came(as_bytes(step["rx"]))
            elif self.script[-1][1] == b"+++":  # the second silence
                self.script.append(("~", step.get("wait_ms") or step["delay_ms"]))
        self.modem, self.tape, self.clock, self.says = attached(dialect, "transparent", 0)
        self.tape.cut = cut
        self.tape.load(self.script)
        self.writes = []
        self._watch()

    def _watch(self):
        write = self.tape.write

        def watched(buf, at, n):
            self.writes.append((self.clock.now, bytes(buf[at : at + n])))
            return write(buf, at, n)

        self.tape.write = watched

    # -- from steps to a script and actions

    def _sent(self, data):
        for text in BEFORE:
            if data.startswith(text) and not self.online and not self.actions:
                self.script += BEFORE[text]
        self.script.append((">", SAID.get(data, data)))
        if data == b"+++":
            self.actions.append((self.escape, ()))
        elif self.online:
            self.actions.append((self.send, (data,)))
        elif data.startswith((b"AT+QIOPEN=", b"AT+CIPOPEN=", b"AT+MIPODM=")):
            self._opens(data.rstrip(b"\r").split(b","))
        elif data.startswith(b"AT+SERVERSTART="):
            self.actions.append((self.listen, (8080,)))
        elif data.startswith((b"AT+QICLOSE", b"AT+CIPCLOSE=", b"AT+MIPCLOSE=", b"AT+SERVERSTOP")):
            self.actions.append((self.close, (data.startswith(b"AT+SERVERSTOP"),)))
        elif data == b"ATO\r":
            self.actions.append((self.resume, ()))
            self.online = True
        elif data.endswith(b"?\r"):
            self.actions.append((self.ask, (data.rstrip(b"\r").decode(),)))
        else:  # of the access mode
            assert data in (b"AT+CIPMODE=1\r", b"AT+NETOPEN\r"), data

    def _opens(self, fields):
        self.online = True
        if self.actions:  # SIMCom UDP: opened once more
            self.actions.append((self.resume, ()))
            return
        texts = [field.strip(b'"') for field in fields]
        at = 3 if texts[0].startswith(b"AT+QIOPEN") else 2
        udp = b"UDP" in texts
        local = int(texts[at + 2]) if udp else 0
        self.actions.append((self.connect, (udp, texts[at].decode(), int(texts[at + 1]), local)))

    def _came(self, data):
        if data.startswith(b"\r\n+CLIENT"):
            self.actions.append((self.accept, (data.strip().split(b",")[-1].decode(),)))
        if (
            self.online
            and self.script[-1][0] in "><!"
            and data.strip() not in (b"OK",)
            and b"CONNECT" not in data
            and b"+MIPODM" not in data
        ):
            self.script.append(("!", data))
            self.actions.append((self.receive, (data,)))
            return
        self.script.append(("!" if b"CLIENT" in data or b"CONNECT" in data else "<", data))
        if data == OK and self.script[-2][0] == "~":
            self.script += AFTER_ESCAPE
            self.online = False
        elif b"CONNECT" in data:
            self.online = True

    # -- actions

    def play(self):
        self.listener = None
        for function, arguments in self.actions:
            function(*arguments)
        settle(self.modem, self.tape)
        self.tape.done()

    def connect(self, udp, host, port, local):
        self.socket = self.modem.socket(type=atsock.SOCK_DGRAM if udp else atsock.SOCK_STREAM)
        self.socket.settimeout(20)
        if local:
            self.socket.bind(("", local))
        self.socket.connect((host, port))

    def listen(self, port):
        self.listener = self.modem.socket()
        self.listener.bind(("", port))
        self.listener.listen()

    def accept(self, peer):
        self.listener.settimeout(20)
        self.socket, address = self.listener.accept()
        assert "%s:%d" % address == peer
        self.socket.settimeout(20)

    def send(self, data):
        assert self.socket.send(data) == len(data)

    def receive(self, data):
        assert self.socket.read(len(data)) == data

    def escape(self):
        self.socket.escape()
        at = [text for _, text in self.writes].index(b"+++")
        escaped = self.writes[at][0]
        assert at == 0 or escaped - self.writes[at - 1][0] >= 1000 or not self.writes[at - 1][1].strip(b"AT\r"), (
            "silence before"
        )
        assert self.writes[at + 1][0] - escaped >= 1000, "silence behind"
        self.writes = []

    def resume(self):
        self.socket.resume()

    def ask(self, text):
        lines = self.modem.command(text)
        wanted = [item for item in self.script if item[1] == as_bytes(text) + b"\r"]
        assert wanted and len(lines) > 1, lines

    def close(self, server):
        (self.listener if server else self.socket).close()


PLAYED = [(dialect, session) for dialect in DIALECTS for session in SESSIONS[dialect]]


@cases(("dialect", "session"), PLAYED, ["%s-%s" % (dialect, session[0]) for dialect, session in PLAYED])
def test_vectors(dialect, session):
    for cut in CUTS:
        with Case(session, cut):
            Online(dialect, session, cut).play()
