"""atsock trace: what a person gets to see of a trace file."""

import json

import pytest
from atsock_host import cli
from click.testing import CliRunner

TRACE = r"""# atsock trace
      0.000 > AT+QIRD=0,1500\r
     12.500 < \r\n+QIRD: 4\r\n\x00\xff\x1a\x80\r\n\r\nOK\r\n
   1000.000 > AT\r
   1002.000 < \r\nOK\r\n
   1003.000 ! command sent before the final result
   1100.000 > hello
   1101.000 < \r\nSEND OK\r\n
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "session.trace"
    path.write_text(TRACE)
    return str(path)


def run(*arguments, stdin=None):
    return CliRunner().invoke(cli.main, ["trace", *arguments], input=stdin)


def test_lines_with_times_directions_and_what_they_mean(path):
    result = run(path)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:7] == [
        "        0.0       +0.0  >  AT+QIRD=0,1500  # read received data (BG96 TCP/IP 2.1.8)",
        "                           connectID = 0",
        "                           read_length = 1500",
        "       12.5      +12.5  <  +QIRD: 4  # 4 bytes follow",
        "       12.5       +0.0  <  [4 bytes]  # payload, 4 bytes",
        "       12.5       +0.0  <  OK  # after 12.5 ms",
        "     1000.0     +987.5  >  AT  # attention: is anybody there? (V.250)",
    ]
    assert "     1003.0       +1.0  !  command sent before the final result" in lines


def test_without_explanations(path):
    assert run(path, "--plain").stdout.splitlines()[:2] == [
        "        0.0       +0.0  >  AT+QIRD=0,1500", "       12.5      +12.5  <  +QIRD: 4"]


SUMMARY = [
    ("1.1 s, 2 commands: 2 good, 0 failed, 0 without a result; 5 bytes of payload sent, 4 received; 1 note; "
    "dialect bg96"),
    "     12.5 ms until the result of AT+QIRD=0,1500",
    "      2.0 ms until the result of AT",
]


def test_the_summary(path):
    said = run(path, "--summary").stdout.splitlines()
    assert said[1:] == SUMMARY[1:] and run(path).stdout.splitlines()[-3:] == said
    assert said[0].startswith("1.1 s, 2 commands: 2 good, 0 failed, 0 without a result; ")


def test_as_data(path):
    data = json.loads(run(path, "--json").stdout)
    assert data["dialect"] == "bg96"
    first = data["commands"][0]
    assert (first["command"], first["result"], first["took_ms"], first["received"]) == ("AT+QIRD=0,1500", "OK", 12.5, 4)
    assert first["parameters"][1] == {"name": "read_length", "value": "1500", "meaning": "", "complaint": ""}
    assert first["information"] == [{"text": "+QIRD: 4", "meaning": "4 bytes follow"}]


def test_what_failed_and_what_the_manual_does_not_allow():
    said = run("-", stdin='AT+QIOPEN=1,13,"TCP","x",80\nERROR\nAT+CGDCONT?\n+CME ERROR: 10\n').stdout
    assert "connectID = 13  ! the manual allows 0 to 11" in said
    assert "failed: AT+CGDCONT?: +CME ERROR: 10 (SIM not inserted)" in said


def test_a_failure_behind_ok_counts_with_its_time():
    """AT+QIOPEN is accepted at once and fails after 15.5 s: that is its result, and its time."""
    log = ('0.0 > AT+QIOPEN=1,0,"TCP","192.0.2.1",80\\r\n10.0 < \\r\\nOK\\r\\n\n20.0 > AT\\r\n25.0 < \\r\\nOK\\r\\n\n'
           "15500.0 < \\r\\n+QIOPEN: 0,565\\r\\n\n")
    lines = run("-", "--summary", stdin=log).stdout.splitlines()
    assert lines[0].startswith("15.5 s, 2 commands: 1 good, 1 failed, 0 without a result")
    assert lines[1] == ('failed: AT+QIOPEN=1,0,"TCP","192.0.2.1",80: +QIOPEN: 0,565 after 15500.0 ms '
                        "(connection 0: DNS parse failed)")
    assert lines[2] == '  15500.0 ms until the result of AT+QIOPEN=1,0,"TCP","192.0.2.1",80'
    first = json.loads(run("-", "--json", stdin=log).stdout)["commands"][0]
    assert (first["failed"], first["failure"], first["result"]) == (True, "+QIOPEN: 0,565", "OK")
    assert (first["took_ms"], first["total_ms"]) == (10.0, 15500.0)
    assert first["later"] == [{"text": "+QIOPEN: 0,565", "meaning": "connection 0: DNS parse failed", "ms": 15500.0,
                               "after_ms": 15500.0}]
    page = run("-", "--html", "-", stdin=log).stdout
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    command, result, end, total_ms, _, _, late = data["exchanges"][0]
    assert (end, total_ms, late) == (1, 15500.0, 4)
    assert [row[8] for row in data["rows"]] == [0, 0, 0, 0, 1]


def test_a_name_that_no_manual_has():
    said = run("-", stdin='AT+QIOPEM=1\nERROR\nAT+FOO=1\nERROR\nAT+QENGX=1\nOK\nAT+QIRD=0,1,2\nERROR\n').stdout
    assert "AT+QIOPEM=1  # no manual known here has this command; the nearest name is AT+QIOPEN" in said
    assert "failed: AT+QIOPEM=1: ERROR (no manual known here has this command; the nearest name is AT+QIOPEN)" in said
    assert "failed: AT+FOO=1: ERROR (no manual known here has this command)" in said
    assert "AT+QENGX=1\n" in said                # the module knows it
    assert "one too many = 2  ! not in the manual" in said
    assert "; 3 notes; dialect bg96" in said


@pytest.mark.parametrize("typed, meant", [
    ("+QIOPN", "+QIOPEN"), ("+QIOOPEN", "+QIOPEN"), ("+QIPOEN", "+QIOPEN"), ("+CERG", "+CREG"), ("+QXYZW", "")])
def test_the_name_that_was_meant(typed, meant):
    said = run("-", "--summary", stdin=f"AT+QIRD=0,5\nOK\nAT{typed}?\nERROR\n").stdout
    assert f"AT{typed}?: ERROR (no manual known here has this command" in said
    assert (f"the nearest name is AT{meant})" in said) if meant else "nearest" not in said


def test_a_late_result_without_the_ok_is_an_answer():
    said = run("-", stdin="AT+NETOPEN\nAT\nOK\n+NETOPEN: 0\n").stdout
    assert "2 commands: 2 good, 0 failed, 0 without a result" in said and "NO RESULT" not in said


def test_values_of_the_common_commands_in_words():
    said = run("-", stdin='AT+CFUN=4\nOK\nAT+CFUN=1,1\nOK\nATE0\nOK\nATV1\nOK\nAT+COPS=2\nOK\nAT+CMEE?\n+CMEE: 2\nOK\n'
               'AT+IFC=2,2\nOK\nAT+COPS=?\nOK\n').stdout
    for words in ("fun = 4: radio off (flight mode)", "rst = 1: after a restart", "echo of commands: off",
                  "form of results: results as words", "mode = 2: leave the network", "errors with a text",
                  "to module = 2: RTS and CTS", "operator: which values are possible?"):
        assert words in said
    assert run("-", "--summary", stdin="AT\nOK\n").stdout.startswith("1 command: 1 good, 0 failed")


def test_from_standard_input():
    assert run("-", "--summary", stdin=TRACE).stdout.splitlines()[1:] == SUMMARY[1:]


def test_an_empty_log():
    result = run("-", stdin="# nothing\n")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "no AT command was found in it"


def test_nothing_of_a_log_reaches_the_terminal_as_an_escape_sequence():
    result = run("-", stdin="AT+CGMM\n\x1b]0;title\x07\x9b31mBG96\nOK\n0.0 < \\x1b[2J\n")
    assert result.exit_code == 0 and result.stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "name, complaint",
    [("missing", "cannot read the trace: No such file or directory: missing"),
     (".", "cannot read the trace: Is a directory: .")])
def test_what_cannot_be_read_is_1(tmp_path, monkeypatch, name, complaint):
    monkeypatch.chdir(tmp_path)
    result = run(name)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {complaint}\n"
