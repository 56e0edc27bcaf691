"""What a SIMCom module remembers: service, links, servers, settings, and which results it still owes.

Owns the error tables (A7600 chapters 3 and 4, SIM7028 5.1 and 5.2), the table of links and the book of
deferred results that the strict checker needs.  Knows no command and moves no data.
"""

import re

from ..arguments import BadArguments
from ..common import CommonModule

# <err_info>, by number (A7600 chapter 3, SIM7028 5.1)
ERROR_INFOS = (
    "Connection time out", "Bind port failed", "Port overflow", "Create socket failed",
    "Network is already opened", "Network is already closed", "No clients connected", "No active client",
    "Network not opened", "Client index overflow", "Connection is already created",
    "Connection is not created", "Invalid parameter", "Operation not supported", "DNS query failed", "TCP busy",
    "Net close failed for socket opened", "Sending time out", "Sending failure for network error",
    "Open failure for network error", "Server is already listening", "Operation failed", "No data",
)

# <err> (A7600 chapter 4, SIM7028 5.2)
SUCCESS = 0
NETWORK_FAILURE = 1
NETWORK_NOT_OPENED = 2
WRONG_PARAMETER = 3
NOT_SUPPORTED = 4
CREATE_FAILED = 5
BIND_FAILED = 6
ALREADY_LISTENING = 7
BUSY = 8
SOCKETS_OPENED = 9
TIMED_OUT = 10
DNS_FAILED = 11

# states of the socket service
CLOSED, OPENING, OPEN, CLOSING, LOST = "closed", "opening", "open", "closing", "lost"
# states of a link beside OPENING, OPEN and CLOSING: FREE is unused, ENDED went away without the host's doing
# (the host may not know yet), DEAD took fewer bytes than it was given and serves no more (2.4)
FREE, ENDED, DEAD = "free", "ended", "dead"

_HELD = float("inf")        # position of a result that waits for the line
SERVICE = "service"         # key of the service in the book of results; links have their number

_FIRST_NUMBER = re.compile(r"\d+")
_LIKE_A_RESULT = re.compile(r"\+NET\w+: \d+|\+CIP\w+: \d+,\d+")      # <err>, or <link_num>,<err>


class Link:
    """One of the connections that `<link_num>` numbers."""

    def __init__(self, number):
        self.number = number
        self.state = FREE
        self.kind = None                # "TCP" or "UDP"
        self.endpoint = None            # Stream or DatagramSocket
        self.peer = ("0.0.0.0", 0)      # as AT+CIPOPEN? shows it; a UDP link of the command mode has none
        self.asked = self.peer          # (host, port) as AT+CIPOPEN named it
        self.local_port = 0
        self.server = -1                # number of the server that accepted it
        self.transparent = False
        self.noticed = False            # +CIPRXGET: 1 is out and the buffer has not been empty since
        self.ending = False             # the peer has closed, but bytes have still to go to the host
        self.sends = 0
        self.sending = None             # length of the send whose result is owed
        self.unsent = b""               # payload that waits for room
        self.timer = None               # limit of the open or send in progress
        self.behind_close = None        # called when the close in progress has ended: a command waits for it
        self._rest = b""                # what is left of a datagram read in part
        self._source = ("0.0.0.0", 0)

    def available(self):
        """Received bytes that wait to be read."""
        waiting = self.endpoint.available() if self.endpoint else 0
        return waiting + len(self._rest)

    def read(self, n):
        """(up to `n` bytes, address, port) of what was received; never bytes of two datagrams."""
        if self.kind == "TCP":
            return self.endpoint.recv(n), *self.peer
        while not self._rest and self.endpoint.available():
            self._rest, *self._source = self.endpoint.recv()
        data, self._rest = self._rest[:n], self._rest[n:]
        return data, *self._source


