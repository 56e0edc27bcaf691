"""What a reader of docs/testing.md has: a driver, as small as the page needs it."""

import serial

PAGE = b"the page"


class Driver:
    """line: a serial port of pyserial."""

    def __init__(self, line):
        self._line = line

    def command(self, text):
        """The lines of the answer up to OK."""
        self._line.write(text.encode() + b"\r")
        lines = []
        while (line := self._line.readline().strip()) != b"OK":
            assert line != b"ERROR" and not line.startswith(b"+CME"), (text, lines, line)
            lines.append(line)
        return lines

    def signal_quality(self):
        line = next(line for line in self.command("AT+CSQ") if line.startswith(b"+CSQ:"))
        return int(line.split(b":")[1].split(b",")[0])

    def connect(self, address):
        self.command("AT+QIACT=1")
        self.command('AT+QIOPEN=1,0,"TCP","%s",%d,0,0' % address)
        while not self._line.readline().startswith(b"+QIOPEN: 0,0"):
            pass

    def send(self, data):
        self._line.write(b"AT+QISEND=0,%d\r" % len(data))
        assert self._line.read_until(b"> ").endswith(b"> ")
        self._line.write(data)
        while self._line.readline().strip() != b"SEND OK":
            pass

    def close(self):
        self.command("AT+QICLOSE=0")


def connected_driver(module, address):
    driver = Driver(serial.serial_for_url(module.port, timeout=5))
    driver.connect(address)
    return driver
