"""Makes timed transfers through one module.  CPython and MicroPython run this same file.

    timed.py PORT DIALECT TCP_PORT [ACCESS,DIRECTION,N]...

N: bytes, for the direction "echo" rounds.  The far end is at 127.0.0.1:TCP_PORT.  Prints "step " and a text as it goes
on, "result " and a JSON object for each transfer: access, direction, n, us, commands, heap.  Transparent access comes
last if it is wanted: its end would take two seconds of silence, so it is left to the end of the process.
"""

import json
import sys

import atsock
from ports import CountingPort
from transfers import Transfers

TIMEOUT_S = 30


def main(path, dialect, tcp_port, *plan):
    port = CountingPort(path)
    print("step attaching")
    modem = atsock.Modem(port, dialect)
    modem.attach("internet")
    sock = transfers = access = None
    for item in plan:
        wanted, direction, n = item.split(",")
        print("step", wanted, direction)
        if wanted != access:
            if sock is not None:
                sock.close()
            sock = modem.socket(access=wanted)
            sock.settimeout(TIMEOUT_S)
            sock.connect(("127.0.0.1", int(tcp_port)))
            transfers, access = Transfers(sock), wanted
            transfers.warm_up()
        commands = port.commands
        us = getattr(transfers, direction)(int(n))
        print("result", json.dumps({
            "access": access, "direction": direction, "n": int(n), "us": us, "commands": port.commands - commands,
            "heap": transfers.heap if sys.implementation.name == "micropython" else None}))


main(*sys.argv[1:])
