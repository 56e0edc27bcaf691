"""The wireless link of a Fibocom module (+MIPCALL) and its persistent settings (+GTSET).

Owns the state of the link: every socket lives and dies with it.  Sections 1.1.1 and 1.2.4 of the NL668 and
L610 TCP&UDP manuals.
"""

from ..arguments import BadArguments, Int, Optional, Quoted, Text
from .base import BUSY, DOWN, UP, OneOf, mip
from .socket import shown_address

CALL_FAILS_MS, RELEASE_MS = 3000, 100
LINK_LIVES_MS = 5000                # with the quirk link-lost


class _CidOrApn:
    """`<cid>/<APN>` of +MIPCALL: a bare number or a quoted name."""

    def check(self, value, place):
        return Text(99).check(value, place) if isinstance(value, str) else Int(1, 16).check(value, place)


class LinkMixin:
    ACTIVATE_MS = 150               # from the OK of AT+MIPCALL to its result
    QUIRKS = {
        "call-again-ok": "AT+MIPCALL=1 while the link is up, and =0 while it is down, succeed",
        "call-dns": "+MIPCALL carries the addresses of the DNS servers too (clones)",
        "call-status": "the late result is +MIPCALL: 1,<address>",
        "host-restarted": "the link is up and sockets 1 and 2 are open at the start: only the host has restarted",
        "link-lost": "the link drops 5 s after it came up: +MIPCALL: 0, all sockets gone",
    }

    OPERATIONS: "tuple[int, ...]" = (0, 1)     # <Operation> of +MIPCALL
    AUTH_MAX = 2                    # <auth> of +MIPCALL

    def __init__(self, clock, network, **options):
        self.nvram = {"SENDTIME": 12, "IPRFMT": 0}      # survives restarts: 1.2.4.3 "Persistent: Yes"
        self._first_start = True
        super().__init__(clock, network, **options)

    def reset(self):
        super().reset()
        self.call_cid = None
        self.call_addresses = ()    # of the link, as the module prints them
        if self._first_start and self.quirk("host-restarted"):
            self._set_up(self.OPERATIONS[1], 1)
            for number in (1, 2):
                self.leave_open(number)
        self._first_start = False

    def link_up(self):
        """True when the link stands; otherwise the command is refused."""
        if self.link == UP:
            return True
        if self.aware_of(self.lost_at):
            self.violation("the wireless link is not up")
        self.fail(2031)
        return False

    # ---- +MIPCALL (1.1.1) ---------------------------------------------------------------------------

    @mip("+MIPCALL")
    def mipcall(self, form, args):
        if form == "test":
            self.info(f"+MIPCALL: (0-{max(self.OPERATIONS)})")
            self.ok()
        elif form == "read":
            addresses = self.call_addresses if self.link == UP else ()
            self.info("+MIPCALL: " + ",".join((str(self.link), *addresses)))
            self.ok()
        elif form == "write":
            operation, where, user, password, auth = self.match(
                args, OneOf(*self.OPERATIONS), Optional(_CidOrApn()), Optional(Text(64)), Optional(Text(64)),
                Optional(Int(0, self.AUTH_MAX), 0))
            if user is not None and password is None:
                raise BadArguments("<User name> without <Password>")
            if operation >= 2 and not isinstance(where, Quoted):
                raise BadArguments(f"operation {operation} needs an <APN>")
            if operation:
                self._establish(operation, where, user, password, auth)
            else:
                self._release()
        else:
            self.unknown()

    def _establish(self, operation, where, user, password, auth):
        if self.link == BUSY:
            self.fail(2008)
        elif self.link == UP and not self.quirk("call-again-ok"):
            self.fail(2004)
        elif self.link == UP:
            self.accepted("+MIPCALL")
            self.late("+MIPCALL", self._call_line(), "+MIPCALL")
        elif self.registration == 0:
            self.cme(30)
        elif isinstance(where, Quoted) or self._defined(where):
            self.call_cid = where if isinstance(where, int) else 1
            context = self.context(self.call_cid)
            if isinstance(where, Quoted):
                context.kind, context.apn = {1: "IP", 2: "IPV6", 3: "IPV4V6"}[operation], str(where)
            if user is not None:
                context.username, context.password, context.authentication = str(user), str(password), auth
            self.link = BUSY
            self.accepted("+MIPCALL")
            self.after(self.ACTIVATE_MS if self.network_ready else CALL_FAILS_MS, lambda: self._established(operation))

    def _defined(self, cid):
        context = self.contexts.get(cid or 1)
        if context is not None and (context.defined or context.apn):
            return True
        self.violation(f"context {cid or 1} is not defined by AT+CGDCONT")
        self.fail(2009)
        return False

    def _established(self, operation):
        if not self.activate(self.call_cid):
            self.link = DOWN
            self.late("+MIPCALL", "+MIPCALL: 0", "+MIPCALL")
            return
        self._set_up(operation, self.call_cid)
        self.late("+MIPCALL", self._call_line(), "+MIPCALL")
        if self.quirk("link-lost"):
            self.after(LINK_LIVES_MS, self.lose_link)

    def _set_up(self, operation, cid):
        shown = {1: (self.LOCAL_ADDRESS,), 2: (self.LOCAL_ADDRESS6,), 3: (self.LOCAL_ADDRESS, self.LOCAL_ADDRESS6)}
        self.call_addresses = tuple(map(shown_address, shown[operation]))
        self.call_cid = cid
        self.link = UP
        self.lost_at = None

    def _call_line(self):
        fields = list(self.call_addresses)
        if self.quirk("call-status"):
            fields.insert(0, "1")
        if self.quirk("call-dns"):
            fields += ["10.0.0.53", "10.0.0.54"]
        return "+MIPCALL: " + ",".join(fields)

    def _release(self):
        if self.link == BUSY:
            self.fail(2008)
        elif self.link == DOWN and not self.quirk("call-again-ok"):
            self.fail(2031)
        else:
            self.link = BUSY
            self.accepted("+MIPCALL")
            self.after(RELEASE_MS, self._released)

    def _released(self):
        self._drop_link()
        self.late("+MIPCALL", "+MIPCALL: 0", "+MIPCALL")

    def lose_link(self):
        """The network took the link away: every socket is gone, and +MIPCALL: 0 says so."""
        if self.link == UP:
            self._drop_link()
            self.lost_at = self.notice("+MIPCALL: 0")

    def _drop_link(self):
        self.link = DOWN
        if self.call_cid is not None:
            self.deactivate(self.call_cid)
        self.drop_sockets()
        self.stop_ping()

    def deactivate(self, cid):
        super().deactivate(cid)
        if cid == self.call_cid:
            self.lose_link()

    # ---- +GTSET (1.2.4) -----------------------------------------------------------------------------

    @mip("+GTSET")
    def gtset(self, form, args):
        if form != "write":
            self.unknown()
            return
        feature, _ = self.match(args, Text(choices=("SENDTIME", "IPRFMT")), Int(0, 30))
        kind = Int(1, 30) if feature == "SENDTIME" else OneOf(0, 1, 2, 5)
        self.nvram[str(feature)] = self.match(args, Text(), kind)[1]
        self.ok()

    @property
    def receive_format(self):
        """IPRFMT: 0 hex lines, 1 bare bytes, 2 header and raw bytes, 5 fetched with +MIPREAD."""
        return self.nvram["IPRFMT"]
