"""What a command, its parameters, an information line, a notice and an error code mean.

Owns the choice of the dialect and the reading of fields.  The parameters are those of the driver's tables of the
manuals, the texts of error codes, too; the words are in titles.py.
"""

import re
from functools import cache

from atsock import dialects
from atsock.dialects.identify import KIN
from atsock.manual import arguments, load, texts

from . import glued, outcomes, titles
from .fields import fields_of, name_and_rest, number

FAMILIES = ("bg96", "a7600", "sim7028", "nl668", "l610")
# {beginning of a model's name: dialect}: the driver's models, and others of Quectel with commands of these names.
_MODELS = {name.decode(): dialect for names, dialect, *_ in KIN for name in names} | {"EG": "bg96", "BC": "bg96"}
_MODEL = re.compile(rf"(?:MODEL: |QUECTEL_|SIMCOM_)?({'|'.join(_MODELS)})")
_BASIC = re.compile(r"&?[A-Z]\d?", re.IGNORECASE)
_BASICS = re.compile(r"AT(?:&?[A-Z]\d? ?){2,20}", re.IGNORECASE)
PAYLOAD = "#zyet"  # first letters of the kinds of a manual's table that stand behind a prompt
_UNKNOWN = 99
_SHORTEST_NAME, _LONGEST_NAME = 3, 20  # of those that are looked for


