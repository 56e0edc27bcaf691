"""atsock trace: a log of an AT dialogue, explained.

Owns the presentation; explain/ reads the log and knows what its lines mean.
"""

import json

import click
from rich.console import Console
from rich.text import Text

from ..explain.dialogue import Dialogue
from ..explain.meaning import FAMILIES, Vocabulary, guess_dialect
from ..explain.shapes import read_log
from ..trace import FROM_MODULE, NOTE, TO_MODULE
from .session import sentence
from .words import one_line

SHOWN_TEXT = 200        # of a line
SLOWEST = 3             # commands named at the end
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
def trace_command(file, dialect, summary_only, plain, as_json):
    """Explain FILE; - is standard input.

    FILE: a trace (from --trace, or of a simulator), a terminal's capture, or what a library printed: with arrows, >>
    and <<, TX and RX, times of any kind, or none of these.

    Columns: milliseconds since the log began, milliseconds since the line before, direction, text, and what that means.
    """
    try:
        with click.open_file(file, "rb") as source:
            data = source.read(MOST_BYTES)
    except OSError as error:
        raise click.ClickException(f"cannot read the trace: {sentence(error)}") from error
    dialogue = Dialogue(read_log(data))
    dialect = dialect or guess_dialect([event.text for event in dialogue.events])
    words = Vocabulary(dialect)
    if as_json:
        click.echo(json.dumps(_as_data(dialogue, words), indent=1))
        return
    console = Console(highlight=False, soft_wrap=True)
    if not summary_only:
        _show_all(console, dialogue, None if plain else words)
    for line in _summary(dialogue, words):
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
        line = Text(f"{times}  {direction}  {_shown(event)}", style=_COLOURS[direction])
        if words and (said := _said(event, words)):
            line.append(_MARGIN + one_line(said), style="default")
        console.print(line)
        if words and event.kind == "command":
            for name, value, complaint in words.parameters(event.text):
                more = f"  ! {complaint}" if complaint else ""
                console.print(Text(one_line(f"{'':27}{name} = {value}{more}"), style="red" if complaint else "dim"))


def _shown(event):
    if event.kind == "payload" and not event.text:
        return f"[{event.size} bytes]"
    more = f" ... [{len(event.text)} bytes]" if len(event.text) > SHOWN_TEXT else ""
    return one_line(event.text[:SHOWN_TEXT]) + more


def _said(event, words):
    """The explanation of a line; "" when there is none."""
    command = event.of
    if event.kind == "command":
        title, source = words.command(event.text)
        said = f"{title} ({source})" if source else title
        return said if command.result else f"{said or 'command'}; NO RESULT in the log"
    if event.kind == "result":
        took = "" if command.took_ms is None else f"after {command.took_ms:.1f} ms"
        return ", ".join(filter(None, (words.result(event.text), took)))
    if event.kind == "late":
        return ": ".join(filter(None, (f"later, of {command.command[:40]}", words.line(event.text))))
    if event.kind == "notice":
        said = words.line(event.text, unasked=True) or words.result(event.text)
        return f"unasked: {said}" if said else "unasked"
    if event.kind == "information":
        return words.line(event.text)
    return {"payload": f"payload, {event.size} bytes", "prompt": "the module waits for the payload"}.get(event.kind, "")


# -- the end


def _summary(dialogue, words):
    exchanges = dialogue.exchanges
    times = [event.line.ms for event in dialogue.events if event.line.ms is not None]
    length = f"{(max(times) - min(times)) / 1000:.1f} s, " if times else ""
    failed = [each for each in exchanges if each.result and _is_failure(each.result)]
    unanswered = [each for each in exchanges if each.result is None]
    notes = sum(event.kind == "note" for event in dialogue.events)
    good = len(exchanges) - len(failed) - len(unanswered)
    sent, received = sum(each.sent for each in exchanges), sum(each.received for each in exchanges)
    yield (f"{length}{len(exchanges)} commands: {good} good, {len(failed)} failed, {len(unanswered)} without a result; "
           f"{sent} bytes of payload sent, {received} received; {notes} notes; "
           f"{'dialect ' + words.dialect if words.dialect else 'no known dialect'}")
    for each in failed:
        why = words.result(each.result)
        yield f"failed: {each.command[:80]}: {each.result}{f' ({why})' if why else ''}"
    waits = sorted(((each.took_ms, each.command) for each in exchanges if each.took_ms is not None), reverse=True)
    for took_ms, command in waits[:SLOWEST]:
        yield f"{took_ms:9.1f} ms until the result of {command[:80]}"
    if not exchanges:
        yield "no AT command was found in it"


def _is_failure(result):
    return any(word in result for word in ("ERROR", "FAIL", "NO ", "BUSY"))


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
        "parameters": [{"name": name, "value": value, "complaint": complaint}
                       for name, value, complaint in words.parameters(each.command)],
        "information": [{"text": text, "meaning": words.line(text)} for text in each.information],
        "result": each.result, "result_meaning": words.result(each.result or ""), "took_ms": each.took_ms,
        "later": [{"text": text, "meaning": words.line(text)} for text in each.late],
        "sent": each.sent, "received": each.received,
    }
