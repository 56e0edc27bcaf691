"""TCP servers of SIMCom modules: AT+SERVERSTART, AT+SERVERSTOP and the links they accept.

Owns the listeners and the choice of the link number for a client (A7600 2.14, 2.15, 6.4).
"""

from ..arguments import BadArguments, Int, Optional
from ..endpoints import NetworkError
from ..module import at
from .send import Sending
from .state import (
    ALREADY_LISTENING, BIND_FAILED, CLOSED, CLOSING, CREATE_FAILED, DEAD, ENDED, FREE, NETWORK_NOT_OPENED,
    NOT_SUPPORTED, OPEN, SOCKETS_OPENED, SUCCESS, Link)
from .transparent import TRANSPARENT_LINK

TRANSPARENT_SERVER = 0
_STOP_MS = 20           # with the quirk serverstop-late: from OK to the result
_LINE_MS = 5            # an accepted transparent link looks this often whether the line is free


class Servers(Sending):
    QUIRKS = {
        "list-index": "AT+CIPOPEN? shows the last server as <index> of every accepted link (SIM7028 3.4.2)",
        "serverstop-late": "AT+SERVERSTOP: OK comes before the result (2.15 case 3)",
        "serverstop-open": "AT+SERVERSTOP works although links of the server are open (A7600 6.4.2)",
    }

    def listed_server(self, link):
        if link.server >= 0 and self.quirk("list-index"):
            return self.SERVERS - 1
        return super().listed_server(link)

    @at("+SERVERSTART")
    def serverstart(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info(f"+SERVERSTART: (0-65535),(0-{self.SERVERS - 1})")
            self.ok()
        elif form == "read":
            if self.service == CLOSED:
                self.cip_error(NETWORK_NOT_OPENED)
                return
            for index, listener in enumerate(self.listeners):
                if listener is not None:
                    self.info(f"+SERVERSTART: {index},{listener.port}")
            self.ok()
        else:
            self._start(args)

    def _start(self, args):
        port, index, _ = self.match(args, Int(0, 65535), Int(0, self.SERVERS - 1), Optional(Int(1, 3), 3))
        self.check_owed(f"server {index}")
        if self.transparent_mode and index != TRANSPARENT_SERVER:
            raise BadArguments("only server 0 can be started while AT+CIPMODE is 1")
        if not self.check_service():
            self.cip_error(NETWORK_NOT_OPENED)
            return
        if self.listeners[index] is not None:
            self.violation(f"server {index} is started already")
            self.cip_error(ALREADY_LISTENING)
            return
        try:
            self.listeners[index] = self.network.listen(port, self.family)
        except NetworkError as problem:
            self.cip_error(BIND_FAILED if problem.reason == "bind" else CREATE_FAILED)
            return
        self.listeners[index].link = index
        self.ok()

    @at("+SERVERSTOP")
    def serverstop(self, form, args):
        self.only(form, "write")
        (index,) = self.match(args, Int(0, self.SERVERS - 1))
        key = f"server {index}"
        self.check_owed(key)
        listener = self.listeners[index]
        accepted = any(link.server == index and link.state in (OPEN, DEAD) for link in self.links)
        closing = [link for link in self.links if link.server == index and link.state == CLOSING]
        if listener is None:
            if self.check_service():
                self.violation(f"server {index} is not started")
            self.refuse("+SERVERSTOP", index, NOT_SUPPORTED)
            return
        if accepted and not self.quirk("serverstop-open"):
            self.violation(f"links of server {index} are open")
            self.refuse("+SERVERSTOP", index, SOCKETS_OPENED)
            return
        if closing and not self.quirk("serverstop-open"):
            closing[0].behind_close = lambda: self.serverstop(form, args)
            return
        listener.close()
        self.listeners[index] = None
        result = f"+SERVERSTOP: {index},{SUCCESS}"
        if self.quirk("serverstop-late"):
            self.owe(key, "+SERVERSTOP")
            self.ok()
            self.after(_STOP_MS, lambda: self.pay(key, result))
        else:
            self.info(result)
            self.ok()

    def stop_servers(self):
        for index, listener in enumerate(self.listeners):
            if listener is not None:
                listener.close()
                self.listeners[index] = None

    # ---- clients ------------------------------------------------------------------------------------

    def on_accept(self, listener, stream):
        number = self._free_number(listener.link)
        if self.service != OPEN or number is None:
            stream.abort()
            return
        link = self.links[number] = Link(number)
        link.kind = "TCP"
        link.state = OPEN
        link.peer = link.asked = stream.peer
        link.server = listener.link
        link.endpoint = stream
        link.transparent = self.transparent_mode
        stream.link = link
        self.urc(f"+CLIENT: {number},{link.server},{stream.peer[0]}:{stream.peer[1]}")
        if link.transparent:
            self._take_line(link)
        self.received(link)

    def _free_number(self, index):
        """The lowest link number that is not in use, or None; transparent mode has one link and one server."""
        if self.transparent_mode:
            choice = self.links[:TRANSPARENT_LINK + 1] if index == TRANSPARENT_SERVER else []
        else:
            choice = self.links
        for link in choice:
            if link.state == FREE or (link.state == ENDED and not link.available()):
                return link.number
        return None

    def _take_line(self, link):
        """CONNECT after +CLIENT (A7600 6.4.1), as soon as no command is in progress."""
        if not self.current(link) or link.state != OPEN:
            return
        if self.busy or not self.line_free:
            self.after(_LINE_MS, lambda: self._take_line(link))
        else:
            self.go_transparent(link, unsolicited=True)
