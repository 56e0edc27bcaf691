"""How a virtual module becomes a model: option, file, Python; and what is no model."""

import pytest

from atsock_host import Simulator, cli
from atsock_host.simulator.config import ConfigError, make_all
from atsock_host.simulator.models import MODELS, model_class
from atsock_host.simulator.registry import module_class
from click.testing import CliRunner


def file_of(tmp_path, text):
    path = tmp_path / "modules.toml"
    path.write_text(text)
    return path


def make(options, file=None):
    """The Config of one module."""
    (config,) = make_all(options, file)
    return config


def sim(*arguments):
    return CliRunner().invoke(cli.main, ["sim", *arguments])


def test_an_option_names_it():
    config = make({"model": "ec25"})
    assert (config.dialect, config.model, config.module_class) == ("bg96", "EC25", model_class("EC25"))
    assert make({"dialect": "bg96", "model": "EC25"}).module_class is model_class("EC25")
    assert make({"dialect": "bg96"}).module_class is module_class("bg96")


def test_a_file_names_it(tmp_path):
    path = file_of(tmp_path, 'model = "A7670"\n[settings]\nrevision = "R7"\n')
    config = make({}, path)
    assert (config.dialect, config.model, config.settings) == ("a7600", "A7670", {"revision": "R7"})
    assert make({"model": "A7672"}, path).model == "A7672"


def test_every_module_of_a_file_may_be_another_one(tmp_path):
    path = file_of(tmp_path, 'model = "EC25"\n[[module]]\n[[module]]\nmodel = "L716"\n[[module]]\ndialect = "l610"\n')
    assert [(one.dialect, one.model) for one in make_all({}, path)] == [
        ("bg96", "EC25"), ("nl668", "L716"), ("l610", None)]


@pytest.mark.parametrize("options, says", [
    ({"model": "SARA-R410"}, "'SARA-R410'"), ({"dialect": "a7600", "model": "EC25"}, "EC25 is a bg96, not a a7600")])
def test_what_cannot_be(options, says):
    with pytest.raises(ConfigError, match=says):
        make(options)
    with pytest.raises(ValueError, match=says):
        Simulator(options.get("dialect"), model=options["model"])


def test_faults_of_a_model_are_its_dialects():
    assert make({"model": "G510", "faults": ["tight-colon"]}).faults == ["tight-colon"]


def test_the_command_lists_the_models():
    done = sim("--list-models")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == sorted(MODELS)
    assert "SIMCOM_SIM7600G-H" in done.output
    done = sim("l610", "--list-models")
    assert done.output.split() == ["L610", "l610", "L610-CN-00"]


def test_the_command_says_what_is_no_model():
    done = sim("--model", "nRF9160")
    assert done.exit_code == 2 and "no virtual model is called 'nRF9160'" in done.output and "EC25" in done.output
    assert sim("a7600", "--model", "EC25").exit_code == 2


def test_the_command_lists_a_models_faults():
    assert sim("--model", "G510", "--list-faults").output == sim("nl668", "--list-faults").output


def test_a_process_is_the_model():
    with Simulator(model="G610", settings={"imei": "490154203237518"}) as module:
        assert module.dialect == "nl668"
        assert module.control("get model") == "G610"
        assert module.control("get imei") == "490154203237518"
        assert module.control("faults") == ["result-before-ok"]
