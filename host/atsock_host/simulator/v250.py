"""The commands of ITU-T V.250 that every module has: echo, results, registers, speed, flow control.

Owns their settings.  Knows nothing about the radio.
"""

from .arguments import BadArguments, Int, Optional
from .module import at


_REGISTERS = {0: 0, 2: 43, 3: 13, 4: 10, 5: 8, 12: 50}     # V.250 6.2 and 6.3: start values
# bit/s of AT+IPR; 0: the module finds it out by itself
_RATES = (0, 300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 33600, 38400, 57600, 76800, 115200, 230400, 460800,
          500000, 921600, 1000000, 1500000, 2000000, 3000000, 3200000, 3500000, 3686400, 4000000)
_PROFILE = ("echo", "verbose", "quiet", "connect_text", "registers", "dtr_mode", "flow_control", "cmee", "report")


class V250Commands:
    rate = 115200               # speed of the line in bit/s; what AT+IPR and CONNECT show
    QUIRKS = {"echo-stays": "ATE0 answers OK, but the echo stays on"}

    def reset(self):
        super().reset()
        self.connect_text = True        # CONNECT carries the speed (ATX, AT\V)
        self.registers = dict(_REGISTERS)
        self.erase = self.registers[5]
        self.flow_control = (0, 0)
        self.dtr_mode = 0
        self._load_profile()

    def _load_profile(self):
        """What AT&W has stored."""
        for name, value in self.nonvolatile.get("&W", {}).items():
            setattr(self, name, dict(value) if isinstance(value, dict) else value)
        self.erase = self.registers[5]

    def connect_result(self):
        """CONNECT, with the speed of the line when ATX asks for it."""
        return f"CONNECT {self.rate}" if self.connect_text else "CONNECT"

    @at("E")
    def echo_command(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.echo = bool(value) or self.quirk("echo-stays")
        self.ok()

    @at("V")
    def verbose_command(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.verbose = bool(value)
        self.ok()

    @at("Q")
    def quiet_command(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.quiet = bool(value)
        self.ok()

    @at("X")
    def result_codes(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 4), 0))
        self.connect_text = value > 0
        self.ok()

    @at("\\V")
    def connect_report(self, form, args):
        del form
        (value,) = self.match(args, Optional(Int(0, 1), 0))
        self.connect_text = value == 1
        self.ok()

    @at("&D")
    def dtr(self, form, args):
        del form
        (self.dtr_mode,) = self.match(args, Optional(Int(0, 2), 0))
        self.ok()

    @at("&W")
    def store_profile(self, form, args):
        del form
        self.match(args, Optional(Int(0, 1), 0))
        values = {name: getattr(self, name) for name in _PROFILE}
        self.nonvolatile["&W"] = {name: dict(value) if isinstance(value, dict) else value
                                  for name, value in values.items()}
        self.ok()

    @at("&V")
    def show_profile(self, form, args):
        del form, args
        for name in ("echo", "quiet", "verbose"):
            self.info(f"{name[0].upper()}: {int(getattr(self, name))}")
        for number, value in sorted(self.registers.items()):
            self.info(f"S{number}: {value:03d}")
        self.ok()

    @at("Z")
    def load_profile(self, form, args):
        del form
        self.match(args, Optional(Int(0, 1), 0))
        self._factory_settings()
        self._load_profile()
        self.ok()

    @at("&C", "&E", "&K", "&S", "&R", "&A", "\\Q", "\\N", "L", "M", "N", "T", "P", "W",
        "+DS", "+DR", "+MS", "+ES", "+ILRR")
    def without_effect(self, form, args):
        del form
        if self.command_name[0] != "+":
            self.match(args, Optional(Int(0, 9), 0))
        self.ok()

    @at("&F")
    def defaults(self, form, args):
        del form
        self.match(args, Optional(Int(0, 0), 0))
        self._factory_settings()
        self.ok()

    def _factory_settings(self):
        self.echo = self.verbose = True
        self.quiet = False
        self.registers = dict(_REGISTERS)
        self.erase = self.registers[5]
        self.cmee = self.CMEE_START
        for name in self.report:
            self.report[name] = 0

    @at("I")
    def identification(self, form, args):
        del form, args
        lines = self.ATI_LINES
        if lines is None:
            lines = ("{m.MANUFACTURER}", "{m.MODEL}", "Revision: {m.REVISION}")
        for text in lines:
            self.info(text.format(m=self))
        self.ok()

    @at("H")
    def hook(self, form, args):
        del form, args
        self.ok()

    @at(*(f"S{n}" for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 25, 30)))
    def register(self, form, args):
        number = int(self.command_name[1:])
        if form == "read":
            self.info(f"{self.registers.get(number, 0):03d}")
        elif form == "write":
            (self.registers[number],) = self.match(args, Int(0, 255))
            self.erase = self.registers[5]
        self.ok()

    @at("+IPR")
    def rate_command(self, form, args):
        if form == "read":
            self.info(f"+IPR: {self.rate}")
        elif form == "write":
            (rate,) = self.match(args, Int(0, 4000000))
            if rate not in _RATES:
                raise BadArguments(f"no line has {rate} bit/s")
            self.rate = rate
        else:
            self.info("+IPR: (),({})".format(",".join(map(str, _RATES))))
        self.ok()

    @at("+IFC")
    def flow(self, form, args):
        if form == "read":
            self.info("+IFC: {},{}".format(*self.flow_control))
        elif form == "write":
            self.flow_control = tuple(self.match(args, Int(0, 2), Optional(Int(0, 2), 0)))
        else:
            self.info("+IFC: (0,2),(0,2)")
        self.ok()
