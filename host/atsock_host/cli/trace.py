"""atsock trace: a log of an AT dialogue, explained.

Owns the presentation; explain/ reads the log and knows what its lines mean.
"""

import json
import os

import click
from rich.console import Console
from rich.text import Text

from ..explain.dialogue import Dialogue
from ..explain.meaning import FAMILIES, Vocabulary, guess_dialect
from ..explain.shapes import read_log
from ..trace import FROM_MODULE, NOTE, TO_MODULE
from . import tracewords
from .session import failing
from .tracepage import write_page
from .words import one_line

MOST_BYTES = 64 << 20   # of a file
_COLOURS = {TO_MODULE: "cyan", FROM_MODULE: "green", NOTE: "bold red", " ": "dim"}
_MARGIN = "  # "


@click.command("trace", short_help="Explain a trace, or a log pasted from anywhere.")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--dialect", type=click.Choice(FAMILIES), metavar="DIALECT",
              help="What module it was; if not given, the log shows it.")
@click.option("--summary", "summary_only", is_flag=True, help="Only the summary.")
@click.option("--plain", is_flag=True, help="Without explanations.")
@click.option("--json", "as_json", is_flag=True, help="Print the commands with their answers as JSON.")
@click.option("--html", type=click.Path(dir_okay=False, allow_dash=True), metavar="OUT",
              help="Write one page with a timeline and the explained lines to OUT (- is standard output), "
              "passwords and PIN left out.")
def trace_command(file, dialect, summary_only, plain, as_json, html):
    """Explain FILE; - is standard input.

    FILE: a trace (from --trace, or of a simulator), a terminal's capture, or what a library printed: with arrows, >>
    and <<, TX and RX, times of any kind, or none of these.

    Columns: milliseconds since the log began, milliseconds since the line before, direction, text, and what that means.
    """
    with failing("cannot read the trace"), click.open_file(file, "rb") as source:
        data = source.read(MOST_BYTES)
    dialogue = Dialogue(read_log(data))
    dialect = dialect or guess_dialect([event.text for event in dialogue.events])
    words = Vocabulary(dialect)
    if html:
        if os.path.exists(html) and os.path.exists(file) and os.path.samefile(html, file):
            raise click.UsageError("--html would overwrite the log")
        text = write_page(dialogue, words, os.path.basename(file) if file != "-" else "a log")
        with failing("cannot write the page"), click.open_file(html, "w", encoding="utf-8") as page:
            page.write(text)
        return
    if as_json:
        click.echo(json.dumps(_as_data(dialogue, words), indent=1))
        return
    console = Console(highlight=False, soft_wrap=True)
    if not summary_only:
        _show_all(console, dialogue, None if plain else words)
    for line in tracewords.summary(dialogue, words):
        console.print(one_line(line), markup=False)


# -- line by line


def _show_all(console, dialogue, words):
    before_ms = 0.0
    for event in dialogue.events:
        if event.kind == "echo":
            continue
        ms = event.line.ms
        times = f"{'':11} {'':>10}" if ms is None else f"{ms:11.1f} {ms - before_ms:+10.1f}"
        before_ms = before_ms if ms is None else ms
        direction = " " if event.kind == "text" else event.direction
        line = Text(f"{times}  {direction}  {one_line(tracewords.shown(event))}", style=_COLOURS[direction])
        if words and (said := tracewords.said(event, words)):
            line.append(_MARGIN + one_line(said), style="default")
        console.print(line)
        if words and event.kind == "command":
            for index, (name, value, complaint) in enumerate(words.parameters(event.text)):
                said = words.value(event.text, index, value)
                more = (f": {said}" if said else "") + (f"  ! {complaint}" if complaint else "")
                console.print(Text(one_line(f"{'':27}{name} = {value}{more}"), style="red" if complaint else "dim"))


def _as_data(dialogue, words):
    return {
        "dialect": words.dialect,
        "commands": [_command_as_data(each, words) for each in dialogue.exchanges],
        "notices": [{"ms": event.line.ms, "text": event.text, "meaning": words.line(event.text, unasked=True)}
                    for event in dialogue.events if event.kind == "notice"],
    }


def _command_as_data(each, words):
    title, source = words.command(each.command)
    return {
        "ms": each.ms, "command": each.command, "meaning": title, "source": source,
        "parameters": [
            {"name": name, "value": value, "meaning": words.value(each.command, index, value), "complaint": complaint}
            for index, (name, value, complaint) in enumerate(words.parameters(each.command))],
        "information": [{"text": text, "meaning": tracewords.meaning(text, words)} for text in each.information],
        "result": each.result, "result_meaning": words.result(each.result or ""), "took_ms": each.took_ms,
        "later": [_late_as_data(text, ms, each, words) for text, ms in each.late],
        "failed": each.failed, "failure": each.failure, "failure_meaning": tracewords.why(each, words),
        "total_ms": each.total_ms, "sent": each.sent, "received": each.received,
    }


def _late_as_data(text, ms, each, words):
    after_ms = None if ms is None or each.ms is None else ms - each.ms
    return {"text": text, "meaning": tracewords.meaning(text, words), "ms": ms, "after_ms": after_ms}
