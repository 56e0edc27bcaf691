"""What all commands of a Fibocom module share: errors, late results, and the part of the strict checker that
knows about late results.

Owns the table of sockets, not what happens to them.  Section numbers: NL668 and L610 TCP&UDP manuals.
"""

import functools
import re

from ..arguments import BadArguments
from ..common import CommonModule
from ..errors import CME_TEXTS
from ..module import at
from .socket import LISTENING

DOWN, UP, BUSY = 0, 1, 2            # <status> of AT+MIPCALL?

# Section 2.3, spelled as printed
TCPIP_TEXTS = {
    2000: "TCPIP Param wrong", 2001: "TCPIP not supported in ppp mode", 2002: "TCPIP dns convert to ip fail",
    2003: "TCPIP socket number limited", 2004: "TCPIP invalid operation", 2005: "TCPIP protol error",
    2006: "TCPIP send data too long", 2007: "TCPIP send data memory failed",
    2008: "TCPIP service not in correct state", 2009: "TCPIP pdp not defined", 2010: "TCPIP new socket failed",
    2011: "TCPIP socket bind fail", 2012: "TCPIP socket connect fail", 2013: "TCPIP socket send fail",
    2014: "TCPIP socket close fail", 2015: "TCPIP get socket receive buffer failed",
    2016: "TCPIP receive data failed", 2017: "TCPIP socket used", 2018: "TCPIP get send buffer size failed",
    2019: "TCPIP socket send data failed", 2020: "TCPIP socket send data size limited",
    2021: "TCPIP socket set listening mode failed", 2022: "TCPIP socket listen fail",
    2023: "TCPIP socket error", 2024: "TCPIP socket not opened", 2025: "TCPIP tcp stack confige failed",
    2026: "TCPIP socket no data to send", 2027: "TCPIP socket send invalid data state",
    2028: "TCPIP socket close client", 2029: "TCPIP ping error", 2030: "TCPIP ppp not connected",
    2031: "TCPIP mipcall not active", 2032: "TCPIP etcpip not active", 2033: "TCPIP not def4",
}

_BLANK_AFTER_COLON = re.compile(r"(\+M[A-Z0-9]+:) ")


def mip(*names):
    """Marks a handler as module.at() does; "PIN restricted" of every table: without a ready SIM it is refused."""
    def mark(handler):
        @functools.wraps(handler)
        def guarded(self, form, args):
            if self.sim_ready:
                handler(self, form, args)
            else:
                self._sim_error()
        return at(*names)(guarded)
    return mark


class OneOf:
    """A bare number out of a list."""

    def __init__(self, *values):
        self.values = values

    def check(self, value, place):
        if not isinstance(value, int) or value not in self.values:
            allowed = ", ".join(map(str, self.values))
            raise BadArguments(f"argument {place} is {value!r}, allowed is {allowed}")
        return value


class Notice:
    """Where in the output an unsolicited line stands; unknown while the line waits for a prompt to end."""

    def __init__(self, module, position):
        self._module = module
        self._position = position

    def place(self, position):
        """The line, which had to wait, stands before this position."""
        self._position = position

    def seen(self):
        """True when the line has left the module."""
        return self._position is not None and self._module.seen(self._position)

    def known(self):
        """True when the host must have read it, because a final result it waited for came behind it."""
        return self._position is not None and self._position <= self._module.waited_for


