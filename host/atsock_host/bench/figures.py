"""From what was measured to what it means: goodput, share of the limit, what the driver adds to each command.

Owns the formulas, and says them in words (explain).  Knows neither processes nor output.
"""

from ..limits import RECEIVE, SEND, exchange, least_seconds
from ..limits import explain as explain_exchange
from .cases import ECHO
from .on_board.transfers import ECHO_BYTES, REQUEST_BYTES, TAKEN

EXPLANATION = """\
limit            the least time the line allows: 10 bits per byte, module and network answer at once, and beside the
                 payload only the bytes that the module's commands cannot do without, both directions one after the
                 other (the forms are below).  It holds for all that is done while the clock runs:
                   receive  a request of {request} bytes is sent, n bytes are received
                   send     a request of {request} bytes and n bytes are sent, {taken} byte is received
                   echo     {echo} bytes are sent, {echo} bytes are received, in data mode both at the same time
                 BG96 in data mode: and the 200 ms that its manual says it keeps a short packet, once
% of limit       limit / time taken
B/s              payload bytes / time taken
commands/s       AT commands the driver sent / time taken
added ms         (time taken - limit) / commands: what the driver, the pseudo-terminal, the notices of arriving data
                 and the far end add to each; without commands (push, transparent) nothing is printed
heap B/KiB       MicroPython: bytes allocated by the driver during the transfer, per KiB of payload (mem_total())
peak heap        the most bytes in use between connecting and the end of a small transfer of this kind, from before
                 the driver was imported (MicroPython: gc.mem_alloc() at each command and read; CPython: tracemalloc)
import heap      bytes that importing driver and dialect keeps, from source
"""


def least(dialect, access, direction, n, baud):
    """The limit in seconds for all that one transfer puts on the line."""
    def seconds(count, way):
        return least_seconds(dialect, access, count, baud, way)

    wait = exchange(dialect, access, SEND).wait_ms / 1000
    if direction == ECHO:
        back = 0 if access == "transparent" else seconds(ECHO_BYTES, RECEIVE)   # in data mode both at the same time
        return n * (seconds(ECHO_BYTES, SEND) + wait + back)
    opening = seconds(REQUEST_BYTES, SEND) + wait
    if direction == SEND:
        return opening + seconds(n, SEND) + seconds(len(TAKEN), RECEIVE)
    return opening + seconds(n, RECEIVE)


def figures(dialect, interpreter, baud, result, weight=None):
    """One row of the report: a dict that JSON can take.  `result`, `weight`: what sessions.py gives."""
    access, direction, n = result["access"], result["direction"], result["n"]
    payload = 2 * n * ECHO_BYTES if direction == ECHO else n
    seconds = result["us"] / 1e6
    limit_s = least(dialect, access, direction, n, baud) if dialect and baud else None
    commands, heap = result["commands"], result["heap"]
    return {
        "dialect": dialect,
        "access": access,
        "direction": direction,
        "baud": baud,
        "interpreter": interpreter,
        "bytes": payload,
        "seconds": seconds,
        "limit_seconds": limit_s,
        "goodput_bytes_per_second": payload / seconds,
        "percent_of_limit": 100 * limit_s / seconds if limit_s else None,
        "commands": commands,
        "commands_per_second": commands / seconds if commands is not None else None,
        "added_ms_per_command": 1000 * (seconds - limit_s) / commands if limit_s and commands else None,
        "heap_bytes_per_kib": heap / (payload / 1024) if heap is not None else None,
        "peak_heap_bytes": weight and weight["peak_bytes"],
        "import_heap_bytes": weight and weight["import_bytes"],
    }


def explain(dialects, accesses, directions):
    """How the numbers are made, and the bytes of every exchange, as text."""
    parts = [EXPLANATION.format(request=REQUEST_BYTES, taken=len(TAKEN), echo=ECHO_BYTES)]
    ways = [way for way in (RECEIVE, SEND) if way in directions or ECHO in directions]
    for dialect in dialects:
        for access in accesses:
            parts += [explain_exchange(dialect, access, way) for way in ways]
    return "\n".join(parts)
