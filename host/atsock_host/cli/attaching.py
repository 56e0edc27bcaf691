"""Attaching on the command line: the spinner, the word to those who wait long, and the error with what to do.

Owns the wait; advice.py has the texts.
"""

import contextlib
import threading
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from . import advice
from .words import one_line, sentence

HINT_S = 30     # who waits for so long is told why


def attach(modem, keywords):
    """modem.attach(**keywords) with a spinner on a terminal; ClickException with the advice when that fails."""
    console = Console(stderr=True)
    wait = _Wait(console)
    hint = threading.Timer(HINT_S, wait.hint)
    hint.daemon = True
    hint.start()
    try:
        with wait.spinner:
            return modem.attach(**keywords, on_progress=wait.show)
    except OSError as error:
        what = advice.of(error, wait.where())
        said = sentence(error)
        if what:
            said = f"{said}{'' if said.endswith(('?', '.')) else '.'} {what[0].upper()}{what[1:]}"
        raise click.ClickException(f"cannot attach to the network: {said}") from error
    except ValueError as error:
        raise click.UsageError(f"cannot attach to the network: {error}") from error
    finally:
        hint.cancel()


class _Wait:
    """What is shown while attach() is under way."""

    def __init__(self, console):
        self._console = console
        self._step, self._detail = "", ""
        self.spinner: Any = contextlib.nullcontext()
        if console.is_terminal:
            self.spinner = console.status("attaching to the network ...")

    def show(self, step, detail):
        """It has come so far: on_progress of attach()."""
        self._step, self._detail = step, detail
        if self._console.is_terminal:
            self.spinner.update(f"attaching to the network: {escape(self.where())} ...")

    def where(self):
        """Its step, and what is known of it."""
        return one_line(f"{self._step}: {self._detail}" if self._detail else self._step)

    def hint(self):
        """Say why it takes so long.  Called in a thread; a console of rich may be used by many."""
        with contextlib.suppress(OSError):
            where = self.where()
            self._console.print(
                f"still attaching, {where}: {advice.at(where)} (--attach-timeout S waits longer or less)",
                markup=False, highlight=False, soft_wrap=True)
