"""What the modules offer beside sockets: name lookup, ping, NTP, keep-alive, what the peer has acknowledged.

Generators of commands (core/jobs.py) that return the result.  What to send and what the answers mean stands in the
dialect's table; what it leaves out is OSError EOPNOTSUPP.  Off the data path; allocates.
"""

from errno import EHOSTUNREACH, EIO, EOPNOTSUPP

from . import checks
from .constants import AF_INET, AF_INET6, SOCK_STREAM
from .core.command import Command, Query, number_at, read_form, text_at
from .core.jobs import run_command
from .core.movers import MISSING, const
from .core.words import ANY
from .errors import EAFNOSUPPORT, ENETDOWN, NO_REASON, CommandError, ModemError, printable

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .core.link import Link
    from .core.session import Session

_LOOKUP_MS = const(62_000)  # for the name, before the first answer of a ping
_TOTAL_MS = const(30_000)  # the least that a call has in all: the module may be at something else
_PING_MAX = (255, 1500, 255_000)  # count, size, ms, as long as the dialect is not known


# -- how long a call may take in all: what its command may, with what stands before it


def limit_ms(template):
    """Of a call of one command, whose template this is (None: there is no such command)."""
    return _TOTAL_MS if template is None else max(template[1], _TOTAL_MS)


def lookup_ms(session: "Session"):
    """Of a look-up."""
    return limit_ms(session.table and session.table.RESOLVE)


def ping_ms(count, timeout_ms):
    """Of a ping; 0 for arguments that cannot be, which its steps refuse."""
    return max(0, count * timeout_ms) + _LOOKUP_MS if isinstance(count, int) and isinstance(timeout_ms, int) else 0


# -- names


def resolve(session: "Session", host, family=0):
    """The addresses of a host (bytes) as a list of bytes; a numeric address is returned as it is.

    family: AF_INET6 for IPv6 addresses, else what the module finds; those of the other family stand behind.  Raises
    CommandError EHOSTUNREACH for a name that is not found, ModemError EHOSTUNREACH for one without an address,
    CommandError ENETDOWN where the module says that the context is gone, ModemError EAFNOSUPPORT where it cannot look
    up IPv6 addresses, Timeout.
    """
    if checks.is_address(host):
        return [host]
    table = session.table
    template = table.RESOLVE_6 if family == AF_INET6 else table.RESOLVE
    if template is None:
        raise ModemError(EAFNOSUPPORT, "%s: it looks up IPv4 addresses only" % table.NAME)
    command = Query(None, session.filled(template, host=host))
    command.lines = None
    command.addresses = []
    command.expected = 1
    yield command
    if command.errno:
        error = session.error(command)
        if error.errno != ENETDOWN:
            error = session.error(command, refusal=EHOSTUNREACH)
        session.note_failure(error)
        if command.code == MISSING:
            session.suspect()  # for no reason: after a restart that nobody told, too
        raise error
    # An address goes into commands: what a DNS answer or a damaged line has beside digits and dots is none, nor are
    # three numbers, or one of four digits.
    told = [
        address
        for address in command.addresses
        if checks.is_address(address) and not address.strip(b"0123456789abcdefABCDEF.:")
    ]
    if not told and command.expected:
        raise ModemError(EIO, "the module did not tell an address (%s)" % session.command_text(command))
    session.note_success()
    # Some modules tell several, in any order, and some 0.0.0.0 for a name that was not found.
    found = [address for address in told if address.strip(b"0.:")]
    if not found:
        raise ModemError(EHOSTUNREACH, "the name has no address (%s)" % session.command_text(command))
    wanted = [address for address in found if (b":" in address) == (family == AF_INET6)]
    return wanted + [address for address in found if address not in wanted]


def addresses(session: "Session", host, family=AF_INET):
    """Steps of Modem.resolve(): the addresses of a host name (str) as a list of str."""
    found = yield from _look_up(session, host, family)
    if family == AF_INET6:  # where the module is told no family it may find another one
        found = [address for address in found if ":" in address]
    if not found:
        raise ModemError(EAFNOSUPPORT, "%s: no IPv6 address was found" % (host,))
    return found


