"""TLS sessions of the A7600 and its kin: AT+CCHSTART, AT+CCHOPEN, AT+CCHSEND, AT+CCHRECV and what belongs to them.

Sources: "A76XX Series AT Command Manual", chapter 19, as far as it is public: forms, result codes, unsolicited lines;
for the rest what drivers of these modules send and wait for.  Taken without a source: the results of a command in the
wrong state, that +CCHEVENT comes once until something is read, and that AT+CCHOPEN? shows a session that the peer has
ended as long as something of it is unread: drivers ask it before they read.  Not played: the transparent mode
(AT+CCHMODE=1).  No certificate is checked.
"""

from ..arguments import Host, Int, Optional, Text
from ..connection import NO_HANDSHAKE, NO_NAME, NO_SOCKET, REFUSED, Connection
from ..module import at
from ..tables import Options
from .appservices import AppServices

SESSIONS = 2
_NAME = "CCH"           # of the service
_LONGEST_SEND = _LONGEST_READ = 2048
_OPEN_MS = 120_000      # the longest response time
_CLOSE_MS = 20
_CERTIFICATES = 50      # files kept
_LONGEST_CERTIFICATE = 10240

# <err> (19.3)
_DONE, _BUSY, _NETWORK_ERROR, _STATE_ERROR, _NO_SOCKET, _NO_NAME, _NOT_CONNECTED, _NO_HANDSHAKE, _TIMEOUT = (
    0, 3, 9, 11, 12, 13, 14, 15, 5)
_WHY = {NO_NAME: _NO_NAME, NO_SOCKET: _NO_SOCKET, REFUSED: _NOT_CONNECTED, NO_HANDSHAKE: _NO_HANDSHAKE}

_SESSION = Int(0, SESSIONS - 1)
_CONTEXT = Int(0, 9)


class _Session:
    """One session that AT+CCHOPEN has opened; the user of a Connection."""

    def __init__(self, module, number, peer):
        self.number = number
        self.peer = peer            # (host, port, client type) as AT+CCHOPEN named them
        self.connection = Connection(module, self, keeps=True)
        self.timer = None           # limit of the open in progress
        self.noticed = False        # +CCHEVENT is out and nothing has been read since
        self.over = False           # the peer has ended it; what came before is readable
        self.told = False           # +CCH_PEER_CLOSED is out
        self._module = module

    @property
    def shown(self):
        """What AT+CCHOPEN? tells behind the number."""
        there = self.connection.open or self.over and self.connection.available()
        return '"{}",{},{},'.format(*self.peer) if there else '"",,,'

    def opened(self):
        self.timer.cancel()
        self._module.urc(f"+CCHOPEN: {self.number},{_DONE}")
        if self.connection.available():
            self.received()

    def failed(self, why):
        self.timer.cancel()
        self._module.session_failed(self, _WHY[why])

    def received(self):
        if self.connection.open:
            self._module.session_received(self)

    def sent(self):
        self._module.session_sent(self)

    def ended(self, reset):
        del reset
        self.over = True
        self._module.session_pump(self)


