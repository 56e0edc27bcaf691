"""What the line and the module's protocol allow: the least time a transfer can take at zero latency.

Owns one row per dialect, access mode and direction: the bytes of one exchange as the manuals print them, and the
largest payload it carries.  Knows no driver: the rows are the yardstick a driver is measured with.

The model: a byte takes 10 bits of line time; the module answers at once; nothing is sent while an answer is coming,
for one command must end before the next begins.  So the least time is the sum of the bytes of both directions.
Left out, because a transfer can do without: notices of arriving data, questions about the state.  Identifiers have
one digit, as small as they can be.
"""

from typing import NamedTuple

BITS_PER_BYTE = 10      # start bit, eight data bits, stop bit

RECEIVE, SEND = "receive", "send"


class Exchange(NamedTuple):
    """One exchange that carries payload.

    `chunk`: the largest payload, in bytes.  `to_module` and `from_module`: what crosses the line beside the payload,
    {chunk} for the size asked for, {n} for the size carried.  `factor`: bytes on the line per byte of payload.
    `closing`: what crosses the line, both directions together, once for `every` exchanges.  `wait_ms`: how long the
    module by its manual keeps the end of what it was given, hoping for more.
    """

    chunk: int
    to_module: str
    from_module: str
    factor: int = 1
    every: int = 1
    closing: str = ""
    source: str = ""
    wait_ms: int = 0

    def overhead(self, n):
        """Bytes on the line beside the payload, both directions together, in an exchange of `n` bytes."""
        return len((self.to_module + self.from_module).format(chunk=self.chunk, n=n))


OK = "\r\n\r\nOK\r\n"      # ends an answer that has information lines

_BG96_SEND = Exchange(
    1460, "AT+QISEND=0,{n}\r", "\r\n> \r\nSEND OK\r\n", source="BG96 TCP/IP 2.1.7, 3.2.2")
_BG96 = {
    ("buffer", RECEIVE): Exchange(
        1500, "AT+QIRD=0,{chunk}\r", "\r\n+QIRD: {n}\r\n" + OK, source="BG96 TCP/IP 2.1.8, 3.2.3"),
    ("push", RECEIVE): Exchange(
        1500, "", '\r\n+QIURC: "recv",0,{n}\r\n', source="BG96 TCP/IP 2.2.2, 3.4.3"),
    ("hex", RECEIVE): Exchange(
        1500, "AT+QIRD=0,{chunk}\r", "\r\n+QIRD: {n}\r\n" + OK, factor=2,
        source='BG96 TCP/IP 2.1.8, 2.1.15 "dataformat"; the length taken to count bytes, which the manual leaves open'),
    ("buffer", SEND): _BG96_SEND,
    ("push", SEND): _BG96_SEND,
    ("hex", SEND): Exchange(
        256, 'AT+QISENDEX=0,""\r', "\r\nSEND OK\r\n", factor=2, source="BG96 TCP/IP 2.1.9"),
}


def _simcom(manual, sender):
    send = Exchange(
        1500, "AT+CIPSEND=0,{n}\r", "\r\n>\r\nOK\r\n\r\n+CIPSEND: 0,{n},{n}\r\n", source=f"{manual} CIPSEND")
    return {
        ("buffer", RECEIVE): Exchange(
            1500, "AT+CIPRXGET=2,0,{chunk}\r", "\r\n+CIPRXGET: 2,0,{n},0\r\n" + OK, source=f"{manual} CIPRXGET"),
        ("push", RECEIVE): Exchange(
            1500, "", f"\r\n{sender} FROM:127.0.0.1:40000\r\n+RECEIVE,0,{{n}}\r\n",
            source=f"{manual} CIPHEAD, CIPSRIP, CIPCCFG HeaderType 1: links and senders cannot be told apart by less "
            "(+IPD alone would be 2.2 % shorter, for a single link)"),
        ("hex", RECEIVE): Exchange(
            750, "AT+CIPRXGET=3,0,{chunk}\r", "\r\n+CIPRXGET: 3,0,{n},0\r\n" + OK, factor=2,
            source=f"{manual} CIPRXGET"),
        ("buffer", SEND): send,
        ("push", SEND): send,
        ("hex", SEND): send,       # the module has no hexadecimal form of sending
    }


