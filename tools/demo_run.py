"""The demonstration behind ./tools/demo: one file through five virtual modules, with two interpreters each.

Owns the HTTP server, the runs of tools/demo_fetch.py and the table.  Knows no dialect: the modules are
atsock_host.Simulator, the fetch is the driver's business, the yardstick is atsock_host.limits.
"""

import argparse
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from atsock_host import Simulator
from atsock_host.limits import DIALECTS, RECEIVE, SEND, explain, least_seconds
from atsock_host.simulator import SimulatorError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

TREE = Path(__file__).resolve().parent.parent
FETCH = TREE / "tools" / "demo_fetch.py"
HOST, FILE = "files.example", "/random.bin"
DOT_KIB = 2                 # demo_fetch.py prints a dot for so much
RUN_LIMIT_FACTOR = 4        # a fetch that takes so many times its least time, and GRACE_S, has failed
GRACE_S = 30

INTERPRETERS = {
    "CPython": sys.executable,
    "MicroPython": str(Path(sys.executable).with_name("micropython")),
}
HEADINGS = ("dialect", "interpreter", "access", "bytes", "seconds", "B/s", "% of limit", "heap B/KiB")
WIDTHS = (8, 12, 7, 7, 8, 7, 11, 11)

EXPLANATION = """\
seconds      from the HTTP request to the last byte of its answer; attaching and connecting are not counted
B/s          bytes of the file per second
% of limit   the least time the line allows for the request and the answer, divided by the time taken.
             Least time: 10 bits per byte at {baud} bit/s, module and network answer at once, and beside the payload
             only the bytes that the module's commands cannot do without, both directions one after the other
heap B/KiB   bytes of MicroPython's heap allocated by receiving, per KiB received (micropython.mem_total())
"""


