"""Runs a program of this folder; Ctrl-C, whenever it comes, ends it with status 130 and nothing said.

    .venv/bin/python tools/run.py matrix.py [its arguments]
"""

import sys

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def run():
    """The exit status of the program that the command line names."""
    import os  # all of it here, so that a Ctrl-C while something is being loaded is caught, too
    import runpy

    del sys.argv[0]
    sys.argv[0] = os.path.join(sys.path[0], sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")
    return 0


def ignore_interrupts():
    """What follows is the interpreter's own end."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_at_once():
    """After a Ctrl-C: the interpreter's own end would wait for threads and processes that are still at work."""
    import os

    ignore_interrupts()
    try:
        sys.stdout.flush()
    except OSError:  # nobody reads it any more
        pass
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    try:
        status = run()
    except SystemExit as end:
        status = end.code
    except KeyboardInterrupt:
        end_at_once()
    ignore_interrupts()
    sys.exit(status)
