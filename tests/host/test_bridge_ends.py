"""A bridge that ends by itself: whoever connects is told why, and what nobody waits for is not lost."""

import threading
from types import SimpleNamespace

import pytest
from atsock_host import Bridge

WAIT_S = 10


class Bug(BaseException):
    """What no part of the bridge takes for an error of the port."""


def ending_by(error):
    """A modem that is held attached until `error`, which comes at once."""

    async def run():
        raise error

    return SimpleNamespace(isconnected=lambda: True, keep=lambda up, down: SimpleNamespace(run=run))


def test_who_connects_is_told_why():
    with Bridge(ending_by(OSError(5, "the port is gone")), patch=False) as bridge:
        bridge._thread.join(WAIT_S)
        with pytest.raises(OSError, match="the bridge has ended: .*the port is gone"):
            bridge.create_connection(("192.0.2.1", 7), 1)


def test_a_bug_of_the_thread_is_told(monkeypatch):
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda told_of: told.append(told_of.exc_type))
    with Bridge(ending_by(Bug()), patch=False) as bridge:
        bridge._thread.join(WAIT_S)
    assert told == [Bug]
