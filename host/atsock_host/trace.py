r"""Traces of a port: what went over the line and when, as text.

Owns the file format, the port wrapper that writes it and the reader.  Knows nothing of AT commands.

A trace has one line per burst (bytes in one direction without a pause), in the order of the line:

    # a remark
          0.000 > AT\r
          3.402 < \r\nOK\r\n

that is milliseconds since the trace began, `>` to the module or `<` from it, one blank, the bytes.  Printable ASCII
stands for itself; a backslash is \\, CR \r, LF \n, TAB \t, any other byte \xNN.  The direction `!` marks a note in
words about what came before it (a simulator's complaint, for example).

The simulator's own traces have the direction first and then seconds; the reader takes both.

Passwords and PINs are not written: what stands for one in a command line, or in its echo, becomes asterisks.  A file
that is made here can be read by its owner only.
"""

import os
import re
import stat
import time
from typing import NamedTuple

TO_MODULE, FROM_MODULE, NOTE = ">", "<", "!"

BURST_PAUSE_MS = 20     # a pause this long ends a burst: far above the gap between two reads of a fast line
BURST_BYTES = 4096      # and so does this length

_NAMED = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x5C: "\\\\"}
_ESCAPES = [_NAMED.get(c) or (chr(c) if 0x20 <= c < 0x7F else f"\\x{c:02x}") for c in range(256)]
_UNESCAPES = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
_ESCAPED = re.compile(r"\\(x[0-9a-fA-F]{2}|.|$)")
_RECORD = re.compile(r"\s*(\d+(?:\.\d+)?) ([<>!]) ?(.*)")
_SIMULATORS = re.compile(r"([<>!]) (\d+(?:\.\d+)?) ?(.*)")


# Where a secret stands in a command line, or in an answer that tells one: the commands, what stands behind the name,
# and how many fields come before the secret.  The AT may be missing: a damaged echo, the second command of a line.
_LINE = rb"([+*$](?:%s) *%s *(?:[^,\r\n]*,){%s})([^\r\n]*)"
_SECRETS = [
    re.compile(_LINE % (names, sign, fields), re.IGNORECASE)
    for names, sign, fields in (
        (rb"CPIN2?|QPIN", b"=", b"0"),              # 3GPP TS 27.007 8.3: PIN, new PIN
        (rb"CPWD", b"=", b"1"),                     # 7.5: facility, old and new password
        (rb"CLCK", b"=", b"2"),                     # 7.4: facility, mode, password
        (rb"QICSGP", b"=", b"4"),                   # Quectel: context, type, APN, user, password
        (rb"QICSGP", b":", b"3"),                   # its answer has no context
        (rb"CGAUTH", b"[=:]", b"2"),                # 27.007 10.1.31: context, protocol, then the two in either order
        (rb"MIPCALL", b"=", b"2"),                  # Fibocom: operation, APN, user, password
        (rb"QFTPCFG|QSMTPCFG|QMTCONN|CFTPSLOGIN|CMQTTCONNECT|FTPOPEN|MQTTUSER|CSMTPSAUTH", b"=", b"2"),
        (rb"CSSLCFG", b'= *"password"', b"2"),      # SIMCom: setting, TLS context, password of a key
        (rb"QHTTPCFG", b"=", b"1"),                 # "auth","user:password"
        (rb"MCGDEFCONT|QCPDPP|XGAUTH|CSTT", b"=", b"2"),  # accounts of access points: SIMCom, Qualcomm, Intel
        (rb"CNCFG", b"=", b"4"),                    # SIM7070 and its kin
    )]
_TAIL_BYTES = 1024      # so much of a line that goes on in the next burst is looked at with that
_WORD_BYTES = 4         # shorter secrets are not looked for elsewhere: they stand in too much


def hide_secrets(data):
    """`data` with asterisks instead of what a command line holds of passwords and PINs (quotes and commas stay)."""
    if b"=" not in data and b":" not in data:
        return data
    for pattern in _SECRETS:
        data = pattern.sub(lambda match: match[1] + re.sub(rb'[^",]', b"*", match[2]), data)
    return data


