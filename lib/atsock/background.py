"""Jobs: what is stepped from time to time until it is done, while the program does something else.

That is a generator of commands (jobs.py), or the rest of a non-blocking send (outbox.py).  A job has advance(), remaining_ms() and
a place for next.  Loaded with the first one, and kept; allocates nothing then.
"""

from .modem import Modem


def _add(modem, job):
    # Step it from now on until its advance() says that it is done.
    at = modem._jobs
    if at is None:
        job.next = None
        modem._jobs = job
        return
    while at is not job:
        if at.next is None:
            job.next = None
            at.next = job
        at = at.next


def _remove(modem, job):
    # Its own next stays: somebody may be on the way along the list.
    at = modem._jobs
    if at is job:
        modem._jobs = job.next
    while at is not None:
        if at.next is job:
            at.next = job.next
        at = at.next


def _step(modem):
    # Go on as far as that is possible without waiting; True when a job came to its end.
    moved = False
    job = modem._jobs
    while job is not None:
        if job.advance():
            modem._remove(job)
            moved = True
        job = job.next
    return moved


def _remaining_ms(modem, ms):
    # How long a front may wait before the jobs must be looked at again: ms, or less.
    job = modem._jobs
    while job is not None:
        ms = job.remaining_ms(ms)
        job = job.next
    return ms


Modem._add = _add
Modem._remove = _remove
Modem._step = _step
Modem._remaining_ms = _remaining_ms
