"""What a program can tell from an error: its errno, on both interpreters; on CPython its class, too."""

import sys

from fakes import new_modem, raises
from scenes import attached, connect

import atsock

EAGAIN, EINPROGRESS = 11, 115
IS_MICROPYTHON = sys.implementation.name == "micropython"


def test_an_error_has_its_errno():
    modem, tape, clock, says = attached("bg96")
    socket = connect(modem, tape, says)
    socket.setblocking(False)
    error = raises(OSError, socket.recv, 1)
    assert error.errno == EAGAIN
    assert IS_MICROPYTHON or isinstance(error, BlockingIOError)


def test_a_connect_on_its_way():
    modem, tape, clock, says = attached("bg96")
    tape.auto = lambda command: b""
    socket = modem.socket()
    socket.setblocking(False)
    assert raises(OSError, socket.connect, ("192.0.2.7", 80)).errno == EINPROGRESS


def test_an_error_of_the_driver_has_the_class_of_its_errno():
    """CPython: ConnectionRefusedError and its like; what is none of them is an OSError, no more."""
    if IS_MICROPYTHON:
        return
    for kind in (atsock.ModemError, atsock.CommandError):
        for number, builtin in (
            (111, ConnectionRefusedError),
            (110, TimeoutError),
            (13, PermissionError),
            (5, OSError),
        ):
            error = kind(number, "AT+X")
            assert isinstance(error, builtin) and isinstance(error, kind) and error.errno == number
            assert type(error).__name__ == kind.__name__ and (type(error) is kind) == (builtin is OSError)
    assert isinstance(atsock.Timeout(), TimeoutError) and isinstance(atsock.Restarted(), ConnectionResetError)


def test_what_only_the_link_knows():
    error = new_modem("bg96")[0]._session.link_error(104)
    assert error.errno == 104
    assert IS_MICROPYTHON or isinstance(error, ConnectionResetError) and error.strerror


def test_a_number_alone_has_no_blank_behind_it():
    for code, text, said in ((573, "", "573"), (3, "busy", "3 busy"), (None, "", "ERROR"), (None, "busy", "busy")):
        error = atsock.CommandError(5, "AT+X", code, text)
        assert error.args == (5, "AT+X: " + said) and str(error) == "[Errno 5] AT+X: " + said


def test_what_to_look_at_stands_in_the_arguments_too():
    """MicroPython prints them, not str(), behind a traceback; a code's text is looked up for str() only."""
    for number, code, end in (
        (111, None, "are host and port right, does a server listen there, does the APN let it through?"),
        (111, 566, "does a server listen there, does the APN let it through?"),
        (113, 565, "is the name right, has this APN a DNS?"),
    ):
        error = atsock.CommandError(number, "AT+X", code)
        said = "AT+X: %s; %s" % ("ERROR" if code is None else code, end)
        assert error.args == (number, said), error.args
        assert str(error) == "[Errno %d] %s" % (number, said), str(error)
