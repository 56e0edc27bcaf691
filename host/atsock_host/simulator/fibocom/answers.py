"""What drivers ask a Fibocom module beside TCP/IP: network, SIM card, power (L610 and NL668 AT Commands Manuals).

Owns the tables and the few commands of that kind which do something.
"""

from ..arguments import Int, Optional
from ..module import at
from ..tables import Accepted, Info, Options, Stored


class AnswerTables:
    TABLE: "dict[str, object]" = {
        "+GTPKGVER": Info(read='+GTPKGVER: "{m.REVISION}"'),
        "+CFSN": Info('+CFSN: "{m.IMEI}"', read='+CFSN: "{m.IMEI}"'),
        "+GTACT": Stored(Int(0, 20), *[Optional(Int(0, 60000), hole=True)] * 12, start=(10, 3, 2), test="(2,10),(2,3)",
                         saved=True),
        "+GTRAT": Stored(Int(0, 20), *[Optional(Int(0, 20), hole=True)] * 2, start=(10, 3, 2), saved=True),
        "+GTCURCAR": Info(read='+GTCURCAR: "{m.OPERATOR}"'),
        "+GTCCINFO": Info(read="+GTCCINFO:", exec="+GTCCINFO:"),
        "+GTRNDIS": Stored(Int(0, 2), Optional(Int(1, 16)), start=(0, 1), test="(0-2),(1-16)"),
        "+GTUSBMODE": Stored(Int(0, 100), start=(31,), saved=True),
        "+GTDUALSIM": Info(read='+GTDUALSIM : 0, "SUB1", "L"'),
        "+GTWAKE": Accepted("(0,1),(0-2)"), "+GTLPM": Stored(Int(0, 2), start=(0,)), "+GTSIMSEL": Accepted(),
        "+GTIPPASS": Stored(Int(0, 1), start=(0,), saved=True),
        "+GTAUTODHCP": Stored(Int(0, 1), start=(0,), saved=True),
        "+MSMPD": Stored(Int(0, 1), start=(0,), test="(0,1)", saved=True),
        "+SIMDET": Stored(Int(0, 1), start=(0,), saved=True),
        # TLS: how a session is checked; the commands stand in another manual
        "+GTSSLVER": Stored(Int(0, 4), start=(3,)), "+GTSSLMODE": Stored(Int(0, 2), start=(0,)),
        "+GTSSLFILE": Options({}, others=True),
        "+GTGPSPOWER": Stored(Int(0, 1), start=(0,), test="(0,1)"),
    }

    @at("+CPWROFF", "+MRST")
    def power_off_or_restart(self, form, args):
        if form == "write":
            self.match(args, Optional(Int(0, 1), 0))
        self.ok()
        if form == "test":
            return
        if self.command_name == "+MRST":
            self.restart()
        else:
            self.power_off()
