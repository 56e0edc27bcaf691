"""atsock trace: what a person gets to see of a trace file."""

import pytest
from atsock_host import cli
from atsock_host.cli.trace import readable
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


def test_lines_with_times_directions_and_payloads(path):
    result = run(path)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:6] == [
        "        0.0       +0.0  >  AT+QIRD=0,1500",
        "       12.5      +12.5  <  +QIRD: 4",
        "                        <  [4 bytes] 00 ff 1a 80",
        "                        <  OK",
        "     1000.0     +987.5  >  AT",
        "     1002.0       +2.0  <  OK",
    ]
    assert lines[6] == "     1003.0       +1.0  !  command sent before the final result"


SUMMARY = [
    "1.1 s, 23 bytes to the module, 41 from it, 2 commands answered, 1 notes",
    "     12.5 ms until the first answer to AT+QIRD=0,1500",
    "      2.0 ms until the first answer to AT",
]


def test_the_summary(path):
    assert run(path).stdout.splitlines()[-3:] == SUMMARY
    assert run(path, "--summary").stdout.splitlines() == SUMMARY


def test_from_standard_input():
    result = run("-", "--summary", stdin=TRACE)
    assert result.stdout.splitlines() == SUMMARY


def test_an_empty_trace():
    result = run("-", stdin="# nothing\n")
    assert result.exit_code == 0
    assert result.stdout == "0.0 s, 0 bytes to the module, 0 from it, 0 commands answered, 0 notes\n"


@pytest.mark.parametrize(
    "name, complaint",
    [("missing", "cannot read the trace: No such file or directory: missing"),
     (".", "cannot read the trace: Is a directory: ."),
     ("wrong", "wrong: line 1 of the trace is not a record: 'hello'")])
def test_what_cannot_be_shown_is_1(tmp_path, monkeypatch, name, complaint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong").write_text("hello\n")
    result = run(name)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {complaint}\n"


@pytest.mark.parametrize(
    "data, texts",
    [(b"AT\r", ["AT"]),
     (b"AT\r\r\nOK\r\n", ["AT", "OK"]),
     (b"\r\n> ", ["> "]),
     (b"\r\n", ["\\r\\n"]),
     (b"\x1a", ["[1 bytes] 1a"]),
     (b"a\tb and so on", ["a\\tb and so on"]),
     (bytes(30), ["[30 bytes] " + " ".join(["00"] * 24) + " ..."]),
     (b"4A" * 150, ["4A" * 100 + " ... [300 bytes]"])])
def test_readable(data, texts):
    assert readable(data) == texts