class Vocabulary:
    """Explains the lines of one module.  dialect: its name, None: none of the five that are known here."""

    def __init__(self, dialect):
        self.dialect = dialect
        self._manual = load(dialect) if dialect else None
        self._table = dialects.get(dialect) if dialect else None

    def command(self, text):
        """(what the command does, source): of its manual; ("", "") when that is not known."""
        name, rest = name_and_rest(text)
        title, source = titles.COMMANDS.get(name, ("", ""))
        if not name and rest:
            return "", ""
        if rest.startswith("=?"):
            title = f"{title}: which values are possible?" if title else "which values are possible?"
        elif rest.startswith("?") and title:
            title += "?"
        elif rest.isdecimal() and (said := self.value(text, 0, rest)):
            title += f": {said}"
        elif _BASICS.fullmatch(text.strip()):  # ATQ0V1E0
            several = [self.command("AT" + each)[0] for each in _BASIC.findall(text.strip()[2:])]
            title = "; ".join(filter(None, several)) if all(several) else title
        return title, source

    def value(self, text, index, value):
        """What the value of parameter `index` of a command line means, for the commands of the standards and some
        more; "" when that is not known."""
        values = titles.VALUES.get(name_and_rest(text)[0], ())
        return values[index].get(number([value], 0), "") if index < len(values) else ""

    def unknown(self, text):
        """That no manual has a command of this name, and which name is like it; "" for names that are known."""
        name, _ = name_and_rest(text)
        if not name or name[0] not in "+*^#%$" or name in glued.names():
            return ""
        near = _near(name, frozenset(self.names()) if self.dialect else frozenset())
        return "no manual known here has this command" + (f"; the nearest name is AT{near}" if near else "")

    def names(self):
        """{name of a command: its forms}: of the dialect's manual and of the standards; without a dialect, all that are
        known here."""
        found: "dict[str, list[str]]" = {}
        for form in [row[0] for row in self._manual.FORMS] if self._manual else []:
            forms = found.setdefault(form.rstrip("=?"), [])
            if form not in forms:
                forms.append(form)
        for name in self._manual.TESTS if self._manual else ():
            found.setdefault(name, []).append(name + "=?")
        for name, (_, source) in titles.COMMANDS.items():
            if name and (not self._manual or source.startswith(("27.", "V.250"))):
                found.setdefault(name, [name])
        return found

    def form(self, text):
        """[(name, kind, may be left out)] of the parameters that fit a command line best; [] for one without."""
        name, rest = name_and_rest(text)
        if not rest.startswith("=") or rest.startswith("=?"):
            return []
        row = self._row(name, fields_of(rest[1:]))
        if row is None:
            return [(each, "", False) for each in _GENERAL.get(name, ())]
        return self._items(row)

    def kinds(self, text, index):
        """[(name, kind)] of the parameter `index` of a command line, in every form that takes those before it."""
        name, rest = name_and_rest(text)
        values = fields_of(rest[1:])[:index]
        found: "list[tuple[str, str]]" = []
        for row in self._rows(name):
            items = self._items(row)
            if len(items) <= index:
                continue
            if not any(_complaint(item[1], value) for item, value in zip(items, values, strict=False)):
                if items[index][:2] not in found:
                    found.append(items[index][:2])
        return found

    def parameters(self, text):
        """[(name, value, complaint)] of a command: names of the manual; complaint "" or what the manual allows."""
        name, rest = name_and_rest(text)
        if not rest.startswith("=") or rest.startswith("=?"):
            return []
        values = fields_of(rest[1:])
        row = self._row(name, values)
        if row is None:
            names = _GENERAL.get(name, ())
            return [(names[n] if n < len(names) else f"parameter {n + 1}", value, "") for n, value in enumerate(values)]
        items = self._typed(row)
        found = [(name, value, _complaint(kind, value)) for (name, kind, _), value in zip(items, values, strict=False)]
        return found + [("one too many", value, "not in the manual") for value in values[len(items) :]]

    def _rows(self, name):
        return [row for row in self._manual.FORMS if row[0] == name + "="] if self._manual else []

    def _row(self, name, values):
        # The form that the values fit best, None when the manual has none.
        def wrong(row):
            items = self._typed(row)
            return (
                sum(bool(_complaint(item[1], value)) for item, value in zip(items, values, strict=False))
                + max(0, len(values) - len(items))
                + sum(not may_be_left_out for _, _, may_be_left_out in items[len(values) :])
            )

        return min(self._rows(name), key=wrong, default=None)

    def _items(self, row):
        # [(name, kind, may be left out)]
        items = [item.split(":", 1) for item in row[1].split(",") if item]
        return [(name.lstrip("[?"), self._manual.RANGES.get(kind, kind), name.startswith("[")) for name, kind in items]

    def _typed(self, row):
        # Those of them that stand in the command line itself.
        return [item for item in self._items(row) if item[1][0] not in PAYLOAD]

    def result(self, text):
        """What a final result says beyond its words: the text of an error code."""
        match = re.match(r"(\+CM[ES] ERROR:?) *(\d+)", text)
        if match:
            source = match[1].rstrip(":").encode() + b":"
            return texts.find(self._table, source, int(match[2]))
        if text in outcomes.DIGITS:
            return outcomes.DIGITS[text]
        return {"NO CARRIER": "the connection has ended, or could not be made"}.get(text.strip(), "")

    def line(self, text, unasked=False):
        """What an information line or a notice says; "" when that is not known."""
        name, colon, rest = text.strip().partition(":")
        fields = fields_of(rest) if colon else []
        name = name.lstrip("+*^")
        reader = _LINES.get(name.upper())
        said = reader(self, fields, unasked) if reader and colon else ""
        if not said and not unasked and "+" + name.upper() in titles.TOLD_ALIKE:
            values = [self.value("AT+" + name, index, field) for index, field in enumerate(fields)]
            said = ", ".join(filter(None, values))
        return said or self._notice(text, fields)

    def _notice(self, text, fields):
        bare = text.strip().lstrip("+*^")
        best = max((key for key in titles.NOTICES if bare.upper().startswith(key.upper())), key=len, default=None)
        if best is None:
            return ""
        values = [value.strip('"') for value in fields] + ["?"] * 5
        return titles.NOTICES[best].format(*values)

    def code(self, value, source=b""):
        """The text of a code of the maker's own list; "done" for 0."""
        if value is None:
            return ""
        if value == 0:
            return "done"
        return texts.find(self._table, source, value) if self._table else ""


def guess_dialect(lines):
    """The dialect that the texts of a log speak, None when they speak none of the five."""
    score = dict.fromkeys(FAMILIES, 0)
    for text in lines:
        upper = text.upper()
        if found := _MODEL.match(upper):
            score[_MODELS[found[1]]] += 5
        if upper.startswith("AT+"):
            name = name_and_rest(upper)[0]
            for dialect in FAMILIES:
                score[dialect] += name in _NAMES[dialect]
        elif upper.startswith(("+QI", "+CIP", "+MIP", "+NETOPEN")):
            score["bg96"] += upper.startswith("+QI")
            score["a7600"] += upper.startswith(("+CIP", "+NETOPEN"))
            score["nl668"] += upper.startswith("+MIP")
    best = max(FAMILIES, key=lambda dialect: score[dialect])
    return best if score[best] else None


