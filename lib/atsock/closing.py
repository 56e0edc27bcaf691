"""What a socket does to be closed.  Loaded for the call."""

from errno import ECONNRESET

import atsock

from .fast import const
from .lend import once

_FLUSH_MS = 30_000  # close() waits so long for what non-blocking sends have taken
_HAND_OVER_MS = const(2000)  # a non-blocking close() waits so long for its command to go out


def close(socket):
    """Close the connection.  Waits for the module's word (BG96: up to 10 s, Fibocom: 15 s).

    What non-blocking sends have taken goes out first.  A non-blocking socket waits until the module has been told,
    what it answers is taken in later; so does one whose send() ran out of time and is unanswered still, but for 2 s
    only.  Closing twice is fine.  Raises OSError when the module does not answer, or
    when something that was taken got lost; the socket is closed all the same.
    """
    steps = _end(socket)
    if steps is None:
        return
    if socket._timeout_ms and not socket._given_up:
        socket._modem._run(steps, -1, "close")
    else:
        _hand_over(socket, socket._modem._spawn(steps))


def _end(socket):
    # The steps that close it; None when there is nothing to be done.
    if not socket._open:
        return None
    socket._open = False
    if socket._job is not None:
        socket._job.cancel()
        socket._job = None
    link = socket._link
    socket._link = None
    if link is None:
        return None
    if socket._reading and not socket._modem._withdraw(link.rx):
        socket._engine.abandon(link.rx)
    return _end_steps(socket, link)


def _end_steps(socket, link):
    outbox = socket._outbox
    lost = 0
    if outbox is not None:
        give_up = socket._engine.after_ms(_FLUSH_MS)
        yield lambda: outbox.is_empty() or socket._engine.is_past(give_up)
        if outbox.n:
            outbox.drop()
        if outbox.lost:
            lost = link.errno or ECONNRESET
    yield from socket._close_steps(link)
    if lost:
        raise atsock.ModemError(lost, "not all that was taken for sending went out")


def _close_steps(socket, link):
    if socket._listener is not None:
        return socket._listener.close()
    return once("releasing", "close_link", socket._modem, link)


def _is_told(socket, job):
    return job.is_sent() if socket._listener is None else job.done


def _hand_over(socket, job):
    give_up = socket._engine.after_ms(getattr(socket, "_hand_over_ms", _HAND_OVER_MS))
    while not socket._is_told(job) and not socket._engine.is_past(give_up):
        socket._modem._wait(job.remaining_ms(socket._engine.until_ms(give_up)))
    if job.done:
        job.result()
