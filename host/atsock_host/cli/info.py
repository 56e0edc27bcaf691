"""atsock info: what the module says of itself."""

import click


@click.command("info")
def info_command():
    pass
