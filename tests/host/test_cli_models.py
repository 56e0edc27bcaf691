"""The command line on a module that was given no --dialect."""

import pytest
from atsock_host import Simulator, cli
from click.testing import CliRunner

HOSTS = {"peer.example": "127.0.0.1"}


def resolve(module):
    return CliRunner().invoke(cli.main, ["resolve", "peer.example", "--port", module.port, "--apn", "internet"])


def test_an_unknown_model_is_told():
    with Simulator("bg96", hosts=HOSTS, settings={"model": "XY999", "revision": "1.0"}) as module:
        done = resolve(module)
    assert done.exit_code == 0, done.output
    assert "127.0.0.1" in done.output and done.stderr.count("XY999 is no model that is known") == 1


@pytest.mark.parametrize("model", ["EC25", "L716"])
def test_a_known_model_is_not(model):
    with Simulator(model=model, hosts=HOSTS) as module:
        done = resolve(module)
    assert (done.exit_code, done.stderr) == (0, "") and "127.0.0.1" in done.output


def test_another_family_is_refused():
    with Simulator("bg96", settings={"model": "SARA-R410M-02B", "revision": "L0.0.00.00.05.08"}) as module:
        done = resolve(module)
    assert done.exit_code == 1
    assert "SARA-R410M-02B" in done.stderr and "u-blox" in done.stderr and "PPP" in done.stderr
