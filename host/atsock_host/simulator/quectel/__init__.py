"""The Quectel BG96, from its TCP/IP AT Commands Manual V1.0.

Owns what all its TCP/IP commands share: options (2.1.15), data echo (2.1.16), the last error (2.1.17), identity
and boot.  Contexts, sockets, data, transparent mode, services and what stands beside TCP/IP have a file each.
"""

from ..arguments import Int, Optional, Text
from ..common import CommonModule
from ..module import at
from . import errors
from .answers import AnswerTables
from .contexts import ContextCommands
from .counter import DataCounter
from .services import ServiceCommands
from .sockets import SocketCommands
from .transfer import TransferCommands
from .transparent import TransparentCommands

# 2.1.15: option -> the attributes and ranges of its values; True behind a range: it may be left out
_OPTIONS = {
    "transpktsize": (("packet_size", 1, 1460),),
    "transwaittm": (("packet_wait", 0, 20),),
    "dataformat": (("send_format", 0, 1), ("receive_format", 0, 1)),
    "viewmode": (("view_mode", 0, 1),),
    "tcp/retranscfg": (("max_backoffs", 3, 20), ("max_rto", 5, 1000)),
}
_OPTION_RANGES = ('"transpktsize",(1-1460)', '"transwaittm",(0-20)', '"dataformat",(0,1),(0,1)',
                  '"viewmode",(0,1)', '"tcp/retranscfg",(3-20),(5-1000)')


_CARD_READY = "+CPIN: READY"
_TCP_IP = ("+QI", "+QPING", "+QNTP")        # commands whose errors AT+QIGETERROR tells


class Bg96(ContextCommands, SocketCommands, TransferCommands, TransparentCommands, ServiceCommands,
           AnswerTables, DataCounter, CommonModule):
    KEEPALIVE_IDLE = 0          # most of <idle_time> of "tcp/keepalive", which the BG96's manual does not have
    MANUFACTURER = "Quectel"
    MODEL = "BG96"
    REVISION = "BG96MAR02A07M1G"
    CMEE_START = 1
    ACCESS_TECHNOLOGY = 8       # E-UTRAN with extended coverage: LTE-M
    BOOT_WORDS = ((0, "RDY"), (100, "+CFUN: 1"), (150, "+CPIN: READY"), (400, "APP RDY"))
    OFF_WORDS = ("POWERED DOWN",)
    QUIRKS = {
        "no-app-rdy": "old firmware: APP RDY does not come after RDY",
        "pdpdeact-in-boot": "+QIURC: \"pdpdeact\" comes between POWERED DOWN and RDY",
    }

    def boot_words(self):
        left_out = {"APP RDY"} if self.quirk("no-app-rdy") else set()
        words = [(ms, self._card_word() if word == _CARD_READY else word) for ms, word in self.BOOT_WORDS]
        return tuple((ms, word) for ms, word in words if word and word not in left_out)

    def _card_word(self):
        """What the start says of the SIM card; nothing of one that is not ready yet."""
        if not self.card_inserted:
            return "+CPIN: NOT INSERTED"
        return None if self.sim_busy else "+CPIN: SIM PIN" if self.pin_wanted else _CARD_READY

    def reset(self):
        super().reset()
        self.last_error = 0         # of the last TCP/IP command
        self.data_echo = 1          # +QISDE
        self.packet_size = 1024     # +QICFG, as the attributes below
        self.packet_wait = 2
        self.send_format = 0
        self.receive_format = 0
        self.view_mode = 0
        self.max_backoffs = 8
        self.max_rto = 600
        self.keepalive, self.keepalive_idle, self.keepalive_interval, self.keepalive_count = 0, 1, 30, 3

    def restart(self, off_words=None, silence_ms=None):
        if self.quirk("pdpdeact-in-boot"):
            words = self.restart_words if off_words is None else off_words
            off_words = (*words, *(f'+QIURC: "pdpdeact",{cid}' for cid, context in self.contexts.items()
                                   if context.active))
        super().restart(off_words, silence_ms)

    # ---- results

    def success(self):
        """OK of a TCP/IP command."""
        self.last_error = 0
        self.ok()

    def fail(self, code):
        """ERROR of a TCP/IP command, with the code that +QIGETERROR tells."""
        self.last_error = code
        self.error()

    def bad_arguments(self, text):
        if self.command_name.startswith(_TCP_IP):
            self.fail(errors.INVALID_PARAMETERS)
        else:
            super().bad_arguments(text)

    @at("+QIGETERROR")
    def qigeterror(self, form, args):
        del args
        if form == "exec":
            self.info(f"+QIGETERROR: {self.last_error}, {errors.TEXTS[self.last_error]}")
        elif form != "test":
            self.unknown()
            return
        self.ok()

    # ---- options

    @at("+QICFG")
    def qicfg(self, form, args):
        if form == "test":
            for text in _OPTION_RANGES:
                self.info(f"+QICFG: {text}")
            if self.KEEPALIVE_IDLE:
                self.info(f'+QICFG: "tcp/keepalive",(0,1),(1-{self.KEEPALIVE_IDLE}),(25-100),(3-10)')
            self.success()
            return
        if form != "write":
            self.unknown()
            return
        known = _OPTIONS
        if self.KEEPALIVE_IDLE:
            known = {**known, "tcp/keepalive": (
                ("keepalive", 0, 1), ("keepalive_idle", 1, self.KEEPALIVE_IDLE, True),
                ("keepalive_interval", 25, 100, True), ("keepalive_count", 3, 10, True))}
        (option,) = self.match(args[:1], Text(choices=tuple(known)))
        fields = known[option]
        if len(args) == 1:
            values = ",".join(str(getattr(self, name)) for name, *_ in fields)
            self.info(f'+QICFG: "{option}",{values}')
        else:
            values = self.match(args[1:], *(
                Optional(Int(low, high), getattr(self, name)) if may_miss else Int(low, high)
                for name, low, high, *may_miss in fields))
            for (name, *_), value in zip(fields, values):
                setattr(self, name, value)
        self.success()

    @at("+QISDE")
    def qisde(self, form, args):
        if form == "test":
            self.info("+QISDE: (0,1)")
        elif form == "read":
            self.info(f"+QISDE: {self.data_echo}")
        elif form == "write":
            (self.data_echo,) = self.match(args, Int(0, 1))
        else:
            self.unknown()
            return
        self.success()
