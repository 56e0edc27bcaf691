"""HTTP of the A7600 and its kin: AT+HTTPINIT, AT+HTTPPARA, AT+HTTPDATA, AT+HTTPACTION, AT+HTTPHEAD, AT+HTTPREAD.

Sources: "A76XX Series AT Command Manual", chapter 16, and "A7600 Series HTTP(S) Application Note"; for SIM7500 and
SIM7600 drivers and logs.  Taken without a source: the <datalen> of a chunked answer is the length of what it holds;
a second AT+HTTPACTION is refused while one is under way; the parameter RESPTO has no effect.  Not played: files,
AT+HTTPACTION=20.
"""

from ..arguments import BadArguments, Int, Optional, Text
from ..connection import NO_HANDSHAKE, NO_NAME, NO_SOCKET, REFUSED, Connection
from ..httpmessage import Answer, BadAnswer, BadUrl, Url, request
from ..module import at
from .sessions import TlsSessions

_NAME = "HTTP"          # of the service
_METHODS = ("GET", "POST", "HEAD", "DELETE", "PUT", "PATCH")
_WITH_BODY = (1, 4, 5)
_LONGEST_BODY = 153_600         # that AT+HTTPDATA takes
_LONGEST_ANSWER = 8 << 20       # the flash of a module ends somewhere

# <errcode> (16.3.2), and the <statuscode> that are no answer of a server
_CLOSED, _TIMEOUT, _NO_SOCKET, _NO_NAME, _NOT_CONNECTED, _NO_HANDSHAKE = 704, 705, 712, 713, 714, 715
_NOT_HTTP, _NO_MEMORY = 600, 602
_WHY = {NO_NAME: _NO_NAME, NO_SOCKET: _NO_SOCKET, REFUSED: _NOT_CONNECTED, NO_HANDSHAKE: _NO_HANDSHAKE}

_PLACE = Int(0, (1 << 31) - 1)
_PART = 1024                    # of an answer, with the fault httpread-parts

_PARAMETERS = {         # name -> kind and start value
    "URL": (Text(bare=True), ""), "CONNECTTO": (Int(20, 120), 120), "RECVTO": (Int(2, 120), 20),
    "CONTENT": (Text(256), "text/plain"), "ACCEPT": (Text(256), "*/*"), "SSLCFG": (Int(0, 9), 0),
    "USERDATA": (Text(256), ""), "READMODE": (Int(0, 1), 0),
    # of drivers and of SIM7600
    "UA": (Text(256), ""), "RESPTO": (Int(2, 120), 20), "BREAK": (_PLACE, 0), "BREAKEND": (_PLACE, 0),
}


class _Exchange:
    """A request and its answer; the user of a Connection."""

    def __init__(self, module, number, url, wanted):
        self.number = number        # <method>
        self.answer = Answer(_METHODS[number])
        self.finished = False
        self.timer = None
        self.connection = Connection(module, self)
        self._module = module
        self._wanted = wanted       # bytes of the request
        self._url = url

    def start(self, timeout_ms, server_name):
        self._limit(timeout_ms)
        self.connection.start(self._url.host, self._url.port, tls=self._url.tls, server_name=server_name,
                              family=self._module.family)

    def _limit(self, ms):
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self._module.after(ms, lambda: self.finish(_TIMEOUT))

    def stop(self):
        self.finished = True
        if self.timer is not None:
            self.timer.cancel()
        self.connection.close()

    def opened(self):
        self._limit(self._module.http_receive_ms)
        self.connection.send(self._wanted)

    def failed(self, why):
        self.finish(_WHY[why])

    def sent(self):
        self._limit(self._module.http_receive_ms)

    def received(self, data):
        if self.finished:
            return
        self._limit(self._module.http_receive_ms)
        try:
            if self.answer.feed(data):
                self.finish()
            elif self.answer.size > _LONGEST_ANSWER:
                self.finish(_NO_MEMORY)
        except BadAnswer:
            self.finish(_NOT_HTTP)

    def ended(self, reset):
        if not self.finished:
            try:
                complete = self.answer.end() and not reset
            except BadAnswer:
                complete = False
            self.finish(None if complete else _CLOSED)
        self._module.urc("+HTTP_PEER_CLOSED")

    def finish(self, error=None):
        """The result, once.  After a good answer the connection stays until the server ends it or the host goes on."""
        if self.finished:
            return
        self.finished = True
        self.timer.cancel()
        if error:
            self.connection.close()
        self._module.http_done(self, error)