class SimcomState(CommonModule):
    QUIRKS = {
        "error-twice": "a refused AT+CIPSEND gets two ERROR lines",
        "numeric-errors": "+IP ERROR carries a number although AT+CIPCCFG asks for text",
    }

    LINKS = 10
    SERVERS = 4
    READ_LINK_MAX = 9               # highest link number AT+CIPRXGET takes
    MODE_ERROR_INFO = False         # a wrong AT+CIPRXGET=<mode> gets +IP ERROR before its ERROR
    CONFIG_START = (10, 0, 0, 1, 0, 0, 500)     # AT+CIPCCFG
    TIMEOUTS_START = (120000, 120000, 120000)   # AT+CIPTIMEOUT, ms: NETOPEN, CIPOPEN, CIPSEND

    def reset(self):
        super().reset()
        self.service = CLOSED
        self.links = [Link(number) for number in range(self.LINKS)]
        self.listeners = [None] * self.SERVERS
        self.config = list(self.CONFIG_START)
        self.timeouts_ms = list(self.TIMEOUTS_START)
        self.buffered = 0           # AT+CIPRXGET: 1 = the host fetches received data
        self.switches = {"+CIPHEAD": 1, "+CIPSRIP": 1, "+CIPMODE": 0, "+CIPSENDMODE": 0}
        self.ip_family = 1          # AT+CSOCKSETPN: 1 IPv4, 6 IPv6
        self._owed = {}             # SERVICE, link number or "server N" -> (name of the result, position or None)

    # ---- settings -----------------------------------------------------------------------------------

    @property
    def error_mode(self):
        """<errMode> of AT+CIPCCFG: 1 text, 0 number."""
        return 0 if self.quirk("numeric-errors") else self.config[3]

    @property
    def family(self):
        """4 or 6: which addresses names resolve to."""
        return 6 if self.ip_family == 6 else 4

    @property
    def transparent_mode(self):
        return self.switches["+CIPMODE"] == 1

    # ---- refusals -----------------------------------------------------------------------------------

    def ip_error(self, text):
        """End the command with +IP ERROR: <err_info> and ERROR."""
        self.info(f"+IP ERROR: {text if self.error_mode else ERROR_INFOS.index(text)}")
        self.error()

    def cip_error(self, err):
        """End the command with +CIPERROR: <err> and ERROR."""
        self.info(f"+CIPERROR: {err}")
        self.error()
        if self.quirk("error-twice"):
            self.urc("ERROR")

    def refuse(self, name, number, err):
        """End the command with `name`: <number>,<err> and ERROR."""
        self.info(f"{name}: {number},{err}")
        self.error()

    def bad_arguments(self, text):
        """Each command has its own line for a wrong parameter (A7600 2.3 to 2.16)."""
        name = self.command_name
        number = _FIRST_NUMBER.match(self.argument_text)
        if name in ("+CIPSEND", "+SERVERSTART"):
            self.cip_error(WRONG_PARAMETER)
        elif name == "+CIPOPEN" and number and int(number[0]) >= self.LINKS:
            self.ip_error("Invalid parameter")
        elif name in ("+CIPOPEN", "+CIPCLOSE", "+SERVERSTOP") and number:
            self.refuse(name, int(number[0]), WRONG_PARAMETER)
        elif name == "+CIPACK" or (name == "+CIPRXGET" and (
                self.MODE_ERROR_INFO or number and number[0] in ("2", "3", "4"))):
            self.ip_error("Invalid parameter")
        else:
            super().bad_arguments(text)

    def only(self, form, *allowed):
        """BadArguments for a form the manual does not give the command."""
        if form not in allowed:
            raise BadArguments(f"AT{self.command_name} has no {form} form")

    # ---- deferred results ---------------------------------------------------------------------------

    def owe(self, key, name):
        """A result `name` comes later; until the host has it, commands about `key` are violations."""
        self._owed[key] = (name, None)

    def pay(self, key, text):
        """Write a deferred result."""
        self.urc(text)
        self._owed[key] = (text.partition(":")[0], self.written if self.line_free else _HELD)

    def line_ready(self):
        for key, (name, position) in self._owed.items():
            if position == _HELD:
                self._owed[key] = (name, self.written)

    def owed(self, key):
        """Name of the result the host still has to wait for, or None."""
        name, position = self._owed.get(key, (None, 0))
        if position is not None and self.seen(position):
            self._owed.pop(key, None)
            return None
        return name

    def check_owed(self, key):
        """Violation when the host commands something about `key` before it has the result it was promised."""
        name = self.owed(key)
        if name:
            self.violation(f"command before the deferred result {name} of {self._called(key)}")

    def check_query(self, answer):
        """Violation when the answer of a query can be taken for a deferred result that is to come.

        The states of two links look like one (SIM7028 2.1.6), those of ten do not.
        """
        if not _LIKE_A_RESULT.fullmatch(answer):
            return
        for key in list(self._owed):
            name = self.owed(key)
            if name == answer.partition(":")[0]:
                self.violation(f"query while the deferred result {name} of {self._called(key)} is to come")

    @staticmethod
    def _called(key):
        return f"link {key}" if isinstance(key, int) else key

    # ---- service and links --------------------------------------------------------------------------

    def check_service(self):
        """True when sockets can be used; the violation of using them too early otherwise."""
        self.check_owed(SERVICE)
        if self.service == OPEN:
            return True
        if self.service != LOST:        # it went away by itself: the host may not know yet
            self.violation(f"AT{self.command_name} while the socket service is {self.service}")
        return False

    def link(self, number, last=None):
        """The link of an argument; BadArguments when there is none of that number."""
        last = self.LINKS - 1 if last is None else last
        if not isinstance(number, int) or not 0 <= number <= last:
            raise BadArguments(f"link number {number!r}, allowed is 0-{self.LINKS - 1}")
        if number >= self.LINKS:
            self.violation(f"link number {number}, allowed is 0-{self.LINKS - 1}")
            return Link(number)
        self.check_owed(number)
        return self.links[number]

    def check_in_use(self, link):
        """Violation when the host means a link that it never opened, or has closed."""
        if link.state == FREE and link.number < self.LINKS:
            self.violation(f"link {link.number} is not open")

    def release(self, link, state=FREE):
        """Forget a link: its number is free again; `state` ENDED when the host did not ask for it."""
        if link.timer is not None:
            link.timer.cancel()
        if self.links[link.number] is link:
            fresh = Link(link.number)
            fresh.state = state
            self.links[link.number] = fresh

    def current(self, link):
        """False when the link was released in the meantime."""
        return self.links[link.number] is link
