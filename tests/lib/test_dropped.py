"""A socket that the program drops without close(): on CPython it is gone at once, whatever it has done before, and its
connection id is given back; no garbage collection is waited for."""

import gc
import sys

from cases import cases
from fakes import errno_of
from frames import DIALECTS, read_script
from scenes import attached, connect, settle
from test_transparent import online

ACCESS = ("buffer", "push", "hex")
COUNTS = sys.implementation.name != "micropython"  # references; MicroPython has no finalisers


def gone(modem, tape, says):
    """Is the module told, and the id free, without a collection?"""
    tape.load(says.close(says.first))
    modem._session.start_later()  # as the next open does
    settle(modem, tape)
    tape.done()
    return modem._session.engine.links[says.first].state == 0


def used(how, modem, tape, says, access, dialect):
    socket = connect(modem, tape, says, 1)
    if how == "sent":
        socket.settimeout(0)
        tape.load(says.send(access, says.first, b"abc"))
        assert socket.send(b"abc") == 3
        while not socket.is_sent():
            modem.poll(100)
    elif how == "received":
        tape.load(read_script(says, dialect, access, says.first, b"hello"))
        assert socket.recv(5) == b"hello"
    elif how == "polled":
        assert socket.ioctl(3, 5) == 4
    elif how == "timed out":
        assert errno_of(socket.recv, 5) == 110
    return socket


@cases("how", ("sent", "received", "polled", "timed out", "connected"))
@cases("access", ACCESS)
@cases("dialect", DIALECTS)
def test_dropped(dialect, access, how):
    modem, tape, clock, says = attached(dialect, access)
    gc.collect()
    gc.disable()
    try:
        socket = used(how, modem, tape, says, access, dialect)
        del socket
        assert not COUNTS or gone(modem, tape, says)
    finally:
        gc.enable()


@cases("dialect", DIALECTS)
def test_dropped_while_something_is_on_its_way(dialect):
    """What a non-blocking send has taken goes out first, then the connection is closed."""
    modem, tape, clock, says = attached(dialect)
    if not COUNTS:
        return
    gc.collect()
    gc.disable()
    try:
        socket = connect(modem, tape, says, 0)
        tape.load(says.send("buffer", says.first, b"abc"))
        assert socket.send(b"abc") == 3
        del socket
        settle(modem, tape)
        assert gone(modem, tape, says)
    finally:
        gc.enable()


@cases("dialect", DIALECTS)
def test_dropped_in_data_mode(dialect):
    """The port is given back, too."""
    if not COUNTS:
        return
    gc.collect()
    gc.disable()
    try:
        socket, modem, tape, clock = online(dialect, timeout=1)
        tape.load([(">", b"abc")])
        assert socket.send(b"abc") == 3
        link = socket._link
        assert errno_of(socket.recv, 5) == 110
        del socket
        assert link.socket is None and len(modem._session._dropped) == 1
    finally:
        gc.enable()
