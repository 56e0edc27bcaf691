"""Runs test files without pytest, on MicroPython and CPython:

    micropython tests/lib/run.py [FILE | FILE::TEST | FILE::TEST[CASE]] ...

All test_*.py beside it by default.  FILE with or without a folder, TEST and CASE as pytest calls them.  Prints each
case
with ok or FAIL; the exit status is 1 when one failed, or when there was none.
"""

import os
import sys


def _folder():
    path = __file__
    return path[: path.rfind("/")] if "/" in path else "."


HERE = _folder()
sys.path.insert(0, HERE)
sys.path.insert(0, HERE + "/../../lib")

from cases import cases_of  # noqa: E402


def run(file, test="", case=""):
    """Run the cases of a file that are called so; returns (how many, how many failed)."""
    tests = __import__(file).__dict__
    count = failed = 0
    for name in sorted(
        [key for key in tests if key.startswith("test_") and test in ("", key) and callable(tests[key])]
    ):
        for id, arguments in cases_of(tests[name]):
            if case in ("", id):
                count += 1
                failed += not _passes("%s.py::%s%s" % (file, name, "[%s]" % id if id else ""), tests[name], arguments)
    return count, failed


def _passes(name, test, arguments):
    try:
        test(**arguments)
    except Exception as error:  # whatever a test raises is its failure, and is printed
        print(name, "FAIL")
        _print(error)
        return False
    print(name, "ok")
    return True


def _print(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(error)


def _parts(text):
    # (file, test, case) of FILE::TEST[CASE]
    path, _, test = text.partition("::")
    test, _, case = test.partition("[")
    file = path.split("/")[-1]
    return file[:-3] if file.endswith(".py") else file, test, case[:-1]


def main(wanted):
    names = [_parts(text) for text in wanted]
    if not names:
        names = [_parts(name) for name in sorted(os.listdir(HERE)) if name.startswith("test_") and name.endswith(".py")]
    count = failed = 0
    for file, test, case in names:
        n, bad = run(file, test, case)
        count += n
        failed += bad
    print("%d cases, %d failed" % (count, failed))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
