"""What the commands share: the options that choose a module, opening it, and failing with one clear line.

Owns --port, --sim and their companions.  Knows no command.
"""

import contextlib
import functools
from types import SimpleNamespace

import atsock
import click
from rich.console import Console

from ..limits import ACCESS, DIALECTS
from ..serialport import SerialPort
from ..simulator import Simulator, SimulatorError
from ..trace import TracePort
from . import attaching, settings
from .words import sentence, with_advice

DEFAULT_BAUD = 115200
SIM_APN = "internet"        # a virtual module has none stored, and some modules refuse to attach without one


class _Option:
    """An option of click that a command may want several times over."""

    def __init__(self, flag, *words, **settings):
        self.flag, self.words, self.settings = flag, words, settings

    def __call__(self, command, several=()):
        settings = self.settings
        if self.flag.removeprefix("--") in several:
            settings = {**settings, "multiple": True, "default": None, "show_default": False}
        return click.option(self.flag, *self.words, **settings)(command)


_PORT_OPTIONS = (
    _Option("--port", metavar="URL", help="Serial port of the module: /dev/ttyUSB2, COM5, socket://host:port, ..."),
    _Option("--sim", type=click.Choice(DIALECTS), metavar="DIALECT",
            help=f"Start a virtual module and use that: {', '.join(DIALECTS)}."),
    _Option("--host", "hosts", multiple=True, metavar="NAME=ADDR[:PORT]",
            help="With --sim: a name that the virtual module can reach (may be repeated)."),
    _Option("--baud", type=click.IntRange(min=50), metavar="N",
            help=f"Speed of the line; {DEFAULT_BAUD} if not given, no limit with --sim."),
    _Option("--rtscts", is_flag=True, help="Hardware flow control."),
    _Option("--trace", type=click.Path(dir_okay=False), metavar="FILE",
            help="Write all traffic to FILE, passwords and PIN left out."),
)
_MODEM_OPTIONS = (
    _Option("--dialect", type=click.Choice(DIALECTS), metavar="DIALECT",
            help="What module it is; if not given, the module is asked."),
    _Option("--apn", help="Access point of the mobile network; if not given, the one that is stored "
            f"in the module, with --sim {SIM_APN}."),
    _Option("--user", help="User name for the access point."),
    _Option("--password", help="Password for the access point; who else uses this computer can see it here, but not "
            "in ATSOCK_PASSWORD, in the config file, or with --ask-password."),
    _Option("--ask-password", is_flag=True, help="Ask for that password."),
    _Option("--pin", help="PIN of the SIM card; likewise ATSOCK_PIN, the config file, --ask-pin."),
    _Option("--ask-pin", is_flag=True, help="Ask for that PIN."),
    _Option("--attach-timeout", type=click.FloatRange(min=1), metavar="S",
            help="Give up attaching to the network after so many seconds; if not given, after 25 without a network."),
    _Option("--access", type=click.Choice(ACCESS), default="buffer", show_default=True, metavar="MODE",
            help=f"How received data comes from the module: {', '.join(ACCESS)}."),
)
_SECRETS = (("password", "password of the access point"), ("pin", "PIN of the SIM card"))


def _choices(options, several=(), optional=False):
    """A decorator that adds `options` to a command, which gets them together as one namespace, `choice`.

    `several`: names of those that may be repeated, and come as a tuple; then nothing comes from the environment or the
    config file.  `optional`: no module need be chosen.
    """

    def decorate(command):
        @functools.wraps(command)
        def collected(**values):
            names = [name for name in values if name in _NAMES]
            choice = SimpleNamespace(**{name: values.pop(name) for name in names})
            if not several:
                settings.fill(click.get_current_context(), choice)
            if bool(choice.port) == bool(choice.sim) and (choice.port or not optional):
                raise click.UsageError("say which module: either --port URL or --sim DIALECT")
            if choice.hosts and not choice.sim:
                raise click.UsageError("--host goes with --sim: a module on a port has the real network")
            choice.hosts = host_table(choice.hosts)
            _ask_for_secrets(choice)
            return command(choice=choice, **values)

        for option in reversed(options):
            collected = option(collected, several)
        return collected

    return decorate


def _ask_for_secrets(choice):
    for name, text in _SECRETS:
        if getattr(choice, f"ask_{name}", False):
            setattr(choice, name, click.prompt(text, hide_input=True, err=True))


_NAMES = {"port", "sim", "hosts", "baud", "rtscts", "trace", "dialect", "apn", "user", "password", "pin", "access",
          "ask_password", "ask_pin", "attach_timeout"}
