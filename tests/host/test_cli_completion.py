"""Completion in the shell, as docs/cli.md describes it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from atsock_host import cli

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"


def atsock(**variables):
    """What the shell gets: standard output of the command `atsock`, which these variables ask to complete."""
    program = "from atsock_host.__main__ import run; run('atsock')"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **variables}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell):
    script = atsock(_ATSOCK_COMPLETE=f"{shell}_source")
    assert "_atsock_completion" in script
    assert f"_ATSOCK_COMPLETE={shell}_source atsock" in DOCS.read_text("utf-8")
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)      # its own opinion of it


def complete(line):
    words = line.split(" ")
    said = atsock(_ATSOCK_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    return re.findall(r"plain,(\S+)", said)


def test_commands():
    assert complete("atsock t") == ["term", "trace"]
    assert complete("atsock ") == cli.main.list_commands(None)


def test_options_and_their_values():
    assert complete("atsock info --dialect ") == ["bg96", "a7600", "sim7028", "nl668", "l610"]
    assert "--ask-password" in complete("atsock get --ask") and complete("atsock trace --ht") == ["--html"]
