"""The host's side of the specification's example sessions: what the driver makes of each line that the manuals print.

Each command of a session is sent as the template of the dialect table that makes these very bytes, sends that Ctrl-Z
ends by
Modem.call(), everything else by Modem.command().  Sessions in data mode are played in test_vectors_online.py, vectors
that are
a reading of the specification only are not played.
"""

import json
from binascii import unhexlify

import atsock
from atsock import dialects
from atsock.core.command import Query
from atsock.core.link import Link
from atsock.core.rows import filled
from atsock.core.words import DEAD, OPEN, OPENING, PROMPT
from atsock.sockets.datagram import DatagramLink
from cases import cases
from fakes import CUTS, Case, new_modem, raises
from frames import DIALECTS
from tablekeys import COMMANDS
from test_match import SPEC
from test_vectors_online import as_bytes, played

CONTEXT = 12  # of what match() is told (core/movers.py)
KEYS = sorted(
    COMMANDS, key=lambda key: (key.startswith("DATA_"), key)
)  # in data mode some modules open by the same text
# Results of commands that are sent as text or by call() here, connections to servers that were started so, links
# closed by NETCLOSE.
_QUIET = ("+MIPPUSH", "+MPING", "+MPINGSTAT", "+MIPNTP", "+QPING", "+QNTP", "+SERVERSTOP", "+CLIENT", "+CIPCLOSE")


# Vectors that no file plays, with the reason.
NOT_PLAYED = {}


def all_vectors(dialect):
    """The vectors of a dialect's manual and those derived for it, without those that are somebody's reading only."""
    with open(SPEC + dialect + ".vectors.json") as file:
        found = json.load(file)
    if dialect in ("a7600", "sim7028"):
        with open(SPEC + "simcom.derived.vectors.json") as file:
            found += [vector for vector in json.load(file) if dialect in vector["dialects"]]
    return [vector for vector in found if not vector.get("reading")]


def sessions(dialect):
    """The vectors that are played here."""
    elsewhere = played(dialect)
    return [vector for vector in all_vectors(dialect) if vector["id"] not in elsewhere]


def groups(vector):
    """[[command or None, payload or b"", [what comes, ...]], ...]"""
    found = []
    for step in vector["steps"]:
        if "tx" in step:
            data = as_bytes(step["tx"])
            if data[:2].upper() == b"AT" and data.endswith(b"\r") and not (found and _prompts(found[-1])):
                found.append([data, b"", []])
            else:
                found[-1][1] += data
                if found[-1][2][-1] is not None:
                    found[-1][2].append(None)  # the payload is written here
        elif "rx" in step:
            if not found:
                found.append([None, b"", []])
            found[-1][2].append(as_bytes(step["rx"]))
    return found


def _prompts(group):
    return bool(group[2]) and group[2][-1] is not None and group[2][-1].strip() == b">"


def fields_of(template, text):
    """{place: value} when a command of the table makes this text, else None."""
    found = {}
    first, *pieces = template.split(b"<")
    if not text.startswith(first):
        return None
    at = len(first)
    for piece in pieces:
        place, following = piece.split(b">")
        end = text.find(following, at) if following else len(text)
        if end < 0:
            return None
        value = text[at:end]
        if place in (b"link", b"n", b"context"):
            if not value.isdigit():
                return None
            value = int(value)
        elif place == b"payload":
            value = unhexlify(value)
        elif b'"' in value or b"," in value:
            return None
        found[place.decode()] = value
        at = end + len(following)
    return found if at == len(text) else None


def command_for(modem, text, payload):
    """The Query whose bytes are this text, and its key in the table; (None, "") when no command makes it."""
    name, equals, rest = text[:-1].partition(b"=")
    text = name.upper() + equals + rest
    engine = modem._engine
    for key in KEYS:
        for template in templates(modem._session.table, key):
            found = fields_of(template[0], text)
            if found is None or found.get("n") == 0 or bool(template[2] & PROMPT) != bool(payload):
                continue
            if "context" in found:
                engine.context = engine.matched[CONTEXT] = found["context"]
            arguments = dict(COMMANDS[key])
            arguments.update([(place, found[place]) for place in found if place in arguments])
            command = Query(None, filled(template[:4], engine.context, arguments))
            command.lines = None
            if "link" in found:
                command.link = engine.link(found["link"])
            command.n = found.get("n", 0)
            if payload:
                command.buf = payload
            if "payload" in found:
                command.buf = found["payload"]
                command.n = len(command.buf)
            if key.startswith("RESOLVE"):
                command.addresses = []
                command.expected = 1
            return command, key
    return None, ""


