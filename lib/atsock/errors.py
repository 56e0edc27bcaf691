"""The driver's exceptions by name: errors.Timeout and so on are loaded when one is raised, caught or looked up.

This module stays, so that everybody sees the same classes from then on.
"""


def __getattr__(name):
    if name[0] == "_" or "ModemError" in globals():  # all there is has been loaded
        raise AttributeError(name)
    global CommandError, ModemError, Restarted, Timeout
    from .exceptions import CommandError, ModemError, Restarted, Timeout

    return globals()[name]
