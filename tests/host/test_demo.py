"""The demonstration: its table, what it makes of a fetch that goes wrong, and a short run of the whole."""

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from atsock_host.limits import DIALECTS

TREE = Path(__file__).resolve().parents[2]
CONTENT = b"content" * 100


@pytest.fixture(scope="module")
def demo():
    spec = importlib.util.spec_from_file_location("demo_run", TREE / "tools" / "demo_run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(demo):
    server = demo.serve(CONTENT)
    yield server
    server.shutdown()
    server.server_close()


def result(**changes):
    return {"access": "buffer", "sent": 50, "received": 1024, "body": 700, "ms": 250, "heap": 512,
            "sha256": hashlib.sha256(CONTENT).hexdigest(), **changes}


def test_a_row(demo):
    # The least time: 50 + 33 bytes to send and 1024 + 38 to receive, at 960 B/s; both as limits.py has them.
    cells, matched = demo.row("bg96", "MicroPython", CONTENT, result(), 9600)
    least_s = (50 + len("AT+QISEND=0,50\r\r\n> \r\nSEND OK\r\n")
               + 1024 + len("AT+QIRD=0,1500\r\r\n+QIRD: 1024\r\n\r\n\r\nOK\r\n")) / 960
    assert matched
    assert cells == ("bg96", "MicroPython", "buffer", "700", "0.25", "2800", f"{100 * least_s / 0.25:.1f}", "512")


def test_a_row_of_an_interpreter_that_cannot_count_its_heap(demo):
    assert demo.row("bg96", "CPython", CONTENT, result(heap=None), 9600)[0][-1] == "-"


def test_wrong_bytes_are_noticed(demo):
    assert not demo.row("bg96", "CPython", b"other content", result(), 9600)[1]


def test_steps_and_dots_are_heard_while_they_come(demo):
    source, sink = os.pipe()
    heard = []

    def on_step(text, dots):
        heard.append((text, dots))

    os.write(sink, b"attaching\nreceiving\n..")
    os.write(sink, b"..\nresult {}\n")
    os.close(sink)
    with open(source, "rb", buffering=0) as stream:
        assert demo.follow(stream, on_step) == ["attaching", "receiving", "result {}"]
    assert heard == [("attaching", 0), ("receiving", 0), ("receiving", 1), ("receiving", 2), ("receiving", 3),
                     ("receiving", 4), ("result {}", 0)]


@pytest.mark.parametrize(
    "script, words",
    [("raise OSError('no network')", "OSError: no network"),
     ("print('attaching'); import time; time.sleep(60)", "not done after 0 s; it last said: attaching"),
     ("", "said nothing and ended with status 0")])
def test_a_fetch_that_goes_wrong(demo, server, monkeypatch, tmp_path, script, words):
    monkeypatch.setattr(demo, "FETCH", tmp_path / "fetch.py")
    monkeypatch.setattr(demo, "RUN_LIMIT_FACTOR", 0)
    monkeypatch.setattr(demo, "GRACE_S", 0.4 if "sleep" in script else 20)
    demo.FETCH.write_text(script)
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    with pytest.raises(demo.Failed, match=re.escape(words)):
        demo.fetch("bg96", "CPython", server, 115200, lambda text, dots: None)


def run(*arguments):
    return subprocess.run(
        [sys.executable, TREE / "tools" / "demo_run.py", *arguments], capture_output=True, text=True, timeout=200)


def test_the_explanation_has_every_dialect_and_measures_nothing():
    done = run("--explain", "--baud", "57600")
    assert done.returncode == 0
    assert "at 57600 bit/s" in done.stdout
    assert all(f"\n{dialect}, buffer, receive: at best " in done.stdout for dialect in DIALECTS)


@pytest.mark.parametrize("arguments", [["--baud", "0"], ["--kib", "0"], ["--kib", "many"], ["extra"]])
def test_wrong_usage(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ./tools/demo")


@pytest.mark.slow
def test_ten_rows():
    done = run("--kib", "4", "--baud", "921600")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^(\w+) +(CPython|MicroPython) +buffer +4096 ", done.stdout, re.MULTILINE)
    assert rows == [(dialect, name) for dialect in DIALECTS for name in ("CPython", "MicroPython")]
    assert "complains" not in done.stdout
    assert re.search(r"^10 of 10 fetches gave the right bytes \(SHA-256\), \d+ s in all$", done.stdout, re.MULTILINE)
