"""Which dialect a module speaks that nobody has named.  Loaded for the moment."""

from errno import ENODEV

import atsock

from . import settings
from .asking import ask
from .lend import once
from .printable import printable


def identify(modem):
    """Ask the module what it is, and load that dialect."""
    said = []
    for question in (b"AT+CGMM", b"ATI"):
        command = ask(question)
        yield command
        said += command.lines
        for line in command.lines:
            for name in settings.names():
                if is_model(line, settings.Settings(name).words(b"MODELS")):
                    once("packing", "use", modem._engine, name, modem._access)
                    return
    what = printable(b" / ".join(said)) if said else "nothing"
    raise atsock.ModemError(ENODEV, "no dialect for this module, it calls itself: " + what)


def is_model(line, models):
    """Does an information line of AT+CGMM or ATI name one of these models?"""
    line = line.upper()
    for model in models:
        for word in line.replace(b":", b" ").replace(b",", b" ").replace(b'"', b" ").split():
            if word.startswith(model):
                return True
    return False
