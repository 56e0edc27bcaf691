"""What the programs in this folder begin with.

CPython and MicroPython run them:  PROGRAM PORT DIALECT ACCESS [ARGUMENT...]
"""

import json
import sys

import atsock

if sys.implementation.name == "micropython":
    from tty import Tty as open_port
else:
    from atsock_host import SerialPort as open_port

arguments = sys.argv[4:]


def modem(**options):
    """The modem that the command line names; nothing has been sent."""
    path, dialect, access = sys.argv[1:4]
    return atsock.Modem(open_port(path), dialect, access=access, **options)


def attached(**options):
    made = modem(**options)
    made.attach("internet", timeout_ms=30_000)
    return made


def ids(modem):
    """How many connections its module has at once."""
    return len(modem._session.table.LINKS)


def seeded(n, seed):
    """n bytes that look like nothing in particular, protocol's own words at the front."""
    words = (
        b'\r\nOK\r\n\r\nERROR\r\n> +QIURC: "closed",0\r\n+IPD5\r\n\r\nNO CARRIER\r\n\x1a\x1b\x00\xff+MIPSTAT: 1,1\r\n'
    )
    out = bytearray(n)
    state = seed * 2 + 1
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out[i] = state >> 16 & 255
    out[: min(n, len(words))] = words[:n]
    return bytes(out)


async def send_back(reader, writer):
    """All that comes goes back, until the peer closes; returns how many bytes it was."""
    count = 0
    while True:
        data = await reader.read(700)
        if not data:
            break
        count += len(data)
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()
    return count


def result(value):
    """Tell the test."""
    print("result " + json.dumps(value))
