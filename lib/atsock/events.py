"""Modem.poll(), and events for the program's on_event().  Loaded by the first call or event, and kept."""

from .modem import Modem


def poll(modem, timeout_ms=0):
    """Take in what the module sent and run events; waits at most timeout_ms for something to come."""
    if not modem._service() and timeout_ms > 0 and not modem._engine.stalled:
        modem._pause(timeout_ms)
        modem._service()
    modem._deliver()


def _deliver(modem):
    if modem._delivering or not modem._engine.events:
        return
    modem._delivering = True
    try:
        while modem._engine.events:
            event, link, value = modem._engine.events.pop(0)
            modem._on_event(event, link.socket if link is not None else None, value)
    finally:
        modem._delivering = False


Modem._delivering = False
Modem.poll = poll
Modem._deliver = _deliver
