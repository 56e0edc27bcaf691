"""The module's own TLS, and IPv6, over a simulated module.  CPython and MicroPython run this same file.

    ways.py PORT DIALECT FAMILY NAME PORTS ACCESS...

FAMILY: 4 or 6; NAME: a host name of that family; PORTS: JSON of a kind of connection to the port of its echo server,
"tcp", "tls", "udp", "udp2".  Goes through all kinds in each access mode; prints "result " and JSON, a list of what
went wrong.
"""

import json
import sys

import atsock
from exchange import WORDS, open_port, seeded

STREAM = WORDS * 3 + bytes(seeded(6000))
DATAGRAMS = [WORDS, b"\r\nOK\r\n", bytes(seeded(1000)), b"x"]
LOCAL = {4: ".", 6: ":"}


class Ways:
    def __init__(self, modem, family, name):
        self.modem = modem
        self.family = atsock.AF_INET6 if family == 6 else atsock.AF_INET
        self.sign = LOCAL[family]
        self.name = name
        self.wrong = []

    def check(self, what, *case):
        if not what:
            self.wrong.append(case)

    def names(self):
        found = self.modem.resolve(self.name, self.family)
        self.check(found and self.sign in found[0], "resolve", found)
        found = self.modem.getaddrinfo(self.name, 80, self.family)
        self.check(
            found and found[0][0] == self.family and found[0][4][1] == 80 and self.sign in found[0][4][0],
            "getaddrinfo",
            found,
        )
        self.check(self.modem.getaddrinfo(self.name, 80) == found, "getaddrinfo", "any family")
        return found[0][4][0]

    def stream(self, kind, access, host, port):
        sock = self.modem.socket(access=access, tls=kind == "tls")  # of the context's family
        sock.settimeout(30)
        sock.connect((host, port))
        sock.sendall(STREAM)
        got = sock.read(len(STREAM))
        self.check(got == STREAM, kind, access, "echo", len(got))
        sock.sendall(b"quit")
        end = sock.recv(10)
        self.check(end == b"", kind, access, "end", repr(end))
        sock.close()

    def datagrams(self, access, host, port):
        sock = self.modem.socket(self.family, atsock.SOCK_DGRAM, access=access)
        sock.settimeout(30)
        sock.connect((host, port))
        for data in DATAGRAMS:
            if access == "hex" and len(data) > 700:
                continue
            sock.send(data)
            got, sender = sock.recvfrom(2000)
            self.check(got == data, "udp", access, len(data), len(got))
            self.check(sender[1] == port, "udp", access, "sender", sender)
        sock.close()

    def sent_to(self, access, host, *ports):
        # The first address is the one that a socket of Fibocom is opened to; the others get theirs all the same.
        sock = self.modem.socket(self.family, atsock.SOCK_DGRAM, access=access)
        sock.settimeout(30)
        for port in ports * 2:
            sock.sendto(b"to whom it may concern", (host, port))
            got, sender = sock.recvfrom(2000)
            self.check(got == b"to whom it may concern", "sendto", access, len(got))
            self.check(sender[1] == port or access != "push", "sendto", access, "sender", sender, port)
        sock.close()


def main(path, dialect, family, name, ports, *accesses):
    modem = atsock.Modem(open_port(path), dialect)
    ways = Ways(modem, int(family), name)
    address = modem.attach(apn="internet", family=ways.family, timeout_ms=30_000)
    ways.check(ways.sign in address, "attach", address)
    numeric = ways.names()
    ports = json.loads(ports)
    for access in accesses:
        for kind in ("tcp", "tls"):
            if kind in ports:
                ways.stream(kind, access, name, ports[kind])
        if "tcp" in ports:
            ways.stream("tcp", access, numeric, ports["tcp"])
        if "udp" in ports:
            ways.datagrams(access, name, ports["udp"])
            ways.sent_to(access, name, ports["udp"], ports["udp2"])
            ways.sent_to(access, numeric, ports["udp"])
    modem.close()
    print("result " + json.dumps(ways.wrong))


main(*sys.argv[1:])