class OneFile(http.server.BaseHTTPRequestHandler):
    """Answers every GET with the server's file."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *args):
        """A demonstration prints its table only."""


def serve(content):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OneFile)
    server.content = content
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Failed(Exception):
    """A fetch that did not work; the text says why."""


def fetch(dialect, interpreter, server, baud, on_step):
    """Run demo_fetch.py against a fresh virtual module; its result. `on_step(text, dots)` hears how it goes."""
    limit_s = GRACE_S + RUN_LIMIT_FACTOR * least_seconds(dialect, "buffer", len(server.content), baud)
    with Simulator(dialect, hosts={HOST: "127.0.0.1"}, baudrate=baud) as module:
        command = [INTERPRETERS[interpreter], str(FETCH), module.port, dialect, HOST,
                   str(server.server_port), FILE]
        environment = {**os.environ, "MICROPYPATH": f"{TREE / 'lib'}:{TREE / 'boards' / 'unix'}:.frozen"}
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        alarm = threading.Timer(limit_s, process.kill)
        alarm.start()
        try:
            lines = follow(process.stdout, on_step)
            status = process.wait()
        finally:
            alarm.cancel()
            process.kill()
            process.stdout.close()
            process.wait()
        complaints = module.violations()
    if status == 0 and lines and lines[-1].startswith("result "):
        return json.loads(lines[-1].removeprefix("result ")) | {"complaints": complaints}
    if status < 0:
        raise Failed(f"not done after {limit_s:.0f} s; it last said: {lines[-1] if lines else 'nothing'}")
    raise Failed("\n".join(lines[-8:]) or f"{command[0]} said nothing and ended with status {status}")


def follow(stream, on_step):
    """The lines of `stream` as they come, dots counted on the way."""
    lines, line, dots = [], "", 0
    while piece := os.read(stream.fileno(), 4096):
        for character in piece.decode(errors="replace"):
            if character == "\n":
                if line.strip("."):
                    lines.append(line)
                    on_step(line, 0)
                line = ""
            else:
                line += character
                if character == "." and not line.strip("."):
                    dots += 1
                    on_step("receiving", dots)
    return lines + [line] if line else lines


def row(dialect, interpreter, content, result, baud):
    """The cells of one table row, and whether the file came through unharmed."""
    matched = result["sha256"] == hashlib.sha256(content).hexdigest()
    seconds = result["ms"] / 1000
    least = (least_seconds(dialect, result["access"], result["sent"], baud, SEND)
             + least_seconds(dialect, result["access"], result["received"], baud, RECEIVE))
    heap = "-" if result["heap"] is None else f"{result['heap'] / (result['received'] / 1024):.0f}"
    cells = (dialect, interpreter, result["access"], str(result["body"]), f"{seconds:.2f}",
             f"{result['body'] / seconds:.0f}", f"{100 * least / seconds:.1f}", heap)
    return cells, matched


def aligned(cells):
    return "".join(
        cell.ljust(width) if i < 3 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, WIDTHS)))


class Reporter:
    """Prints rows and, on a terminal, a progress bar below them; in a pipe a plain line per step."""

    def __init__(self, runs, kib):
        self.console = Console(highlight=False, soft_wrap=True)
        self.dots = max(1, kib // DOT_KIB)
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"),
            TimeElapsedColumn(), console=self.console, transient=True, disable=not self.console.is_terminal)
        self.task = self.bar.add_task("", total=runs * self.dots)
        self.runs, self.done, self.name, self.said = runs, 0, "", ""

    def begin(self, name):
        self.name = name
        self.step("starting the module", 0)

    def step(self, text, dots):
        if text.startswith("result "):
            return
        self.bar.update(
            self.task, description=f"{self.name}: {text}", completed=self.done * self.dots + min(dots, self.dots))
        if text != self.said and not self.console.is_terminal:
            self.console.print(f"  {self.done + 1}/{self.runs} {self.name}: {text}", markup=False)
        self.said = text

    def row(self, text):
        self.done += 1
        self.note(text)

    def note(self, text):
        self.console.print(text, markup=False)


def arguments():
    parser = argparse.ArgumentParser(prog="./tools/demo", description=__doc__.splitlines()[0])
    parser.add_argument("--explain", action="store_true", help="print how the numbers are made, and measure nothing")
    parser.add_argument("--baud", type=int, default=115200, help="speed of the line in bit/s (default %(default)s)")
    parser.add_argument("--kib", type=int, default=64, help="size of the file in KiB (default %(default)s)")
    given = parser.parse_args()
    if given.baud <= 0 or given.kib <= 0:
        parser.error("--baud and --kib must be positive")
    return given


def main():
    given = arguments()
    if given.explain:
        print(EXPLANATION.format(baud=given.baud))
        for dialect in DIALECTS:
            print(explain(dialect, "buffer", RECEIVE), explain(dialect, "buffer", SEND), "", sep="\n")
        return 0
    content = os.urandom(given.kib * 1024)
    server = serve(content)
    reporter = Reporter(len(DIALECTS) * len(INTERPRETERS), given.kib)
    begun, good = time.monotonic(), 0
    print(f"{given.kib} KiB by HTTP from http://{HOST}:{server.server_port}{FILE} "
          f"through five virtual modules at {given.baud} baud\n\n{aligned(HEADINGS)}", flush=True)
    with reporter.bar:
        for dialect in DIALECTS:
            for interpreter in INTERPRETERS:
                reporter.begin(f"{dialect}, {interpreter}")
                try:
                    result = fetch(dialect, interpreter, server, given.baud, reporter.step)
                except (Failed, SimulatorError, OSError) as failure:
                    reporter.row(f"{aligned((dialect, interpreter))} FAILED: {failure}")
                    continue
                cells, matched = row(dialect, interpreter, content, result, given.baud)
                reporter.row(aligned(cells) + ("" if matched else "  WRONG BYTES"))
                for complaint in result["complaints"]:
                    reporter.note(f"  the module complains: {complaint}")
                good += matched
    server.shutdown()
    print(f"\n{good} of {reporter.runs} fetches gave the right bytes (SHA-256), "
          f"{time.monotonic() - begun:.0f} s in all")
    return 0 if good == reporter.runs else 1


if __name__ == "__main__":
    sys.exit(main())
