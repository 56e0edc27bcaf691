"""atsock term: AT commands by hand, or line by line from a pipe.

Owns the terminal's lines and their display.  Knows of modules only how a command ends: with one of the final
results of V.250 and 3GPP TS 27.007, of the vendors' sockets, or with a prompt.
"""

import asyncio
import re
import sys
import time

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.patch_stdout import patch_stdout

from ..trace import escape, unescape
from .session import failing, opened_port, port_options

HELP = """\
A line is sent with CR.  What the module says is shown as it comes, bytes that are no text as \\xNN.
  Ctrl-Z            sends the byte 1A (ends the data after a > prompt)
  :raw TEXT         sends TEXT without CR; \\r \\n \\t \\\\ \\xNN stand for bytes
  :help             this
  :quit or Ctrl-D   ends"""

_GOOD = re.compile(r"OK|SEND OK|CONNECT(?! FAIL).*")
_BAD = re.compile(r"ERROR|\+CM[ES] ERROR:.*|SEND FAIL|CONNECT FAIL|NO CARRIER|NO DIALTONE|BUSY|NO ANSWER")
_TYPE_HERE = "AT> "
_INTERRUPT = object()   # typed: Ctrl-C
LOOK_S = 0.01           # how often the port is looked at
PROMPT_MS = 100         # a > with so much silence after it is a prompt
HELD_LOOKS = 10         # a line without an end is shown after so many looks without news


class Lines:
    """Cuts what comes into lines to show; a line without an end (a prompt) is given out when nothing follows."""

    def __init__(self):
        self._held = b""

    def feed(self, data):
        """The complete lines, as texts."""
        *lines, self._held = (self._held + data).split(b"\n")
        return [escape(line.rstrip(b"\r")) for line in lines]

    def at_prompt(self):
        """True when what is held of a line without an end is a prompt."""
        return self._held.startswith(b">")

    def rest(self):
        """What is held of a line without an end, as text; "" when nothing is."""
        held, self._held = self._held, b""
        return escape(held)


def command_bytes(line):
    """What a typed line sends; ValueError for a malformed :raw line."""
    if line.startswith(":raw "):
        return unescape(line.removeprefix(":raw "))
    if not line.isascii():
        raise ValueError("only ASCII can be sent as it is; :raw with \\xNN sends any byte")
    return line.encode() + b"\r"


def write_all(port, data, limit_s=5.0):
    """Write all of `data`; TimeoutError when the port takes nothing for `limit_s`."""
    sent, until = 0, time.monotonic() + limit_s
    while sent < len(data):
        count = port.write(data, sent, len(data) - sent)
        if count:
            sent += count
            until = time.monotonic() + limit_s
        elif time.monotonic() > until:
            raise TimeoutError(f"the port takes nothing (for {limit_s:.0f} s); is flow control in the way?")
        else:
            time.sleep(LOOK_S)


@click.command("term", short_help="AT commands by hand, or from a pipe.")
@click.option("--wait", "wait_s", type=click.FloatRange(min=0), default=10, show_default=True, metavar="S",
              help="Lines from a pipe: how long to wait for the result of each, in seconds.")
@port_options
def term_command(choice, wait_s):
    """Talk to a module by hand: every line is sent as it is typed, every answer shown as it comes.

    With lines from a pipe or a file each is sent when the one before has had its final result; the exit status is 1
    when one of them failed or got none.
    """
    with opened_port(choice) as port, failing("the terminal ends"):
        if sys.stdin.isatty():
            asyncio.run(converse(port, click.echo))
        else:
            _send_lines(port, sys.stdin, wait_s)


async def converse(port, show):
    """Interactive: until Ctrl-D or :quit."""
    keys = KeyBindings()
    keys.add("c-z")(lambda event: write_all(port, b"\x1a"))
    session: PromptSession[str] = PromptSession(history=InMemoryHistory(), key_bindings=keys)
    show(f"{HELP}\n")
    with patch_stdout():
        reader = asyncio.create_task(_show_all(port, show))
        try:
            while not reader.done():
                typing = asyncio.create_task(_typed(session))
                await asyncio.wait({typing, reader}, return_when=asyncio.FIRST_COMPLETED)
                if reader.done():
                    typing.cancel()
                    break
                if not _obey(port, typing.result(), show):
                    break
        finally:
            reader.cancel()
    if reader.done() and not reader.cancelled():
        reader.result()     # raises what ended it


async def _typed(session):
    """The next line; ":quit" for Ctrl-D, _INTERRUPT for Ctrl-C (asyncio would print what a task raises of that)."""
    try:
        return await session.prompt_async(_TYPE_HERE)
    except EOFError:
        return ":quit"
    except KeyboardInterrupt:
        return _INTERRUPT


def _obey(port, line, show):
    """Do what was typed; False when that is to end.  Raises KeyboardInterrupt for Ctrl-C."""
    if line is _INTERRUPT:
        raise KeyboardInterrupt
    if line.strip() == ":quit":
        return False
    if line.strip() == ":help":
        show(HELP)
        return True
    try:
        data = command_bytes(line)
    except ValueError as error:
        show(f"not sent: {error}")
    else:
        write_all(port, data)
    return True


async def _show_all(port, show):
    lines, quiet = Lines(), 0
    while True:
        data = port.read()
        for text in lines.feed(data or b""):
            if text:
                show(text)
        quiet = 0 if data else quiet + 1
        if quiet == HELD_LOOKS and (text := lines.rest()):
            show(text)
        await asyncio.sleep(LOOK_S)


def _send_lines(port, source, wait_s):
    failed = 0
    for line in source:
        line = line.rstrip("\r\n")
        if line:
            write_all(port, command_bytes(line))
            failed += not _await_result(port, line, wait_s)
    if failed:
        raise click.ClickException(f"{failed} of the commands failed")


def _await_result(port, line, wait_s):
    """Show what comes until a final result or a prompt; True for a good one."""
    lines, until = Lines(), time.monotonic() + wait_s
    while (left_s := until - time.monotonic()) > 0:
        if not port.wait(min(left_s * 1000, PROMPT_MS)):
            if lines.at_prompt():
                click.echo(lines.rest())
                return True
            continue
        texts = [text for text in lines.feed(port.read() or b"") if text]
        if texts:
            click.echo("\n".join(texts))
        for text in texts:
            if _GOOD.fullmatch(text) or _BAD.fullmatch(text):
                return bool(_GOOD.fullmatch(text))
    if text := lines.rest():
        click.echo(text)
    click.echo(f"no result of {line} within {wait_s:g} s", err=True)
    return False
