"""Random and mutated command lines for one virtual module; repeatable by the seed.

The lines come from the manuals' examples (tests/spec), from the names of all commands the module has, and from both
with characters changed.  After each the fuzzer plays the host on: payload behind a prompt, the escape out of data mode,
power behind a power-down, and it waits as long as a module may take.
"""

import random
import re
import sys

from atsock_host.simulator.registry import module_class
from simbench import Bench, vectors

LONGEST_MS = 400_000        # nothing takes longer than the 240 s of AT+MIPCLOSE=n,2 and the waits before it
FINAL = re.compile(
    rb"(?:^|[\r\n])(?:OK|ERROR|NO CARRIER|CONNECT[ \w]*|SEND OK|SEND FAIL|CONNECT FAIL|NO ANSWER|BUSY"
    rb"|\+CM[ES] ERROR: [^\r]*|\+TCPIP ERROR: [^\r]*|[0-4])\r"
    rb"|(?:SEND OK|SEND FAIL|[0-4])\r(?!\n)")         # ATV0: right behind the echo of a payload, and no LF
ARGUMENTS = (
    "0", "1", "2", "3", "5", "9", "11", "12", "255", "-1", "65536", "99999999999999999999", "", " ", '""', '"a"',
    '"example.com"', '"192.0.2.10"', '"TCP"', '"UDP"', '"2001:db8::1"', '"IP"', '"internet"', "\xdf", '"\xff"',
    '"\xb5"', "?", "1.5", "0x10", '"0102"', '"unterminated', "8009", "\x00", '"IPRFMT"', '"dataformat"', '"12/34"',
    "\xb2",
)
JUNK = b"\r\n\x00\x08\x1a\x1b\x7f\xff\xdf\xb5;=?\"',+-&\\ 0123456789ATatEeSsQqVvXxZz"
PIECES = (";", "=", "?", "=?", "AT", "at", "&W", "&F", "Z", "E1", "Q1", "V0", "S5=8", "\\Q3", "+++", "A/", "&", "\\",
          "S")


# Lines that bring a module into the states where others mean something
_SIMCOM = (
    "AT+NETOPEN", "AT+NETOPEN", "AT+NETCLOSE", 'AT+CIPOPEN={n},"TCP","192.0.2.10",80',
    'AT+CIPOPEN={n},"TCP","example.com",80',
    'AT+CIPOPEN={n},"UDP",,,5000', "AT+CIPSEND={n},5", "AT+CIPSEND={n},", 'AT+CIPSEND={n},5,"192.0.2.1",9',
    "AT+CIPCLOSE={n}",
    "AT+CIPRXGET=1", "AT+CIPRXGET=0", "AT+CIPRXGET=2,{n},50", "AT+CIPRXGET=3,{n},50", "AT+CIPRXGET=4,{n}",
    "AT+CIPACK={n}",
    "AT+SERVERSTART=80,{n}", "AT+SERVERSTOP={n}", "AT+CIPMODE=1", "AT+CIPMODE=0", "ATO", "AT+CFUN=1,1",
    "AT+CIPSENDMODE={n}",
    "AT+CIPCLOSE?", "AT+CIPOPEN?", "AT+CFUN=0", "AT+CFUN=1", 'AT+CPING="example.com",1,2', "AT+CPINGSTOP", "AT+IPADDR")
_A7600 = (
    *_SIMCOM, "AT+HTTPINIT", "AT+HTTPINIT", "AT+HTTPTERM", 'AT+HTTPPARA="URL","http://192.0.2.10/"',
    'AT+HTTPPARA="URL","https://example.com/"', "AT+HTTPDATA=5,10", "AT+HTTPACTION={n}", "AT+HTTPHEAD",
    "AT+HTTPREAD={n},5", "AT+CMQTTSTART", "AT+CMQTTSTART", "AT+CMQTTSTOP", 'AT+CMQTTACCQ=0,"me",0', "AT+CMQTTREL=0",
    'AT+CMQTTCONNECT=0,"tcp://192.0.2.10",60,1', "AT+CMQTTDISC=0", "AT+CMQTTTOPIC=0,5", "AT+CMQTTPAYLOAD=0,5",
    "AT+CMQTTPUB=0,{n},60", "AT+CMQTTSUB=0,5,{n}", "AT+CMQTTSUBTOPIC=0,5,{n}", "AT+CMQTTSUB=0", "AT+CMQTTWILLTOPIC=0,5",
    "AT+CMQTTWILLMSG=0,5,{n}", "AT+CMQTTUNSUB=0,5,0", "AT+CCHSTART", "AT+CCHSTART", "AT+CCHSTOP", "AT+CCHSET=1,{n}",
    'AT+CCHOPEN={n},"192.0.2.10",443,1', 'AT+CCHOPEN={n},"example.com",443,2', "AT+CCHSEND={n},5", "AT+CCHRECV={n},9",
    "AT+CCHRECV?", "AT+CCHCLOSE={n}", 'AT+CCERTDOWN="a.pem",5')
