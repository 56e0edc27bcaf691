"""atsock trace: a trace file in readable form.

Owns the presentation.  Knows of AT commands only what every module has: a command line ends in CR, an answer has
lines, and what is not text is payload.
"""

import click
from rich.console import Console
from rich.text import Text

from ..trace import FROM_MODULE, NOTE, TO_MODULE, escape, read_trace
from .session import sentence

SHOWN_BYTES = 24        # of a payload that is no text
SHOWN_TEXT = 200        # of a line that is
SLOWEST = 3             # commands named at the end
_COLOURS = {TO_MODULE: "cyan", FROM_MODULE: "green", NOTE: "bold red"}


def readable(data):
    """The lines of a burst as texts; a payload by its size and beginning."""
    texts = []
    for line in data.split(b"\r\n"):
        line = line.rstrip(b"\r")
        odd = sum(not 0x20 <= c < 0x7F for c in line)
        if odd * 8 > len(line):
            more = " ..." if len(line) > SHOWN_BYTES else ""
            texts.append(f"[{len(line)} bytes] {line[:SHOWN_BYTES].hex(' ')}{more}")
        elif len(line) > SHOWN_TEXT:
            texts.append(f"{escape(line[:SHOWN_TEXT])} ... [{len(line)} bytes]")
        elif line:
            texts.append(escape(line))
    return texts or [escape(data)]


class Summary:
    """What is said at the end: traffic, duration, notes, the commands that waited longest for their first answer."""

    def __init__(self):
        self.bytes = {TO_MODULE: 0, FROM_MODULE: 0, NOTE: 0}
        self.notes = 0
        self.last_ms = 0.0
        self.waits = []             # (ms until the first answer, command)
        self._command = None        # (ms, text) of a command that has had no answer yet

    def add(self, record):
        self.last_ms = record.ms
        self.bytes[record.direction] += len(record.data)
        if record.direction == NOTE:
            self.notes += 1
        elif record.direction == TO_MODULE:
            is_command = record.data[:2].upper() == b"AT"
            self._command = (record.ms, readable(record.data)[0]) if is_command else None
        elif self._command:
            begun_ms, text = self._command
            self.waits.append((record.ms - begun_ms, text))
            self._command = None

    def lines(self):
        yield (f"{self.last_ms / 1000:.1f} s, {self.bytes[TO_MODULE]} bytes to the module, "
               f"{self.bytes[FROM_MODULE]} from it, {len(self.waits)} commands answered, {self.notes} notes")
        for wait_ms, text in sorted(self.waits, reverse=True)[:SLOWEST]:
            yield f"{wait_ms:9.1f} ms until the first answer to {text}"


@click.command("trace", short_help="Show a trace file in readable form.")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--summary", "summary_only", is_flag=True, help="Only the summary.")
def trace_command(file, summary_only):
    """Show a trace FILE (from --trace, or of a simulator) in readable form; - is standard input.

    Columns: milliseconds since the trace began, milliseconds since the line before, direction, text.
    """
    console = Console(highlight=False, soft_wrap=True)
    summary = Summary()
    before_ms = 0.0
    try:
        with click.open_file(file, encoding="utf-8") as lines:
            records = list(read_trace(lines))
    except OSError as error:
        raise click.ClickException(f"cannot read the trace: {sentence(error)}") from error
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from error
    for record in records:
        if not summary_only:
            _show(console, record, record.ms - before_ms)
        before_ms = record.ms
        summary.add(record)
    for line in summary.lines():
        console.print(line, markup=False)


def _show(console, record, gap_ms):
    texts = [record.data.decode()] if record.direction == NOTE else readable(record.data)
    head = f"{record.ms:11.1f} {gap_ms:+10.1f}  {record.direction}  "
    for text in texts:
        console.print(Text(head + text, style=_COLOURS[record.direction]))
        head = " " * (len(head) - 3) + record.direction + "  "