def _near(name, preferred):
    # A known name that one letter more, less, other or in another place makes of it; "" when there is none.
    if len(name) > _LONGEST_NAME:
        return ""
    known = _shortened()
    found = {each for short in _without_one(name) for each in known.get(short, ())}

    def unlike(each):
        return each not in preferred, sorted(each) != sorted(name), len(each) != len(name), each

    return min(found, key=unlike, default="")


@cache
def _shortened():
    # {a known name, or one without one of its letters: the names}
    found: "dict[str, set[str]]" = {}
    for name in glued.names():
        for short in _without_one(name) if len(name) > _SHORTEST_NAME else ():
            found.setdefault(short, set()).add(name)
    return found


def _without_one(name):
    return {name, *(name[:at] + name[at + 1 :] for at in range(1, len(name)))}


_COMMON = ("+CSQ", "+CREG", "+CGREG", "+CEREG", "+CGDCONT", "+CPIN", "+CFUN", "+CCLK", "+CPSI", "O", "&D1")
_NAMES = {dialect: {row[0].rstrip("=?") for row in load(dialect).FORMS} - set(_COMMON) for dialect in FAMILIES}

_GENERAL = {
    "+CGDCONT": ("cid", "PDP_type", "APN", "address"),
    "+CFUN": ("fun", "rst"),
    "+CREG": ("n",),
    "+CGREG": ("n",),
    "+CEREG": ("n",),
    "+COPS": ("mode", "format", "operator", "technology"),
    "+CGATT": ("state",),
    "+CGACT": ("state", "cid"),
    "+CMEE": ("n",),
    "+CPIN": ("PIN", "new PIN"),
    "+CGAUTH": ("cid", "protocol", "user", "password"),
    "+IPR": ("speed",),
    "+CMGF": ("mode",),
    "+CIPSTART": ("type", "address", "port"),
    "+CSTT": ("APN", "user", "password"),
    "+IFC": ("from module", "to module"),
    "+CGPADDR": ("cid",),
    "+CPSMS": ("mode", "RAU", "GPRS-READY", "TAU", "active"),
}


def _complaint(kind, value):
    # "", or what the manual allows.
    if not value or kind == "none":
        return ""
    if kind[0].isdigit():
        try:
            arguments.number(0, "", kind, int(value))
        except arguments.Mismatch as error:
            return f"the manual allows {error.allowed}"
        except ValueError:
            return "a number in the manual"
    elif kind[0] == '"' and value.strip('"') not in kind.strip('"').split("|"):
        return "the manual allows " + ", ".join(kind.strip('"').split("|"))
    elif kind[0] == "s" and len(value.strip('"')) > int(kind[1:]):
        return f"the manual allows {kind[1:]} characters"
    return ""


# -- readers of information lines: (vocabulary, fields, unasked) to text


def _signal(words, fields, unasked):
    rssi = number(fields, 0)
    if rssi is None:
        return ""
    if rssi == _UNKNOWN:
        return "no signal: antenna, band or coverage"
    strength = "very weak" if rssi < 6 else "weak" if rssi < 10 else "fair" if rssi < 15 else "good"
    return f"{2 * rssi - 113} dBm, {strength}" if rssi <= 31 else ""


def _registration(words, fields, unasked):
    # Asked: n,stat,...; unasked: stat,...  A second number that is short and bare tells them apart.
    plain = [field for field in fields if field and not field.startswith('"')]
    asked = not unasked and (len(fields) == 2 or len(plain) > 1) and number(fields, 1) is not None
    if len(fields) == 1:
        parts = fields[0].split()
        fields = parts if len(parts) > 1 else fields
        asked = asked or len(parts) > 1
    said = titles.REGISTRATION.get(number(fields, 1 if asked else 0), "")
    if len(fields) > 3 and said:
        technology = titles.TECHNOLOGY.get(number(fields, 4 if asked else 3), "")
        said += f", {technology}" if technology else ""
    return said


def _sim(words, fields, unasked):
    return titles.SIM.get(fields[0].strip('"').upper() if fields else "", "")


def _operator(words, fields, unasked):
    if len(fields) < 3:
        return "no operator"
    technology = titles.TECHNOLOGY.get(number(fields, 3), "")
    return fields[2].strip('"') + (f", {technology}" if technology else "")