class TlsSessions(AppServices):
    TABLE: "dict[str, object]" = {"+CCHCFG": Options({}, keys=2, others=True)}

    def reset(self):
        super().reset()
        self._sessions = [None] * SESSIONS
        self._session_contexts = [0] * SESSIONS
        self._reports_sends = self._reads_by_hand = 0

    def server_name(self, context, host):
        """What the handshake of a TLS context says of the host: nothing unless AT+CSSLCFG="enableSNI" is 1."""
        return host if self.kept(False).get(("+CSSLCFG", "enablesni", context), (0,))[0] == 1 else None

    def context_lost(self):
        super().context_lost()
        if any(self._drop_session(number) for number in range(SESSIONS)):
            self.urc("+CCH: CCH STOP")

    # ---- the service

    @at("+CCHSTART")
    def start_sessions(self, form, args):
        del args
        if self.of_service(form, _NAME, started=False):
            result = _DONE if self.start_service(_NAME) else _NETWORK_ERROR
            self.ok()
            self.after(self.APP_START_MS, lambda: self.urc(f"+CCHSTART: {result}"))

    @at("+CCHSTOP")
    def stop_sessions(self, form, args):
        del args
        if self.of_service(form, _NAME):
            for number in range(SESSIONS):
                self._drop_session(number)
            self.stop_service(_NAME)
            self.ok()
            self.after(self.APP_START_MS, lambda: self.urc(f"+CCHSTOP: {_DONE}"))

    @at("+CCHADDR")
    def session_address(self, form, args):
        del args
        if self.of_service(form, _NAME):
            self.info(f"+CCHADDR: {self.LOCAL_ADDRESS}")
            self.ok()

    @at("+CCHSET")
    def session_reports(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CCHSET: (0,1),(0,1)")
        elif form == "read":
            self.info(f"+CCHSET: {self._reports_sends},{self._reads_by_hand}")
        else:
            self._reports_sends, self._reads_by_hand = self.match(args, Int(0, 1), Optional(Int(0, 1), 0))
        self.ok()

    @at("+CCHMODE")
    def session_mode(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CCHMODE: (0,1)")
        elif form == "read":
            self.info("+CCHMODE: 0")
        else:
            (mode,) = self.match(args, Int(0, 1))
            if mode:                # not played
                self.error()
                return
        self.ok()

    @at("+CCHSSLCFG")
    def session_context(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CCHSSLCFG: (0,1),(0-9)")
        elif form == "read":
            for number, context in enumerate(self._session_contexts):
                self.info(f"+CCHSSLCFG: {number},{context}")
        else:
            number, context = self.match(args, _SESSION, _CONTEXT)
            self._session_contexts[number] = context
        self.ok()

    # ---- open and close

    @at("+CCHOPEN")
    def open_session(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info('+CCHOPEN: (0,1),"ADDRESS",(1-65535)[,(1-2)[,(1-65535)]]')
            self.ok()
        elif form == "read":
            for number, session in enumerate(self._sessions):
                shown = session.shown if session else '"",,,'
                self.info(f"+CCHOPEN: {number},{shown}")
            self.ok()
        else:
            number, host, port, kind, local_port = self.match(
                args, _SESSION, Host(256, bare=True), Int(1, 65535), Optional(Int(1, 2), 2), Optional(Int(1, 65535), 0))
            if _NAME not in self.services_started:
                self.refuse("+CCHOPEN", number, _STATE_ERROR)
            elif self._sessions[number] is not None and not self._sessions[number].over:
                self.refuse("+CCHOPEN", number, _BUSY)
            else:
                self._open_session(number, str(host), port, kind, local_port)

    def _open_session(self, number, host, port, kind, local_port):
        session = self._sessions[number] = _Session(self, number, (host, port, kind))
        session.timer = self.after(_OPEN_MS, lambda: self.session_failed(session, _TIMEOUT))
        self.ok()
        session.connection.start(host, port, tls=kind == 2, local_port=local_port, family=self.family,
                                 server_name=self.server_name(self._session_contexts[number], host))

    def session_failed(self, session, err):
        self._sessions[session.number] = None
        session.connection.close()
        self.urc(f"+CCHOPEN: {session.number},{err}")

    @at("+CCHCLOSE")
    def close_session(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info("+CCHCLOSE: (0,1)")
            self.ok()
            return
        (number,) = self.match(args, _SESSION)
        if not self._drop_session(number):
            self.refuse("+CCHCLOSE", number, _STATE_ERROR)
            return
        self.ok()
        self.after(_CLOSE_MS, lambda: self.urc(f"+CCHCLOSE: {number},{_DONE}"))

    def _drop_session(self, number):
        """True when there was one."""
        session, self._sessions[number] = self._sessions[number], None
        if session is None:
            return False
        session.timer.cancel()
        session.connection.close()
        return True

    def _open_one(self, number):
        session = self._sessions[number]
        return session if session is not None and session.connection.open else None

    # ---- data

    @at("+CCHSEND")
    def send_on_session(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info(f"+CCHSEND: (0,1),(1-{_LONGEST_SEND})")
            self.ok()
            return
        number, length = self.match(args, _SESSION, Int(1, _LONGEST_SEND))
        session = self._open_one(number)
        if session is None:
            self.refuse("+CCHSEND", number, _STATE_ERROR)
        elif session.connection.waits:
            self.refuse("+CCHSEND", number, _BUSY)
        else:
            self.prompt(lambda data: self._session_payload(session, data), text="\r\n>", count=length,
                        timeout_ms=self.timeouts_ms[2])

    def _session_payload(self, session, data):
        if data is None:
            self.error()
            return
        self.ok()
        if not session.connection.open:     # it has ended meanwhile
            self.urc(f"+CCHSEND: {session.number},{_STATE_ERROR}")
            return
        session.connection.send(data)
        if not session.connection.waits:
            self.session_sent(session)

    def session_sent(self, session):
        if self._reports_sends:
            self.urc(f"+CCHSEND: {session.number},{_DONE}")

    def session_received(self, session):
        if self._reads_by_hand:
            if not session.noticed:
                session.noticed = True
                self.urc(f"+CCHEVENT: {session.number},RECV EVENT")
        else:
            self.session_pump(session)

    def session_pump(self, session):
        """Write what has come, unless the host fetches it, and then that the peer has gone."""
        connection = session.connection
        while not self._reads_by_hand and connection.available() and self.line_free and not self.output_full:
            data = connection.recv(_LONGEST_READ)
            self.urc(f"+CCHRECV: DATA,{session.number},{len(data)}", data)
        waits = connection.available() and not self._reads_by_hand
        if session.over and not waits and not session.told:
            session.told = True
            self.urc(f"+CCH_PEER_CLOSED: {session.number}")

    def line_ready(self):
        super().line_ready()
        for session in list(self._sessions):
            if session is not None and (session.connection.open or session.over):
                self.session_pump(session)

    @at("+CCHRECV")
    def read_session(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info(f"+CCHRECV: (0,1),(0-{_LONGEST_READ})")
            self.ok()
        elif form == "read":
            waiting = (0 if session is None else session.connection.available() for session in self._sessions)
            self.info("+CCHRECV: LEN,{},{}".format(*waiting))
            self.ok()
        else:
            self._read_session(*self.match(args, _SESSION, Optional(Int(0, _LONGEST_READ), 0)))

    def _read_session(self, number, most):
        session = self._sessions[number]
        if session is None or not self._reads_by_hand:
            self.refuse("+CCHRECV", number, _STATE_ERROR)
            return
        self.ok()
        session.noticed = False
        data = session.connection.recv(most or _LONGEST_READ) if session.connection.available() else b""
        if data:
            self.urc(f"+CCHRECV: DATA,{number},{len(data)}", data)
        self.urc(f"+CCHRECV: {number},{_DONE}")

    # ---- certificates: kept, and not used

    @at("+CCERTDOWN")
    def store_certificate(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info(f'+CCERTDOWN: "FILENAME",(1-{_LONGEST_CERTIFICATE})')
            self.ok()
            return
        name, length = self.match(args, Text(108), Int(1, _LONGEST_CERTIFICATE))
        self.prompt(lambda data: self._store_certificate(str(name), data), text="\r\n>", count=length,
                    timeout_ms=_OPEN_MS)

    def _store_certificate(self, name, data):
        names = self.kept(True).setdefault("+CCERTDOWN", [])
        if data is None or len(names) >= _CERTIFICATES and name not in names:
            self.error()
            return
        if name not in names:
            names.append(name)
        self.ok()

    @at("+CCERTLIST")
    def list_certificates(self, form, args):
        del args
        self.only(form, "test", "exec")
        if form == "exec":
            for name in self.kept(True).get("+CCERTDOWN", []):
                self.info(f'+CCERTLIST: "{name}"')
        self.ok()

    @at("+CCERTDELE")
    def delete_certificate(self, form, args):
        self.only(form, "test", "write")
        if form == "write":
            (name,) = self.match(args, Text(108))
            names = self.kept(True).get("+CCERTDOWN", [])
            if name not in names:
                self.error()
                return
            names.remove(name)
        self.ok()