def hide_secrets_in_text(text):
    """hide_secrets() of a str."""
    return hide_secrets(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _secrets_in(data):
    """The secrets that command lines hold, those that are long enough to be looked for."""
    fields = [field for pattern in _SECRETS for match in pattern.finditer(data)
              for field in re.split(rb"[,:]", match[2])]
    return {word for word in (field.strip(b' "') for field in fields) if len(word) >= _WORD_BYTES}


class _Line:
    """One direction of a traced line: hides secrets of which a burst holds a part only."""

    def __init__(self):
        self._tail = b""    # what came of a line that has not ended

    def hide(self, data, words=()):
        """`data`, which follows what came before, without its secrets, and without `words`."""
        whole = self._tail + data
        hidden = hide_secrets(whole)
        for word in words:
            hidden = hidden.replace(word, b"*" * len(word))
        end = max(whole.rfind(b"\r"), whole.rfind(b"\n")) + 1
        shown = hidden[len(self._tail):]
        self._tail = whole[end:][-_TAIL_BYTES:]
        return shown

    def whole(self, data):
        """`data` with what stands before it on its line."""
        return self._tail + data


class SecretFilter:
    """Hides the secrets of a port's traffic, in whatever pieces that comes."""

    def __init__(self):
        self._lines = {TO_MODULE: _Line(), FROM_MODULE: _Line()}
        self._words = set()         # secrets of the last command, which its answer may quote, or echo damaged

    def hide(self, direction, data):
        """`data`, which went in `direction`, with asterisks instead of passwords and PINs."""
        line = self._lines.get(direction)
        if line is None:
            return hide_secrets(data)
        if direction == FROM_MODULE:
            return line.hide(data, self._words)
        if words := _secrets_in(line.whole(data)):
            self._words = words
        elif b"\r" in data:
            self._words = set()
        return line.hide(data)


def private(path, flags):
    """An opener for open(): the file can be read by its owner only.

    One that is there already keeps its owner, and loses what others may do with it.
    """
    descriptor = os.open(path, flags, 0o600)
    if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)
    return descriptor


def open_private(path):
    """A new text file that only its owner can read.  Raises OSError."""
    return open(path, "w", encoding="ascii", newline="\n", opener=private)


class Record(NamedTuple):
    """One burst: `ms` since the trace began, `direction` one of > < !, `data` the bytes (a note's text in UTF-8)."""

    ms: float
    direction: str
    data: bytes


def escape(data):
    """`data` as the text of a trace line."""
    return "".join(map(_ESCAPES.__getitem__, data))


def unescape(text):
    """The bytes that `text` of a trace line stands for; ValueError when it is no such text."""

    def byte(match):
        name = match[1]
        if name in _UNESCAPES:
            return _UNESCAPES[name]
        if len(name) == 3:
            return chr(int(name[1:], 16))
        raise ValueError(f"unknown escape {match[0]!r}")

    plain = _ESCAPED.sub(byte, text)
    if not plain.isascii() and max(plain) > "\xff":
        raise ValueError("a byte above 255")
    return plain.encode("latin-1")


def parse_record(line):
    """The Record that a line of a trace is, None for any other line."""
    try:
        return _record(line)
    except ValueError:
        return None


def _record(line):
    if match := _RECORD.fullmatch(line):
        ms, direction, text = float(match[1]), match[2], match[3]
    elif match := _SIMULATORS.fullmatch(line):
        ms, direction, text = float(match[2]) * 1000, match[1], match[3]
    else:
        raise ValueError(f"is not a record: {line[:60]!r}")
    return Record(ms, direction, text.encode("utf-8", "replace") if direction == NOTE else unescape(text))