def _fibocom(blank):
    send = Exchange(
        2048, "AT+MIPSEND=1,{n}\r", "\r\n>\r\nOK\r\n\r\n+MIPPUSH: 1,0\r\n\r\n+MIPSEND: 1,0,2048" + OK,
        source="Fibocom MIPSEND (length form) 1.2.3")
    return {
        ("buffer", RECEIVE): Exchange(
            2048, "AT+MIPREAD=1,{chunk}\r", f"\r\n+MIPDATA:{blank}1,{{n}}\r\n" + OK, source="Fibocom MIPREAD 1.1.23"),
        ("push", RECEIVE): Exchange(2048, "", "\r\n+MIPRTCP: 1,{n},", source="Fibocom GTSET IPRFMT 2, 1.2.4"),
        ("hex", RECEIVE): Exchange(
            2048, "", "\r\n+MIPRTCP: 1,0,\r\n", factor=2, source="Fibocom GTSET IPRFMT 0, 1.1.10"),
        ("buffer", SEND): send,
        ("push", SEND): send,
        ("hex", SEND): Exchange(
            1023, 'AT+MIPSEND=1,""\r', "\r\n+MIPSEND: 1,0,2" + OK, factor=2, every=2,
            closing="AT+MIPPUSH=1\r\r\n+MIPPUSH: 1,0" + OK,
            source="Fibocom MIPSEND (basic) 1.1.6, MIPPUSH 1.1.7; two commands fill the buffer of one push"),
    }


_TRANSPARENT = Exchange(1 << 30, "", "", source="every byte on the line is payload")

EXCHANGES = {
    "bg96": _BG96,
    "a7600": _simcom("A7600 TCP/IP", "RECV"),
    "sim7028": _simcom("SIM7028 TCP/IP", "RCV"),
    "nl668": _fibocom(""),
    "l610": _fibocom(" "),
}
for _rows in EXCHANGES.values():
    _rows["transparent", RECEIVE] = _rows["transparent", SEND] = _TRANSPARENT
_BG96["transparent", SEND] = _TRANSPARENT._replace(
    wait_ms=200, source=_TRANSPARENT.source + '; BG96 TCP/IP 2.1.15 "transwaittm": 200 ms before a short packet goes')

ACCESS = ("buffer", "push", "hex", "transparent")
DIALECTS = tuple(EXCHANGES)


def exchange(dialect, access, direction=RECEIVE):
    """The Exchange of a dialect ("bg96", ...), an access mode ("buffer", ...) and a direction; KeyError if unknown."""
    return EXCHANGES[dialect][access, direction]


def line_bytes(dialect, access, n, direction=RECEIVE):
    """The bytes that must cross the line, both directions together, to carry `n` bytes of payload."""
    row = exchange(dialect, access, direction)
    total, exchanges, left = n * row.factor, 0, n
    while left:
        size = min(left, row.chunk)
        left -= size
        total += row.overhead(size)
        exchanges += 1
    return total + -(-exchanges // row.every) * len(row.closing)


def least_seconds(dialect, access, n, baudrate, direction=RECEIVE):
    """The least time, in seconds, to carry `n` bytes of payload at `baudrate` bit/s."""
    return line_bytes(dialect, access, n, direction) * BITS_PER_BYTE / baudrate


def explain(dialect, access, direction=RECEIVE):
    """The formula of one row in words, several lines."""
    row = exchange(dialect, access, direction)

    def shown(text):
        return text.replace("\r", "<CR>").replace("\n", "<LF>") or "nothing"

    if access == "transparent":
        return f"{dialect}, {access}, {direction}: 100 % of the line; {row.source}"
    group = row.chunk * row.every
    best = group / line_bytes(dialect, access, group, direction)
    lines = [
        f"{dialect}, {access}, {direction}: at best {best:.1%} of the line",
        f"  to the module    {shown(row.to_module)}",
        f"  from the module  {shown(row.from_module)}",
        f"  payload          at most {row.chunk} bytes per exchange, {row.factor} on the line for each",
    ]
    if row.closing:
        lines.append(f"  and once in {row.every}    {shown(row.closing)}")
    return "\n".join([*lines, f"  source           {row.source}"])
