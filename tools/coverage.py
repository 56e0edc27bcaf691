"""Which forms of the manuals the driver has, the simulator answers and a test exercises.

The list of forms is the specifications' (tests/spec/*.json); how each is used is the register of the tests
(tests/host/formcases.py).  Owns the table that ./tools/coverage prints; tests/test_coverage.py wants it complete.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("lib", "host", "tests/host")]

from atsock.manual import arguments, catalogue, load  # noqa: E402
from formcase import check  # noqa: E402
from formcases import CASES  # noqa: E402
from specforms import DIALECTS, forms  # noqa: E402

_PATIENCE_MS = 10_000       # a command that is answered at all has said something by then


class Row(NamedTuple):
    form: object            # specforms.Form
    driver: bool
    simulator: bool
    test: bool

    @property
    def complete(self):
        return self.driver and self.simulator and self.test


def rows(dialect):
    """A Row for every form of the dialect's manual."""
    table = load(dialect)
    for form in forms(dialect):
        cases = [case for case in CASES[dialect] if case.form == form.id]
        yield Row(form, any(is_composed(table, form, case) for case in cases), any(map(is_answered, cases)),
                  bool(cases) and all(map(is_right, cases)))


def is_composed(table, form, case):
    """Does the driver's table make the manual's command line out of the arguments?"""
    name = catalogue.full_name(case.arguments[0])
    if case.method == "test":
        line = f"AT{name}=?" if name in table.TESTS else ""
    elif case.method == "query":
        line = f"AT{name}?" if any(row[0] == name + "?" for row in table.FORMS) else ""
    elif form.kind == "escape" or name == "+++":
        line = name
    else:
        line = _composed(table, name, case.arguments[1:])
    return re.fullmatch(form.pattern, line) is not None


def _composed(table, name, values):
    candidates = [row for row in table.FORMS if row[0] in (name, name + "=")]
    try:
        line = catalogue.choose(candidates, values, table.RANGES)[1] if candidates else arguments.Line(b"")
    except ValueError:
        return ""
    digits = b"" if line.hexdata is None else line.hexdata.hex().upper().encode() + b'"'
    return (line.text + digits).decode()


def is_answered(case):
    """Does the simulator know the command, and what it was given?"""
    bench = case.make()
    before = len(bench.module.violations)
    if case.line == "+++":
        bench.wait(bench.module.ESCAPE_GUARD_MS + 100)
        bench.tx("+++")
    else:
        bench.tx(case.line + "\r")
    bench.wait(_PATIENCE_MS)
    answer = bench.rx()
    refused = re.search(rb"\r\n(ERROR|\+\w+ ERROR: .*)\r\n", answer)
    return bool(answer) and not refused and bench.module.violations[before:] == []


def is_right(case):
    """Does Modem.call(), query() or test() send that line and give that value?"""
    try:
        check(case)
    except (AssertionError, OSError, ValueError, TypeError) as problem:
        print(f"{case.form}: {problem!r}", file=sys.stderr)
        return False
    return True


def show(dialect):
    """Print the table of a dialect; returns how many forms are not complete."""
    found = list(rows(dialect))
    print(f"{dialect:<10}{'':22}{'':32}driver  simulator  test")
    for row in found:
        ticks = ["yes" if tick else "NO" for tick in row[1:]]
        variant = row.form.id[len(row.form.command):] if row.form.id.startswith("+") else row.form.id
        print(f"  {row.form.section:<15.15} {row.form.command:<14} {variant.lstrip('/.') or row.form.kind:<30} "
              f"{ticks[0]:<8}{ticks[1]:<11}{ticks[2]}")
    missing = sum(not row.complete for row in found)
    commands = len({row.form.command for row in found})
    print(f"{dialect}: {len(found) - missing} of {len(found)} forms of {commands} commands\n")
    return missing


def main(arguments):
    unknown = set(arguments) - set(DIALECTS)
    if unknown:
        print(f"coverage: no dialect {', '.join(sorted(unknown))}; there are {', '.join(DIALECTS)}", file=sys.stderr)
        return 2
    return 1 if sum(map(show, arguments or DIALECTS)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