class Http(TlsSessions):
    QUIRKS = {"httpread-parts": f"AT+HTTPREAD gives more than {_PART} bytes in parts, each behind a line of its own"}

    def reset(self):
        super().reset()
        self._http_forget()

    def _http_forget(self):
        self._parameters = {name: start for name, (_, start) in _PARAMETERS.items()}
        self._http_request_body = b""            # of the next request
        self._exchange = None
        self._http_answer = None         # Answer of the last request
        self._read_to = 0           # place in its body behind what AT+HTTPREAD has given

    def context_lost(self):
        super().context_lost()
        if self._exchange is not None:
            self._exchange.stop()
            self._exchange = None
            self.urc("+HTTP_NONET_EVENT")

    @property
    def http_receive_ms(self):
        return self._parameters["RECVTO"] * 1000

    @property
    def _http_started(self):
        return _NAME in self.services_started

    @at("+HTTPINIT")
    def start_http(self, form, args):
        del args
        if not self.of_service(form, _NAME, started=False):
            return
        if self.start_service(_NAME):
            self._http_forget()
            self.ok()
        else:
            self.error()

    @at("+HTTPTERM")
    def stop_http(self, form, args):
        del args
        if self.of_service(form, _NAME):
            if self._exchange is not None:
                self._exchange.stop()
            self._http_forget()
            self.stop_service(_NAME)
            self.ok()

    @at("+HTTPPARA")
    def http_parameter(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.ok()
            return
        name, _ = self.match(args, Text(choices=tuple(_PARAMETERS)), Optional(_Anything(), hole=True))
        kind, _ = _PARAMETERS[name]
        _, value = self.match(args, Text(), kind)
        if name == "URL":
            try:
                Url(str(value))
            except BadUrl as problem:
                raise BadArguments(str(problem)) from problem
        if not self._http_started:
            self.error()
            return
        self._parameters[str(name)] = value if isinstance(value, int) else str(value)
        self.ok()

    @at("+HTTPDATA")
    def http_body(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.ok()
            return
        size, seconds = self.match(args, Int(1, _LONGEST_BODY), Int(10, 65535))
        if not self._http_started:
            self.error()
            return
        self.prompt(self._http_body_came, text="\r\nDOWNLOAD\r\n", count=size, timeout_ms=seconds * 1000)

    def _http_body_came(self, data):
        if data is None:
            self.error()
            return
        self._http_request_body = data
        self.ok()

    @at("+HTTPACTION")
    def http_action(self, form, args):
        self.only(form, "test", "write")
        last = 3 if self.QUALCOMM else 5        # SIM7600 has neither PUT nor PATCH
        if form == "test":
            self.info(f"+HTTPACTION: (0-{last})")
            self.ok()
            return
        (number,) = self.match(args, Int(0, last))
        under_way = self._exchange is not None and not self._exchange.finished
        if not self._http_started or under_way or not self._parameters["URL"]:
            self.error()
            return
        if self._exchange is not None:
            self._exchange.stop()
        url = Url(self._parameters["URL"])
        body = self._http_request_body if number in _WITH_BODY else b""
        wanted = request(_METHODS[number], url, self._headers(number), body)
        self._http_answer, self._read_to = None, 0
        self._exchange = _Exchange(self, number, url, wanted)
        self.ok()
        self._exchange.start(self._parameters["CONNECTTO"] * 1000,
                             self.server_name(self._parameters["SSLCFG"], url.host))

    def _headers(self, number):
        headers = {"Accept": self._parameters["ACCEPT"],
                   "User-Agent": self._parameters["UA"] or f"SIMCOM_MODULE {self.MODEL}", "Connection": "keep-alive"}
        first, last = self._parameters["BREAK"], self._parameters["BREAKEND"]
        if number == 0 and (first or last):     # an end before the beginning: all from there on
            headers["Range"] = f"bytes={first}-{last if last > first else ''}"
        if number in _WITH_BODY:
            headers["Content-Type"] = self._parameters["CONTENT"]
        for line in self._parameters["USERDATA"].replace("\\r\\n", "\n").splitlines():
            name, colon, value = (part.strip() for part in line.partition(":"))
            if colon:
                headers = {each: text for each, text in headers.items() if each.lower() != name.lower()}
                headers[name] = value
        return headers

    def http_done(self, exchange, error):
        answer = exchange.answer
        if error:
            self.urc(f"+HTTPACTION: {exchange.number},{error},0")
            return
        self._http_answer, self._read_to = answer, 0
        of_head = _METHODS[exchange.number] == "HEAD"       # the answer to HEAD has nothing else
        self.urc(f"+HTTPACTION: {exchange.number},{answer.status},{len(answer.head if of_head else answer.body)}")

    @at("+HTTPHEAD")
    def http_head(self, form, args):
        del args
        self.only(form, "test", "exec")
        if form == "test":
            self.ok()
        elif self._http_answer is None:
            self.error()
        else:
            self.info(f"+HTTPHEAD: {self._data_word}{len(self._http_answer.head)}", self._http_answer.head, tail=False)
            self.ok()

    @property
    def _data_word(self):
        return "DATA," if self.QUALCOMM else ""

    @at("+HTTPREAD")
    def http_read(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.ok()
        elif self._http_answer is None:
            self.error()
        elif form == "read":
            if self._http_answer.chunked:        # 16.2.7: its length is not known
                self.error()
                return
            self.info(f"+HTTPREAD: LEN,{len(self._http_answer.body)}")
            self.ok()
        else:
            self._http_read(args)

    def _http_read(self, args):
        """<start_offset> counts in the whole answer; without it a read goes on behind the one before."""
        if len(args) == 1:
            args = [self._read_to, *args]
        start, size = self.match(args, Int(0, _LONGEST_ANSWER), Int(1, _LONGEST_ANSWER))
        data = self._http_answer.body[start:start + size]
        if not self._parameters["READMODE"]:
            self._read_to = start + len(data)
        self.ok()
        step = _PART if self.quirk("httpread-parts") else _LONGEST_ANSWER
        for at_byte in range(0, len(data), step):
            part = data[at_byte:at_byte + step]
            self.urc(f"+HTTPREAD: {self._data_word}{len(part)}", part)
        self.urc("+HTTPREAD: 0")


class _Anything:
    @staticmethod
    def check(value, place):
        del place
        return value
