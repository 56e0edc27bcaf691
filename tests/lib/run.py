"""Runs test files without pytest: micropython tests/lib/run.py [FILE...]   (all test_*.py beside it by default)

Prints each test with ok or FAIL; exit status 1 when one failed.
"""

import os
import sys


def _folder():
    path = __file__
    return path[: path.rfind("/")] if "/" in path else "."


HERE = _folder()
sys.path.insert(0, HERE)
sys.path.insert(0, HERE + "/../../lib")


def run(name):
    """Run the tests of the module `name`; returns (how many, how many failed)."""
    module = __import__(name)
    # Not dir(): MicroPython's does not see the names that fakes.spread() makes.
    tests = sorted([key for key in module.__dict__ if key.startswith("test_")])
    failed = 0
    for key in tests:
        try:
            module.__dict__[key]()
            print("%s.%s ok" % (name, key))
        except Exception as error:  # whatever a test raises is its failure, and is printed
            failed += 1
            print("%s.%s FAIL" % (name, key))
            _print(error)
    return len(tests), failed


def _print(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(error)


def main(files):
    names = [file.split("/")[-1][:-3] for file in files]
    if not names:
        names = sorted([name[:-3] for name in os.listdir(HERE) if name.startswith("test_") and name.endswith(".py")])
    count = failed = 0
    for name in names:
        n, bad = run(name)
        count += n
        failed += bad
    print("%d tests, %d failed" % (count, failed))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