def templates(table, key):
    """The templates of this name in the table, without what follows them."""
    value = getattr(table, key)
    if not value:
        return ()
    return (value,) if isinstance(value[0], bytes) else value


def access_of(vector):
    text = json.dumps(vector)
    if (
        "fmt2" in vector["id"]
        or vector.get("mode") == "direct push"
        or "FROM:" in text
        or "+IPD" in text
        or "+RECEIVE" in text
    ):
        return "push"
    if "+MIPRTCP" in text or "+MIPRUDP" in text or "CIPRXGET=3" in text or "QISENDEX" in text and "QIRD" not in text:
        return "hex"
    return "buffer"


def arguments_of(text):
    """The arguments of a command line, as Modem.call() takes them."""
    found = []
    for field in text[:-1].partition(b"=")[2].split(b","):
        found.append(field.strip(b'"').decode() if field[:1] == b'"' else int(field) if field else None)
    return found


def unescaped(data):
    """The payload that SIMCom's escaping (2.4) was made from."""
    out = b""
    at = 0
    while at < len(data):
        at += data[at] == 3
        out += data[at : at + 1]
        at += 1
    return out


def payload_of(data, access):
    """The counted payload behind the header in what comes, by the header's own words; None when there is none."""
    for header, index, text in (
        (b"+QIRD:", 0, False), (b'+QIURC: "recv",', 1, False), (b"+CIPRXGET: 2,", 1, False),
        (b"+CIPRXGET: 3,", 1, True), (b"+MIPDATA:", 1, False),
        (b"+IPD", 0, False), (b"+RECEIVE,", 1, False),
    ):  # fmt: skip
        at = data.find(header)
        if at < 0:
            continue
        end = data.find(b"\r\n", at)
        numbers = data[at + len(header) : end].split(b",")
        if header == b"+QIRD:" and len(numbers) == 3 and b'"' not in numbers[1] or len(numbers) <= index:
            return None
        n = int(numbers[index])
        start = end + 2
        return unhexlify(data[start : start + 2 * n]) if text else data[start : start + n]
    for header, index in ((b"+MIPRTCP: ", 2), (b"+MIPRUDP: ", 4)):
        at = data.find(header)
        if at >= 0:
            parts = data[at + len(header) :].split(b",", index)
            return parts[index][: int(parts[index - 1])] if access == "push" else unhexlify(parts[index].strip())
    return None


