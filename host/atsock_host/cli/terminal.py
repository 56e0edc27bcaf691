"""The terminal of atsock term at the keyboard: what is typed goes to the port, what comes is shown and explained.

Owns the conversation: history, times, hexadecimal view, the prompt for payload, data mode and the way out of it.
"""

import asyncio
import os
import re
import time
from datetime import datetime

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.patch_stdout import patch_stdout

from ..explain.grammar import RESULT
from ..explain.meaning import Vocabulary, guess_dialect, name_and_rest
from ..trace import hide_secrets, open_private
from .complete import CommandCompleter, hint
from .lines import LOOK_S, Lines, command_bytes, write_all

OWN = {
    ":help": "what can be typed",
    ":hex": "show what comes in hexadecimal, or no longer",
    ":times": "show when it came, or no longer",
    ":explain": "show what it means, or no longer",
    ":crlf": "end lines of data with CR LF, or with CR alone again",
    ":raw TEXT": r"send TEXT without CR; \r \n \t \\ \xNN stand for bytes",
    ":quit": "end",
}
HELP = """\
A line is sent with CR, and it alone.  What the module says is shown as it comes, bytes that are no text as \\xNN.
  Tab               completes commands, and values of their parameters
  Ctrl-Z            sends what is typed and the byte 1A (ends the data after a > prompt)
  Esc               after a > prompt: sends the byte 1B (no data)
  +++               is sent with a second of silence before and after it, and without CR: out of data mode
  :raw TEXT         sends TEXT without CR; \\r \\n \\t \\\\ \\xNN stand for bytes
  :crlf             lines of data (after a > prompt, in data mode) are sent with CR LF, as web servers want it; or
                    with CR alone again
  :hex :times       show what comes in hexadecimal, with times; or no longer
  :explain          what it means, beside it; or no longer
  :help             this
  Ctrl-C            drops the line that is begun; on an empty line it ends
  :quit or Ctrl-D   ends"""
GUARD_S = 1.1           # of silence around +++ (V.250 has 1 s)
HELD_LOOKS = 10         # a line without an end is shown after so many looks without news
_COUNTED = re.compile(r"AT\+(?:QISEND|CIPSEND|MIPSEND|QSSLSEND|CASEND)=\d+,(\d+).*", re.IGNORECASE)
_REFUSED = re.compile(r"ERROR|\+CME ERROR:")
_INTERRUPT = object()   # typed: Ctrl-C on an empty line
_NAMED = re.compile(r"AT[^=;\s]+=", re.IGNORECASE)      # a command up to its =


class History(FileHistory):
    """What was typed, in a file that only its owner can read; a line with a password or a PIN is in no history."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if not os.path.exists(path):
            open_private(path).close()
        super().__init__(path)

    def append_string(self, string):
        """prompt_toolkit's: take a line."""
        data = string.encode("utf-8", "replace")
        if hide_secrets(data) == data:
            super().append_string(string)

    def store_string(self, string):
        """prompt_toolkit's: write a line; a full disk loses it, and the terminal goes on."""
        try:
            super().store_string(string)
        except OSError:
            return


def dump(data):
    """Lines of 16 bytes in hexadecimal, and as text."""
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"{row.hex(' '):<47}  {text}"


