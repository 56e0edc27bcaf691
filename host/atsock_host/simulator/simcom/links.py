"""Opening and closing the links of SIMCom modules: AT+CIPOPEN and AT+CIPCLOSE.

Owns the life of a link from the command to its result, and how a link ends without the host.  Sending is in
send.py, servers in servers.py, received data in receive.py.
"""

from ..arguments import BadArguments, Host, Int, Optional, Text
from ..endpoints import NetworkError
from ..hosts import is_address
from ..module import at
from .state import (
    BIND_FAILED, BUSY, CLOSING, CREATE_FAILED, DEAD, DNS_FAILED, ENDED, FREE, NETWORK_FAILURE, NETWORK_NOT_OPENED,
    NOT_SUPPORTED, OPEN, OPENING, SUCCESS, TIMED_OUT, Link)
from .transparent import TRANSPARENT_LINK, Transparency

NAME_LIMIT = 254        # characters of a host name (A7600 2.17)
_MISHAP_MS = 2000       # with the quirks network-lost and self-restart: time from the first open
_OUTAGE_MS = 3000       # with the quirk network-lost: how long the network is away

_PORT = Int(0, 65535)
_PEER_PORT = Int(1, 65535)      # port 0 cannot be connected to (A7600 2.3)
_ANY_LINK = Int(0, 99)          # the range is checked where the refusal is known