def _look_up(session, host, family):
    host = checks.host(host, session.host_max)
    if family not in (AF_INET, AF_INET6):
        raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
    _check_attached(session)
    found = yield from resolve(session, host, family)
    return [printable(address) for address in found]


def getaddrinfo(session: "Session", host, port, af, type, proto):
    """Steps of Modem.getaddrinfo(): a list of (family, type, proto, "", (address, port))."""
    checks.port(port, 0)  # MicroPython's takes 0: only the address is wanted
    account = session.attached_with
    family = AF_INET6 if account is not None and account.family == 6 else AF_INET
    infos = []
    for address in (yield from _look_up(session, host, af or family)):
        family = AF_INET6 if ":" in address else AF_INET
        if af in (0, family):
            infos.append((family, type or SOCK_STREAM, proto, "", (address, port)))
    if not infos:
        raise ModemError(EAFNOSUPPORT, "%s: no address of this family was found" % (host,))
    return infos


def _check_attached(session):
    if not session.is_connected():
        raise ModemError(ENETDOWN, "not attached: call attach() first")


# -- ping and NTP


class Ping:
    """Outcome of a ping.

    sent, received: counts; min_ms, avg_ms, max_ms: round trip of those that came back, None when none did;
    replies: a list of (address, ms), None for one that was lost.
    """

    def __init__(self, sent: int, replies: "list[tuple[str, int] | None]") -> None:
        times = [reply[1] for reply in replies if reply is not None]
        self.sent = sent
        self.received = len(times)
        self.replies = replies
        self.min_ms = min(times) if times else None
        self.max_ms = max(times) if times else None
        self.avg_ms = sum(times) // len(times) if times else None

    def __repr__(self):
        times = "%s/%s/%s ms" % (self.min_ms, self.avg_ms, self.max_ms)
        return "<Ping %d sent, %d received, %s>" % (self.sent, self.received, times)


def ping(session: "Session", host, count, size, timeout_ms):
    """Steps of Modem.ping(): the Ping."""
    table = session.table
    host = checks.host(host, session.host_max)
    count_max, size_max, timeout_max = table and table.PING_MAX or _PING_MAX
    _check_range("count", count, 1, count_max)
    _check_range("size", size, 0, size_max)
    _check_range("timeout_ms", timeout_ms, 1, timeout_max)
    _check_attached(session)
    if table.PING is None:
        raise ModemError(EOPNOTSUPP, "%s: its TCP/IP manual has no ping" % table.NAME)
    template, host = _for_host(session, host, table.PING, table.PING_6)
    template = session.filled(
        template, host=host, count=count, size=size, timeout=timeout_ms, seconds=(timeout_ms + 999) // 1000
    )
    command = Query(None, template)
    command.timeout_ms = ping_ms(count, timeout_ms)
    command.prefix = table.PING_REPLY[0].rstrip(b":")  # the end's name begins with it

    def is_last(lines):
        if not lines:
            return False
        return _ends(lines[-1], table) or len(lines) > count or number_at(lines[0], 0) in table.PING_FATAL

    command.until = is_last
    yield from run_command(session, command)
    lines = command.lines
    if not lines:
        raise ModemError(EIO, "the module did not tell what came of the ping")
    replies = [_reply(line, table) for line in lines if not _ends(line, table)][:count]
    if not any(replies) and len(lines) == 1 and number_at(lines[0], 0) in table.PING_FATAL:
        raise _failed(session, command, number_at(lines[0], 0))
    return Ping(count, replies + [None] * (count - len(replies)))


def _check_range(name, n, least, most):
    if not isinstance(n, int):
        raise TypeError("%s: an int, not %r" % (name, n))
    if not least <= n <= most:
        raise ValueError("%s: %d to %d, not %r" % (name, least, most, n))


def _for_host(session, host, template, template_6):
    # The template for this host, where IPv6 has one of its own, and the host as the module wants it.
    if b":" in host or session.attached_with.family == 6:
        if template_6 is not None:
            template = template_6
        if session.table.EIGHT_GROUPS:
            host = checks.eight_groups(host)
    return template, host


def _ends(line, table):
    # Is it the last line of a ping?  One of a reply may begin as it does, and has an address where that has a number.
    name, field, values = table.PING_END
    if not line.startswith(name) or not text_at(line, table.PING_REPLY[3]).isdigit():
        return False
    number = number_at(line, field)
    return number != MISSING and (values == ANY or number in values)


