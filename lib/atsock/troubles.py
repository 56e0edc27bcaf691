"""A socket's transfer that does not succeed: why, and what is left to be done.  Loaded for the moment."""

from errno import EAGAIN, ECONNRESET, EIO, ENOTCONN, ETIMEDOUT

import atsock

from .errnos import os_error
from .fast import const
from .lend import once
from .states import GONE, NO, OPEN, OPENING

_AGAIN = const(-11)  # see sockets.py
_RING = const(1)
_DIRECT = const(2)


def _fail(socket, errno):
    # Raise what stands behind a negative result.
    if errno == -_AGAIN:
        raise os_error(EAGAIN)
    if errno == ETIMEDOUT:
        raise atsock.Timeout()
    if socket._job is not None and socket._job.done:
        socket._check_job()
    if socket._outbox is not None:
        socket._outbox.lost = False
    raise socket._modem._link_error(socket._link, errno)


def _no_link(socket):
    # There is no connection: -EAGAIN while an open is on its way, else why.
    link = socket._link
    job = socket._job
    if link is not None:
        if link.state == OPENING:
            return _AGAIN
        return -(link.errno or (ECONNRESET if link.state == GONE else ENOTCONN))
    if job is not None and not job.done:
        return _AGAIN
    if job is None or job.error is None:
        return -ENOTCONN
    return -(getattr(job.error, "errno", None) or EIO)


def _failed(socket, command):
    # The link's read or send was not successful: as a step's result.
    return (_read_failed if command is command.link.rx else _send_failed)(socket, command.link, command)


def _read_failed(socket, link, rx):
    if rx.errno == EIO and link.state == GONE:  # refused: the module has forgotten the connection
        link.ready = NO
        return 0
    if link.state == OPEN and rx.errno == EIO:
        link.fail(ECONNRESET, rx.code)
    return -rx.errno if rx.errno == ETIMEDOUT else -(link.errno or rx.errno)


def _send_failed(socket, link, tx):
    # An earlier send() that ran out of time is over, which has told so; or this one was refused or not answered.
    if socket._given_up:
        socket._given_up = False
        if tx.errno == 0:
            return _AGAIN if link.state == OPEN else -link.errno
    # The connection cannot be trusted with more.  A module that tells how many bytes it took (+CIPSEND) is believed.
    link.fail(ECONNRESET if tx.errno == EIO else tx.errno, tx.code)
    return tx.code if 0 < tx.code < tx.n and tx.told == once("settings", "look", socket._modem, "word", b"TELLS_COUNT") else -link.errno


def _give_up(socket, at):
    # The time is over; at: where reading into the caller's buffer began, None: a send.  The count of what has come to it
    # all the same, or -ETIMEDOUT.
    link = socket._link
    if link is None:  # a connect() has not got that far
        return -ETIMEDOUT
    if at is None:
        socket._engine.abandon(link.tx)
        socket._given_up = socket._writing or link.tx.again is not None
    elif socket._reading == _DIRECT:
        socket._engine.abandon(link.rx)
        socket._reading = _RING
        if link.rx.count > at:
            return link.rx.count - at
    return -ETIMEDOUT