class Links(Transparency):
    CLOSE_MS = 20                   # TCP: from the OK of AT+CIPCLOSE to its result
    UDP_RESUMED_BY_OPEN = False     # AT+CIPOPEN with the same arguments returns to the data mode of a UDP link

    QUIRKS = {
        "ipclose-plain": "+IPCLOSE comes without its colon",
        "list-cr": "the lines of AT+CIPOPEN? end with CR CR LF",
        "network-lost": "the network goes away 2 s after the first open, for 3 s: +CIPEVENT",
        "result-first": "AT+CIPOPEN of TCP: the result comes before OK",
        "self-restart": "the module restarts 2 s after the first open: no +IPCLOSE, only the words of the start",
        "udp-close-late": "AT+CIPCLOSE of UDP: the result comes after OK (A7600 6.3.2.4, SIM7028 3.3.2)",
    }

    had_mishap = False      # the quirks network-lost and self-restart happen once, whatever restarts

    # ---- AT+CIPOPEN ---------------------------------------------------------------------------------

    @at("+CIPOPEN")
    def cipopen(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info(f'+CIPOPEN: (0-{self.LINKS - 1}),("TCP","UDP")')
            self.ok()
        elif form == "read":
            end = "\r" if self.quirk("list-cr") else ""
            for link in self.links:
                self.info(f"+CIPOPEN: {link.number}{self._listed(link)}{end}")
            self.ok()
        else:
            self._open(args)

    def _listed(self, link):
        if link.state not in (OPEN, CLOSING, DEAD):
            return ""
        address, port = link.peer
        return f',"{link.kind}","{address}",{port},{self.listed_server(link)}'

    def listed_server(self, link):
        """<index> of AT+CIPOPEN?: the server that accepted the link, or -1."""
        return link.server

    def _open(self, args):
        old = self.link(args[0])
        number = old.number
        kind, host, port, local_port = self._open_arguments(number, args)
        if not self.check_service():
            self.refuse("+CIPOPEN", number, NETWORK_NOT_OPENED)
        elif self._resumes(old, kind, host, port, local_port):
            self.go_transparent(old)
        elif old.state == CLOSING:      # the end that was begun comes first; a host may not know of it
            old.behind_close = lambda: self._open_free(number, kind, host, port, local_port)
        elif old.state not in (FREE, ENDED):
            self.violation(f"link {number} is in use")
            self.refuse("+CIPOPEN", number, BUSY if self.owed(number) else NOT_SUPPORTED)
        else:
            self._open_free(number, kind, host, port, local_port)

    def _open_free(self, number, kind, host, port, local_port):
        if self.service != OPEN:        # it went away while the command waited
            self.refuse("+CIPOPEN", number, NETWORK_NOT_OPENED)
            return
        link = self.links[number] = Link(number)
        link.kind, link.local_port = kind, local_port
        if host is None:
            self._open_datagrams(link)
        else:
            self._open_to(link, host, port)

    def _open_arguments(self, number, args):
        """(kind, host, port, local port); host and port are None for a UDP link of the command mode."""
        if args[1:2] == ["UDP"] and not self.transparent_mode:
            _, _, host, port, local_port = self.match(
                args, _ANY_LINK, Text(), Optional(Text(), hole=True), Optional(_PORT, hole=True), _PORT)
            if host is not None or port is not None:
                raise BadArguments("a UDP link of the command mode has no address")
            return "UDP", None, None, local_port
        local = _PORT if args[1:2] == ["UDP"] else Optional(_PORT, 0)
        _, kind, host, port, local_port = self.match(
            args, _ANY_LINK, Text(choices=("TCP", "UDP")), Host(NAME_LIMIT), _PEER_PORT, local)
        if self.transparent_mode and number != TRANSPARENT_LINK:
            raise BadArguments("only link 0 can be opened while AT+CIPMODE is 1")
        return str(kind), str(host), port, local_port

    def _resumes(self, link, kind, host, port, local_port):
        """True for SIM7028's way back to the data mode of a UDP link (3.3.3)."""
        return (self.UDP_RESUMED_BY_OPEN and link.transparent and link.state == OPEN and kind == link.kind == "UDP"
                and (host, port, local_port) == (*link.asked, link.local_port))

    def _open_datagrams(self, link):
        try:
            link.endpoint = self.network.datagram(link.local_port, family=self.family)
        except NetworkError as problem:
            self.release(link)
            self.refuse("+CIPOPEN", link.number, _reason(problem))
            return
        link.endpoint.link = link
        link.state = OPEN
        self.info(f"+CIPOPEN: {link.number},{SUCCESS}")
        self.ok()
        self._mishap()

    def _open_to(self, link, host, port):
        link.state = OPENING
        link.transparent = self.transparent_mode
        link.peer = link.asked = (host, port)
        link.timer = self.after(self.timeouts_ms[1], lambda: self._open_failed(link, TIMED_OUT))
        if self._result_later(link):
            self.owe(link.number, "+CIPOPEN")
            self.ok()
        if is_address(host):
            self._connect(link)
        else:
            self.network.resolve(host, lambda found: self._resolved(link, found), self.family)

    def _result_later(self, link):
        return not (link.transparent or self.quirk("result-first"))

    def _resolved(self, link, found):
        if not self.current(link):
            return
        if found:
            link.peer = (found[0], link.peer[1])
            self._connect(link)
        else:
            self._open_failed(link, DNS_FAILED)

    def _connect(self, link):
        try:
            if link.kind == "UDP":
                link.endpoint = self.network.datagram(link.local_port, link.peer, self.family)
            else:
                link.endpoint = self.reach(*link.peer, link.local_port)
        except NetworkError as problem:
            self._open_failed(link, _reason(problem))
            return
        link.endpoint.link = link
        if link.kind == "UDP":
            self._opened(link)

    def on_connected(self, stream, ok):
        link = stream.link
        if self.current(link) and link.state == OPENING:
            if ok:
                self._opened(link)
            else:
                self._open_failed(link, NETWORK_FAILURE)

    def _opened(self, link):
        link.timer.cancel()
        link.state = OPEN
        text = f"+CIPOPEN: {link.number},{SUCCESS}"
        if link.transparent:
            self.go_transparent(link)
        elif self._result_later(link):
            self.pay(link.number, text)
        else:
            self.info(text)
            self.ok()
        self._mishap()
        self.received(link)

    def _open_failed(self, link, err):
        if link.endpoint is not None:
            link.endpoint.close()
        self.release(link, ENDED)
        if link.transparent:
            self.final("CONNECT FAIL")
        elif self._result_later(link):
            self.pay(link.number, f"+CIPOPEN: {link.number},{err}")
        else:
            self.refuse("+CIPOPEN", link.number, err)

    def _mishap(self):
        """Start what the quirks network-lost and self-restart promise."""
        if self.had_mishap:
            return
        if self.quirk("network-lost"):
            self.had_mishap = True
            self.after(_MISHAP_MS, self.network_lost)
            self.after(_MISHAP_MS + _OUTAGE_MS, lambda: self.set_searching(False))
        if self.quirk("self-restart"):
            self.had_mishap = True
            self.after(_MISHAP_MS, lambda: self.restart(off_words=()))

    # ---- AT+CIPCLOSE --------------------------------------------------------------------------------

    @at("+CIPCLOSE")
    def cipclose(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info(f"+CIPCLOSE: (0-{self.LINKS - 1})")
            self.ok()
        elif form == "read":
            answer = "+CIPCLOSE: " + ",".join(str(int(link.state in (OPEN, CLOSING, DEAD))) for link in self.links)
            self.check_query(answer)
            self.info(answer)
            self.ok()
        else:
            self.match(args, _ANY_LINK)
            self._close(self.link(args[0]))

    def _close(self, link):
        number = link.number
        if link.state == CLOSING:       # looked at when the link has gone, and then there is none (2.6, case 4)
            link.behind_close = lambda: self.refuse("+CIPCLOSE", number, NOT_SUPPORTED)
        elif link.state == OPENING or link.sending is not None:
            self.refuse("+CIPCLOSE", number, BUSY)
        elif link.state not in (OPEN, DEAD):
            self.check_in_use(link)
            self.release(link)
            self.refuse("+CIPCLOSE", number, NOT_SUPPORTED)
        elif link.kind == "TCP":
            link.state = CLOSING
            self.owe(number, "+CIPCLOSE")
            self.ok()
            self.after(self.CLOSE_MS, lambda: self._closed(link))
        else:
            self._close_datagrams(link)

    def _closed(self, link):
        if not self.current(link):
            return
        link.endpoint.close()
        self.release(link)
        if link.transparent:
            self.urc("CLOSED")
        self.pay(link.number, f"+CIPCLOSE: {link.number},{SUCCESS}")
        if link.behind_close is not None:
            link.behind_close()

    def _close_datagrams(self, link):
        result = f"+CIPCLOSE: {link.number},{SUCCESS}"
        link.endpoint.close()
        self.release(link)
        if link.transparent:
            self.line("CLOSED")
            self.line(result)
            self.ok()
        elif self.quirk("udp-close-late"):
            self.ok()
            self.pay(link.number, result)
        else:
            self.info(result)
            self.ok()

    # ---- links that end without the host ------------------------------------------------------------

    def on_closed(self, stream, reset):
        del reset
        link = stream.link
        if link is None or not self.current(link) or link.state not in (OPEN, DEAD):
            return
        stream.close()      # what was received stays readable
        if link.available() and (link.transparent or not self.buffered):
            link.ending = True
            self.pump(link)
        else:
            self.peer_gone(link)

    def peer_gone(self, link):
        self.end_link(link, 1)

    def end_link(self, link, reason):
        link.state = ENDED
        link.endpoint.close()
        if link.timer is not None:
            link.timer.cancel()
        if link.transparent:
            self.leave_line()
            self.urc("CLOSED")
        self.ipclose(link, reason)
        self.unsent(link)

    def ipclose(self, link, reason):
        colon = "" if self.quirk("ipclose-plain") else ":"
        self.urc(f"+IPCLOSE{colon} {link.number},{reason}")

    def unsent(self, link):
        """Pay the result of a send that nobody will take any more."""
        raise TypeError("the layer that sends pays for it")

    def drop_links(self, state):
        """Break every link off; results that are owed come at once."""
        self.leave_line()
        for link in list(self.links):
            if link.endpoint is not None:
                link.endpoint.close()
            if link.state == OPENING:
                self._open_failed(link, NETWORK_FAILURE)
            elif link.state == CLOSING:
                self._closed(link)
            elif link.state != FREE:
                self.release(link, state)
                self.unsent(link)


def _reason(problem):
    return BIND_FAILED if problem.reason == "bind" else CREATE_FAILED