class Player:
    """Plays one vector against a modem."""

    def __init__(self, name, vector, cut):
        self.access = access_of(vector)
        self.events = []
        self.groups = groups(vector)
        script = []
        for text, payload, comes in self.groups:
            if text is not None:
                script.append(
                    (">", text[:2].upper() + text[2:].split(b"=")[0].upper() + text[len(text.split(b"=")[0]) :])
                )
            for data in comes:
                script.append((">", payload) if data is None else ("!", data))
        self.modem, self.tape, self.clock = new_modem(
            name, script, cut, access=self.access, on_event=lambda *event: self.events.append(event)
        )
        self.engine = self.modem._engine
        self.dialect = name
        # What the driver asks behind an ERROR that says nothing.
        asked = {
            b"AT+QIGETERROR": b"\r\n+QIGETERROR: 550, Unknown error\r\n\r\nOK\r\n",
            b"AT+CSQ": b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n",
        }
        self.tape.after = lambda line: asked.get(line, b"")
        for id in self.modem._session.table.LINKS:
            pushed = self.access == "push" or self.access == "hex" and name in ("nl668", "l610")
            link = DatagramLink(id) if "UDP" in vector["title"] and pushed else Link(id)
            self.engine.links[id] = link
            link.state = OPEN
            link.pushed = pushed
            link.buf = bytearray(link.size)

    def settle(self):
        for _ in range(5):
            while self.engine.pump():
                pass
            self.clock.pass_ms(20)  # behind an ERROR nothing is sent for so long

    def play(self):
        for text, payload, comes in self.groups:
            if text is None:
                self._unasked(comes)
            elif text == b"AT+QIGETERROR\r" and self.tape.written > self.tape.out.find(text):
                pass  # the driver has asked by itself
            else:
                self._asked(text, payload, comes)
        self.settle()
        self.tape.done()
        unknown = [
            value
            for event, _, value in self.events
            if event == atsock.EVENT_UNKNOWN and not value.startswith(tuple([name.encode() for name in _QUIET]))
        ]
        assert not unknown, unknown

    def _asked(self, text, payload, comes):
        answer = b"".join([data for data in comes if data is not None])
        if _variable_length((text, payload, comes)):
            self._called(text, payload[:-1], answer)
            return
        command, name = command_for(self.modem, text, payload)
        if command is None:
            assert not payload, "no template makes this: %r" % text
            self._as_text(text, answer)
            return
        if name.startswith(("OPEN_", "DATA_")):
            command.link.state = OPENING
        assert self.engine.start(command)
        self.settle()
        assert command.done, "not finished: %r" % text
        self._check(command, name, text, comes, answer)

    def _called(self, text, payload, answer):
        # A send that Ctrl-Z ends: the driver does that for Modem.call() only.
        name = text[2:].partition(b"=")[0].decode()
        data = unescaped(payload) if self.dialect in ("a7600", "sim7028") else payload
        value = self.modem.call(name, *(arguments_of(text) + [data]))
        assert value is None or value[-1] == len(data) or name == "+MIPSEND" and value[1:] == (0, 2048), value
        self.settle()

    def _as_text(self, text, answer):
        end = answer.find(b"\r\nOK\r\n")
        if end < 0:
            raises(atsock.CommandError, self.modem.command, text[:-1].decode())
            return
        lines = self.modem.command(text[:-1].decode())
        payload = payload_of(answer, "hex" if b"+CIPRXGET: 3" in answer else self.access)
        if payload is None:
            assert lines == [line for line in answer[:end].split(b"\r\n") if line], lines
        else:
            assert bytes(lines[-1]) == payload, lines
        self.settle()

    def _check(self, command, name, text, comes, answer):
        link = command.link
        if text.startswith(b"AT+MIPPUSH"):  # its status decides, see test_sockets
            return
        if (
            b"ERROR\r\n" in answer
            and b"No data" not in answer
            and b"ERROR: 22" not in answer
            or b"CONNECT FAIL" in answer
        ):
            assert command.errno == 5, command.errno
        elif name.startswith(("OPEN_", "DATA_")):
            assert command.errno == (5 if name.startswith("DATA_") and b"+MIPSTAT" in answer else 0), command.errno
            failed = answer.rstrip().endswith((b",10", b",11")) or b"+MIPSTAT" in answer
            assert link.state == (DEAD if failed else OPEN), link.state
        elif b"+CIPSEND" in answer:
            numbers = answer.split(b"+CIPSEND: ")[1].split(b"\r")[0].split(b",")
            assert (command.errno == 0) == (numbers[1] == numbers[2])
        elif b"+NETOPEN: 1" in answer:
            assert command.errno == 5
        else:
            assert command.errno == 0, command.errno
        if name.startswith("RESOLVE") and not command.errno:
            assert command.addresses and command.addresses[0].replace(b".", b"").isdigit(), command.addresses
        payload = payload_of(answer, self.access)
        if payload and link is not None:
            self._check_payload(link, payload)
        for data in comes[1:]:
            if data:
                self._check_events(data)

    def _check_payload(self, link, payload):
        if link.keeps_borders:
            out = bytearray(2000)
            n = link.take_datagram(out, 0, 2000)
            assert out[:n] == payload
        else:
            assert link.take(5000) == payload

    def _unasked(self, comes):
        self.settle()
        for data in comes:
            self._check_events(data)
            payload = payload_of(data, self.access)
            if payload and b"+CIPRXGET: 1" not in data:
                full = [link for link in self.engine.links.values() if link.count]
                if b"+IPD" in data:  # no id is told: with several links nobody knows whose it is
                    continue
                assert len(full) == 1, (data, full)
                self._check_payload(full[0], payload)

    def _check_events(self, data):
        wanted = None
        if b'"closed"' in data or b"+IPCLOSE" in data or b"+MIPSTAT: 1,1" in data or b"+MIPSTAT: 1,2" in data:
            wanted = atsock.EVENT_CLOSED
        elif b"pdpdeact" in data or b"+CIPEVENT" in data:
            wanted = atsock.EVENT_NETWORK_LOST
        elif b"+MIPXOFF" in data:
            wanted = atsock.EVENT_FLOW_OFF
        elif b"+MIPXON" in data:
            wanted = atsock.EVENT_FLOW_ON
        elif (
            b'"recv"' in data
            or b"+CIPRXGET: 1," in data
            or data.startswith(b"\r\n+MIPREAD: ")
            or b"+MIPRTCP" in data
            or b"+RECEIVE" in data
        ):
            wanted = atsock.EVENT_DATA
        self.modem.poll()
        assert wanted is None or wanted in [event for event, _, _ in self.events], data