class Terminal:
    """A conversation with the module on `port`; `show` is called with each line to show.

    dialect: whose manual explains, None: found out from what is said.  times, in_hex, explains: see HELP.
    """

    def __init__(self, port, show, dialect=None, times=False, in_hex=False, explains=False, history=None):
        self._port = port
        self._show = show
        self._dialect_given = dialect is not None
        self.words = Vocabulary(dialect)
        self.times, self.in_hex, self.explains = times, in_hex, explains
        self._lines = Lines()
        self._said: "list[str]" = []    # to guess the dialect by
        self._open = None               # a command without its result
        self._echo = None               # what the module will send back
        self._at_prompt = False         # it waits for payload
        self._online = False            # data mode
        self._crlf = False              # what lines of data end with; False: CR
        self._written_s = 0.0           # when something was last sent
        self._session: "PromptSession[str]" = PromptSession(
            history=history or InMemoryHistory(), key_bindings=self._keys(), complete_while_typing=True,
            completer=CommandCompleter(lambda: self.words, OWN), bottom_toolbar=self._toolbar)

    async def run(self):
        """Until Ctrl-D or :quit.  Raises KeyboardInterrupt for Ctrl-C, OSError when the port goes."""
        self._show(f"{HELP}\n")
        # Raw all the time: what is typed between two prompts belongs to the next one, Ctrl-D and Ctrl-C included.
        with patch_stdout(), self._session.app.input.raw_mode():
            reader = asyncio.create_task(self._read())
            try:
                while not reader.done():
                    typing = asyncio.create_task(self._typed())
                    await asyncio.wait({typing, reader}, return_when=asyncio.FIRST_COMPLETED)
                    if reader.done():
                        typing.cancel()
                        break
                    if not await self._obey(typing.result()):
                        break
            finally:
                reader.cancel()
        if reader.done() and not reader.cancelled():
            reader.result()     # raises what ended it

    # -- typed

    async def _typed(self):
        # ":quit" for Ctrl-D, _INTERRUPT for Ctrl-C (asyncio would print what a task raises of that)
        try:
            return await self._session.prompt_async(self._prompt)
        except EOFError:
            return ":quit"
        except KeyboardInterrupt:
            return _INTERRUPT

    def _prompt(self):
        return "data> " if self._online else "> " if self._at_prompt else "AT> "

    def _keys(self):
        keys = KeyBindings()
        waits = Condition(lambda: self._at_prompt)
        begun = Condition(lambda: bool(self._session.default_buffer.text))
        named = Condition(lambda: not (self._at_prompt or self._online) and bool(
            _NAMED.fullmatch(self._session.default_buffer.document.text_before_cursor)))

        @keys.add("c-c", filter=begun)
        def _(event):
            event.current_buffer.reset()

        @keys.add("=", filter=named)
        def _(event):
            # Tab has completed it with its =, and who types on types it: no command has two.
            event.current_buffer.complete_state = None
            event.current_buffer.start_completion()

        @keys.add("c-z")
        def _(event):
            text = event.current_buffer.text
            event.current_buffer.reset()
            self._send(text.encode("utf-8", "replace") + b"\x1a")
            self._at_prompt = False

        @keys.add("escape", filter=waits, eager=True)
        def _(event):
            event.current_buffer.reset()
            self._send(b"\x1b")
            self._at_prompt = False

        return keys

    def _toolbar(self):
        if self._online:
            return (f"data mode: +++ leaves it; a line ends with {self._line_end()} "
                    f"(:crlf: {'CR' if self._crlf else 'CR LF'}, :raw: none)")
        if self._at_prompt:
            return (f"the module waits for data: Ctrl-Z ends it, Esc gives up; a line ends with {self._line_end()} "
                    f"(:crlf: {'CR' if self._crlf else 'CR LF'}, :raw: none)")
        return hint(self.words, self._session.default_buffer.text) or "Tab completes, :help"

    def _line_end(self):
        return "CR LF" if self._crlf else "CR"

    async def _obey(self, line):
        # Do what was typed; False when that is to end.
        if line is _INTERRUPT:
            raise KeyboardInterrupt
        command = line.strip()
        if command == ":quit":
            return False
        if command == ":help":
            self._show(HELP)
        elif command in (":hex", ":times", ":explain"):
            name = {":hex": "in_hex", ":times": "times", ":explain": "explains"}[command]
            setattr(self, name, not getattr(self, name))
            self._show(f"{command[1:]}: {'on' if getattr(self, name) else 'off'}")
        elif command == ":crlf":
            self._crlf = not self._crlf
            self._show(f"lines of data end with {self._line_end()}")
        elif command == "+++":
            await self._leave_data_mode()
        elif complaint := self._complaint(line):
            self._show(f"not sent: {complaint}")
        else:
            self._send_line(line)
        return True

    def _complaint(self, line):
        # About a word of the terminal's own that is none; "" for what is to be sent.
        word = line.strip().partition(" ")[0]
        if not word.startswith(":") or line.startswith(":raw ") or self._at_prompt or self._online:
            return ""       # data may begin with anything
        form = next((form for form in OWN if form.split()[0] == word), None)
        return f"it is {form}" if form else f"no such word, {word}; :help shows them, :raw TEXT sends anything"

    def _send_line(self, line):
        try:
            data = command_bytes(line)
        except ValueError as error:
            self._show(f"not sent: {error}")
            return
        if line.startswith(":raw "):
            pass        # as it is
        elif self._at_prompt:
            data = self._payload(line, data)
        elif self._online:
            data = self._ended(data)
        elif line.strip():
            self._open = self._echo = line.strip()
            self._said.append(line.strip())
        self._send(data)

    def _payload(self, line, data):
        # What was announced with its length is sent without the CR of the Enter key.
        counted = _COUNTED.fullmatch(self._open or "")
        if counted and len(line) >= int(counted[1]):
            self._at_prompt = False
            return line.encode()
        return self._ended(data)

    def _ended(self, data):
        # A line of data, with the end that is wanted.
        return data + b"\n" if self._crlf else data

    async def _leave_data_mode(self):
        await asyncio.sleep(max(0.0, self._written_s + GUARD_S - time.monotonic()))
        self._open = "+++"
        self._send(b"+++")
        await asyncio.sleep(GUARD_S)

    def _send(self, data):
        write_all(self._port, data)
        self._written_s = time.monotonic()

    # -- from the module

    async def _read(self):
        quiet = 0
        while True:
            data = self._port.read()
            if data and self.in_hex:
                for line in dump(data):
                    self._shown(line)
            for text in self._lines.feed(data or b""):
                self._line(text)
            quiet = 0 if data else quiet + 1
            if quiet == HELD_LOOKS:
                self._at_prompt = self._lines.at_prompt() or self._at_prompt
                if text := self._lines.rest():
                    self._line(text)
                    self._session.app.invalidate()
            await asyncio.sleep(LOOK_S)

    def _line(self, text):
        if not text:
            return
        if self._echo and text.strip() == self._echo:
            self._echo = None
            return
        self._echo = None
        meaning = self._meaning(text)
        if RESULT.fullmatch(text):
            self._online = text.startswith("CONNECT") and not text.startswith(("CONNECT OK", "CONNECT FAIL"))
            self._open, self._at_prompt = None, False
            self._session.app.invalidate()
        if not self.in_hex:
            self._shown(f"{text}  # {meaning}" if self.explains and meaning else text)

    def _meaning(self, text):
        if self.words.dialect is None and not self._dialect_given:
            self._said = [*self._said[-50:], text]
            if dialect := guess_dialect(self._said):
                self.words = Vocabulary(dialect)
        asked = self._open is not None and text.lstrip("+").split(":")[0] in self._open.upper()
        said = self.words.result(text) or self.words.line(text, unasked=not asked)
        strange = self._strange() if _REFUSED.match(text) else ""
        return "; ".join(filter(None, (said, strange)))

    def _strange(self):
        # Of the command that is under way: in no manual that is known here; "" when it is in one.
        name = name_and_rest(self._open or "")[0]
        if not name or self.words.command(self._open)[0] or name in self.words.names():
            return ""
        return f"AT{name} is not in the manual"

    def _shown(self, text):
        self._show(f"{datetime.now():%H:%M:%S.%f}"[:12] + f" {text}" if self.times else text)
