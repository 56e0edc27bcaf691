"""What the modules offer beside sockets: ping and NTP.  Imported when it is used."""

from errno import EIO, EOPNOTSUPP

import atsock

from . import tables
from .asking import ask, run, text, value
from .checks import eight_groups
from .checks import host as check_host
from .checks import port as check_port
from .command import Command
from .printable import printable
from .question import Question
from .fast import MISSING


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
    table = tables.of(modem)
    host = check_host(host)
    most_count, most_size, most_ms = table and table.numbers(b"PING_MOST") or (255, 1500, 255_000)
    for name, n, least, most in (("count", count, 1, most_count), ("size", size, 0, most_size), ("timeout_ms", timeout_ms, 1, most_ms)):
        if not least <= n <= most:
            raise ValueError("%s: %d to %d, not %r" % (name, least, most, n))
    modem._check_attached()
    if not table.cells(b"PING"):
        raise atsock.ModemError(EOPNOTSUPP, "%s: its TCP/IP manual has no ping" % modem._engine.dialect)
    fatal = table.numbers(b"PING_FATAL")
    end = table.cells(b"PING_END")
    key, host = _of_family(modem, table, b"PING", host)
    verb = table.command(key, host=host, count=count, size=size, timeout=timeout_ms, seconds=(timeout_ms + 999) // 1000)
    command = Question(None, verb)
    command.timeout_ms = count * timeout_ms + 62_000  # and a minute for the name
    command.prefix = table.word(b"PING_REPLY").rstrip(b":")  # the end's name begins with it
    command.until = lambda lines: bool(lines) and (_is_last(lines, count, end) or value(lines[0], 0) in fatal)
    yield from run(modem, command)
    replies = []
    for line in command.lines[: count if len(command.lines) > 1 else 1]:
        found = _reply(line, table.cells(b"PING_REPLY"))
        if found is not None or not _ends(line, end):
            replies.append(found)
    if not any(replies) and len(command.lines) == 1:
        code = value(command.lines[0], 0)
        if code in fatal:
            command.code = code
            command.errno = EIO
            raise modem._error(command)
    return Ping(count, replies + [None] * (count - len(replies)))


def _of_family(modem, table, key, host):
    # The command for this host where IPv6 has one of its own, and the host as the module wants it.
    if b":" in host or modem._attached_with[4] == 6:
        if table.cells(key + b"_6"):
            key += b"_6"
        if table.yes(b"EIGHT_GROUPS"):
            host = eight_groups(host)
    return key, host


def _is_last(lines, count, end):
    return _ends(lines[-1], end) or len(lines) > count


def _ends(line, end):
    # end: name, field, values: the run is over when that field has one of these values.
    name, field, values = end
    if not line.startswith(name):
        return False
    n = value(line, int(field))
    return n != MISSING and (values == b"any" or _is_one_of(n, values))


def _is_one_of(n, values):
    return b"%d" % n in values.split(b" ")


def _reply(line, reply):
    name, status, good, address, time = reply
    if not line.startswith(name) or not _is_one_of(value(line, int(status)), good) or value(line, int(time)) == MISSING:
        return None
    return printable(text(line, int(address))), value(line, int(time))


def ntp(modem, server, port):
    """Steps of Modem.ntp()."""
    table = tables.of(modem)
    args = (check_host(server), check_port(port))
    modem._check_attached()
    if not table.cells(b"NTP"):
        raise atsock.ModemError(EOPNOTSUPP, "%s: its TCP/IP manual has no NTP" % modem._engine.dialect)
    key, host = _of_family(modem, table, b"NTP", args[0])
    command = Question(None, table.command(key, host=host, port=port))
    prefix, status, good, time = table.cells(b"NTP_LINE")
    command.prefix = prefix
    command.until = bool
    yield from run(modem, command)
    line = command.lines[0]
    if value(line, int(status)) != int(good):
        command.code = value(line, int(status))
        command.errno = EIO
        raise modem._error(command)
    if time:
        return printable(text(line, int(time)))
    clock = yield from run(modem, ask(b"AT+CCLK?"))  # 27.007 8.15
    return printable(text(clock.lines[0], 0))


def keepalive(modem, on, values):
    """Steps of setsockopt(SO_KEEPALIVE): values are idle s, interval s, count; for all sockets of the module."""
    table = tables.of(modem)
    if table is None or not table.cells(b"KEEPALIVE"):
        raise atsock.ModemError(EOPNOTSUPP, "no keep-alive in this module's manual")
    if not on:
        yield from run(modem, Command(None, table.command(b"KEEPALIVE_OFF")))
        return
    unit, most_idle, most_interval, most_count = table.numbers(b"KEEPALIVE_MOST")
    idle = _units(values[0], unit, most_idle, "TCP_KEEPIDLE")
    interval = _units(values[1], unit, most_interval, "TCP_KEEPINTVL")
    if not 1 <= values[2] <= most_count:
        raise ValueError("TCP_KEEPCNT: 1 to %d, not %r" % (most_count, values[2]))
    yield from run(modem, Command(None, table.command(b"KEEPALIVE", idle=idle, interval=interval, count=values[2])))


def _units(seconds, unit, most, name):
    n = (seconds + unit - 1) // unit
    if not 1 <= n <= most:
        raise ValueError("%s: 1 to %d s, not %r" % (name, most * unit, seconds))
    return n


def unacked(modem, link):
    """Steps of StreamSocket.unacked()."""
    table = tables.of(modem)
    verb = table.command(b"UNACKED")
    if verb is None:
        raise atsock.ModemError(EOPNOTSUPP, "%s: the module does not tell what is acknowledged" % modem._engine.dialect)
    prefix, sent, field = table.cells(b"UNACKED_LINE")
    command = Question(link, verb)
    command.prefix = prefix
    yield from run(modem, command)
    if not command.lines:
        raise atsock.ModemError(EIO, "the module did not tell what is acknowledged")
    n = value(command.lines[0], int(field))
    return value(command.lines[0], int(sent)) - n if sent else n
