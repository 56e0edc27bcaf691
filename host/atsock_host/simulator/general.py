"""What drivers send beside the commands that matter to sockets: 3GPP TS 27.007 and 27.005, as far as it has an answer.

Owns the choice of the operator, power saving (7.38, 7.40, 7.41) and the table of the rest.
"""

from .arguments import BadArguments, Int, Optional, Quoted, Text
from .module import at
from .tables import CARD_IN, CARD_OPEN, Accepted, Info, Stored

_READ_BINARY = 176
_BITS = Text(8)
_CHARSET = Text(choices=("GSM", "IRA", "UCS2", "HEX", "8859-1", "PCCP437"))


class GeneralCommands:
    CBC = "+CBC: 0,{charge},{m.VOLTAGE_MV}"     # 27.007 8.4, with the voltage that vendors add
    TABLE: "dict[str, object]" = {
        # the module and the network
        "+CCID": Info("+CCID: {m.ICCID}", read="+CCID: {m.ICCID}", card=CARD_IN),
        "+ICCID": Info("+ICCID: {m.ICCID}", read="+ICCID: {m.ICCID}", card=CARD_IN),
        "+CNUM": Info('+CNUM: ,"{m.NUMBER}",145', card=CARD_OPEN),
        "+GCAP": Info("+GCAP: +CGSM"),
        "+CPAS": Info("+CPAS: 0", test="+CPAS: (0-4)"),
        "+CEER": Info("+CEER: No report available"),
        "+CESQ": Info("+CESQ: 99,99,255,255,{m.rsrq_index},{m.rsrp_index}", unregistered="+CESQ: 99,99,255,255,255,255",
                      test="+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)"),
        "+WS46": Stored(Int(0, 64), start=(28,), test="(12,22,25,28)", saved=True),
        "+CSCON": Stored(Int(0, 3), start=(0,), test="(0,1)", read="+CSCON: {v[0]},0"),
        "+CEMODE": Stored(Int(0, 3), start=(0,), test="(0-3)", saved=True),
        "+CLCK": Info(write="+CLCK: 0", test='+CLCK: ("SC","AO","OI")'),
        "+CMER": Accepted(), "+CIND": Accepted(), "+CGEREP": Stored(Int(0, 2), Optional(Int(0, 1)), start=(0, 0)),
        # contexts
        "+CGAUTH": Accepted("(1-16),(0-3)"),
        "+CGCLASS": Stored(Text(choices=("A", "B")), start=("A",), test='("A")'),
        "+CGPIAF": Accepted(), "+CGQREQ": Accepted(), "+CGQMIN": Accepted(), "+CGEQREQ": Accepted(),
        "+CGSMS": Stored(Int(0, 3), start=(1,), test="(0-3)"),
        # short messages: none comes, none is kept
        "+CMGF": Stored(Int(0, 1), start=(0,), test="(0,1)"),
        "+CSCS": Stored(_CHARSET, start=("GSM",), test='("GSM","IRA","UCS2")'),
        "+CNMI": Stored(*[Int(0, 3)] * 5, start=(2, 1, 0, 0, 0), test="(0-2),(0-3),(0,2),(0-2),(0,1)"),
        "+CPMS": Info(read='+CPMS: "SM",0,50,"SM",0,50,"SM",0,50', write="+CPMS: 0,50,0,50,0,50",
                      test='+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")'),
        "+CSMS": Info(read="+CSMS: 0,1,1,1", write="+CSMS: 1,1,1", test="+CSMS: (0,1)"),
        "+CSMP": Stored(*[Int(0, 255)] * 4, start=(17, 167, 0, 0)),
        "+CSDH": Stored(Int(0, 1), start=(0,), test="(0,1)"),
        "+CSCA": Info(read='+CSCA: "{m.NUMBER}",145', write=()),
        "+CMGL": Info((), write=(), test='+CMGL: "REC UNREAD","REC READ","STO UNSENT","STO SENT","ALL"'),
        "+CMGD": Info(write=(), test="+CMGD: (),(0-4)"),
        # calls: none comes
        "+CLIP": Stored(Int(0, 1), start=(0,), test="(0,1)", read="+CLIP: {v[0]},2"),
        "+CLIR": Accepted(), "+COLP": Stored(Int(0, 1), start=(0,), test="(0,1)"),
        "+CRC": Stored(Int(0, 1), start=(0,)),
        "+CCWA": Accepted(), "+CSSN": Stored(Int(0, 1), Optional(Int(0, 1)), start=(0, 0)),
        "+CUSD": Stored(Int(0, 2), Text(), Optional(Int(0, 255)), start=(0,)),
        "+CLCC": Info((), write=()), "+CVHU": Stored(Int(0, 2), start=(0,)), "+CHUP": Info(()),
        "+CMUT": Stored(Int(0, 1), start=(0,)), "+CLVL": Stored(Int(0, 100), start=(50,)),
        # the line
        "+ICF": Stored(Int(1, 6), Optional(Int(0, 3)), start=(3, 3), test="(1-6),(0-3)"),
    }

    def reset(self):
        super().reset()
        self.operator_mode, self.operator_format = 0, 0

    @property
    def rsrp_index(self):
        """<rsrp> of AT+CESQ (27.007 8.69)."""
        return max(0, min(97, self.RSRP + 141))

    @property
    def rsrq_index(self):
        return max(0, min(34, 2 * self.RSRQ + 40))

    @at("+CLAC")
    def list_commands(self, form, args):
        """8.37: all commands that there are."""
        del args
        if form not in ("exec", "test"):
            raise BadArguments("AT+CLAC has no values")
        if form == "exec":
            for name in sorted(self._handlers):
                self.info(f"AT{name}")
        self.ok()

    @at("+CBC")
    def battery(self, form, args):
        del args
        if form != "test":
            self.info(self.CBC.format(m=self, charge=max(0, min(100, (self.VOLTAGE_MV - 3300) // 9))))
        self.ok()

    # ---- operator (7.3) -----------------------------------------------------------------------------

    @at("+COPS")
    def operator(self, form, args):
        names = (self.OPERATOR, self.OPERATOR_SHORT, self.PLMN)
        if form == "read":
            text = f"+COPS: {2 if self.deregistered else self.operator_mode}"
            if self.registered:
                text += f',{self.operator_format},"{names[self.operator_format]}",{self.ACCESS_TECHNOLOGY}'
            self.info(text)
        elif form == "test":
            shown = '"{}","{}","{}"'.format(*names)
            self.info(f"+COPS: (2,{shown},{self.ACCESS_TECHNOLOGY}),,(0-4),(0-2)")
        else:
            mode, kind, wanted, _ = self.match(
                args, Int(0, 4), Optional(Int(0, 2), hole=True), Optional(Text(bare=True), hole=True),
                Optional(Int(0, 13)))
            if not self._choose_operator(mode, kind, wanted, names):
                return
        self.ok()

    def _choose_operator(self, mode, kind, wanted, names):
        if mode in (1, 4):
            if wanted is None:
                raise BadArguments("no operator to choose")
            if str(wanted).lower() != names[kind or 0].lower() and mode == 1:
                self.cme(30)
                return False
        if kind is not None:
            self.operator_format = kind
        if mode == 3:
            return True
        self.operator_mode = 0 if mode == 2 else mode
        if (mode == 2) != self.deregistered:
            self.urcs_behind_result()
            if mode == 2:
                self.radio_off()
            self.deregistered = mode == 2
            self._report_registration()
        return True

    # ---- power saving -------------------------------------------------------------------------------

    @at("+CPSMS")
    def power_saving(self, form, args):
        kept = self.kept(True)
        mode, tau, active = kept.get("+CPSMS", (0, "00101000", "00100001"))
        if form == "read":
            self.info(f'+CPSMS: {mode},,,"{tau}","{active}"')
        elif form == "test":
            self.info('+CPSMS: (0-2),,,("00000000"-"11111111"),("00000000"-"11111111")')
        else:
            mode, _, _, new_tau, new_active = self.match(
                args, Int(0, 2), Optional(_BITS, hole=True), Optional(_BITS, hole=True), Optional(_BITS, hole=True),
                Optional(_BITS, hole=True))
            for bits in (new_tau, new_active):
                _check_bits(bits, 8)
            kept["+CPSMS"] = (mode, str(new_tau or tau), str(new_active or active))
        self.ok()

    def power_saving_timers(self):
        """,<Active-Time>,<Periodic-TAU> as the network has granted them, with empty cause fields, or nothing."""
        mode, tau, active = self.nonvolatile.get("+CPSMS", (0, "", ""))
        return f',,"{active}","{tau}"' if mode == 1 else ""

    @at("+CEDRXS")
    def extended_reception(self, form, args):
        kept = self.kept(True)
        mode, technology, bits = kept.get("+CEDRXS", (0, self._edrx_technology, "0010"))
        if form == "read":
            self.info(f'+CEDRXS: {technology},"{bits}"' if mode in (1, 2) else f"+CEDRXS: {mode}")
        elif form == "test":
            self.info('+CEDRXS: (0-3),(2,4,5),("0000"-"1111")')
        else:
            mode, new_technology, new_bits = self.match(
                args, Int(0, 3), Optional(Int(0, 5), hole=True), Optional(Text(4), hole=True))
            _check_bits(new_bits, 4)
            kept["+CEDRXS"] = (mode, technology if new_technology is None else new_technology, str(new_bits or bits))
        self.ok()

    @property
    def _edrx_technology(self):
        """<AcT-type> of AT+CEDRXS for the technology in use: 4 WB-S1, 5 NB-S1."""
        return 5 if self.ACCESS_TECHNOLOGY == 9 else 4

    @at("+CEDRXRDP")
    def extended_reception_granted(self, form, args):
        del args
        if form == "exec":
            mode, technology, bits = self.kept(True).get("+CEDRXS", (0, 0, ""))
            granted = mode in (1, 2) and self.registered
            self.info(f'+CEDRXRDP: {technology},"{bits}","{bits}","0011"' if granted else "+CEDRXRDP: 0")
        self.ok()

    # ---- SIM card -----------------------------------------------------------------------------------

    @at("+CRSM")
    def read_card(self, form, args):
        """8.18: READ BINARY (176) of the files that name the card and its network; other files are not there."""
        if form != "write":
            self.ok()
            return
        command, number, *_ = self.match(args, Int(0, 255), Optional(Int(0, 65535), 0), *[Optional(Int(0, 255))] * 3,
                                         Optional(Text(bare=True)), Optional(Text(bare=True)))
        if not self.sim_ready:
            self._sim_error()
            return
        digits = {0x2FE2: _swapped(self.ICCID), 0x6F07: f"08{_swapped('9' + self.IMSI)}",
                  0x6F62: f"{_network_code(self.PLMN)}4000{'FFFFFF0000' * 4}"}.get(number)
        found = command == _READ_BINARY and digits is not None
        self.info(f'+CRSM: 144,0,"{digits}"' if found else "+CRSM: 106,130")     # 6A 82: file not found
        self.ok()

    # ---- contexts -----------------------------------------------------------------------------------

    @at("+CGCONTRDP")
    def context_parameters(self, form, args):
        if form == "test":
            active = [str(cid) for cid, context in sorted(self.contexts.items()) if context.active]
            self.info(f"+CGCONTRDP: ({','.join(active)})")
        else:
            (wanted,) = self.match(args, Optional(Int(1, self.CONTEXTS)))
            for cid, context in sorted(self.contexts.items()):
                if context.active and wanted in (None, cid):
                    servers = ",".join(f'"{server}"' for server in self.DNS)
                    self.info(f'+CGCONTRDP: {cid},5,"{context.apn}","{context.address}","",{servers}')
        self.ok()


def _swapped(digits):
    """Digits two to a byte, the first one in the lower half (3GPP TS 31.102)."""
    digits += "F" * (len(digits) % 2)
    return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))


def _network_code(plmn):
    """Three bytes of country and network (3GPP TS 24.008 10.5.1.13)."""
    country, network = plmn[:3], plmn[3:].ljust(3, "F")
    return f"{country[1]}{country[0]}{network[2]}{country[2]}{network[1]}{network[0]}"


def _check_bits(bits, length):
    if bits is not None and (len(bits) != length or bits.strip("01") or not isinstance(bits, Quoted)):
        raise BadArguments(f"{bits!r} is not {length} bits")
