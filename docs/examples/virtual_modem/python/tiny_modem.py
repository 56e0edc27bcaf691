"""A driver to be tested: the least that downloads something through a Quectel BG96, with nothing but pyserial.

It is an example of a driver that is not part of atsock; test_tiny_modem.py beside it is its suite.
"""

import time

import serial

ANSWER_S = 10


class ModemError(Exception):
    """The module refused a command or did not answer; the text says which."""


class TinyModem:
    """One TCP connection over a BG96.  `port`: a device, or a URL of pyserial."""

    def __init__(self, port):
        self.line = serial.serial_for_url(port, 115200, timeout=0.05)
        self.buffer = b""
        self.notices = []       # unsolicited lines nobody has looked at yet
        self.command("ATE0")

    def close(self):
        self.line.close()

    # ---- lines

    def next_line(self, seconds=ANSWER_S):
        """The next line that is not empty; ModemError when none comes."""
        until = time.monotonic() + seconds
        while True:
            line, end, rest = self.buffer.partition(b"\r\n")
            if end:
                self.buffer = rest
                if line:
                    return line.decode("latin-1")
            elif time.monotonic() > until:
                raise ModemError("no answer")
            else:
                self.buffer += self.line.read(max(1, self.line.in_waiting))

    def command(self, text, seconds=ANSWER_S):
        """Send a command; the lines of its answer, without the OK.  ModemError for anything else."""
        self.line.write(text.encode() + b"\r")
        lines = []
        while True:
            line = self.next_line(seconds)
            if line == "OK":
                return [line for line in lines if line != text]     # the echo, before ATE0
            if line == "ERROR" or line.startswith("+CME ERROR"):
                raise ModemError(f"{text}: {line}")
            if line.startswith("+QIURC: ") or line in ("RING", "RDY", "APP RDY"):
                self.notices.append(line)
            else:
                lines.append(line)

    def wait_for(self, start, seconds=ANSWER_S):
        """The unsolicited line that begins so; others are kept."""
        for line in self.notices:
            if line.startswith(start):
                self.notices.remove(line)
                return line
        while not (line := self.next_line(seconds)).startswith(start):
            self.notices.append(line)
        return line

    # ---- what a program wants

    def signal(self):
        """RSSI of AT+CSQ, 0-31, or None when the module knows none."""
        rssi = int(self.command("AT+CSQ")[0].removeprefix("+CSQ: ").split(",")[0])
        return None if rssi == 99 else rssi

    def attach(self, seconds=ANSWER_S):
        """Wait for the network, then bring up the context; the address that the network gave."""
        until = time.monotonic() + seconds
        while self.command("AT+CEREG?")[0].split(",")[1] not in ("1", "5"):
            if time.monotonic() > until:
                raise ModemError("no network")
            time.sleep(0.1)
        self.command('AT+QICSGP=1,1,"internet"')
        self.command("AT+QIACT=1", 150)
        return self.command("AT+QIACT?")[0].split('"')[1]

    def connect(self, host, port):
        self.command(f'AT+QIOPEN=1,0,"TCP","{host}",{port},0,0')
        result = self.wait_for("+QIOPEN: 0,", 150).split(",")[1]
        if result != "0":
            raise ModemError(f"connection refused: {result}")

    def send(self, data):
        for begin in range(0, len(data), 1460):
            piece = data[begin:begin + 1460]
            self.line.write(f"AT+QISEND=0,{len(piece)}\r".encode())
            while b"> " not in self.buffer:
                if b"ERROR\r\n" in self.buffer:
                    raise ModemError("the connection takes nothing")
                self.buffer += self.line.read(1)
            self.buffer = self.buffer.replace(b"\r\n> ", b"", 1)
            self.line.write(piece)
            self.wait_for("SEND OK")

    def read(self):
        """What has come by now, at most 1500 bytes; b"" for nothing."""
        self.line.write(b"AT+QIRD=0,1500\r")
        count = int(self.wait_for("+QIRD: ").removeprefix("+QIRD: "))
        while len(self.buffer) < count:
            self.buffer += self.line.read(count - len(self.buffer))
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        self.wait_for("OK")
        return data

    def read_all(self):
        """Everything until the peer closes."""
        got = b""
        while True:
            piece = self.read()
            got += piece
            if not piece:
                if any(line.startswith('+QIURC: "closed"') for line in self.notices):
                    return got
                self.notices.append(self.next_line())

    def disconnect(self):
        self.command("AT+QICLOSE=0")