VECTORS = [(dialect, vector) for dialect in DIALECTS for vector in sessions(dialect)]


@cases(("dialect", "vector"), VECTORS, ["%s-%s" % (dialect, vector["id"]) for dialect, vector in VECTORS])
def test_vectors(dialect, vector):
    for cut in CUTS:
        with Case(vector["title"], cut):
            Player(dialect, vector, cut).play()


def _variable_length(part):
    # A send without a length: ended by Ctrl-Z.
    text, payload, comes = part
    return (
        bool(payload)
        and payload.endswith(b"\x1a")
        and len(payload)
        != int(text[:-1].split(b",")[1].decode() if b"," in text and text[:-1].split(b",")[1].isdigit() else -1)
    )


def test_there_are_vectors():
    """Most of the manuals' examples are played."""
    for dialect, least in (("bg96", 18), ("a7600", 18), ("sim7028", 50), ("nl668", 60), ("l610", 60)):
        count = len(sessions(dialect))
        assert count >= least, (dialect, count)


@cases("dialect", DIALECTS)
def test_none_is_left_out(dialect):
    """Every vector is played, here or in data mode, or has a reason not to be."""
    known = [vector["id"] for vector in all_vectors(dialect)]
    here = [vector["id"] for vector in sessions(dialect)]
    there = played(dialect)
    assert len(set(known)) == len(known)
    assert not set(here) & set(there)
    assert sorted(known) == sorted(here + there + list(NOT_PLAYED.get(dialect, ()))), dialect


def test_all_dialects_have_vectors():
    assert sorted(DIALECTS) == dialects.names()


@cases("dialect", ("bg96", "a7600", "sim7028"))
def test_cancelled(dialect):
    """None as the payload cancels a send where the manual knows ESC; what the module says to that is stated nowhere."""
    said = {"bg96": "AT+QISEND=0", "a7600": 'AT+CIPSEND=1,,"1.2.3.4",5', "sim7028": "AT+CIPSEND=1"}
    name, _, _ = said[dialect][2:].partition("=")
    arguments = arguments_of(said[dialect].encode() + b"\r")
    for answer in (b"\r\nOK\r\n", b"\r\nERROR\r\n", b""):
        with Case(dialect, answer):
            modem, tape, clock = new_modem(
                dialect, [(">", said[dialect].encode() + b"\r"), ("<", b"\r\n>"), (">", b"\x1b"), ("!", answer)]
            )
            tape.after = lambda command: (
                b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
                if command == b"AT+CSQ"
                else b"\r\n+QIGETERROR: 571, Operation aborted\r\n\r\nOK\r\n"
            )
            assert modem.call(name, *(arguments + [None])) is None
            assert modem.command("AT+CSQ") == [b"+CSQ: 20,99"]
            tape.done()


@cases("dialect", ("nl668", "l610"))
def test_no_header(dialect):
    """IPRFMT 1 (1.2.4) tells neither link nor length: what comes is told as an unknown line, and hurts nothing."""
    events = []
    script = [
        (">", b'AT+GTSET="IPRFMT",1\r'),
        ("<", b"\r\nOK\r\n"),
        ("!", b"hello"),
        (">", b"AT+MIPFLUSH=1\r"),
        ("<", b"\r\n+MIPFLUSH: 1,0\r\n\r\nOK\r\n"),
    ]
    modem, tape, clock = new_modem(dialect, script, on_event=lambda *event: events.append(event))
    assert modem.call("GTSET", "IPRFMT", 1) is None
    assert modem.call("MIPFLUSH", 1) == (1, 0)
    assert events == [(atsock.EVENT_UNKNOWN, None, b"hello")]
    tape.done()