class FibocomBase(CommonModule):
    MANUFACTURER = "Fibocom"
    SHARED_FRAMES = False           # every line has its own pair of CR LF (examples of NL668 3.3)
    CME_TEXTS = {**CME_TEXTS, **TCPIP_TEXTS}
    QUIRKS = {
        "boot-rdy": "RDY after a start (the manuals name no boot word: silent otherwise)",
        "cme-codes": "refused commands answer +CME ERROR: <TCP/IP code> instead of ERROR",
        "identity-prefix": "AT+CGMM and the like answer with their name and quotes: +CGMM: \"...\"",
        "result-before-ok": "late results of +MIPCALL, +MIPOPEN, +MIPCLOSE and +MIPNTP come before OK",
        "tcpip-error": "refused commands answer +TCPIP ERROR: <text>",
        "tight-colon": "no blank after the colon of +M... lines (clones)",
    }

    SOCKETS = 6
    IMEI_QUOTED = False             # so a public driver reads it

    def reset(self):
        super().reset()
        self.sockets = {}           # number -> MipSocket; a number not in it is free
        self.link = DOWN
        self.lost_at = None         # Notice of a link loss nobody asked for
        self.results = {}           # command -> Notice of its last late result
        self.freed_at = {}          # number -> Notice of the +MIPSTAT that freed it (quirk stat-frees)
        self._ok_owed_by = None     # whose late result comes before its OK (quirk result-before-ok)

    def _booted(self):
        super()._booted()
        if self.quirk("boot-rdy"):
            self.urc("RDY")

    # ---- answers ------------------------------------------------------------------------------------

    def fail(self, code):
        """End the command with an error of section 2.3; the tables print plain ERROR everywhere."""
        if self.quirk("cme-codes"):
            self.final(f"+CME ERROR: {TCPIP_TEXTS[code] if self.cmee == 2 else code}")
        elif self.quirk("tcpip-error"):
            self.final(f"+TCPIP ERROR: {TCPIP_TEXTS[code]}")
        else:
            self.error()

    def bad_arguments(self, text):
        if self.command_name.startswith(("+M", "+GT")):
            self.fail(2000)
        else:
            super().bad_arguments(text)

    def accepted(self, owner):
        """OK of a command whose result comes later, with late() of the same owner."""
        if self.quirk("result-before-ok"):
            self._ok_owed_by = owner
        else:
            self.ok()

    def late(self, command, text, owner):
        """Write the late result of `command`; returns its Notice."""
        if self._ok_owed_by == owner:
            self._ok_owed_by = None
            self.info(text)
            self.ok()
            notice = Notice(self, self.written)
        else:
            notice = self.notice(text)
        self.results[command] = notice
        return notice

    def notice(self, text):
        """Write an unsolicited line and return its Notice."""
        free = self.line_free
        self.urc(text)
        notice = Notice(self, self.written if free else None)
        if not free:
            self._unplaced.append((self._held[-1][0], notice))
        return notice

    def _held_written(self, frame):
        for waiting in self._unplaced:
            if waiting[0] is frame:
                waiting[1].place(self.written)
                self._unplaced.remove(waiting)
                break

    def _clear_output(self):
        super()._clear_output()
        self._unplaced = []     # (frame, Notice) of lines that wait

    def _frame(self, text, *rest, **options):
        if self.quirk("tight-colon"):
            text = _BLANK_AFTER_COLON.sub(r"\1", text, count=1)
        return super()._frame(text, *rest, **options)

    def _identity(self, form, args, text):
        shown = f'{self.command_name}: "{text}"' if self.quirk("identity-prefix") else text
        if form == "read" and self.command_name == "+CIMI":
            shown = f"+CIMI: {text}"        # the driver that asks so reads it with the name
        super()._identity(form, args, shown)

    # ---- checker ------------------------------------------------------------------------------------

    @property
    def waited_for(self):
        """Position behind the last final result or prompt the host had to wait for."""
        return self._awaited

    def outstanding(self, command):
        """True while a late result of `command` has not reached the host."""
        due = any(each.pending == command and each.state != LISTENING for each in self.sockets.values())
        notice = self.results.get(command)
        return due or (notice is not None and not notice.seen())

    @staticmethod
    def aware_of(notice):
        """True unless `notice` is a line that the host may not have read yet."""
        return notice is None or notice.known()

    def check_query(self, command):
        """A query whose answer looks like a late result must not be sent while that result is due."""
        if self.outstanding(command):
            self.violation(f"query while the result of AT{command} is outstanding")

    def _run_command(self, command):
        if self.link == BUSY or self.outstanding("+MIPCALL"):
            self.violation("command while the result of AT+MIPCALL is outstanding")     # 1.1.1.2, notes
        elif any(each.pending == "+MIPODM" and each.state != LISTENING for each in self.sockets.values()):
            self.violation("command while the result of AT+MIPODM is outstanding")
        if command.name in ("+CGATT", "+CGACT") and command.form == "write":
            self.violation(f"AT{command.name} is not to be mixed with the MIP commands")    # 1.1.2.1, note
        super()._run_command(command)
