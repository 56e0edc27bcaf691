"""Runs a program on a computer; Ctrl-C ends it with status 130, whenever it comes, and nothing is said.

    MICROPYPATH=lib:boards/unix:.frozen micropython boards/unix/run.py boards/examples/tcp_server.py /dev/ttyUSB2 bg96
    PYTHONPATH=lib:host:boards/unix python boards/unix/run.py boards/examples/tcp_server.py /dev/ttyUSB2 bg96

The words behind the program are its own.
"""

import sys

try:
    del sys.argv[0]
    with open(sys.argv[0]) as file:
        program = file.read()
    exec(compile(program, sys.argv[0], "exec"), {"__name__": "__main__"})
except KeyboardInterrupt:
    sys.exit(130)
