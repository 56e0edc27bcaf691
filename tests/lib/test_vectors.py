"""The host's side of the specification's example sessions: what the driver makes of each line that the manuals print.

Each command of a session is sent as the verb of the dialect table that makes these very bytes, or else by Modem.command().
Left out: steps that are a reading of the specification only, variable-length sends (the driver always tells the length), and
the bytes of data mode.
"""

import json
from binascii import unhexlify

import atsock
from atsock import dialects, words
from atsock.command import Command
from atsock.link import DEAD, OPEN, OPENING
from fakes import CUTS, Case, new_modem, raises, spread
from frames import DIALECTS
from test_tables import SPEC, verbs

# Results of commands that are sent as text here, connections to servers that were started so, links closed by NETCLOSE.
_QUIET = ("+MPING", "+MPINGSTAT", "+MIPNTP", "+QPING", "+QNTP", "+SERVERSTOP", "+CLIENT", "+CIPCLOSE")


def sessions(dialect):
    """The executable vectors of a dialect's manual, and those derived for it."""
    with open(SPEC + dialect + ".vectors.json") as file:
        found = json.load(file)
    if dialect in ("a7600", "sim7028"):
        with open(SPEC + "simcom.derived.vectors.json") as file:
            found += [vector for vector in json.load(file) if dialect in vector["dialects"]]
    return [vector for vector in found if not vector.get("reading") and vector.get("executable", True) and not _has_data_mode(vector)]


def _has_data_mode(vector):
    for step in vector["steps"]:
        if step.get("mode") == "data" or step.get("tx", "").startswith(("+++", "ATO")) or "wait_ms" in step:
            return True
    first = [step["tx"] for step in vector["steps"] if "tx" in step][:1]
    if first and first[0][:2].upper() != "AT":
        return True
    text = vector["title"].lower()
    return vector.get("mode") == "transparent" or "online data" in text or "raw data" in text or "IPRFMT 1" in vector["title"]


def as_bytes(text):
    return bytes([ord(character) for character in text])


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
                found[-1][2].append(None)  # the payload is written here
        elif "rx" in step:
            if not found:
                found.append([None, b"", []])
            found[-1][2].append(as_bytes(step["rx"]))
    return found


def _prompts(group):
    return bool(group[2]) and group[2][-1] is not None and group[2][-1].strip() == b">"


def fields_of(pieces, text):
    """{piece: value} when the pieces make this text, else None."""
    found = {}
    at = 0
    for i in range(len(pieces)):
        piece = pieces[i]
        if isinstance(piece, bytes):
            if not text.startswith(piece, at):
                return None
            at += len(piece)
            continue
        following = pieces[i + 1] if i + 1 < len(pieces) else b""
        end = text.find(following, at) if following else len(text)
        if end < 0:
            return None
        value = text[at:end]
        if piece in (words.LINK, words.N, words.CONTEXT):
            if not value.isdigit():
                return None
            value = int(value)
        elif piece == words.PAYLOAD:
            value = unhexlify(value)
        elif value.isdigit():
            value = int(value)
        elif b'"' in value or b"," in value:
            return None
        found[piece] = value
        at = end
    return found if at == len(text) else None


def command_for(modem, dialect, text, payload):
    """The Command whose bytes are this text, and the name of its verb; (None, "") when no verb makes it."""
    name, equals, rest = text[:-1].partition(b"=")
    text = name.upper() + equals + rest
    for name, verb in verbs(dialect):
        found = fields_of(verb[0], text)
        if found is None or found.get(words.N) == 0 or (verb[2] & words.PROMPT != 0) != bool(payload):
            continue
        command = Command(None, verb[:4], [found.get(words.ARG + i, b"") for i in range(8)])
        if words.LINK in found:
            command.link = modem._engine.link(found[words.LINK])
        command.n = found.get(words.N, 0)
        if payload:
            command.buf = payload
        if words.PAYLOAD in found:
            command.buf = found[words.PAYLOAD]
            command.n = len(command.buf)
        if name == "RESOLVE":
            command.texts = []
            command.expect = 1
        if words.CONTEXT in found:
            modem._engine.context = found[words.CONTEXT]
        return command, name
    return None, ""


def access_of(vector):
    text = json.dumps(vector)
    if "fmt2" in vector["id"] or vector.get("mode") == "direct push" or "FROM:" in text or "+IPD" in text or "+RECEIVE" in text:
        return "push"
    if "+MIPRTCP" in text or "+MIPRUDP" in text or "CIPRXGET=3" in text or "QISENDEX" in text and "QIRD" not in text:
        return "hex"
    return "buffer"


