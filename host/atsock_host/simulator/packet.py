"""Packet data contexts: commands of 3GPP TS 27.007 10.1, and what the vendor files do with contexts.

Owns the contexts and whether they are active.  Knows no TCP/IP command.
"""

from .arguments import Int, Optional, Text
from .module import at


class Context:
    """One packet data context of AT+CGDCONT."""

    def __init__(self, cid, kind="IP", apn=""):
        self.cid = cid
        self.defined = False        # by AT+CGDCONT
        self.kind = kind            # "IP", "IPV6", "IPV4V6"
        self.apn = apn
        self.active = False
        self.address = ""           # local address while active
        self.username = ""
        self.password = ""
        self.authentication = 0


class PacketCommands:
    LOCAL_ADDRESS = "10.7.157.1"
    LOCAL_ADDRESS6 = "2001:db8:7::9d1"
    DNS = ("218.2.2.2", "218.4.4.4")    # what the network gives with an address
    CONTEXTS = 16
    APN = ""                    # of context 1 at the start

    def reset(self):
        super().reset()
        self.attached = True
        self.contexts = {1: Context(1, "IP", self.APN)}
        for cid, (kind, apn) in self.kept(True).get("+CGDCONT", {}).items():
            self.contexts[cid] = Context(cid, kind, apn)
            self.contexts[cid].defined = True

    def set_constant(self, attribute, value):
        super().set_constant(attribute, value)
        if attribute == "APN" and hasattr(self, "contexts"):
            self.context(1).apn = value

    @property
    def network_ready(self):
        """True when contexts can be activated and data can flow."""
        return self.registered and self.attached

    def context(self, cid):
        """The context `cid`, made with defaults when it is new."""
        return self.contexts.setdefault(cid, Context(cid))

    def activate(self, cid):
        """Bring a context up; False when the network does not allow it."""
        if not self.network_ready:
            return False
        context = self.context(cid)
        context.active = True
        context.address = self.LOCAL_ADDRESS6 if context.kind == "IPV6" else self.LOCAL_ADDRESS
        self.note("state", what=f"context {cid}", value="active")
        return True

    def deactivate(self, cid):
        context = self.context(cid)
        if context.active:
            self.note("state", what=f"context {cid}", value="inactive")
        context.active = False
        context.address = ""

    def context_ended(self, cid):
        """AT+CGACT has ended a context that was active."""
        self.deactivate(cid)

    def radio_off(self):
        """The radio went off or the network was left: vendors end what depends on it."""
        for cid in self.contexts:
            self.deactivate(cid)

    def network_lost(self):
        """The radio network is gone: contexts fall, the module searches."""
        self.radio_off()
        self.set_searching(True)

    @at("+CGDCONT")
    def define_context(self, form, args):
        if form == "read":
            for cid, context in sorted(self.contexts.items()):
                address = context.address or "0.0.0.0"
                self.info(f'+CGDCONT: {cid},"{context.kind}","{context.apn}","{address}",0,0')
        elif form == "test":
            for kind in ("IP", "IPV6", "IPV4V6"):
                self.info(f'+CGDCONT: (1-{self.CONTEXTS}),"{kind}",,,(0-2),(0-4)')
        else:
            cid, kind, apn = self.match(args[:3], Int(1, self.CONTEXTS),
                                        Optional(Text(choices=("IP", "IPV6", "IPV4V6", "PPP"))),
                                        Optional(Text(limit=99), ""))
            stored = self.kept(True).setdefault("+CGDCONT", {})
            if kind is None and self.context(cid).active:
                self.cme(3)
                return
            if kind is None:
                self.contexts.pop(cid, None)
                stored.pop(cid, None)
            else:
                stored[cid] = (str(kind), str(apn))
                context = self.context(cid)
                context.kind, context.apn, context.defined = str(kind), str(apn), True
        self.ok()

    @at("+CGATT")
    def attach_command(self, form, args):
        if form == "read":
            self.info(f"+CGATT: {int(self.attached and self.registered)}")
        elif form == "test":
            self.info("+CGATT: (0,1)")
        else:
            (wanted,) = self.match(args, Int(0, 1))
            if wanted and not self.registered:
                self.cme(30)
                return
            self.attached = bool(wanted)
            if not wanted:
                self.urcs_behind_result()
                self.radio_off()
        self.ok()

    @at("+CGACT")
    def activate_command(self, form, args):
        if form == "read":
            for cid, context in sorted(self.contexts.items()):
                self.info(f"+CGACT: {cid},{int(context.active)}")
        elif form == "test":
            self.info("+CGACT: (0,1)")
        else:
            wanted, cid = self.match(args, Int(0, 1), Optional(Int(1, self.CONTEXTS), 1))
            if wanted and not self.activate(cid):
                self.cme(30)
                return
            if not wanted and self.context(cid).active:
                self.urcs_behind_result()
                self.context_ended(cid)
        self.ok()

    @at("+CGPADDR")
    def context_address(self, form, args):
        if form == "test":
            self.info("+CGPADDR: ({})".format(",".join(str(cid) for cid in sorted(self.contexts))))
        else:
            (wanted,) = self.match(args, Optional(Int(1, self.CONTEXTS)))
            for cid, context in sorted(self.contexts.items()):
                if wanted in (None, cid):
                    self.info(f"+CGPADDR: {cid},{context.address or '0.0.0.0'}")
        self.ok()
