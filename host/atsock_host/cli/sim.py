"""atsock sim: virtual modules in the foreground."""

import signal
import sys

import click

from ..simulator.__main__ import INTERRUPTED
from ..simulator.__main__ import main as simulator_main
from ..simulator.canned import AnswerError
from ..simulator.config import MOST_MODULES, ConfigError, make_all
from ..simulator.faults import WIRE_FAULTS, UnknownFault, all_quirks
from ..simulator.machine import NO_TERMINALS, has_terminals
from ..simulator.mishaps import texts as mishap_texts
from ..simulator.models import MODELS
from ..simulator.process import Process
from ..simulator.registry import DIALECTS, module_class
from ..simulator.settings import SETTINGS, SettingError, split_option
from .session import failing, host_table

_OTHERWISE = {"hosts": "host", "settings": "set", "faults": "fault"}    # the process's options have other names


def _faults(dialect):
    return {**WIRE_FAULTS, **all_quirks(module_class(dialect)), **mishap_texts()}


def _list(texts):
    width = max(map(len, texts))
    for name, text in sorted(texts.items()):
        click.echo(f"{name:{width}}  {text}")


def _list_common_faults():
    """What all modules have, and who has more."""
    of = {dialect: _faults(dialect) for dialect in DIALECTS}
    common = {name: text for name, text in of[DIALECTS[0]].items() if all(name in each for each in of.values())}
    _list(common)
    more = ", ".join(f"{dialect} {len(each) - len(common)}" for dialect, each in of.items())
    click.echo(f"\nEach module has more ({more}): atsock sim DIALECT --list-faults")


@click.command("sim", short_help="Run virtual modules on pseudo-terminals or TCP ports.")
@click.argument("dialect", type=click.Choice(DIALECTS), metavar="[DIALECT]", required=False)
@click.option("--model", metavar="NAME",
              help="A model of the families, by its answers and limits; --list-models shows what there is.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
              help="TOML file with all of this, of one module or several; then it may name the dialect.")
@click.option("--count", type=click.IntRange(1, MOST_MODULES), metavar="N",
              help="So many modules in one process, on ports that follow each other.")
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
@click.option("--log", type=click.Path(dir_okay=False), metavar="FILE",
              help="Write what happens to FILE: a JSON object a line for each command, answer, notice, fault, ...")
@click.option("--json", "as_json", is_flag=True,
              help="Say where the modules are as JSON, an object a line: dialect, port, control_port, log.")
@click.option("--link", type=click.Path(), metavar="PATH", help="Make PATH a symbolic link to the port meanwhile.")
@click.option("--tcp", type=click.IntRange(0, 65535), metavar="PORT", help="Listen there instead; 0: any port.")
@click.option("--rfc2217", type=click.IntRange(0, 65535), metavar="PORT",
              help="The same with RFC 2217: DTR is the power key, RTS the reset, the speed counts.")
@click.option("--address", metavar="ADDR", help="Where --tcp, --rfc2217 and --control listen (127.0.0.1).")
@click.option("--pty-or-tcp", is_flag=True,
              help="A pseudo-terminal, or --tcp 0 where the system has none.")
@click.option("--dtr", type=click.Choice(["power-key", "data"]),
              help="What DTR of RFC 2217 is (power-key; data: as AT&D says).")
@click.option("--stdio", is_flag=True, help="Standard input and output are the line.")
@click.option("--control", type=click.IntRange(0, 65535), metavar="PORT",
              help="TCP port for control commands; 0: any port.")
@click.option("--list-faults", is_flag=True, help="List the faults of DIALECT, or of all, and end.")
@click.option("--list-models", is_flag=True, help="List the models and end.")
@click.option("--list-settings", is_flag=True, help="List the settings and end.")
def sim_command(dialect, list_faults, list_models, list_settings, stdio, as_json, pty_or_tcp, **options):
    """Run virtual modules until Ctrl-C. DIALECT: bg96, a7600, sim7028, nl668 or l610.

    Prints what a host opens as its first line, one for each module. At the end it says what a well-behaved driver
    would not have done.
    """
    if list_faults:
        if dialect is None and options["model"] is None:
            _list_common_faults()
            return
        _list(_faults(_checked(dialect, {**options, "stdio": stdio})[0].dialect))
        return
    if list_models:
        _list({name: f"{model.dialect:7}  {model.calls_itself}" for name, model in MODELS.items()
               if dialect in (None, model.dialect)})
        return
    if list_settings:
        _list({name: setting.text for name, setting in SETTINGS.items()})
        return
    configs = _checked(dialect, {**options, "stdio": stdio})
    arguments = _arguments(dialect, options) + (["--json"] if as_json else []) + (
        ["--pty-or-tcp"] if pty_or_tcp else [])
    if stdio:
        simulator_main([*arguments, "--stdio"])
        return
    if not (pty_or_tcp or has_terminals()) and any(config.tcp is None and config.rfc2217 is None for config in configs):
        raise click.UsageError(NO_TERMINALS)
    _run(arguments, configs)


def _checked(dialect, options):
    """The Configs of all modules; UsageError for what cannot be."""
    try:
        return make_all({
            **options, "dialect": dialect, "settings": dict(map(split_option, options["settings"])),
            "hosts": host_table(options["hosts"]), "faults": list(options["faults"]),
            "answers": [options["answers"]] if options["answers"] else []}, options["config"])
    except (ConfigError, UnknownFault, SettingError, AnswerError) as error:
        raise click.UsageError(str(error)) from error


def _arguments(dialect, options):
    """The same options for the process."""
    given = [dialect] if dialect else []
    for name, value in options.items():
        option = "--" + _OTHERWISE.get(name, name).replace("_", "-")
        for each in value if isinstance(value, tuple) else [value]:
            given += [option, str(each)] if each is not None else []
    return given


def _end(number, frame):
    raise SystemExit(0)


def _run(arguments, configs):
    """Until a signal ends it: SIGINT with 130, others with 0; a process that ends by itself is a failure."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)
    what = configs[0].model or configs[0].dialect if len(configs) == 1 else f"{len(configs)} modules"
    process = None
    runs = False
    try:
        with failing("cannot run the module"):
            process = Process(arguments, what)
            for config in configs:
                click.echo(process.line())
                if config.control is not None and "--json" not in arguments:
                    click.echo(process.line())
            runs = True
            click.echo(f"virtual {what}, Ctrl-C ends it", err=True)
            process.wait()
    except (KeyboardInterrupt, SystemExit) as end:
        if runs:
            with failing("cannot ask the module"):
                _report(process, len(configs))
        sys.exit(INTERRUPTED if isinstance(end, KeyboardInterrupt) else end.code)
    finally:
        if process is not None:
            process.close()


def _report(process, count):
    """What the drivers should not have done, and where the simulator was at fault."""
    for number in range(1, count + 1):
        which = f"module {number}: " if count > 1 else ""
        for word, mark in (("violations", "!"), ("exceptions", "#")):
            for text in process.ask(f"module {number} {word}"):
                click.echo(f"{mark} {which}{text}", err=True)
