"""atsock bench: how fast the module carries data, and how close that is to what the line allows.

Owns the measurement and the table.  The far end is bench_server.py, the yardstick limits.py.
"""

import contextlib
import time

import click

from ..bench_server import MOST_BYTES, TAKEN, BenchServer, pattern, request
from ..limits import ACCESS, RECEIVE, SEND, least_seconds
from .session import DEFAULT_BAUD, failing, modem_options, opened_modem, waiting

BLOCK = 4096
TIMEOUT_S = 60
_ROW = "{:12} {:8} {:>9} {:>9} {:>9} {:>11}"


@click.command("bench", short_help="Measure how fast the module carries data.")
@click.option("--server", metavar="HOST:PORT",
              help="Where `python -m atsock_host.bench_server PORT` runs; --sim starts one by itself.")
@click.option("--kib", type=click.IntRange(1, MOST_BYTES // 1024), default=64, show_default=True,
              help="How much in each direction.")
@click.option("--all", "everything", is_flag=True, help="All access modes of the module, not only that of --access.")
@modem_options
def bench_command(choice, server, kib, everything):
    """Measure how fast the module carries data, in both directions.

    "% of limit" is the least time that the line and the module's commands allow, divided by the time taken. It needs
    the speed of the line (with --sim: --baud) and the dialect (with --port: --dialect).
    """
    if not server and not choice.sim:
        raise click.UsageError("say where the far end is: --server HOST:PORT (it is needed with --port)")
    with contextlib.ExitStack() as stack:
        target = _target(server) if server else ("127.0.0.1", stack.enter_context(BenchServer()).port)
        modem = stack.enter_context(opened_modem(choice))
        click.echo(_ROW.format("access", "", "bytes", "seconds", "B/s", "% of limit"))
        for access in _offered(modem) if everything else [choice.access]:
            for direction in (RECEIVE, SEND):
                with failing(f"cannot {direction} with {access} access"), waiting(f"{access}, {direction}"):
                    seconds = _measure(modem, access, direction, target, kib * 1024)
                click.echo(_row(choice, access, direction, kib * 1024, seconds))


def _target(server):
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise click.UsageError(f"--server must be HOST:PORT, not {server}")
    return host, int(port)


def _offered(modem):
    """The access modes for which the module has sockets, transparent left out: it has no end of its stream."""
    for access in ACCESS:
        if access != "transparent":
            try:
                modem.socket(access=access).close()
            except ValueError:      # the dialect has none
                continue
            yield access


def _measure(modem, access, direction, target, n):
    """Seconds that n bytes took, connecting not counted."""
    sock = modem.socket(access=access)
    try:
        sock.settimeout(TIMEOUT_S)
        sock.connect(target)
        return (_receive if direction == RECEIVE else _send)(sock, n)
    finally:
        sock.close()


def _receive(sock, n):
    buf = bytearray(BLOCK)
    expected = pattern(2 * BLOCK)
    begun, count = time.monotonic(), 0
    sock.sendall(request(b"R", n))
    while count < n:
        got = sock.recv_into(buf, min(BLOCK, n - count))
        if not got:
            raise OSError(f"the connection ended after {count} of {n} bytes")
        at = count % BLOCK
        if buf[:got] != expected[at:at + got]:
            raise OSError(f"wrong bytes came between {count} and {count + got}")
        count += got
    return time.monotonic() - begun


def _send(sock, n):
    block = pattern(BLOCK)
    begun, count = time.monotonic(), 0
    sock.sendall(request(b"S", n))
    while count < n:
        size = min(BLOCK, n - count)
        sock.sendall(block if size == BLOCK else block[:size])
        count += size
    if sock.recv(len(TAKEN)) != TAKEN:
        raise OSError("the far end did not get all bytes as they were sent")
    return time.monotonic() - begun


def _row(choice, access, direction, n, seconds):
    dialect = choice.dialect or choice.sim
    baud = choice.baud or (0 if choice.sim else DEFAULT_BAUD)
    share = "-"
    if dialect and baud:
        share = f"{least_seconds(dialect, access, n, baud, direction) / seconds:.1%}"
    return _ROW.format(access, direction, n, f"{seconds:.2f}", f"{n / seconds:.0f}", share)