def read_trace(lines):
    """Iterate the Records of an open trace file (or any lines); ValueError names the first line that is none."""
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if line and not line.startswith("#"):
            try:
                yield _record(line)
            except ValueError as error:
                colon = "" if str(error).startswith("is ") else ":"
                raise ValueError(f"line {number} of the trace{colon} {error}") from error


class TraceWriter:
    """Writes bursts to a text file; `clock` returns seconds.

    A file that takes no more (a full disk) ends the writing, not the program: `error` is then what it raised.
    """

    def __init__(self, file, clock=time.monotonic):
        self.error = None
        self._file = file
        self._clock = clock
        self._began = clock()
        self._direction = None      # of the burst being collected; None: none is
        self._burst = bytearray()
        self._burst_ms = 0.0        # time of its first byte
        self._last_ms = 0.0         # time of its last byte
        self._secrets = SecretFilter()
        self._write("# atsock trace: milliseconds, > to the module, < from the module, the bytes\n")

    def record(self, direction, data):
        """`data` went in `direction` just now."""
        now_ms = self._now_ms()
        if direction != self._direction or self._is_over(now_ms) or len(self._burst) >= BURST_BYTES:
            self.flush()
            self._direction, self._burst_ms = direction, now_ms
        self._burst += data
        self._last_ms = now_ms

    def idle(self):
        """Nothing went over the line just now: a burst that has ended is written."""
        if self._direction is not None and self._is_over(self._now_ms()):
            self.flush()

    def flush(self):
        """Write the burst being collected."""
        if self._direction is not None:
            shown = escape(self._secrets.hide(self._direction, bytes(self._burst)))
            self._write(f"{self._burst_ms:11.3f} {self._direction} {shown}\n")
            self._direction = None
            self._burst.clear()

    def _write(self, text):
        if self.error is None:
            try:
                self._file.write(text)
                self._file.flush()
            except OSError as error:
                self.error = error

    def _now_ms(self):
        return (self._clock() - self._began) * 1000

    def _is_over(self, now_ms):
        return now_ms - self._last_ms >= BURST_PAUSE_MS


class TracePort:
    """A port (anything with the interface of machine.UART) whose traffic is also written to `file`.

    `file`: a path, which is overwritten, or an open text file.  Closing the TracePort closes the port, and the file
    when it was opened here; it raises what the file raised, if that did not take all.  All that is not transfer
    (fileno, ioctl, flush, ...) is the wrapped port's own.
    """

    def __init__(self, port, file, clock=time.monotonic):
        self._port = port
        self._own_file = None if hasattr(file, "write") else open_private(file)
        self._writer = TraceWriter(self._own_file or file, clock)

    def any(self):
        """As the port's any()."""
        count = self._port.any()
        if not count:
            self._writer.idle()
        return count

    def readinto(self, buf, *n):
        """As the port's readinto(); what came is recorded."""
        count = self._port.readinto(buf, *n)
        if count:
            self._writer.record(FROM_MODULE, memoryview(buf)[:count])
        else:
            self._writer.idle()
        return count

    def read(self, *n):
        """As the port's read(); what came is recorded."""
        data = self._port.read(*n)
        if data:
            self._writer.record(FROM_MODULE, data)
        else:
            self._writer.idle()
        return data

    def write(self, buf, *off_n):
        """As the port's write(); what it took is recorded."""
        count = self._port.write(buf, *off_n)
        if count:
            begin = off_n[0] if len(off_n) == 2 else 0
            self._writer.record(TO_MODULE, memoryview(buf)[begin:begin + count])
        return count

    def close(self):
        """Close the port, and the file if the path was given.  Raises OSError when the trace is not complete."""
        self._writer.flush()
        try:
            self._port.close()
        finally:
            self._close_file()

    def _close_file(self):
        error = self._writer.error
        if self._own_file:
            try:
                self._own_file.close()
            except OSError as caught:   # what it has not written is tried once more, and fails again
                error = error or caught
        if error is not None:
            raise error

    def __getattr__(self, name):
        return getattr(self._port, name)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
