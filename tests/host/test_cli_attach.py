"""Commands that need the network, on set-ups that have none: one line says where attach() stands, and what to do."""

import click
import pytest
from atsock_host import Simulator, cli
from atsock_host.cli import advice, attaching
from click.testing import CliRunner

import atsock

WRONG = [       # options of the virtual module, of the command, what is said
    ({"faults": ["sim-pin"]}, (), ("sim: SIM PIN", ". Give it: --ask-pin")),
    ({"faults": ["sim-pin"]}, ("--pin", "9999"), ("the SIM refused the PIN", ". Look the PIN up before")),
    ({"settings": {"registration": "3"}}, ("--attach-timeout", "3"), ("register: denied", "is the contract active")),
    ({"faults": ["not-registered"]}, ("--attach-timeout", "3"), ("register: searching", "? Does the module have")),
    ({"faults": ["sim-missing"]}, ("--attach-timeout", "3"), ("sim: SIM not inserted", ". Put a SIM card in")),
    ({"answers": [{"command": r"AT\+QIACT=1", "result": "ERROR"}]}, (), ("context: activating", "which APN")),
]


@pytest.mark.slow
@pytest.mark.parametrize("module, options, words", WRONG)
def test_the_error(module, options, words):
    with Simulator("bg96", **module) as module:
        result = CliRunner().invoke(
            cli.main, ["resolve", "--port", module.port, "--apn", "internet", *options, "server.example"])
    assert result.exit_code == 1 and result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("Error: cannot attach to the network: ")
    for each in words:
        assert each in result.stderr


@pytest.mark.slow
def test_who_waits_long_is_told_why(monkeypatch):
    """Once, in a pipe, too: a network may be searched for minutes."""
    monkeypatch.setattr(attaching, "HINT_S", 2)
    with Simulator("l610", faults=["not-registered"]) as module:
        result = CliRunner().invoke(
            cli.main, ["ping", "--port", module.port, "--apn", "internet", "--attach-timeout", "4", "server.example"])
    hint, error = result.stderr.splitlines()
    assert hint == f"still attaching, register: searching: {advice.SEARCHING} (--attach-timeout S waits longer or less)"
    assert error.startswith("Error: cannot attach to the network: register: searching: no network was found in time")


@pytest.mark.parametrize("command", [("get", "-o", "-", "http://nowhere.example/"), ("resolve", "nowhere.example"),
                                     ("ping", "nowhere.example")])
def test_a_virtual_module_says_what_it_reaches(command):
    result = CliRunner().invoke(cli.main, [command[0], "--sim", "bg96", *command[1:]])
    assert result.exit_code == 1 and "only, and names that it is told: --host nowhere.example=" in result.stderr
    result = CliRunner().invoke(
        cli.main, ["get", "--sim", "bg96", "--host", "there.example=127.0.0.1", "-o", "-", "http://there.example:1/"])
    assert result.exit_code == 1 and "--host" not in result.stderr and "connection refused" in result.stderr


@pytest.mark.parametrize("dialect, said", [("bg96", "connection refused, or no way to it (AT+QIOPEN="),
                                           ("l610", "no connection (AT+MIPOPEN=")])
def test_a_connection_that_is_not_made(dialect, said):
    """Which command with which host and port, what the module says of it, and what to look at, once."""
    result = CliRunner().invoke(
        cli.main, ["get", "--sim", dialect, "--host", "there.example=127.0.0.1", "-o", "-", "http://there.example:1/"])
    assert result.stderr.startswith(f"Error: cannot fetch http://there.example:1/: {said}"), result.stderr
    assert '"there.example",1,' in result.stderr
    assert result.stderr.endswith("oes a server listen there, does the APN let it through?\n"), result.stderr
    assert result.stderr.count("does the APN") == 1


def test_an_argument_that_cannot_be():
    class Modem:
        def attach(self, **keywords):
            raise ValueError("PIN: 4 to 8 digits")

    with pytest.raises(click.UsageError, match="4 to 8 digits"):
        attaching.attach(Modem(), {})


@pytest.mark.parametrize(
    "where, said",
    [("sync: no answer", advice.PORT), ("identify", "--dialect"), ("sim: SIM PUK", advice.PUK),
     ("sim: SIM failure", advice.ANOTHER_CARD), ("register: not searching", advice.NOT_SEARCHING),
     ("register: emergency calls only", advice.EMERGENCY), ("register: radio off", advice.SEARCHING), ("", "")])
def test_advice(where, said):
    error = atsock.ModemError(5, "why")
    if where:
        error.at(where)
    assert said in advice.of(error)
    assert said in advice.of(TimeoutError(110, "late"), where)      # no error of attach() itself