def _reply(line, table):
    # (address, ms), None when the line tells no reply.
    name, status_field, good, address_field, time_field = table.PING_REPLY
    ms = number_at(line, time_field)
    if not line.startswith(name) or number_at(line, status_field) not in good or ms < 0:
        return None
    return printable(text_at(line, address_field)), ms


def _failed(session, command, code):
    # What to raise for a command whose result line has told this code.
    if session.table.OPEN_ENDS_CLOSED:  # Fibocom: it is a state, not the number of an error
        return CommandError(EIO, session.command_text(command), None, NO_REASON)
    command.code = code
    command.errno = EIO
    return session.error(command)


def ntp(session: "Session", server, port):
    """Steps of Modem.ntp(): the time that the module reports (str)."""
    table = session.table
    host = checks.host(server, session.host_max)
    checks.port(port)
    _check_attached(session)
    if table.NTP is None:
        raise ModemError(EOPNOTSUPP, "%s: its TCP/IP manual has no NTP" % table.NAME)
    template, host = _for_host(session, host, table.NTP, table.NTP_6)
    prefix, status_field, good, time_field = table.NTP_LINE
    command = Query(None, session.filled(template, host=host, port=port))
    command.prefix = prefix
    command.until = bool
    yield from run_command(session, command)
    line = command.lines[0] if command.lines else b""
    status = number_at(line, status_field)
    if status != good:
        raise _failed(session, command, status)
    time = b"" if time_field is None else text_at(line, time_field)
    if not time:
        clock = yield from run_command(session, read_form(b"AT+CCLK?"))  # 27.007 8.15
        time = text_at(clock.lines[-1], 0) if clock.lines else b""
    if not time:
        raise ModemError(EIO, "the module did not tell the time (AT+CCLK?)")
    return printable(time)


# -- of sockets


def keepalive(session: "Session", on, values):
    """Steps of setsockopt(SO_KEEPALIVE), for all sockets of the module.

    on: whether it is wanted; values: seconds until the first probe and between two, and how many may be lost.
    Raises ValueError for what is out of the manual's range, OSError EOPNOTSUPP, CommandError, Timeout.
    """
    table = session.table
    if table is None or table.KEEPALIVE is None:
        raise ModemError(EOPNOTSUPP, "no keep-alive in this module's manual")
    if not on:
        template = session.filled(table.KEEPALIVE_OFF)
    else:
        idle_s, interval_s, count = values
        idle, interval, (least, most) = table.KEEPALIVE_RANGE
        idle = _units(idle_s, idle, "TCP_KEEPIDLE")
        interval = _units(interval_s, interval, "TCP_KEEPINTVL")
        _check_range("TCP_KEEPCNT", count, least, most)
        template = session.filled(table.KEEPALIVE, idle=idle, interval=interval, count=count)
    yield from run_command(session, Command(None, template))


def _units(seconds, units, name):
    unit_s, least, most = units
    n = (seconds + unit_s - 1) // unit_s
    if not least <= n <= most:
        raise ValueError("%s: %d to %d s, not %r" % (name, (least - 1) * unit_s + 1, most * unit_s, seconds))
    return n


def unacked(session: "Session", link: "Link"):
    """Steps of StreamSocket.unacked(): how many bytes were sent that the peer has not acknowledged.

    Raises OSError EOPNOTSUPP where the manual does not tell it, CommandError, Timeout.
    """
    table = session.table
    if table.UNACKED is None:
        raise ModemError(EOPNOTSUPP, "%s: the module does not tell what is acknowledged" % table.NAME)
    prefix, sent_field, field = table.UNACKED_LINE
    command = Query(link, session.filled(table.UNACKED))
    command.prefix = prefix
    yield from run_command(session, command)
    if not command.lines:
        raise ModemError(EIO, "the module did not tell what is acknowledged")
    line = command.lines[0]
    n = number_at(line, field)
    total = n if sent_field is None else number_at(line, sent_field)
    if MISSING in (n, total):
        raise ModemError(EIO, "the module did not tell what is acknowledged")
    return n if sent_field is None else total - n
