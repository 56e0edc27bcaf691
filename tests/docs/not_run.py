"""The one place that says which commands of README and docs are not run by the tests, and why.

A line of a shell block that begins with one of these is not run; every other one is (test_blocks.py).
"""

NEEDS_A_BOARD = "needs a board; tests/packaging/test_first_steps.py runs them with the unix port as the board"
INSTALLS = "changes what is installed; tests/packaging/test_pip.py does it in an environment of its own"
HAS_ITS_TEST = "takes long, and has a test of its own"

NOT_RUN = {
    "mpremote ": NEEDS_A_BOARD,
    "pip install ": INSTALLS,
    "python3 -m venv ": INSTALLS,
    ". ~/atsock/bin/activate": INSTALLS,
    "podman ": "needs podman; tests/simulator/test_virtual_modem_examples.py looks at the Containerfile",
    "atsock doctor\n": "lists the ports of this computer, which are whatever they are",
    "atsock bench ": HAS_ITS_TEST + ": tests/host/test_cli_bench.py",
    "atsock ntp ": HAS_ITS_TEST + ": tests/host/test_cli.py; here no time server can be reached",
    "./tools/example ": HAS_ITS_TEST + ": tests/examples/test_examples.py runs every example in the same way",
}

# Go on until Ctrl-C: the first line that they print is waited for.
FOR_EVER = ("atsock sim ", "atsock socks ")
# Asks for lines of standard input; here that ends at once.
ASKS = ("atsock term ",)
