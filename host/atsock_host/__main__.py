"""`python -m atsock_host` is the command `atsock`."""

from .cli import main

main(prog_name="python -m atsock_host")
