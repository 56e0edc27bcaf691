"""The socket service of SIMCom modules: AT+NETOPEN, AT+NETCLOSE, AT+IPADDR, and how the service ends by itself.

Owns the state of the service and what its end does to links and servers (A7600 2.1, 2.2, 2.7, chapter 5).
"""

from ..module import at
from .servers import Servers
from .state import (
    BUSY, CLOSED, CLOSING, ENDED, FREE, LOST, NETWORK_FAILURE, NETWORK_NOT_OPENED, OPEN, OPENING, SERVICE, SUCCESS)

_NETOPEN_FAIL_MS = 2000     # the same when there is no network
_NETCLOSE_MS = 100
_CID = 1                    # the context AT+NETOPEN activates


class SocketService(Servers):
    ACTIVATE_MS = 200           # from the OK of AT+NETOPEN to its result
    TEST_FORMS = False          # AT+NETCLOSE=? and AT+IPADDR=? exist

    QUIRKS = {
        "netclose-names-links": "AT+NETCLOSE reports every open link with +CIPCLOSE before its result",
        "netopen-error": "AT+NETOPEN answers a bare ERROR, always",
        "netopen-error-once": "the first AT+NETOPEN after a start answers a bare ERROR",
        "netopen-two-values": "the result of AT+NETOPEN has a second number (A7600 6.4.2)",
        "service-open": "the socket service is open at the start, as when only the host has restarted",
    }

    def reset(self):
        super().reset()
        self.opened_by_host = False
        self._netopen_tries = 0
        self._behind_netclose = None    # called when AT+NETCLOSE has ended: a command waits for it
        if self.quirk("service-open") and self.activate(_CID):
            self.service = OPEN

    @at("+NETOPEN")
    def netopen(self, form, args):
        del args
        self.only(form, "read", "exec")
        if form == "read":
            answer = f"+NETOPEN: {int(self.service in (OPEN, LOST))}"
            self.check_query(answer)
            self.info(answer)
            self.ok()
            return
        self.check_owed(SERVICE)
        self._netopen_tries += 1
        if self.service == OPENING or self.quirk("netopen-error"):
            self.error()
        elif self.service == CLOSING:
            self._behind_netclose = self._open_service
        elif self.service == OPEN:
            self.ip_error("Network is already opened")
        elif self._netopen_tries == 1 and self.quirk("netopen-error-once"):
            self.error()
        else:
            self._open_service()

    def _open_service(self):
        self.service = OPENING
        self.opened_by_host = True
        self.owe(SERVICE, "+NETOPEN")
        self.ok()
        if self.context(_CID).active:       # nothing to wait for; AT+NETOPEN? right behind the OK tells it
            self._netopen_result()
        else:
            self.after(self.ACTIVATE_MS if self.network_ready else _NETOPEN_FAIL_MS, self._netopen_result)

    def _netopen_result(self):
        if self._family_fits() and self.activate(_CID):
            self.service = OPEN
            err = SUCCESS
        else:
            self.service = CLOSED
            err = NETWORK_FAILURE
        second = ",0" if self.quirk("netopen-two-values") else ""
        self.pay(SERVICE, f"+NETOPEN: {err}{second}")

    def _family_fits(self):
        """IPv6 needs a context that has it (SIM7028 3.1.2, 3.1.3)."""
        return self.context(_CID).kind in (("IPV6", "IPV4V6") if self.family == 6 else ("IP", "IPV4V6"))

    @at("+NETCLOSE")
    def netclose(self, form, args):
        del args
        self._only_exec(form)
        if form == "test":
            self.ok()
            return
        self.check_owed(SERVICE)
        if self.service == CLOSING:
            self._behind_netclose = self._refuse_netclose
        elif self.service not in (OPEN, LOST):
            self._refuse_netclose()
        else:
            self._close_service()

    def _refuse_netclose(self):
        self.info(f"+NETCLOSE: {BUSY if self.service == OPENING else NETWORK_NOT_OPENED}")
        self.error()

    def _close_service(self):
        self.service = CLOSING
        self.owe(SERVICE, "+NETCLOSE")
        self.ok()
        self.after(_NETCLOSE_MS, self._netclose_result)

    def _netclose_result(self):
        for link in self.links:
            if link.state == OPEN and (link.transparent or self.quirk("netclose-names-links")):
                link.endpoint.close()
                self.release(link)
                if link.transparent:
                    self.urc("CLOSED")
                self.urc(f"+CIPCLOSE: {link.number},{SUCCESS}")
                self.unsent(link)
        self.drop_links(FREE)
        self.stop_servers()
        self.give_context_back(_CID)
        self.service = CLOSED
        self.opened_by_host = False
        self.pay(SERVICE, f"+NETCLOSE: {SUCCESS}")
        run, self._behind_netclose = self._behind_netclose, None
        if run is not None:
            run()

    def give_context_back(self, cid):
        """The socket service needs the context no more."""
        self.deactivate(cid)

    @at("+IPADDR")
    def ipaddr(self, form, args):
        del args
        self._only_exec(form)
        if form == "test":
            self.ok()
        elif self.service == OPEN:
            self.info(f"+IPADDR: {self.LOCAL_ADDRESS6 if self.family == 6 else self.LOCAL_ADDRESS}")
            self.ok()
        else:
            self.ip_error("Network not opened")

    def _only_exec(self, form):
        self.only(form, "exec", *(("test",) if self.TEST_FORMS else ()))

    def deactivate(self, cid):
        super().deactivate(cid)
        if cid == _CID and self.service == OPEN:
            self.service = LOST
            self.stop_servers()
            self.drop_links(ENDED)
            self.urc("+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY")
