"""The command line `atsock`.

Owns the list of commands; each is loaded when it is used, so that a quick one does not wait for what another needs.
Owns the exit status: 0 success, 1 the operation failed (one line on stderr), 2 wrong usage, 130 Ctrl-C.
"""

import contextlib
import importlib
import io
import os
import sys

import click

from .. import __version__
from . import argv
from .words import clean, sentence

INTERRUPTED = 130       # 128 + SIGINT, as shells have it

_HOMES = {      # command: its file
    "bench": "bench",
    "doctor": "doctor",
    "get": "get",
    "info": "info",
    "ntp": "net",
    "ping": "net",
    "resolve": "net",
    "sim": "sim",
    "socks": "socks",
    "term": "term",
    "trace": "trace",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx):
        return sorted(_HOMES)

    def get_command(self, ctx, name):
        if name not in _HOMES:
            return None
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), f"{name}_command")

    def main(self, args=None, prog_name=None, complete_var=None, standalone_mode=True, **extra):
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        if args is None:                    # those of the process
            argv.hide(("--password", "--pin"))
        sys.exit(_flushed(self._status(args, prog_name, complete_var, extra)))

    def _status(self, args, prog_name, complete_var, extra):
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
            return status if isinstance(status, int) else 0
        except SystemExit as end:           # a pipe that nobody reads any more
            return end.code
        except click.Abort as error:        # Ctrl-C, or the end of the input where something was asked for
            return 1 if isinstance(error.__cause__, EOFError) else INTERRUPTED
        except KeyboardInterrupt:
            return INTERRUPTED
        except click.NoSuchOption as error:
            _show(_of_the_simulator(self, error) or error)
            return error.exit_code
        except click.ClickException as error:
            _show(error)
            return error.exit_code
        except OSError as error:            # a full disk behind the output
            _complain(error)
            return 1


def _of_the_simulator(group, error):
    """Where an option goes that a command with --sim has not, but `atsock sim` has; None for any other one."""
    def options(command):
        return {flag for each in command.params if isinstance(each, click.Option) for flag in each.opts}

    name = error.option_name
    if error.ctx is None or "--sim" not in options(error.ctx.command) or (
            name not in options(group.get_command(error.ctx, "sim"))):
        return None
    return click.UsageError(
        f"{name} is an option of atsock sim: start `atsock sim DIALECT {name} ...`, and give this command --port with "
        "what it prints", error.ctx)


def _flushed(status):
    """The exit status when what was printed has been written, too: a full disk shows only now."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            _complain(error)
        with contextlib.suppress(OSError, ValueError):      # the interpreter's own last flush has nothing to fail on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return status or 1
    return status


def _show(error):
    text = io.StringIO()
    error.show(file=text)
    with contextlib.suppress(OSError):
        click.echo(clean(text.getvalue()), err=True, nl=False)


def _complain(error):
    with contextlib.suppress(OSError):
        click.echo(f"Error: {sentence(error)}", err=True)


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, package_name="atsock", message="atsock %(version)s")
def main():
    """Use a cellular module from this computer: over a serial port, or a virtual module of its own.

    Every command that talks to a module takes --port (a device or a URL of pyserial) or --sim (starts a virtual
    module); ATSOCK_PORT, ATSOCK_APN and a config file stand in for options. Exit status: 0 success, 1 the operation
    failed, 2 wrong usage, 130 Ctrl-C.
    """
