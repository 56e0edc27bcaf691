"""atsock term: AT commands by hand, or line by line from a pipe.

Owns the command and the way from a pipe; terminal.py has the keyboard.  Knows of modules only how a command ends: with
one of the final results of V.250 and 3GPP TS 27.007, of the vendors' sockets, or with a prompt.
"""

import asyncio
import os
import re
import sys
import time

import click
from prompt_toolkit import print_formatted_text
from prompt_toolkit.formatted_text import FormattedText

from .lines import Lines, command_bytes, write_all
from .session import dialect_of, failing, opened_port, term_options
from .terminal import HELP, History, Terminal
from .words import clean

_GOOD = re.compile(r"OK|SEND OK|CONNECT(?! FAIL).*")
_BAD = re.compile(r"ERROR|\+CM[ES] ERROR:.*|SEND FAIL|CONNECT FAIL|NO CARRIER|NO DIALTONE|BUSY|NO ANSWER")
_FAILURE = re.compile(r"(?:[\d:.]+ )?(?:ERROR|\+CM[ES] ERROR|SEND FAIL|CONNECT FAIL|NO CARRIER|not sent:)")
PROMPT_MS = 100         # a > with so much silence after it is a prompt


@click.command("term", short_help="AT commands by hand, or from a pipe.")
@click.option("--wait", "wait_s", type=click.FloatRange(min=0), default=10, show_default=True, metavar="S",
              help="Lines from a pipe: how long to wait for the result of each, in seconds.")
@click.option("--times/--no-times", default=True, help="Show when lines came (at the keyboard); on if not given.")
@click.option("--explain/--no-explain", default=True, help="Show what lines mean (at the keyboard); on if not given.")
@click.option("--hex", "in_hex", is_flag=True, help="Show what comes in hexadecimal (at the keyboard).")
@term_options
def term_command(choice, wait_s, times, explain, in_hex):
    """Talk to a module by hand: every line is sent as it is typed, every answer shown as it comes.

    At the keyboard Tab completes the commands of the module's manual and shows what their parameters may be; :help
    tells the rest. What was typed is kept for the next time, but for lines with a password or a PIN.

    With lines from a pipe or a file each is sent when the one before has had its final result; the exit status is 1
    when one of them failed or got none.
    """
    with opened_port(choice) as port, failing("the terminal ends"):
        if sys.stdin.isatty():
            terminal = Terminal(port, _show, dialect_of(choice), times, in_hex, explain, _history())
            asyncio.run(terminal.run())
        else:
            _send_lines(port, sys.stdin, wait_s)


async def converse(port, show):
    """Interactive, without any extras: until Ctrl-D or :quit."""
    await Terminal(port, show).run()


def _history():
    """The history of the user; None where no file can be had."""
    try:
        return History(os.path.join(click.get_app_dir("atsock"), "history"))
    except OSError:
        return None


def _show(text):
    line, mark, meaning = clean(text).partition("  # ")
    style = "ansired" if _FAILURE.match(line) else ""
    print_formatted_text(FormattedText([(style, line), ("ansibrightblack", mark + meaning)]))


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


__all__ = ["HELP", "Lines", "command_bytes", "converse", "term_command", "write_all"]
