"""What the modules offer beside sockets: ping and NTP.  Imported when it is used."""

import atsock

from .bringup import ask, run, text, value
from .checks import eight_groups, printable
from .checks import host as check_host
from .checks import port as check_port
from .command import Command
from .question import Question
from .errnos import EIO, EOPNOTSUPP
from .fast import MISSING
from .words import OK


class Ping:
    """Outcome of a ping.  sent, received: counts; min_ms, avg_ms, max_ms: round trip of those that came back, None when none
    did; replies: a list of (address, ms), None when one was lost."""

    def __init__(self, sent, replies):
        times = [reply[1] for reply in replies if reply is not None]
        self.sent = sent
        self.received = len(times)
        self.replies = replies
        self.min_ms = min(times) if times else None
        self.max_ms = max(times) if times else None
        self.avg_ms = sum(times) // len(times) if times else None

    def __repr__(self):
        return "<Ping %d sent, %d received, %s/%s/%s ms>" % (self.sent, self.received, self.min_ms, self.avg_ms, self.max_ms)


def ping(modem, host, count, size, timeout_ms):
    """Steps of Modem.ping()."""
    dialect = modem._engine.dialect
    host = check_host(host)
    most_count, most_size, most_ms = dialect.PING_MOST if dialect and dialect.PING else (255, 1500, 255_000)
    for name, n, least, most in (("count", count, 1, most_count), ("size", size, 0, most_size), ("timeout_ms", timeout_ms, 1, most_ms)):
        if not least <= n <= most:
            raise ValueError("%s: %d to %d, not %r" % (name, least, most, n))
    modem._check_attached()
    if dialect.PING is None:
        raise atsock.ModemError(EOPNOTSUPP, "%s: its TCP/IP manual has no ping" % dialect.NAME)
    prefix, reply, end = dialect.PING_LINES
    verb, host = _of_family(modem, dialect.PING, dialect.PING_6, host)
    command = Question(None, verb, (host, count, size, timeout_ms, (timeout_ms + 999) // 1000))
    command.timeout_ms = count * timeout_ms + 62_000  # and a minute for the name
    command.prefix = prefix
    command.until = lambda lines: bool(lines) and (_is_last(lines, count, end) or value(lines[0], 0) in dialect.PING_FATAL)
    yield from run(modem, command)
    replies = []
    for line in command.lines[: count if len(command.lines) > 1 else 1]:
        found = _reply(line, reply)
        if found is not None or not _ends(line, end):
            replies.append(found)
    if not any(replies) and len(command.lines) == 1:
        code = value(command.lines[0], 0)
        if code in dialect.PING_FATAL:
            command.code = code
            command.errno = EIO
            raise modem._error(command)
    return Ping(count, replies + [None] * (count - len(replies)))


def _of_family(modem, verb, verb_6, host):
    # The verb for this host where IPv6 has one of its own, and the host as the module wants it.
    if b":" in host or modem._attached_with[4] == 6:
        verb = verb_6 or verb
        if modem._engine.dialect.EIGHT_GROUPS:
            host = eight_groups(host)
    return verb, host


def _is_last(lines, count, end):
    return _ends(lines[-1], end) or len(lines) > count


def _ends(line, end):
    # end: (name, field, values): the run is over when that field has one of these values (None: any number at all).
    name, field, values = end
    if not line.startswith(name):
        return False
    n = value(line, field)
    return n != MISSING and (values is None or n in values)


def _reply(line, reply):
    name, status, good, address, time = reply
    if not line.startswith(name) or value(line, status) not in good or value(line, time) == MISSING:
        return None
    return printable(text(line, address)), value(line, time)


def ntp(modem, server, port):
    """Steps of Modem.ntp()."""
    dialect = modem._engine.dialect
    args = (check_host(server), check_port(port))
    modem._check_attached()
    if dialect.NTP is None:
        raise atsock.ModemError(EOPNOTSUPP, "%s: its TCP/IP manual has no NTP" % dialect.NAME)
    verb, host = _of_family(modem, dialect.NTP, dialect.NTP_6, args[0])
    command = Question(None, verb, (host, port))
    command.prefix = dialect.NTP_LINE[0]
    command.until = bool
    yield from run(modem, command)
    prefix, status, good, time = dialect.NTP_LINE
    line = command.lines[0]
    if value(line, status) != good:
        command.code = value(line, status)
        command.errno = EIO
        raise modem._error(command)
    if time >= 0:
        return printable(text(line, time))
    clock = yield from run(modem, ask(b"AT+CCLK?"))  # 27.007 8.15
    return printable(text(clock.lines[0], 0))


def keepalive(modem, on, values):
    """Steps of setsockopt(SO_KEEPALIVE): values are idle s, interval s, count; for all sockets of the module."""
    dialect = modem._engine.dialect
    if dialect is None or dialect.KEEPALIVE is None:
        raise atsock.ModemError(EOPNOTSUPP, "no keep-alive in this module's manual")
    if not on:
        yield from run(modem, Command(None, dialect.KEEPALIVE_OFF))
        return
    unit, most_idle, most_interval, most_count = dialect.KEEPALIVE_MOST
    idle = _units(values[0], unit, most_idle, "TCP_KEEPIDLE")
    interval = _units(values[1], unit, most_interval, "TCP_KEEPINTVL")
    if not 1 <= values[2] <= most_count:
        raise ValueError("TCP_KEEPCNT: 1 to %d, not %r" % (most_count, values[2]))
    yield from run(modem, Command(None, dialect.KEEPALIVE, (idle, interval, values[2])))


def _units(seconds, unit, most, name):
    n = (seconds + unit - 1) // unit
    if not 1 <= n <= most:
        raise ValueError("%s: 1 to %d s, not %r" % (name, most * unit, seconds))
    return n


def unacked(modem, link):
    """Steps of StreamSocket.unacked()."""
    dialect = modem._engine.dialect
    if dialect.UNACKED is None:
        raise atsock.ModemError(EOPNOTSUPP, "%s: the module does not tell what is acknowledged" % dialect.NAME)
    pieces, prefix, sent, field = dialect.UNACKED
    command = Question(link, (pieces, 62_000, OK, 0))
    command.prefix = prefix
    yield from run(modem, command)
    if not command.lines:
        raise atsock.ModemError(EIO, "the module did not tell what is acknowledged")
    n = value(command.lines[0], field)
    return n if sent < 0 else value(command.lines[0], sent) - n