def _attached(words, fields, unasked):
    return {0: "not attached to packet data", 1: "attached to packet data"}.get(number(fields, 0), "")


def _radio(words, fields, unasked):
    return titles.RADIO.get(number(fields, 0), "")


def _result_at(index, link=None):
    def read(words, fields, unasked):
        value = number(fields, index)
        if value is None:
            return ""
        said = words.code(value, b"")
        where = f"connection {fields[link]}: " if link is not None and link < len(fields) and link != index else ""
        return f"{where}{said}" if said else f"{where}code {value}"

    return read


def _received(words, fields, unasked):
    mode, link, n = number(fields, 0), number(fields, 1), number(fields, 2)
    if mode in (2, 3) and n is not None:
        left = number(fields, 3)
        return f"{n} bytes of connection {link} follow" + (f", {left} are left" if left is not None else "")
    if mode == 4 and n is not None:
        return f"{n} bytes wait for connection {link}"
    return "" if mode == 1 else {0: "received data is pushed"}.get(mode, "")


def _read(words, fields, unasked):
    n = number(fields, 0)
    if n is None:
        return ""
    if len(fields) == 3 and number(fields, 1) is not None:
        return f"{fields[0]} bytes received, {fields[1]} of them read, {fields[2]} left"
    return "nothing is left to be read" if n == 0 else f"{n} bytes follow"


def _sent(words, fields, unasked):
    asked, taken = number(fields, 1), number(fields, 2)
    if asked is None or taken is None:
        return ""
    return f"all {taken} bytes taken" if asked == taken else f"{max(taken, 0)} of {asked} bytes taken"


def _closed(words, fields, unasked):
    reason = titles.CLOSE_REASONS.get(number(fields, 1), "") if len(fields) > 1 else ""
    return f"connection {fields[0]}: {reason}" if reason and fields else ""


def _error_of_sockets(words, fields, unasked):
    return words.code(number(fields, 0), b"+CIPERROR:")


def _context(words, fields, unasked):
    if len(fields) > 3:
        state = {0: "inactive", 1: "active"}.get(number(fields, 1), "")
        return f"context {fields[0]} {state}, address {fields[-1].strip(chr(34))}" if state else ""
    return ""


def _call(words, fields, unasked):
    if number(fields, 0) == 1 and len(fields) > 1:
        return f"the context is active, address {fields[-1].strip(chr(34))}"
    return {0: "the context is not active"}.get(number(fields, 0), "")


def _looked_up(words, fields, unasked):
    if number(fields, 0) == 1 and len(fields) > 2:
        return f"{fields[1].strip(chr(34))} is {fields[2].strip(chr(34))}"
    return f"not found: {words.code(number(fields, 1), b'+CDNSGIP:') or 'no reason given'}" if fields else ""


def _state(words, fields, unasked):
    link, state, size = number(fields, 0), number(fields, 1), number(fields, 2)
    if state == 0:
        return f"connection {link}: {'data' if size is None else f'{size} bytes'} acknowledged by the peer"
    said = {1: "broken: it failed, or is lost", 2: "closed after an alert"}.get(state)
    return f"connection {link}: {said}" if said else ""


def _closed_how(words, fields, unasked):
    how = {0: "closed", 1: "closed, the peer was silent", 2: "closed by an error"}.get(number(fields, len(fields) - 1))
    return f"connection {fields[0]}: {how}" if how and len(fields) > 1 else ""


def _pinged(words, fields, unasked):
    if len(fields) > 4 and number(fields, 1) is None:
        return f"an answer after {fields[3]} ms"
    if len(fields) > 3:
        return f"{fields[2]} of {fields[1]} answered"
    return words.code(number(fields, 0))


def _pinged_simcom(words, fields, unasked):
    kind = number(fields, 0)
    if kind == 3 and len(fields) > 2:
        return f"{fields[2]} of {fields[1]} answered"
    return {1: "an answer", 2: "no answer in time"}.get(kind, "")


def _ping_over(words, fields, unasked):
    status = number(fields, 0)
    if status == 0 and len(fields) > 3:
        return f"{fields[3]} of {fields[2]} answered"
    return {1: "no answer in time", 2: "broken off"}.get(status, "")


def _http(words, fields, unasked):
    status = number(fields, 1)
    return _status(status, fields, 2) if status is not None else ""


