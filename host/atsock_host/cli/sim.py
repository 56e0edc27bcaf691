"""atsock sim: a virtual module in the foreground."""

import contextlib
import os
import signal

import click

from ..simulator import Simulator, SimulatorError
from ..simulator.faults import WIRE_FAULTS, UnknownFault, all_quirks, sort_out
from ..simulator.registry import DIALECTS, module_class
from .session import failing, host_table

_ENDS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}


def _list_faults(dialect):
    faults = {**WIRE_FAULTS, **all_quirks(module_class(dialect))}
    width = max(map(len, faults))
    for name, text in sorted(faults.items()):
        click.echo(f"{name:{width}}  {text}")


@click.command("sim", short_help="Run a virtual module on a pseudo-terminal.")
@click.argument("dialect", type=click.Choice(DIALECTS), metavar="DIALECT")
@click.option("--host", "hosts", multiple=True, metavar="NAME=ADDR[:PORT]",
              help="A name that the module can reach, beside loopback addresses (may be repeated).")
@click.option("--baud", type=click.IntRange(min=0), default=0, metavar="N",
              help="Speed of the line in bit/s; 0, the default, means no limit.")
@click.option("--latency-ms", type=click.FloatRange(min=0), default=0, metavar="MS", help="Delay of every answer.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[:VALUE]",
              help="Something to go wrong (may be repeated); --list-faults shows what there is.")
@click.option("--seed", type=int, help="Makes random faults repeatable.")
@click.option("--trace", type=click.Path(dir_okay=False), metavar="FILE", help="Write all traffic to FILE.")
@click.option("--link", type=click.Path(), metavar="PATH", help="Make PATH a symbolic link to the port meanwhile.")
@click.option("--list-faults", is_flag=True, help="List the faults of DIALECT and end.")
def sim_command(dialect, hosts, baud, latency_ms, faults, seed, trace, link, list_faults):
    """Run a virtual module on a pseudo-terminal until Ctrl-C. DIALECT: bg96, a7600, sim7028, nl668 or l610.

    Prints the port as its first line. At the end it says what a well-behaved driver would not have done.
    """
    if list_faults:
        _list_faults(dialect)
        return
    try:
        sort_out(faults, module_class(dialect))
    except UnknownFault as error:
        raise click.UsageError(str(error)) from error
    with failing("cannot run the module"), Simulator(
            dialect, hosts=host_table(hosts), baudrate=baud, latency_ms=latency_ms, faults=faults, seed=seed,
            trace=trace) as module, _linked(link, module.port), _held(_ENDS):
        click.echo(module.port)
        click.echo(f"virtual {dialect}, Ctrl-C ends it", err=True)
        _wait_for_the_end(module)
        for text in module.violations():
            click.echo(f"! {text}", err=True)


@contextlib.contextmanager
def _held(signals):
    # Blocked rather than handled: none is lost that comes as soon as the port is known, and nothing comes between the
    # look at the module's process and the wait for its end.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _wait_for_the_end(module):
    """Until a signal says it is enough; SimulatorError when the module's process ends by itself."""
    module.control("status")
    if signal.sigwait(_ENDS) == signal.SIGCHLD:
        raise SimulatorError(f"the simulator of {module.dialect} has ended by itself")


@contextlib.contextmanager
def _linked(link, port):
    if link is None:
        yield
        return
    if os.path.islink(link):
        os.unlink(link)
    os.symlink(port, link)
    try:
        yield
    finally:
        os.unlink(link)
