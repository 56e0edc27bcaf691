"""Modem.ping(), ntp(), keep-alive and unacked() on the simulated modules."""

import datetime
import errno

import atsock
import pytest
from atsock.constants import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL
from callbench import MODULES, attached

WITHOUT = ("a7600", "sim7028")  # SIMCom's TCP/IP manuals have neither ping nor NTP


@pytest.fixture(params=[dialect for dialect in MODULES if dialect not in WITHOUT])
def able(request):
    return attached(request.param)


def failure(call, *arguments):
    with pytest.raises(OSError) as caught:
        call(*arguments)
    return caught.value


def is_explained(error):
    """Does it say more than a number?"""
    return error.text and (error.code is not None or str(error).endswith("; is the host right, can it be reached?"))


@pytest.mark.parametrize(
    "trips",
    [[40], [12, 30, 18, 40], [None, 20], [20, None, 30], [10, None, None, None], [None], [None, None, None]],
    ids=str,
)
def test_ping(able, trips):
    able.network.round_trips = list(trips)
    result = able.modem.ping("peer.example", count=len(trips), timeout_ms=2000)
    back = [ms for ms in trips if ms is not None]
    assert (result.sent, result.received) == (len(trips), len(back))
    assert [reply and reply[1] for reply in result.replies] == trips
    assert all(reply is None or reply[0] == "192.0.2.10" for reply in result.replies)
    assert (result.min_ms, result.max_ms) == ((min(back), max(back)) if back else (None, None))
    assert result.avg_ms == (sum(back) // len(back) if back else None)
    assert able.modem.command("AT") == []
    assert able.module.violations == []


def test_ping_of_no_such_name(able):
    able.network.unknown.add("nowhere.example")
    error = failure(able.modem.ping, "nowhere.example")
    assert isinstance(error, atsock.CommandError), repr(error)
    assert '"nowhere.example"' in str(error) and is_explained(error), error
    assert able.modem.ping("192.0.2.1", count=1).received == 1
    assert able.module.violations == []


def test_ntp(able):
    able.network.time = datetime.datetime(2024, 2, 29, 23, 59, 58)
    told = able.modem.ntp("pool.ntp.example")
    assert "24/02/29" in told and "23:59:5" in told, told
    able.network.time = None
    error = failure(able.modem.ntp, "pool.ntp.example")
    assert isinstance(error, atsock.CommandError)
    assert '"pool.ntp.example"' in str(error) and is_explained(error), error
    assert able.modem.command("AT") == []
    assert able.module.violations == []


def test_ipv6_of_l610():
    """Ping mode 2 (1.1.14), address type 1 of NTP (1.1.22): for an IPv6 address, and names while attached over IPv6."""
    b = attached("l610")
    assert b.modem.ping("192.0.2.1", count=1).received == 1
    assert b.modem.ping("2001:db8::1", count=2).received == 2
    assert 'AT+MPING=2,"2001:db8:0:0:0:0:0:1",2,32,64,0,4000' in b.lines()
    b.modem.detach()
    b.network.names["peer.example"] = ["2001:db8::2"]
    b.modem.attach("internet", family=atsock.AF_INET6)
    assert b.modem.ping("peer.example", count=1).received == 1
    b.modem.ntp("peer.example")
    assert 'AT+MIPNTP="peer.example",123,1' in b.lines()[-2:], b.lines()[-3:]
    assert b.module.violations == []


@pytest.mark.parametrize("dialect", WITHOUT)
def test_without(dialect):
    b = attached(dialect)
    for call in (b.modem.ping, b.modem.ntp):
        assert failure(call, "peer.example").errno == errno.EOPNOTSUPP
        with pytest.raises(ValueError):
            call("not a name")
    assert b.module.violations == []


def connected(bench):
    socket = bench.modem.socket()
    socket.settimeout(5)
    socket.connect(("192.0.2.10", 80))
    return socket, bench.network.streams[-1]


def test_unacked(bench):
    socket, stream = connected(bench)
    if bench.dialect not in ("bg96", "a7600"):
        assert failure(socket.unacked).errno == errno.EOPNOTSUPP
        return
    assert socket.unacked() == 0
    socket.send(b"0123456789")
    assert socket.unacked() == 0
    socket.send(b"abcde")
    stream.pending = 5
    assert socket.unacked() == 5
    stream.pending = 0
    stream.feed(b"answer")
    assert socket.unacked() == 0
    assert socket.recv(10) == b"answer"
    assert bench.module.violations == []


def test_keepalive(bench):
    """SO_KEEPALIVE is the module's, for all its sockets (MIPKEEPCONF, CTCPKA)."""
    socket, _ = connected(bench)
    socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 120)
    socket.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 60)
    socket.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 5)
    if bench.dialect in ("bg96", "a7600"):
        assert failure(socket.setsockopt, SOL_SOCKET, SO_KEEPALIVE, 1).errno == errno.EOPNOTSUPP
        return
    socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    if bench.dialect == "sim7028":
        assert bench.modem.query("CTCPKA")[:4] == (1, 2, 5, 1)
    else:
        assert bench.modem.query("MIPKEEPCONF") == (1, 120, 60, 5)
    socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 0)
    assert bench.modem.query("CTCPKA" if bench.dialect == "sim7028" else "MIPKEEPCONF")[0] == 0
    for option, value in ((TCP_KEEPCNT, 0), (TCP_KEEPCNT, 51), (TCP_KEEPIDLE, 36001)):
        other, _ = connected(bench)
        other.setsockopt(IPPROTO_TCP, option, value)
        with pytest.raises(ValueError):
            other.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
        other.close()
    assert bench.module.violations == []
