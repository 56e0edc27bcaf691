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
        if command.refused:
            text = words.unknown(event.text) or text
        return text if command.answered else f"{text or 'command'}; NO RESULT in the log"
    if event.kind == "result":
        took = "" if command.took_ms is None else f"after {command.took_ms:.1f} ms"
        return ", ".join(filter(None, (words.result(event.text), took)))
    if event.kind == "late":
        after = "" if event.line.ms is None or command.ms is None else f" after {event.line.ms - command.ms:.1f} ms"
        return ": ".join(filter(None, (f"later, of {command.command[:40]}{after}", meaning(event.text, words))))
    if event.kind == "notice":
        text = words.line(event.text, unasked=True) or words.result(event.text)
        return f"unasked: {text}" if text else "unasked"
    if event.kind == "information":
        return meaning(event.text, words)
    return {"payload": f"payload, {event.size} bytes", "prompt": "the module waits for the payload"}.get(event.kind, "")


def meaning(text, words):
    """What a line of the answer, or a late result, says; "" when that is not known."""
    return words.line(text) or words.result(text)


def failed(dialogue):
    """The exchanges that went wrong, by their result or by what came later."""
    return [each for each in dialogue.exchanges if each.failed]


def why(exchange, words):
    """What is known of the failure of an exchange, beside the line that tells it; "" when nothing is."""
    if exchange.refused and (unknown := words.unknown(exchange.command)):
        return unknown
    return meaning(exchange.failure, words) if exchange.failure else ""


def waits(dialogue):
    """(milliseconds until the last result, exchange) of each that has both times, the slowest first."""
    found = [(each.total_ms, each) for each in dialogue.exchanges if each.total_ms is not None]
    return sorted(found, key=lambda wait: (wait[0], wait[1].command), reverse=True)


def complaints(dialogue, words):
    """How many parameters, and names of commands that were refused, are not the manual's."""
    known: "dict[str, int]" = {}
    count = 0
    for each in dialogue.exchanges:
        if each.command not in known:
            known[each.command] = sum(bool(complaint) for _, _, complaint in words.parameters(each.command))
        count += known[each.command] + bool(each.refused and words.unknown(each.command))
    return count


def length(dialogue, words):
    """One sentence about the whole log."""
    exchanges = dialogue.exchanges
    times = [event.line.ms for event in dialogue.events if event.line.ms is not None]
    seconds = f"{(max(times) - min(times)) / 1000:.1f} s, " if times else ""
    bad = len(failed(dialogue))
    unanswered = sum(not each.answered for each in exchanges)
    notes = sum(event.kind == "note" for event in dialogue.events) + complaints(dialogue, words)
    sent, received = sum(each.sent for each in exchanges), sum(each.received for each in exchanges)
    return (f"{seconds}{_count(len(exchanges), 'command')}: {len(exchanges) - bad - unanswered} good, {bad} failed, "
            f"{unanswered} without a result; {_count(sent, 'byte')} of payload sent, {received} received; "
            f"{_count(notes, 'note')}; {'dialect ' + words.dialect if words.dialect else 'no known dialect'}")


def _count(number, name):
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def summary(dialogue, words):
    """The lines at the end: the whole, what failed, where the time went."""
    yield length(dialogue, words)
    for each in failed(dialogue):
        said = why(each, words)
        after = "" if each.decided is not False or each.total_ms is None else f" after {each.total_ms:.1f} ms"
        yield f"failed: {each.command[:80]}: {each.failure}{after}{f' ({said})' if said else ''}"
    for total_ms, each in waits(dialogue)[:SLOWEST]:
        yield f"{total_ms:9.1f} ms until the result of {each.command[:80]}"
    if not dialogue.exchanges:
        yield "no AT command was found in it"
