"""Every command and every form of the five manuals: in the driver, in the simulator, in a test."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[1] / "tools" / "coverage.py"
# Commands and forms of the manuals; BG96: with the four that it uses beside its own.
FORMS = {"bg96": (21, 55), "a7600": (20, 55), "sim7028": (23, 66), "nl668": (17, 49), "l610": (18, 52)}


def load():
    spec = importlib.util.spec_from_file_location("coverage_of_forms", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


coverage = load()


@pytest.mark.parametrize("dialect", coverage.DIALECTS)
def test_every_form(dialect):
    rows = list(coverage.rows(dialect))
    assert (len({row.form.command for row in rows}), len(rows)) == FORMS[dialect]
    assert [row.form.id for row in rows if not row.complete] == []


@pytest.mark.parametrize("dialect", coverage.DIALECTS)
def test_every_case_belongs_to_a_form(dialect):
    """Beside the manual's forms only data mode is used: +++ and ATO, which the Fibocom manuals hardly mention."""
    known = {form.id for form in coverage.forms(dialect)}
    extra = {case.form for case in coverage.CASES[dialect]} - known
    assert extra <= {"+++", "ATO"}


def test_a_missing_form_is_told(monkeypatch, capsys):
    """A form that no case uses makes the exit status 1 and says NO in its row."""
    cases = tuple(case for case in coverage.CASES["l610"] if case.form != "+GTSET/write/IPRFMT")
    monkeypatch.setitem(coverage.CASES, "l610", cases)
    assert coverage.main(["l610"]) == 1
    out = capsys.readouterr().out
    assert "51 of 52 forms" in out
    row = next(line for line in out.splitlines() if "write/IPRFMT" in line)
    assert row.split()[-3:] == ["NO", "NO", "NO"]


def test_unknown_dialect(capsys):
    assert coverage.main(["sim900"]) == 2
    assert "no dialect sim900" in capsys.readouterr().err