def payload_of(data, access):
    """The counted payload behind the header in what comes, by the header's own words; None when there is none."""
    for header, index, text in (
        (b"+QIRD:", 0, False), (b'+QIURC: "recv",', 1, False), (b"+CIPRXGET: 2,", 1, False), (b"+CIPRXGET: 3,", 1, True), (b"+MIPDATA:", 1, False),
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
                script.append((">", text[:2].upper() + text[2:].split(b"=")[0].upper() + text[len(text.split(b"=")[0]) :]))
            for data in comes:
                script.append((">", payload) if data is None else ("!", data))
        self.modem, self.tape, self.clock = new_modem(name, script, cut, access=self.access, on_event=lambda *event: self.events.append(event))
        self.engine = self.modem._engine
        self.dialect = self.engine.dialect
        self.tape.after = lambda line: b"\r\n+QIGETERROR: 550, Unknown error\r\n\r\nOK\r\n" if line == b"AT+QIGETERROR" else b""
        for id in range(self.dialect.FIRST_LINK, self.dialect.FIRST_LINK + self.dialect.LINKS):
            link = self.modem._engine.link(id)
            link.state = OPEN
            link.pushed = self.access == "push" or self.access == "hex" and name in ("nl668", "l610")
            link.datagram = "UDP" in vector["title"] and link.pushed
            link.need_ring()

    def settle(self):
        for _ in range(5):
            while self.engine.pump():
                pass

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
        unknown = [value for event, _, value in self.events if event == atsock.EVENT_UNKNOWN and not value.startswith(tuple([name.encode() for name in _QUIET]))]
        assert not unknown, unknown

    def _asked(self, text, payload, comes):
        answer = b"".join([data for data in comes if data is not None])
        command, name = command_for(self.modem, self.dialect, text, payload)
        if command is None:
            assert not payload, "no verb makes this: %r" % text
            self._as_text(text, answer)
            return
        if name in ("OPEN", "OPEN_DATA"):
            command.link.state = OPENING
        assert self.engine.start(command)
        self.settle()
        assert command.done, "not finished: %r" % text
        self._check(command, name, text, comes, answer)

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
        if b"ERROR\r\n" in answer and b"No data" not in answer and b"ERROR: 22" not in answer or b"CONNECT FAIL" in answer:
            assert command.errno == 5, command.errno
        elif name in ("OPEN", "OPEN_DATA"):
            assert command.errno == (5 if name == "OPEN_DATA" and b"+MIPSTAT" in answer else 0), command.errno
            failed = answer.rstrip().endswith((b",10", b",11")) or b"+MIPSTAT" in answer
            assert link.state == (DEAD if failed else OPEN), link.state
        elif b"+CIPSEND" in answer:
            numbers = answer.split(b"+CIPSEND: ")[1].split(b"\r")[0].split(b",")
            assert (command.errno == 0) == (numbers[1] == numbers[2])
        elif b"+NETOPEN: 1" in answer:
            assert command.errno == 5
        else:
            assert command.errno == 0, command.errno
        if name == "RESOLVE" and not command.errno:
            assert command.texts and command.texts[0].replace(b".", b"").isdigit(), command.texts
        payload = payload_of(answer, self.access)
        if payload and link is not None:
            self._check_payload(link, payload)
        for data in comes[1:]:
            if data:
                self._check_events(data)

    def _check_payload(self, link, payload):
        if link.datagram:
            out = bytearray(2000)
            n = link.take_datagram(out, 0, 2000)
            assert out[:n] == payload
        else:
            assert link.ring.take(5000) == payload

    def _unasked(self, comes):
        self.settle()
        for data in comes:
            self._check_events(data)
            payload = payload_of(data, self.access)
            if payload and not b"+CIPRXGET: 1" in data:
                full = [link for link in self.engine.links.values() if link.ring.count]
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
        elif b'"recv"' in data or b"+CIPRXGET: 1," in data or data.startswith(b"\r\n+MIPREAD: ") or b"+MIPRTCP" in data or b"+RECEIVE" in data:
            wanted = atsock.EVENT_DATA
        self.modem.poll()
        assert wanted is None or wanted in [event for event, _, _ in self.events], data


def vectors(dialect):
    for vector in sessions(dialect):
        parts = groups(vector)
        if [part for part in parts if _variable_length(part)]:
            continue
        for cut in CUTS:
            with Case(dialect, vector["id"], vector["title"], cut):
                Player(dialect, vector, cut).play()


def _variable_length(part):
    # A send without a length: ended by Ctrl-Z, which no verb of the driver does.
    text, payload, comes = part
    return bool(payload) and payload.endswith(b"\x1a") and len(payload) != int(text[:-1].split(b",")[1].decode() if b"," in text and text[:-1].split(b",")[1].isdigit() else -1)


def test_there_are_vectors():
    """Most of the manuals' examples are played."""
    for dialect, least in (("bg96", 18), ("a7600", 18), ("sim7028", 50), ("nl668", 60), ("l610", 60)):
        played = [vector["id"] for vector in sessions(dialect) if not [part for part in groups(vector) if _variable_length(part)]]
        assert len(played) >= least, (dialect, len(played))


def test_all_dialects_have_vectors():
    assert sorted(DIALECTS) == dialects.names()


spread(globals(), DIALECTS, vectors)