_FIBOCOM = (
    'AT+MIPCALL=1,"a"', 'AT+MIPCALL=1,"a"', "AT+MIPCALL=0", 'AT+MIPOPEN={n},,"192.0.2.10",80,0',
    'AT+MIPOPEN={n},,"example.com",80,0', 'AT+MIPOPEN={n},5000,"192.0.2.10",80,1', 'AT+MIPOPEN={n},5000,"0.0.0.0",0,0',
    "AT+MIPSEND={n},5", "AT+MIPSEND={n}", 'AT+MIPSEND={n},"4142"', "AT+MIPPUSH={n}", "AT+MIPFLUSH={n}",
    "AT+MIPCLOSE={n}",
    "AT+MIPCLOSE={n},2", 'AT+GTSET="IPRFMT",5', 'AT+GTSET="IPRFMT",{n}', "AT+MIPREAD={n},50", "AT+MIPREAD?",
    "AT+MIPOPEN?",
    'AT+MIPODM={n},,"192.0.2.10",80,0', "ATO", "AT+MIPSETS={n},5,50", "AT+MIPDSETS={n},3,20", "AT+CFUN=1,1",
    "AT+CFUN=0",
    "AT+CFUN=1", 'AT+MPING=1,"example.com",2', 'AT+MIPDNS="example.com"', 'AT+MIPNTP="example.com",123')
_QUECTEL = (
    "AT+QIACT=1", "AT+QIACT=1", "AT+QIDEACT=1", 'AT+QIOPEN=1,{n},"TCP","192.0.2.10",80,0,{n}',
    'AT+QIOPEN=1,{n},"TCP","example.com",80,0,0', 'AT+QIOPEN=1,{n},"TCP","example.com",80,0,1',
    'AT+QIOPEN=1,{n},"UDP","192.0.2.10",80,0,0', 'AT+QIOPEN=1,{n},"UDP SERVICE","127.0.0.1",0,3030,1',
    'AT+QIOPEN=1,{n},"TCP LISTENER","127.0.0.1",0,2020,{n}', "AT+QISEND={n},5", "AT+QISEND={n}", "AT+QISEND={n},0",
    'AT+QISEND={n},5,"192.0.2.1",9', 'AT+QISENDEX={n},"4142"', "AT+QIRD={n},100", "AT+QIRD={n}", "AT+QIRD={n},0",
    "AT+QISWTMD={n},0", "AT+QISWTMD={n},1", "AT+QISWTMD={n},2", "ATO", "AT+QICLOSE={n}", "AT+QICLOSE=11", "AT+QISTATE",
    'AT+QIDNSGIP=1,"example.com"', 'AT+QPING=1,"example.com",1,2', 'AT+QNTP=1,"example.com"', "AT+CFUN=1,1",
    "AT+CFUN=0",
    "AT+CFUN=1", 'AT+QICFG="viewmode",{n}', 'AT+QICFG="dataformat",1,1', "AT+QISDE=0")
_ALL = ("A/", "a/", "AT+CGACT=0,1", "AT+CGACT=1,1", "AT+CGDCONT=1", 'AT+CGDCONT=1,"IP","internet"')
USEFUL = {dialect: (*lines, *_ALL) for dialect, lines in {
    "bg96": _QUECTEL, "a7600": _A7600, "sim7028": _SIMCOM, "nl668": _FIBOCOM, "l610": _FIBOCOM}.items()}


