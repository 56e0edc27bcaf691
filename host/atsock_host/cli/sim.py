"""atsock sim: a virtual module in the foreground."""

import contextlib
import os
import signal

import click

from ..simulator import Simulator, SimulatorError
from ..simulator.__main__ import main as simulator_main
from ..simulator.canned import AnswerError
from ..simulator.config import ConfigError, make
from ..simulator.faults import WIRE_FAULTS, UnknownFault, all_quirks
from ..simulator.registry import DIALECTS, module_class
from ..simulator.settings import SETTINGS, SettingError, split_option
from .session import failing, host_table

_ENDS = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD") if hasattr(signal, name)}


_OTHERWISE = {"hosts", "settings", "baud", "control", "stdio"}     # the arguments of Simulator have other names


def _faults(dialect):
    return {**WIRE_FAULTS, **all_quirks(module_class(dialect))}


def _list(texts):
    width = max(map(len, texts))
    for name, text in sorted(texts.items()):
        click.echo(f"{name:{width}}  {text}")


@click.command("sim", short_help="Run a virtual module on a pseudo-terminal or a TCP port.")
@click.argument("dialect", type=click.Choice(DIALECTS), metavar="[DIALECT]", required=False)
@click.option("--config", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
              help="TOML file with all of this; then it may name the dialect.")
@click.option("--host", "hosts", multiple=True, metavar="NAME=ADDR[:PORT]",
              help="A name that the module can reach, beside loopback addresses (may be repeated).")
@click.option("--baud", type=click.IntRange(min=0), metavar="N",
              help="Speed of the line in bit/s; 0, the default, means no limit.")
@click.option("--latency-ms", type=click.FloatRange(min=0), metavar="MS", help="Delay of every answer.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE",
              help="Identity, operator, signal, times, ... (may be repeated); --list-settings shows what there is.")
@click.option("--answers", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
              help="TOML file of answers that come before the module's own.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[:VALUE]",
              help="Something to go wrong (may be repeated); --list-faults shows what there is.")
@click.option("--seed", type=int, help="Makes random faults repeatable.")
@click.option("--trace", type=click.Path(dir_okay=False), metavar="FILE", help="Write all traffic to FILE.")
@click.option("--link", type=click.Path(), metavar="PATH", help="Make PATH a symbolic link to the port meanwhile.")
@click.option("--tcp", type=click.IntRange(0, 65535), metavar="PORT", help="Listen there instead; 0: any port.")
@click.option("--rfc2217", type=click.IntRange(0, 65535), metavar="PORT",
              help="The same with RFC 2217: DTR is the power key, RTS the reset, the speed counts.")
@click.option("--address", metavar="ADDR", help="Where --tcp and --rfc2217 listen (127.0.0.1).")
@click.option("--dtr", type=click.Choice(["power-key", "data"]),
              help="What DTR of RFC 2217 is (power-key; data: as AT&D says).")
@click.option("--stdio", is_flag=True, help="Standard input and output are the line.")
@click.option("--control", type=click.IntRange(0, 65535), metavar="PORT",
              help="TCP port for control commands; 0: any port.")
@click.option("--list-faults", is_flag=True, help="List the faults of DIALECT and end.")
@click.option("--list-settings", is_flag=True, help="List the settings and end.")
def sim_command(dialect, list_faults, list_settings, stdio, link, **options):
    """Run a virtual module until Ctrl-C. DIALECT: bg96, a7600, sim7028, nl668 or l610.

    Prints what a host opens as its first line. At the end it says what a well-behaved driver would not have done.
    """
    if list_faults:
        if dialect is None:
            raise click.UsageError("--list-faults needs a DIALECT")
        _list(_faults(dialect))
        return
    if list_settings:
        _list({name: setting.text for name, setting in SETTINGS.items()})
        return
    arguments = _checked(dialect, {**options, "stdio": stdio})
    if stdio or os.name == "nt":
        _in_this_process(dialect, options, stdio, link)
        return
    with failing("cannot run the module"), Simulator(dialect, **arguments) as module, \
            _linked(link, module.port), _held(_ENDS):
        click.echo(module.port)
        if module.control_port:
            click.echo(f"control {module.control_port}")
        click.echo(f"virtual {module.dialect or 'module'}, Ctrl-C ends it", err=True)
        _wait_for_the_end(module)
        for text in module.violations():
            click.echo(f"! {text}", err=True)
        for text in module.exceptions():
            click.echo(f"# {text}", err=True)


def _checked(dialect, options):
    """The keyword arguments of Simulator; UsageError for what cannot be."""
    try:
        settings = dict(map(split_option, options["settings"]))
        hosts = host_table(options["hosts"])
        make({**options, "dialect": dialect, "hosts": hosts, "faults": list(options["faults"]), "settings": settings,
              "answers": [options["answers"]] if options["answers"] else []}, options["config"])
    except (ConfigError, UnknownFault, SettingError, AnswerError) as error:
        raise click.UsageError(str(error)) from error
    arguments = {name: value for name, value in options.items() if value is not None and name not in _OTHERWISE}
    arguments.update(hosts=hosts, settings=settings)
    for name, parameter in (("baud", "baudrate"), ("control", "control_port")):
        if options[name] is not None:
            arguments[parameter] = options[name]
    return arguments


def _in_this_process(dialect, options, stdio, link):
    """The line is standard input and output, or the system cannot do without."""
    given = [dialect] if dialect else []
    for name, value in options.items():
        option = "--" + {"hosts": "host", "settings": "set", "faults": "fault"}.get(name, name).replace("_", "-")
        for each in value if isinstance(value, tuple) else [value]:
            given += [option, str(each)] if each is not None else []
    given += ["--stdio"] if stdio else []
    given += ["--link", link] if link else []
    simulator_main(given)


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
