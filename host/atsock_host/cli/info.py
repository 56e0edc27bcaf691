"""atsock info: what the module says of itself and of the network.  Attaches nothing."""

import json

import click

import atsock

from . import advice, facts
from .session import failing, modem_options, opened_modem
from .words import say, sentence

_NONE = {"APN": "none stored", "address": "none, no context is active"}     # the module has answered that


@click.command("info", short_help="Show what the module is, its SIM card, signal and registration.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; null for what is not known, or is not there.")
@modem_options
def info_command(choice, as_json):
    """Show what the module is, its SIM card, its signal and its registration; it is not attached for that."""
    with opened_modem(choice, attach=False) as modem, failing("the module does not tell"):
        found = _found(modem)
    if as_json:
        click.echo(json.dumps(
            {name.replace(" ", "_"): None if value == "" else value for name, value, _ in found}, indent=1))
        return
    for name, value, unit in found:
        if value == "":
            said = _NONE.get(name, "none")
        else:
            said = "unknown" if value is None else unit % value if unit else value
        say(f"{name:14}{said}")


def _found(modem):
    """[(name, value, form)]; the value is None when it is not known, "" when there is none."""
    try:
        facts.wake(modem)
    except atsock.Timeout as error:
        raise click.ClickException(f"the module does not tell: {sentence(error)}; {advice.PORT}") from error
    manufacturer, model, revision = modem.identity()
    dbm, error_class = modem.signal()
    state, meaning = facts.sim(modem)
    operator, technology = facts.operator(modem)
    return [
        ("manufacturer", manufacturer, ""),
        ("model", model, ""),
        ("revision", revision, ""),
        ("IMEI", facts.imei(modem), ""),
        ("SIM", meaning if state == "ERROR" or state.isdigit() else state, ""),
        ("ICCID", facts.iccid(modem), ""),
        ("operator", operator, ""),
        ("technology", technology, ""),
        ("signal", dbm, "%d dBm"),
        ("bit errors", error_class, "class %d"),
        ("registration", modem.registration(), ""),
        ("APN", facts.apn(modem), ""),
        ("address", facts.address(modem), ""),
    ]