term_options = _choices(_PORT_OPTIONS + _MODEM_OPTIONS[:1])     # and --dialect
modem_options = _choices(_PORT_OPTIONS + _MODEM_OPTIONS)
doctor_options = _choices(_PORT_OPTIONS + _MODEM_OPTIONS, optional=True)


def bench_options(command):
    """modem_options for a command that can look at many virtual modules: --port or any number of --sim."""
    several = ("sim", "dialect", "baud", "access")
    return _choices(_PORT_OPTIONS + _MODEM_OPTIONS, several, optional=True)(command)


def account(choice):
    """The keyword arguments of attach()."""
    return {"user": choice.user, "password": choice.password, "pin": choice.pin}


def reach(choice, host):
    """A hint for a host that a virtual module cannot reach, "" when it can or is none."""
    if not choice.sim or host in choice.hosts or host.startswith(("127.", "::1", "[::1")):
        return ""
    return f". A virtual module reaches this computer only, and names that it is told: --host {host}=127.0.0.1"


def host_table(texts):
    """{name: "address[:port]"} from NAME=ADDR[:PORT] texts."""
    table = {}
    for text in texts:
        name, mark, target = text.partition("=")
        if not (name and mark and target):
            raise click.UsageError(f"--host must be NAME=ADDR[:PORT], not {text}")
        table[name] = target
    return table


@contextlib.contextmanager
def failing(what, hint=""):
    """Turns what a port, a modem or a simulator raises into the one line of exit status 1 (2 for a wrong value).

    hint: what to say when a module refuses, or does not answer, instead of what to look at.
    """
    try:
        yield
    except (OSError, SimulatorError) as error:
        if type(error) is BrokenPipeError:      # nobody reads the output any more: main() knows what to do
            raise
        is_of_host = hint and isinstance(error, (atsock.CommandError, atsock.Timeout))
        said = sentence(error) + hint if is_of_host else with_advice(error)
        raise click.ClickException(f"{what}: {said}") from error
    except ValueError as error:
        raise click.UsageError(f"{what}: {error}") from error


@contextlib.contextmanager
def opened_port(choice):
    """The port of the chosen module, traced if that was asked for."""
    with contextlib.ExitStack() as stack:
        with failing("cannot open the module"):
            url = choice.port
            if choice.sim:
                url = stack.enter_context(Simulator(choice.sim, hosts=choice.hosts, baudrate=choice.baud or 0)).port
            port = stack.enter_context(SerialPort(url, choice.baud or DEFAULT_BAUD, choice.rtscts))
            if choice.trace:
                port = stack.enter_context(_traced(port, choice.trace))
        yield port


@contextlib.contextmanager
def _traced(port, path):
    traced = TracePort(port, path)
    try:
        yield traced
    finally:
        with failing(f"the trace {path} is not complete"):
            traced.close()


def dialect_of(choice):
    """The dialect that was chosen, None when the module is to be asked."""
    return choice.dialect or choice.sim


def apn_of(choice):
    """The APN that was chosen, None for the one that is stored in the module."""
    return choice.apn or (SIM_APN if choice.sim else None)


def modem_on(port, choice, **keywords):
    """A Modem on the opened `port` of the chosen module.  keywords: more of atsock.Modem."""
    return atsock.Modem(port, dialect_of(choice), apn=apn_of(choice), access=choice.access, **keywords)


@contextlib.contextmanager
def opened_modem(choice, attach=True):
    """A Modem on the chosen port, attached to the network unless told otherwise."""
    with opened_port(choice) as port:
        with failing("cannot talk to the module"):
            modem = modem_on(port, choice, on_event=None if dialect_of(choice) else _tell_unknown_model)
        try:
            if attach:
                attaching.attach(modem, {**account(choice), **_patience(choice)})
            yield modem
        finally:
            # The port may be what failed: closing must not hide the failure that is on its way.
            with contextlib.suppress(OSError):
                modem.close()


def _tell_unknown_model(event, sock, value):
    if event == atsock.EVENT_MODEL:
        click.echo(f"{value} is no model that is known: it is spoken to by the commands that it knows "
                   "(--dialect names others)", err=True)


def _patience(choice):
    return {} if choice.attach_timeout is None else {"timeout_ms": int(choice.attach_timeout * 1000)}


def waiting(text):
    """Shows `text` with a spinner on a terminal while something takes its time; nothing (None) in a pipe."""
    console = Console(stderr=True)
    return console.status(f"{text} ...") if console.is_terminal else contextlib.nullcontext()
