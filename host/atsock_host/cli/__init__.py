"""The command line `atsock`.

Owns the list of commands; each is loaded when it is used, so that a quick one does not wait for what another needs.
Exit status: 0 success, 1 the operation failed (one line on stderr), 2 wrong usage.
"""

import importlib

import click

from .. import __version__

_HOMES = {      # command: its file
    "bench": "bench",
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


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, package_name="atsock", message="atsock %(version)s")
def main():
    """Use a cellular module from this computer: over a serial port, or a virtual module of its own.

    Every command that talks to a module takes --port (a device or a URL of pyserial) or --sim (starts a virtual
    module). Exit status: 0 success, 1 the operation failed, 2 wrong usage.
    """
