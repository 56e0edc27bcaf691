"""Collects the payload that the host writes after a prompt.

Three endings: a count, Ctrl-Z (0x1A) or ESC (0x1B, cancels; payload with Fibocom); SIMCom's 0x03 takes the
byte after it literally (A7600 2.4).  Knows neither prompts nor answers.
"""

ETX, CTRL_Z, ESC = 0x03, 0x1A, 0x1B


class Capture:
    def __init__(self, count=None, etx=False, limit=None, escape=True):
        self.count = count          # bytes to take, or None: up to Ctrl-Z
        self.etx = etx
        self.escape = escape        # False: ESC is payload
        self.limit = limit          # most bytes of the form without a count; what exceeds it is dropped
        self.data = bytearray()
        self.dropped = 0
        self.finished = count == 0
        self.cancelled = False
        self._literal = False       # the byte before was 0x03

    def feed(self, data):
        """Take what belongs to the payload and return how many bytes that was."""
        if self.count is not None:
            piece = data[:self.count - len(self.data)]
            self.data += piece
            self.finished = len(self.data) == self.count
            return len(piece)
        for i, byte in enumerate(data):
            if self._literal:
                self._literal = False
                self._store(byte)
            elif self.etx and byte == ETX:
                self._literal = True
            elif byte == CTRL_Z:
                self.finished = True
                return i + 1
            elif byte == ESC and self.escape:
                self.finished = self.cancelled = True
                return i + 1
            else:
                self._store(byte)
        return len(data)

    def _store(self, byte):
        if self.limit is not None and len(self.data) >= self.limit:
            self.dropped += 1
        else:
            self.data.append(byte)
