"""atsock info: what the module says of itself and of the network.  Attaches nothing."""

import re

import atsock
import click

from .session import failing, modem_options, opened_modem

ANSWER_MS = 3000        # a module that is awake answers AT in a fraction of this


@click.command("info", short_help="Show what the module is, its signal and its registration.")
@modem_options
def info_command(choice):
    """Show what the module is, its signal and its registration; it is not attached to the network for that."""
    with opened_modem(choice, attach=False) as modem, failing("the module does not tell"):
        _wake(modem)
        manufacturer, model, revision = modem.identity()
        dbm, error_class = modem.signal()
        rows = (
            ("manufacturer", manufacturer),
            ("model", model),
            ("revision", revision),
            ("IMEI", _first(modem, "AT+CGSN", r"(\d{14,16})")),
            ("operator", _first(modem, "AT+COPS?", r'\+COPS: \d+,\d+,"([^"]*)"')),
            ("signal", "unknown" if dbm is None else f"{dbm} dBm"),
            ("bit errors", "unknown" if error_class is None else f"class {error_class}"),
            ("registration", modem.registration()),
        )
    for name, value in rows:
        click.echo(f"{name:14}{value}")


def _wake(modem):
    """The first AT after a pause may be lost (sleep, automatic baud rate): two are tried."""
    try:
        modem.command("AT", timeout_ms=ANSWER_MS)
    except atsock.Timeout:
        modem.command("AT", timeout_ms=ANSWER_MS)


def _first(modem, command, pattern):
    """The group of the first information line that has `pattern`; "unknown" when none has or the module refuses."""
    try:
        lines = modem.command(command)
    except atsock.CommandError:
        return "unknown"
    for line in lines:
        if match := re.search(pattern, line.decode(errors="replace")):
            return match[1]
    return "unknown"
