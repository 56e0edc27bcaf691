"""Ping, time and names of the BG96 (2.1.11, 2.1.12, 2.1.14)."""

from ..arguments import Host, Int, Optional
from ..module import at
from . import errors

_PING_BYTES = 32
_DNS_TTL_S = 600


class _Ping:
    """A run of echo requests."""

    def __init__(self, cid, host, timeout_ms, count):
        self.cid = cid
        self.host = host
        self.timeout_ms = timeout_ms
        self.count = count
        self.address = ""
        self.sent = 0
        self.times_ms = []
        self.mean_ms = 0

    def count_reply(self, ms):
        """The module keeps a running mean in whole numbers: example 3.7 shows 287 where the mean is 288."""
        n = len(self.times_ms)
        self.mean_ms = (self.mean_ms * n + ms) // (n + 1)
        self.times_ms.append(ms)


class ServiceCommands:
    def reset(self):
        super().reset()
        self.pinging = None         # _Ping
        self.resolving = None       # contextID of the +QIDNSGIP in progress
        self.synchronising = None   # (contextID, server, port) of the +QNTP in progress
        self.zone_of_network = 0    # quarter hours: the zone that the network tells with the time

    def abort_services(self, cid, code):
        """The context `cid` has gone: what was under way in it ends with `code`."""
        if self.pinging and self.pinging.cid == cid:
            self.pinging = None
            self.urc(f"+QPING: {code}")
        if self.resolving == cid:
            self.resolving = None
            self.urc(f'+QIURC: "dnsgip",{code}')
        if self.synchronising and self.synchronising[0] == cid:
            self.synchronising = None
            self.urc(f"+QNTP: {code}")

    # ---- ping

    @at("+QPING")
    def qping(self, form, args):
        if form == "test":
            self.info(f"+QPING: (1-{self.CONTEXTS}),<host>,(1-255),(1-10)")
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        cid, host, timeout_s, count = self.match(args, Int(1, self.CONTEXTS), Host(), Optional(Int(1, 255), 4),
                                                 Optional(Int(1, 10), 4))
        refusal = self.context_refusal(cid) or (errors.BUSY if self.pinging else 0)
        if refusal:
            self.fail(refusal)
            return
        ping = self.pinging = _Ping(cid, str(host), timeout_s * 1000, count)
        self.success()
        if self._is_address(host):
            self._ping_resolved(ping, [str(host)])
        else:
            self.network.resolve(str(host), lambda found: self._ping_resolved(ping, found))

    def _ping_resolved(self, ping, found):
        if self.pinging is not ping:
            return
        if not found:
            self.pinging = None
            self.last_error = errors.DNS_FAILED
            self.urc(f"+QPING: {errors.DNS_FAILED}")
            return
        ping.address = found[0]
        self._ping_next(ping)

    def _ping_next(self, ping):
        ping.sent += 1
        self.network.ping(ping.address, _PING_BYTES, ping.timeout_ms,
                          lambda ms, ttl: self._ping_answered(ping, ms, ttl))

    def _ping_answered(self, ping, ms, ttl):
        if self.pinging is not ping:
            return
        if ms is None:
            self.urc(f"+QPING: {errors.TIMEOUT}")
        else:
            ping.count_reply(ms)
            self.urc(f'+QPING: 0,"{ping.address}",{_PING_BYTES},{ms},{ttl}')
        if ping.sent < ping.count:
            self._ping_next(ping)
            return
        self.pinging = None
        times = ping.times_ms
        if times:
            self.urc(f"+QPING: 0,{ping.sent},{len(times)},{ping.sent - len(times)},"
                     f"{min(times)},{max(times)},{ping.mean_ms}")
        else:
            self.urc(f"+QPING: {errors.TIMEOUT}")

    # ---- time

    @at("+QNTP")
    def qntp(self, form, args):
        if form == "test":
            self.info(f"+QNTP: (1-{self.CONTEXTS}),<server>,(list of supported <port>s),(0,1)")
            self.success()
            return
        if form == "read":
            if self.synchronising:
                self.info('+QNTP: "{}",{}'.format(*self.synchronising[1:]))
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        cid, server, port, set_clock = self.match(args, Int(1, self.CONTEXTS), Host(), Optional(Int(1, 65535), 123),
                                                  Optional(Int(0, 1), 1))
        refusal = self.context_refusal(cid) or (errors.BUSY if self.synchronising else 0)
        if refusal:
            self.fail(refusal)
            return
        job = self.synchronising = (cid, str(server), port)
        self.success()
        self.network.ntp(str(server), port, lambda moment: self._time_known(job, moment, set_clock))

    def _time_known(self, job, moment, set_clock):
        if self.synchronising is not job:
            return
        self.synchronising = None
        if moment is None:
            self.last_error = errors.TIMEOUT
            self.urc(f"+QNTP: {errors.TIMEOUT}")
            return
        before = self.utc(), self.zone_quarters
        self.set_utc(moment, self.zone_of_network)
        shown = f"{self.local_time():%Y/%m/%d,%H:%M:%S}{self.zone_quarters:+03d}"
        if not set_clock:
            self.set_utc(*before)
        self.urc(f'+QNTP: 0,"{shown}"')

    # ---- names

    @at("+QIDNSGIP")
    def qidnsgip(self, form, args):
        if form == "test":
            self.info(f"+QIDNSGIP: (1-{self.CONTEXTS}),<hostname>")
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        cid, name = self.match(args, Int(1, self.CONTEXTS), Host())
        refusal = self.context_refusal(cid) or (errors.DNS_BUSY if self.resolving is not None else 0)
        if refusal:
            self.fail(refusal)
            return
        self.resolving = cid
        family = 6 if self.context(cid).kind == "IPV6" else 4
        self.success()
        if self._is_address(name):
            self.after(0, lambda: self._name_known([str(name)]))
        else:
            self.network.resolve(str(name), self._name_known, family)

    def _name_known(self, found):
        if self.resolving is None:
            return
        self.resolving = None
        if not found:
            self.last_error = errors.DNS_FAILED
            self.urc(f'+QIURC: "dnsgip",{errors.DNS_FAILED}')
            return
        self.urc(f'+QIURC: "dnsgip",0,{len(found)},{_DNS_TTL_S}')
        for address in found:
            self.urc(f'+QIURC: "dnsgip","{address}"')
