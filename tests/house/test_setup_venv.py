"""tools/setup_venv: an environment whose making was cut off is not taken for a good one."""

import importlib.machinery
import importlib.util
import venv
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent.parent


def test_a_cut_while_pip_is_unpacked_is_seen_by_the_next_run(tmp_path, monkeypatch):
    loader = importlib.machinery.SourceFileLoader("setup_venv", str(TREE / "tools" / "setup_venv"))
    tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("setup_venv", loader))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(tool)
    for name, path in (("VENV", ""), ("PYTHON", "bin/python"), ("STAMP", "stamp"), ("MARK", "mark")):
        monkeypatch.setattr(tool, name, tmp_path / "venv" / path)

    def cut_off(builder, context):
        packages = Path(context.env_dir, "lib", "python%d.%d" % tool.sys.version_info[:2], "site-packages", "pip")
        packages.mkdir(parents=True)
        (packages / "__init__.py").touch()  # enough for "import pip"
        raise KeyboardInterrupt

    monkeypatch.setattr(venv.EnvBuilder, "_setup_pip", cut_off)
    with pytest.raises(KeyboardInterrupt):
        tool.build("try")
    assert not tool.works()
