"""What can go wrong, as OSError with the errno first, so that code written for sockets keeps working.

Loaded when one of them is raised, caught or looked up (atsock.errors), and kept from then on: everybody sees the same classes.
"""

from errno import ECONNRESET, ETIMEDOUT


class ModemError(OSError):
    """The modem cannot do it: no SIM, not registered, unknown module.  args: errno, what and why."""


class CommandError(ModemError):
    """The module refused a command.

    command: the command as sent, without payload (str); code: the module's number (int) or None when it
    gave none; text: what the manual's table says for that number, or the module's own words.
    """

    def __init__(self, errno, command, code=None, text=""):
        why = text or "ERROR"
        super().__init__(errno, "%s: %s" % (command, why if code is None else "%d %s" % (code, text)))
        self.command = command
        self.code = code
        self.text = text


class Timeout(ModemError):
    """The module or the network did not answer in time (ETIMEDOUT)."""

    def __init__(self, text="timed out"):
        super().__init__(ETIMEDOUT, text)


class Restarted(ModemError):
    """The module restarted by itself; its sockets are gone (ECONNRESET)."""

    def __init__(self, text="the module restarted"):
        super().__init__(ECONNRESET, text)