class Fuzz:
    def __init__(self, dialect, seed):
        self.dice = random.Random(f"{dialect} {seed}")
        self.bench = Bench(module_class(dialect))
        module = self.bench.module
        self.names = sorted(name.encode("latin-1") for name in module._handlers)
        self.examples = sorted({
            step["tx"].rstrip("\r").encode("latin-1") for vector in vectors(dialect)
            for step in vector["steps"] if str(step.get("tx", "")).upper().startswith("AT")})
        assert self.examples, "the manual's examples are the seeds"
        self.seen = b""
        self.useful = USEFUL[dialect]
        self.silent_ato = dialect in ("nl668", "l610")      # the manuals name no answer to it

    # ---- lines

    def line(self):
        kind = self.dice.randrange(13)
        if kind < 3:
            return self.dice.choice(self.examples)
        if kind >= 10:
            return self.dice.choice(self.useful).format(n=self.dice.randint(0, 2)).encode()
        if kind < 7:
            return b"AT" + self.command()
        if kind < 8:
            return b"AT" + b";".join(self.command() for _ in range(self.dice.randint(1, 4)))
        return self.mutated(self.dice.choice([self.dice.choice(self.examples), b"AT" + self.command()]))

    def command(self):
        form = self.dice.choice(["", "?", "=?", "=", "=", "=", "=", "="])
        if form == "=":
            form += ",".join(self.dice.choice(ARGUMENTS) for _ in range(self.dice.choice((1, 1, 2, 2, 3, 4, 5, 7))))
        return self.dice.choice(self.names) + form.encode("latin-1")

    def mutated(self, line):
        line = bytearray(line)
        for _ in range(self.dice.choice((1, 1, 2, 4, 9))):
            at = self.dice.randint(2, max(2, len(line)))
            kind = self.dice.randrange(6)
            if kind == 0:
                line[at:at + 1] = bytes([self.dice.choice(JUNK)])
            elif kind == 1:
                line[at:at] = bytes([self.dice.choice(JUNK)])
            elif kind == 2:
                del line[at:at + self.dice.randint(1, 5)]
            elif kind == 3:
                line[at:at] = self.dice.choice(PIECES).encode()
            elif kind == 4:
                line[at:at] = line[at:at + 8] * self.dice.choice((2, 40))
            else:
                line[at:at + 1] = bytes([self.dice.randrange(256)])
        return bytes(line)

    # ---- one step

    def step(self):
        """Send a line and play on until its final result; AssertionError when none comes."""
        module = self.bench.module
        line = self.line()
        erase, was_data = module.erase, module.in_data_mode
        was_online = self.silent_ato and module.odm is not None
        was_data = was_data or module._forgiving    # what is left of data may stand before the command
        self.seen = b""
        self.bench.tx(line + self.dice.choice((b"\r", b"\r", b"\r\n")))
        asked = not module.quiet and module.alive and not was_data
        self.settle()
        # what is typed so far or was written by nobody is no command; neither is what a mutation has cut in two
        if asked and b"\r" not in line and line[:2].upper() == b"AT" and not set(line) & {erase, 0x7F} \
                and not module.quiet and module.alive and not (was_online and b"O" in line.upper()):
            assert FINAL.search(self.seen), f"{line!r} got {self.seen!r}"
        self.tidy()

    def settle(self):
        """Until no command is in progress, no prompt is open, and the line is in command mode."""
        module, bench = self.bench.module, self.bench
        limit = bench.clock.ms + LONGEST_MS
        self.seen += bench.rx()
        while module.alive and (module.busy or module.in_data_mode or module._capture):
            assert bench.clock.ms < limit, "no final result"
            if module._capture:
                self.payload()
            elif module.in_data_mode:
                bench.wait(1100)
                bench.tx("+++")
                bench.wait(2000)
            else:
                deadline = module.next_deadline_ms()
                assert deadline is not None, "nothing will ever end the command"
                bench.wait(max(0, deadline - bench.clock.ms) + 1)
            self.seen += bench.rx()

    def payload(self):
        capture = self.bench.module._capture
        kind = self.dice.randrange(8)
        if kind == 0:
            self.bench.wait(200_000)    # the host has forgotten it; not every prompt has an end of its own
        size = self.dice.choice((0, 1, 5, 3000)) if capture.count is None else capture.count
        self.bench.tx(self.dice.randbytes(size) if kind < 5 else b"6162" * (size // 4 + 1))
        self.bench.tx(b"\x1b" if kind == 1 else b"\x1a")

    def peers(self):
        """What the network does meanwhile."""
        network = self.bench.network
        streams = [each for each in network.streams if each.connected and not (each.ended or each.closed)]
        kind = self.dice.randrange(8)
        if streams and kind < 3:
            stream = self.dice.choice(streams)
            data = b"\x20\2\0\0" if kind == 0 else self.dice.randbytes(self.dice.randint(1, 200))     # CONNACK of MQTT
            stream.feed(data[:stream.free_buffer()])
        elif streams and kind == 3:
            self.dice.choice(streams).close_by_peer(self.dice.random() < 0.5)
        elif kind == 4 and (listeners := [each for each in network.listeners if not each.ended]):
            network.accept(self.dice.choice(listeners), "192.0.2.1", 40_000)
        elif kind == 5 and (sockets := [each for each in network.sockets if not each.ended]):
            self.dice.choice(sockets).put_received(b"datagram", "192.0.2.1", 7)

    def tidy(self):
        """Now and then what keeps the module from answering at all is undone."""
        module, bench = self.bench.module, self.bench
        if self.dice.randrange(6) == 0:
            self.peers()
        bench.wait(self.dice.choice((0, 0, 1, 50, 1500)))
        if not module.alive:
            bench.wait(20_000)
            if not module.alive:
                module.power_on()
                bench.wait(20_000)
        if module.quiet or not module.verbose or self.dice.randrange(50) == 0:
            self.settle()
            bench.tx("\rATQ0V1E0\r")
            self.settle()
        for made in (bench.network.streams, bench.network.listeners, bench.network.sockets):
            made[:] = [each for each in made if not each.ended][-40:]
        bench.rx()

    # ---- the measure

    def weight(self):
        """Blocks of memory in use after a restart: what a module keeps for ever."""
        self.bench.module.power_on()
        self.bench.wait(600_000)
        self.bench.rx()
        self.bench.network.reset()
        self.bench.module.violations.clear()
        return sys.getallocatedblocks()
