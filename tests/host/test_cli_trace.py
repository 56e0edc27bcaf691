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
    ("1.1 s, 2 commands: 2 good, 0 failed, 0 without a result; 5 bytes of payload sent, 4 received; 1 notes; "
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
    assert first["parameters"][1] == {"name": "read_length", "value": "1500", "complaint": ""}
    assert first["information"] == [{"text": "+QIRD: 4", "meaning": "4 bytes follow"}]


def test_what_failed_and_what_the_manual_does_not_allow():
    said = run("-", stdin='AT+QIOPEN=1,13,"TCP","x",80\nERROR\nAT+CGDCONT?\n+CME ERROR: 10\n').stdout
    assert "connectID = 13  ! the manual allows 0 to 11" in said
    assert "failed: AT+CGDCONT?: +CME ERROR: 10 (SIM not inserted)" in said


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
