"""Ping of a Fibocom module: +MPING and +MPINGSTAT (NL668 1.1.15 and 1.1.16, L610 1.1.14 and 1.1.15).

Owns the one run there may be.  The network answers single echo requests.
"""

from ..arguments import BadArguments, Host, Int, Optional
from .base import OneOf, mip
from .socket import parse_address, shown_address

# a packet with no more hops than this dies at the first router of the operator, which says so
_ROUTER_HOPS = 1
ROUTER = {4: "198.51.100.1", 6: "2001:db8:1::1"}
TIME_EXCEEDED = {4: 11, 6: 3}       # RFC 792, RFC 4443
ECHO_REPLY = {4: 0, 6: 129}
_ROUTER_MS = 8
_GAP_MS = 100                       # from an answer to the next request
_DEFAULTS = (4, 32, 64, 0, 4000)    # <count>, <size>, <TTL>, <TOS>, <TimeOut>
FINISHED, NO_ANSWER, BROKEN_OFF = 0, 1, 2


class _Run:
    """One run: what was asked for and what has come back."""

    def __init__(self, family, count, size, ttl, timeout_ms):
        self.family = family
        self.count = count
        self.size = size
        self.ttl = ttl
        self.timeout_ms = timeout_ms
        self.address = None
        self.sent = 0
        self.round_trips = []       # ms


class PingMixin:
    PING_MODES: "tuple[int, ...]" = (0, 1)

    def reset(self):
        super().reset()
        self.ping_run = None
        self.ping_settings = _DEFAULTS

    @mip("+MPING")
    def mping(self, form, args):
        if form in ("test", "read"):
            if form == "read" and self.ping_run:
                self.violation("query while the results of AT+MPING are outstanding")
            # both manuals print the test form like the read form
            self.info("+MPING: " + ",".join(map(str, self.ping_settings)))
            self.ok()
        elif form == "write" and args and args[0] == 0:
            self.match(args, Int(0, 0))     # "no parameters trailing <mode> parameter are allowed"
            if self.ping_run:
                self.ping_run = None
                self.ok()
            else:
                self.fail(2029)
        elif form == "write":
            self._start_ping(args)
        else:
            self.unknown()

    def _start_ping(self, args):
        count, size, ttl, tos, timeout_ms = _DEFAULTS
        mode, host, *settings = self.match(
            args, OneOf(*self.PING_MODES), Host(255), Optional(Int(1, 255), count), Optional(Int(0, 1372), size),
            Optional(Int(1, 255), ttl), Optional(Int(0, 255), tos), Optional(Int(1, 2_147_483_647), timeout_ms))
        family = 6 if mode == 2 else 4
        try:
            literal, address = parse_address(str(host))
        except ValueError as problem:
            raise BadArguments(str(problem)) from problem
        if literal not in (None, family):
            raise BadArguments(f"an IPv{literal} address for mode {mode}")
        if not self.link_up():
            return
        if self.ping_run:
            self.violation("a ping is running already")
            self.fail(2029)
            return
        self.ping_settings = tuple(settings)
        count, size, ttl, _, timeout_ms = settings
        run = self.ping_run = _Run(family, count, size, ttl, timeout_ms)
        self.ok()
        if literal:
            self._ping_resolved(run, [address])
        else:
            self.network.resolve(address, lambda found: self._ping_resolved(run, found), family)

    def _ping_resolved(self, run, found):
        if self.ping_run is not run:
            return
        if not found:
            self.stop_ping()
            return
        run.address = found[0]
        self._ping_next(run)

    def _ping_next(self, run):
        if self.ping_run is not run:
            return
        run.sent += 1
        if run.ttl <= _ROUTER_HOPS:
            self.after(_ROUTER_MS, lambda: self._ping_expired(run))
        else:
            self.network.ping(run.address, run.size, run.timeout_ms, lambda ms, ttl: self._ping_answer(run, ms))

    def _ping_expired(self, run):
        if self.ping_run is run:
            router = shown_address(ROUTER[run.family])
            self.urc(f'+MPING: "{router}",{TIME_EXCEEDED[run.family]},0')
            self._ping_done_one(run)

    def _ping_answer(self, run, ms):
        if self.ping_run is not run:
            return
        if ms is None:
            self.urc(f"+MPINGSTAT: {NO_ANSWER}")
        else:
            run.round_trips.append(int(ms))
            self.urc(f'+MPING: "{shown_address(run.address)}",{ECHO_REPLY[run.family]},0,{int(ms)}')
        self._ping_done_one(run)

    def _ping_done_one(self, run):
        if run.sent < run.count:
            self.after(_GAP_MS, lambda: self._ping_next(run))
            return
        self.ping_run = None
        received = len(run.round_trips)
        average = f",{sum(run.round_trips) // received}" if received else ""
        self.urc(f'+MPINGSTAT: {FINISHED},"{shown_address(run.address)}",{run.sent},{received}{average}')

    def stop_ping(self):
        """The link or the name lookup failed: the run is over, without its summary."""
        if self.ping_run:
            self.ping_run = None
            self.urc(f"+MPINGSTAT: {BROKEN_OFF}")
