"""Every form of every BG96 command answers as the specification's templates say, and keeps the ranges."""

import json
import re

import pytest

from bg96bench import SERVER, connected, make, udp_service
from simbench import SPEC

COMMANDS = json.loads((SPEC / "bg96.json").read_text(encoding="utf-8"))["commands"]
FORMS = {form["id"]: form for command in COMMANDS for form in command["forms"]}
NAMES = {form["id"]: command["name"] for command in COMMANDS for form in command["forms"]}

# form -> (how to make the module, arguments of one good command, payload, "when" of the expected response)
GOOD = {
    "QICSGP.query": (make, "1", None, "success"),
    "QICSGP.set": (make, '2,1,"UNINET","user","word",1', None, "success"),
    "QIACT.read": (make, None, None, "one or more contexts listed"),
    "QIACT.activate": (make, "2", None, "success"),
    "QIDEACT.deactivate": (make, "1", None, "success"),
    "QIOPEN.open": (make, f'1,0,"TCP",{SERVER},0,0', None, "access_mode 0 or 1, request accepted"),
    "QICLOSE.close": (connected, "0,10", None, "closed"),
    "QISTATE.read": (connected, None, None, "connections exist"),
    "QISTATE.exec": (connected, None, None, "connections exist"),
    "QISTATE.context": (connected, "0,1", None, "connections exist"),
    "QISTATE.connection": (connected, "1,0", None, "connection exists"),
    "QISEND.variable": (connected, "0", b"abc\x1a", "accepted into send buffer"),
    "QISEND.fixed": (connected, "0,3", b"abc", "accepted into send buffer"),
    "QISEND.udpservice": (udp_service, '2,3,"10.7.89.10",6969', b"abc", "accepted into send buffer"),
    "QISEND.query": (connected, "0,0", None, "connection exists"),
    "QIRD.stream": (connected, "0,1500", None, "no data"),
    "QIRD.udpservice": (udp_service, "2", None, "no data"),
    "QIRD.query": (connected, "0,0", None, "connection exists"),
    "QISENDEX.send": (connected, '0,"3132"', None, "sent to module"),
    "QISWTMD.switch": (connected, "0,1", None, "switched to 0 or 1"),
    "QPING.ping": (make, '1,"192.0.2.7",4,1', None, "success"),
    "QNTP.read": (make, None, None, "idle"),
    "QNTP.sync": (make, '1,"192.0.2.7",123,1', None, "success"),
    "QIDNSCFG.set": (make, '1,"192.0.2.53","192.0.2.54"', None, "success"),
    "QIDNSCFG.query": (make, "1", None, "success"),
    "QIDNSGIP.resolve": (make, '1,"example.com"', None, "query started"),
    "QICFG.transpktsize": (make, '"transpktsize",1460', None, "value given: set"),
    "QICFG.transwaittm": (make, '"transwaittm",20', None, "value given: set"),
    "QICFG.dataformat": (make, '"dataformat",1,1', None, "value given: set"),
    "QICFG.viewmode": (make, '"viewmode",1', None, "value given: set"),
    "QICFG.tcp/retranscfg": (make, '"tcp/retranscfg",20,1000', None, "value given: set"),
    "QISDE.read": (make, None, None, "always"),
    "QISDE.set": (make, "1", None, "success"),
    "QIGETERROR.exec": (make, None, None, "always"),
}


def line_of(form_id, arguments):
    """The command line of a form."""
    tail = {"test": "=?", "read": "?", "exec": ""}.get(FORMS[form_id]["kind"])
    return f"AT{NAMES[form_id]}{'=' + arguments if tail is None else tail}"


