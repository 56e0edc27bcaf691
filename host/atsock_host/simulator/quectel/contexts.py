"""PDP contexts of the BG96 (2.1.1 to 2.1.3, 2.1.13) and their loss (2.2.5)."""

from ..arguments import Int, Optional, Text
from ..module import at
from . import errors

_DEACTIVATE_MS = 30
_MOST_ACTIVE = 3            # 2.1.2
_CONTEXT_TYPES = {1: "IP", 2: "IPV6", 3: "IPV4V6"}


def _type_of(context):
    """<context_type> of a context."""
    return next((number for number, kind in _CONTEXT_TYPES.items() if kind == context.kind), 1)


class ContextCommands:
    ACTIVATE_MS = 30
    CONTEXT_TYPES = 2           # <context_type> is 1 to this
    AUTH_MAX = 3                # <authentication>
    QUIRKS = {
        "apn-required": "AT+QIACT is refused until an APN is configured",
        "qiact-active-ok": "AT+QIACT of an active context answers OK instead of ERROR",
        "silent-network-loss": "a lost network closes the sockets, but sends no pdpdeact line and AT+QIACT? still "
                               "lists the context",
    }

    def reset(self):
        super().reset()
        self.lost_contexts = set()      # reported by pdpdeact, +QIDEACT not sent yet
        self.dns_servers = {}           # context -> [primary, secondary], while active

    @at("+QICSGP")
    def qicsgp(self, form, args):
        if form == "test":
            types = "1,2" if self.CONTEXT_TYPES == 2 else f"1-{self.CONTEXT_TYPES}"
            self.info(f"+QICSGP: (1-{self.CONTEXTS}),({types}),<APN>,<username>,<password>,(0-{self.AUTH_MAX})")
            self.success()
        elif form != "write":
            self.unknown()
        elif len(args) == 1:
            (cid,) = self.match(args, Int(1, self.CONTEXTS))
            context = self.context(cid)
            kind = _type_of(context)
            self.info(f'+QICSGP: {kind},"{context.apn}","{context.username}","{context.password}",'
                      f"{context.authentication}")
            self.success()
        else:
            cid, kind, apn, username, password, authentication = self.match(
                args, Int(1, self.CONTEXTS), Int(1, self.CONTEXT_TYPES), Text(), Optional(Text(), ""),
                Optional(Text(), ""), Optional(Int(0, self.AUTH_MAX), 0))
            if len(args) == 4:
                self.violation("a username without a password")
                self.fail(errors.INVALID_PARAMETERS)
                return
            context = self.context(cid)
            context.kind, context.apn = _CONTEXT_TYPES[kind], str(apn)
            context.username, context.password = str(username), str(password)
            context.authentication = authentication
            self.success()

    @at("+QIACT")
    def qiact(self, form, args):
        if form == "test":
            self.info(f"+QIACT: (1-{self.CONTEXTS})")
            self.success()
        elif form == "read":
            for cid, context in sorted(self.contexts.items()):
                if context.active:
                    kind = _type_of(context)
                    self.info(f'+QIACT: {cid},1,{kind},"{context.address}"')
            self.success()
        elif form == "write":
            (cid,) = self.match(args, Int(1, self.CONTEXTS))
            self._activate(cid)
        else:
            self.unknown()

    def _activate(self, cid):
        if cid in self.lost_contexts:
            self.violation("+QIACT after pdpdeact without +QIDEACT")
            self.fail(errors.NOT_ALLOWED)
        elif self.context(cid).active:
            if self.quirk("qiact-active-ok"):
                self.success()
            else:
                self.fail(errors.NOT_ALLOWED)
        elif sum(context.active for context in self.contexts.values()) >= _MOST_ACTIVE:
            self.violation("more than three contexts active")
            self.fail(errors.OPEN_CONTEXT_FAILED)
        elif self.quirk("apn-required") and not self.context(cid).apn:
            self.fail(errors.NO_APN)
        else:
            self.after(self.ACTIVATE_MS, lambda: self._activated(cid))

    def _activated(self, cid):
        if self.activate(cid):
            self.dns_servers[cid] = list(self.DNS)
            self.success()
        else:
            self.fail(errors.OPEN_CONTEXT_FAILED)

    @at("+QIDEACT")
    def qideact(self, form, args):
        if form == "test":
            self.info(f"+QIDEACT: (1-{self.CONTEXTS})")
            self.success()
        elif form == "write":
            (cid,) = self.match(args, Int(1, self.CONTEXTS))
            self.after(_DEACTIVATE_MS, lambda: self._deactivated(cid))
        else:
            self.unknown()

    def _deactivated(self, cid):
        self.lost_contexts.discard(cid)
        self.drop_sockets(cid)
        self.deactivate(cid)
        self.dns_servers.pop(cid, None)
        self.success()
        self.abort_services(cid, errors.CONTEXT_BROKEN)     # their last lines come behind the OK

    def network_lost(self):
        self.set_searching(True)
        if self.quirk("silent-network-loss"):
            self.end_sockets()
            return
        for cid, context in sorted(self.contexts.items()):
            if context.active:
                self._lose(cid)

    def context_ended(self, cid):
        self._lose(cid)

    def radio_off(self):
        for cid, context in sorted(self.contexts.items()):
            if context.active:
                self._lose(cid)

    def _lose(self, cid):
        """The network has ended a context: its sockets are dead without a word of their own."""
        self.deactivate(cid)
        self.lost_contexts.add(cid)
        self.break_sockets(cid)
        self.abort_services(cid, errors.CONTEXT_BROKEN)
        self.urc(f'+QIURC: "pdpdeact",{cid}')

    def context_refusal(self, cid):
        """Why nothing can be done in a context: an error code, or 0 when it is up."""
        if self.context(cid).active:
            return 0
        if cid in self.lost_contexts:
            return errors.CONTEXT_BROKEN
        self.violation(f"context {cid} is not active")
        return errors.OPEN_CONTEXT_FAILED

    @at("+QIDNSCFG")
    def qidnscfg(self, form, args):
        if form == "test":
            self.info(f"+QIDNSCFG: (1-{self.CONTEXTS}),<pridnsaddr>,<secdnsaddr>")
            self.success()
        elif form != "write":
            self.unknown()
        else:
            cid, primary, secondary = self.match(args, Int(1, self.CONTEXTS), Optional(Text()), Optional(Text()))
            refusal = self.context_refusal(cid)
            if refusal:
                self.fail(refusal)
                return
            servers = self.dns_servers.setdefault(cid, list(self.DNS))
            if primary is None:
                self.info('+QIDNSCFG: {},"{}","{}"'.format(cid, *servers))
            else:
                servers[0] = str(primary)
                servers[1] = str(secondary) if secondary is not None else servers[1]
            self.success()
