"""Standard input of the simulator's process as lines of control commands; its end ends the process.

`module N COMMAND` is for the N-th module of the process (1 is the first), a command without that for the first one.
A thread reads and hands on through a socket: select() of Windows takes nothing else.
"""

import json
import os
import selectors
import socket
import threading

_PIECE = 65536


def _hand_on(sock):
    with sock:
        try:
            while data := os.read(0, _PIECE):
                sock.sendall(data)
        except OSError:     # closed from the start, or the process is at its end
            return


class ControlInput:
    def __init__(self, controls, share, on_end):
        self._controls = controls
        self._on_end = on_end
        self._pending = b""
        self._socket, other = socket.socketpair()
        share.register(self._socket, selectors.EVENT_READ, self.ready)
        threading.Thread(target=_hand_on, args=(other,), daemon=True).start()

    def ready(self, events):
        del events
        data = self._socket.recv(_PIECE)
        if not data:
            self._on_end()
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            print(self.answer(line.decode(errors="replace")), flush=True)

    def answer(self, line):
        """The answer to one line, as text without a line end."""
        word, _, rest = line.strip().partition(" ")
        if word != "module":
            return self._controls[0].answer(line)
        number, _, command = rest.strip().partition(" ")
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(self._controls)):
            return json.dumps({"error": f"module 1 to {len(self._controls)}, not {number!r}"})
        return self._controls[int(number) - 1].answer(command)
