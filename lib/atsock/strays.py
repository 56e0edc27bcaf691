"""Lines that are in no table, or not now: a header whose payload nobody asked for, our own echo, or something new.

Loaded for the moment.
"""

from .fast import const

_LATE = const(2)
_FREE = const(0)
_EVENT = const(0)
_ID = const(1)
_VALUE = const(2)
_UNASKED = const((1 << 30) - (1 << 18))
_EVENT_UNKNOWN = const(9)
_SYNC_ANSWER = b"+CSQ:"


def line(engine, announces):
    """What the engine does with such a line; announces: a row of engine.found says that payload follows."""
    tokens = engine.tokens
    if engine.state == _LATE and tokens.line.startswith(_SYNC_ANSWER):
        engine.answered = True
    elif tokens.line[0] == 62 and tokens.n <= 2:  # a prompt that came too late
        pass
    elif announces:
        _payload(engine)
    elif engine.events is not None and not is_echo(engine):
        engine.event(_EVENT_UNKNOWN, None, bytes(memoryview(tokens.line)[: tokens.n]))


def _payload(engine):
    found = engine.found
    command = engine.command
    if found[_ID] != -1:
        link = engine.links.get(found[_ID])
    else:
        link = command.link if command else None
    if link is not None and link.tail is not None and not found[_EVENT] & _UNASKED:
        return  # data mode is suspended: the line only tells what the module holds (L610 1.1.24)
    if link is not None and (link.state == _FREE or link.datagram):
        link = None
    engine._payload(link, found[_VALUE])


def is_echo(engine):
    """Is the line the command that was sent last?"""
    n = engine.tokens.n
    return engine.tx_n > 0 and n == engine.tx_n and engine.tokens.line[:n] == engine.tx[:n]
