"""What a module writes: frames, unsolicited lines that wait for the line, and how far the host can have read.

Owns the output bytes.  Knows neither commands nor where the bytes go.
"""

_NUMERIC_RESULTS = {"OK": "0", "CONNECT": "1", "NO CARRIER": "3", "ERROR": "4"}     # V.250 5.7.1, ATV0

_SHOWN = 160    # of an unsolicited line, in the log


def _encoded(text):
    """What came from the host goes back as it came; text of people may hold more."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


class Output:
    OUTPUT_LIMIT = 2048         # bytes waiting for the line beyond which nothing is pushed
    SHARED_FRAMES = True        # information lines of one answer share one CR LF between them

    def __init__(self):
        self.log = None                 # called with the name of an event and its fields, or None
        self.mishaps = None             # Mishaps: told of every step, or None
        self._answer = None             # what the log says of the command in progress
        self.splice = None              # called for an unsolicited text at every line boundary, or None
        self.tracks_delivery = False    # True: the line calls delivered(); else take() counts as delivery
        self._output = bytearray()
        self._made = 0                  # bytes ever put out
        self._spliced_to = -1           # value of _made behind the last spliced line, and
        self._spliced_from = 0          # before it
        self._delivered = 0             # bytes the host can have seen
        self._awaited = 0               # value of _made behind the last character of the last final result or prompt

    # ---- for vendors

    def info(self, text, payload=None, *, inline=False, tail=True):
        """Write one information line of the command in progress.

        `payload`: raw bytes behind the line's CR LF and followed by CR LF; `inline` puts them right behind
        the text instead, `tail=False` leaves the CR LF after them out.
        """
        self._note_line(text, payload)
        if payload is not None:
            self.step("counted")
        opened = self._info_open and self.SHARED_FRAMES
        self._write(self._frame(text, payload, inline, tail, lead=not opened and self.verbose))
        self._info_open = True
        self._spliced()

    def line(self, text):
        """Write a line framed by itself which neither ends the command nor counts as information."""
        self._note_line(text)
        self._write(self._frame(text))
        self._spliced()

    def raw(self, data):
        """Write bytes as they are."""
        if self.in_data_mode:
            self.step("stream")
        self._write(bytes(data))

    def urc(self, text, payload=None, *, inline=False, tail=True):
        """Write an unsolicited line; while a prompt or data mode has the line it waits for its end."""
        self._unsolicited(self._frame(text, payload, inline, tail), payload is not None)

    def urcs_behind_result(self):
        """Unsolicited lines wait for the final result of the command in progress."""
        self._behind_result = True

    def urc_raw(self, data):
        """As urc(), for bytes without any frame."""
        self._unsolicited(bytes(data), True)

    @property
    def output_full(self):
        """True while so much waits for the line that received data should stay in its socket."""
        return self._made - self._delivered >= self.OUTPUT_LIMIT

    def step(self, name):
        """Tell the mishaps what happens now; see there for the names."""
        if self.mishaps is not None:
            self.mishaps.reached(name)

    def line_ready(self):
        """Called when the line is free for unsolicited data again, or has room for more of it."""

    @property
    def written(self):
        """Position in the output behind the last character of the line written last.

        Its CR LF does not count: a host may act before it comes.  Nor does a spliced line behind it.
        """
        return self._spliced_from if self._made == self._spliced_to else self._behind_text()

    def seen(self, position):
        """True when the host can have seen everything before this position of the output."""
        return self._delivered >= position

    # ---- for the line

    def take(self):
        """Bytes for the host, taken out of the module."""
        data = bytes(self._output)
        self._output.clear()
        if not self.tracks_delivery:
            self.delivered(len(data))
        return data

    def delivered(self, n):
        """The line has carried `n` more bytes to the host."""
        full = self.output_full
        self._delivered += n
        if full and not self.output_full:
            self.line_ready()

    # ---- inside

    def _clear_output(self):
        self._info_open = False     # the last thing written was an information line
        self._held = []             # unsolicited frames that wait for the line
        self._behind_result = False     # they wait for the final result of the command in progress

    def _frame(self, text, payload=None, inline=False, tail=True, lead=True):
        frame = bytearray(b"\r\n" if lead else b"")
        frame += _encoded(text)
        if payload is None:
            return bytes(frame + b"\r\n")
        frame += b"" if inline else b"\r\n"
        frame += payload
        return bytes(frame + (b"\r\n" if tail else b""))

    def _write(self, data):
        if self.mishaps is not None:
            data = self.mishaps.written(data)
        self._output += data
        self._made += len(data)
        self._info_open = False

    def _unsolicited(self, frame, is_data=False):
        if self.line_free:
            self._write_unsolicited(frame, is_data)
            self._spliced()
        elif self.alive:
            self._held.append((frame, is_data))

    def _write_unsolicited(self, frame, is_data):
        self._note_unsolicited(frame)
        if self.mishaps is not None:
            self.step("counted" if is_data else self.mishaps.announces(frame))
        self._write(frame)

    def _flush_held(self):
        while self._held and self.line_free:
            frame, is_data = self._held.pop(0)
            self._write_unsolicited(frame, is_data)
            self._held_written(frame)
        if self.line_free:
            self.line_ready()

    def _held_written(self, frame):
        """This unsolicited frame had to wait, and has been written now."""

    def _spliced(self):
        """A line boundary: the place for a line that has nothing to do with what stands around it."""
        if self.splice is not None:
            self._spliced_from = self._behind_text()
            self._write(self._frame(self.splice()))
            self._spliced_to = self._made

    def _write_final(self, text):
        self._note_answer(text)
        self.step("result")
        if not self.quiet:
            if self.verbose:
                self._write(self._frame(text))
            else:
                self._write(_NUMERIC_RESULTS.get(text, text).encode("latin-1") + b"\r")
        self._awaited = self._behind_text()

    def _behind_text(self):
        """Position in the output behind the last character that is no CR or LF."""
        end = bytes(self._output[-4:])
        return self._made - len(end) + len(end.rstrip(b"\r\n"))

    # ---- the log: one record for a command, one for all that it was answered, one for each unsolicited line

    def _begin_answer(self, command):
        if self.log is not None:
            self.note("command", text=command)
            self._answer = {"command": command, "lines": [], "bytes": 0, "since": self.now_ms()}

    def _note_line(self, text, payload=None):
        if self._answer is not None:
            self._answer["lines"].append(text)
            self._answer["bytes"] += len(payload or b"")

    def _note_answer(self, result):
        answer, self._answer = self._answer, None
        if answer is not None:
            since = answer.pop("since")
            self.note("answer", **answer, result=result, ms=round(self.now_ms() - since, 3))

    def _note_unsolicited(self, frame):
        if self.log is not None:
            first = frame.strip(b"\r\n").partition(b"\r\n")[0][:_SHOWN]
            self.note("urc", text=first.decode("latin-1"), bytes=len(frame))
