"""What atsock trace says of a line and of a whole log, for the terminal and for the page.

Owns the wording; explain/ knows what a line means.  Nothing here is cleaned for a terminal: who prints it does that.
"""

SHOWN_TEXT = 200        # of a line
SLOWEST = 3             # commands named at the end


def shown(event):
    """The text of a line, a long one cut."""
    if event.kind == "payload" and not event.text:
        return f"[{event.size} bytes]"
    more = f" ... [{len(event.text)} bytes]" if len(event.text) > SHOWN_TEXT else ""
    return event.text[:SHOWN_TEXT] + more


def said(event, words):
    """The explanation of a line; "" when there is none."""
    command = event.of
    if event.kind == "command":
        title, source = words.command(event.text)
        text = f"{title} ({source})" if source else title
        return text if command.result else f"{text or 'command'}; NO RESULT in the log"
    if event.kind == "result":
        took = "" if command.took_ms is None else f"after {command.took_ms:.1f} ms"
        return ", ".join(filter(None, (words.result(event.text), took)))
    if event.kind == "late":
        return ": ".join(filter(None, (f"later, of {command.command[:40]}", words.line(event.text))))
    if event.kind == "notice":
        text = words.line(event.text, unasked=True) or words.result(event.text)
        return f"unasked: {text}" if text else "unasked"
    if event.kind == "information":
        return words.line(event.text)
    return {"payload": f"payload, {event.size} bytes", "prompt": "the module waits for the payload"}.get(event.kind, "")


def is_failure(result):
    """Does this final result tell a failure?"""
    return any(word in result for word in ("ERROR", "FAIL", "NO ", "BUSY"))


def failed(dialogue):
    """The exchanges whose result tells a failure."""
    return [each for each in dialogue.exchanges if each.result and is_failure(each.result)]


def waits(dialogue):
    """(milliseconds until the result, exchange) of each that has both times, the slowest first."""
    found = [(each.took_ms, each) for each in dialogue.exchanges if each.took_ms is not None]
    return sorted(found, key=lambda wait: (wait[0], wait[1].command), reverse=True)


def length(dialogue, words):
    """One sentence about the whole log."""
    exchanges = dialogue.exchanges
    times = [event.line.ms for event in dialogue.events if event.line.ms is not None]
    seconds = f"{(max(times) - min(times)) / 1000:.1f} s, " if times else ""
    bad = len(failed(dialogue))
    unanswered = sum(each.result is None for each in exchanges)
    notes = sum(event.kind == "note" for event in dialogue.events)
    sent, received = sum(each.sent for each in exchanges), sum(each.received for each in exchanges)
    return (f"{seconds}{len(exchanges)} commands: {len(exchanges) - bad - unanswered} good, {bad} failed, "
            f"{unanswered} without a result; {sent} bytes of payload sent, {received} received; {notes} notes; "
            f"{'dialect ' + words.dialect if words.dialect else 'no known dialect'}")


def summary(dialogue, words):
    """The lines at the end: the whole, what failed, where the time went."""
    yield length(dialogue, words)
    for each in failed(dialogue):
        why = words.result(each.result)
        yield f"failed: {each.command[:80]}: {each.result}{f' ({why})' if why else ''}"
    for took_ms, each in waits(dialogue)[:SLOWEST]:
        yield f"{took_ms:9.1f} ms until the result of {each.command[:80]}"
    if not dialogue.exchanges:
        yield "no AT command was found in it"