def matcher(lines):
    """A pattern for the response lines of a template, framed as the manual's examples frame them."""
    pattern = ""
    for text in lines:
        if text.startswith("..."):
            pattern += r"(?:(?:\r\n)?[^\r]*\r\n)*?"
        elif text == ">":
            pattern += r"\r\n> "
        elif text == "<data>":
            continue        # what the host writes
        else:
            marked = text.replace("[", "\0").replace("]", "\1")
            marked = re.escape(re.sub(r"<[^>]*>", "\2", marked))
            marked = marked.replace("\0", "(?:").replace("\1", ")?").replace("\2", r"[^\r]*")
            shared = "" if re.fullmatch(r"OK|ERROR|SEND OK|CONNECT", text) else "?"
            pattern += rf"(?:\r\n){shared}{marked}\r\n"
    return re.compile(pattern.encode("latin-1"))


def test_the_table_names_every_form_but_the_test_forms():
    assert set(GOOD) == {name for name, form in FORMS.items() if form["kind"] != "test"}
    assert len(FORMS) == 51 and len(COMMANDS) == 17


@pytest.mark.parametrize("form_id", [name for name, form in FORMS.items() if form["kind"] == "test"])
def test_test_form(form_id):
    b = make()
    (response,) = FORMS[form_id]["responses"]
    lines = "".join(f"{text}\r\n" for text in response["lines"][:-1])
    expected = ("\r\n" + lines if lines else "") + "\r\nOK\r\n"
    assert b.ask(line_of(form_id, None)) == expected.encode()
    assert b.module.violations == []


@pytest.mark.parametrize("form_id", GOOD)
def test_good_command(form_id):
    setup, arguments, payload, when = GOOD[form_id]
    b = setup()
    b.tx(line_of(form_id, arguments) + "\r")
    if payload is not None:
        assert b.rx() == b"\r\n> "
        b.tx(payload)
    b.wait(60_000)
    got = (b"\r\n> " if payload is not None else b"") + b.rx()
    (response,) = [response for response in FORMS[form_id]["responses"] if response["when"] == when]
    assert matcher(response["lines"] + response.get("async", [])).fullmatch(got), got
    assert b.module.violations == []


def split(arguments):
    return re.findall(r'"[^"]*"|[^,]+', arguments)


def out_of_range():
    for form_id, (_, arguments, _, _) in GOOD.items():
        skip = 1 if form_id.startswith("QICFG") else 0
        for place, param in enumerate(FORMS[form_id]["params"], skip):
            if param["type"] != "int" or "fixed" in param or param.get("max") is None:
                continue
            for value in (param["min"] - 1, param["max"] + 1):
                if value == 0 and form_id in ("QISEND.fixed", "QISEND.udpservice", "QIRD.stream"):
                    continue        # 0 is the query
                fields = split(arguments)
                if place < len(fields):
                    fields[place] = str(value)
                    yield pytest.param(form_id, ",".join(fields), id=f"{form_id}-{param['name']}={value}")


@pytest.mark.parametrize("form_id, arguments", list(out_of_range()))
def test_value_out_of_range(form_id, arguments):
    b = GOOD[form_id][0]()
    assert b.ask(line_of(form_id, arguments), until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.ask("AT+QIGETERROR") == b"\r\n+QIGETERROR: 552, invalid parameters\r\n\r\nOK\r\n"
    assert len(b.module.violations) == 1


@pytest.mark.parametrize("form_id", [name for name, (_, arguments, _, _) in GOOD.items()
                                     if arguments and '"' in arguments])
def test_strings_must_be_quoted(form_id):
    b = GOOD[form_id][0]()
    answer = b.ask(line_of(form_id, GOOD[form_id][1].replace('"', "")), until=b"ERROR\r\n")
    assert answer == b"\r\nERROR\r\n"
    assert b.module.violations


@pytest.mark.parametrize("form_id", [name for name, good in GOOD.items() if good[1]])
def test_too_many_arguments(form_id):
    b = GOOD[form_id][0]()
    assert b.ask(line_of(form_id, GOOD[form_id][1] + ",1,1,1,1,1"), until=b"ERROR\r\n") == b"\r\nERROR\r\n"
    assert b.module.violations