def _status(status, fields, size):
    of_server = {1: "begun", 2: "done", 3: "it is elsewhere", 4: "the server refuses it", 5: "an error of the server"}
    said = titles.HTTP.get(status) or of_server.get(status // 100, "an error of the module")
    return f"{status}: {said}" + (f", {fields[size]} bytes" if len(fields) > size and status < 400 else "")


def _http_quectel(words, fields, unasked):
    error, status = number(fields, 0), number(fields, 1)
    if error:
        return f"failed, code {error}"
    return _status(status, fields, 2) if status is not None else ""


def _of(index, names, link=None):
    def read(words, fields, unasked):
        value = number(fields, index)
        if value is None:
            return ""
        where = f"connection {fields[link]}: " if link is not None else ""
        return where + names.get(value, f"code {value}")

    return read


def _mqtt_login(words, fields, unasked):
    refused, result = number(fields, 2), number(fields, 1)
    if refused:
        return f"refused: {titles.MQTT_REFUSED.get(refused, f'code {refused}')}"
    return _SENT.get(result, "")


def _resolved(words, fields, unasked):
    if len(fields) > 1 and fields[1]:
        return f"{fields[0].strip(chr(34))} is {fields[1].strip(chr(34))}"
    return "not found" if fields else ""


def _urc(words, fields, unasked):
    if not fields or fields[0] != '"dnsgip"' or len(fields) < 2:
        return ""
    if fields[1].startswith('"'):
        return f"the address is {fields[1].strip(chr(34))}"
    error = number(fields, 1)
    return words.code(error) if error else ""


_SENT = {0: "done", 1: "no answer yet, it is sent once more", 2: "failed"}
_DONE = {0: "done", 1: "failed", -1: "failed"}
_LINES = {
    "CSQ": _signal,
    "CREG": _registration,
    "CGREG": _registration,
    "CEREG": _registration,
    "CPIN": _sim,
    "COPS": _operator,
    "CGATT": _attached,
    "CFUN": _radio,
    "QIOPEN": _result_at(1, 0),
    "CIPOPEN": _result_at(1, 0),
    "CIPCLOSE": _result_at(1, 0),
    "NETOPEN": _result_at(0),
    "NETCLOSE": _result_at(0),
    "QIGETERROR": _result_at(0),
    "QNTP": _result_at(0),
    "MIPSTAT": _state,
    "MIPCLOSE": _closed_how,
    "MIPNTP": _of(0, {0: "failed", 1: "the clock is set"}),
    "MIPDNS": _resolved,
    "MIPODM": _of(1, {0: "not open", 1: "open"}, 0),
    "QPING": _pinged,
    "CPING": _pinged_simcom,
    "MPINGSTAT": _ping_over,
    "CNTP": _of(0, titles.NTP),
    "HTTPACTION": _http,
    "QHTTPGET": _http_quectel,
    "QHTTPPOST": _http_quectel,
    "QHTTPPUT": _http_quectel,
    "QSSLOPEN": _result_at(1, 0),
    "SERVERSTOP": _result_at(1, 0),
    "QMTOPEN": _of(1, titles.MQTT_OPENED, 0),
    "QMTCONN": _mqtt_login,
    "QMTPUB": _of(2, _SENT, 0),
    "QMTPUBEX": _of(2, _SENT, 0),
    "QMTSUB": _of(2, _SENT, 0),
    "QMTUNS": _of(2, _SENT, 0),
    "QMTCLOSE": _of(1, _DONE, 0),
    "QMTDISC": _of(1, _DONE, 0),
    "CAOPEN": _of(1, {0: "open"}, 0),
    "CCHOPEN": _of(1, {0: "open"}, 0),
    "QIURC": _urc,
    "MIPOPEN": lambda words, fields, unasked: (
        {1: f"connection {fields[0]}: open", 0: f"connection {fields[0]}: not open"}.get(number(fields, 1), "")
        if fields
        else ""
    ),
    "CIPRXGET": _received,
    "QIRD": _read,
    "CIPSEND": _sent,
    "IPCLOSE": _closed,
    "CIPERROR": _error_of_sockets,
    "IP ERROR": lambda words, fields, unasked: "",
    "QIACT": _context,
    "MIPCALL": _call,
    "CDNSGIP": _looked_up,
}
