"""Whose is pushed data that comes without a connection id (SIMCom's +IPD)?  Loaded at the first one, and kept; allocates nothing then."""

from errno import EIO
from .fast import const

_FREE = const(0)
_OPEN = const(2)


def by_sender(engine):
    """The only pushed link, or the one whose peer the line before has named; None: nobody's."""
    found = only = None
    for link in engine.links.values():
        if link.pushed and link.state != _FREE:
            only = link if only is None else False
            if link.state == _OPEN and link.peer and len(link.peer) == engine.sender_n and engine.sender.startswith(link.peer):
                if found is not None:  # two connections to one peer: nothing tells whose it is
                    found.fail(EIO, 0)
                    link.fail(EIO, 0)
                    return None
                found = link
    return found or only or None
