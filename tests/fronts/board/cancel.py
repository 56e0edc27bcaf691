"""Tasks that are cancelled, or run out of time, in whatever they do on the modem; and that everything works afterwards.

PROGRAM ... SCENE ECHO_PORT OTHER_PORT: "connect" to a host that does not answer, "read" over a slow line, "drain"
towards a server that does not read, "close" towards such a server, "accept" on OTHER_PORT, "hang" of the module.
"""

import asyncio
import sys

import common
from atsock.aio import streams
from atsock.sockets import opening

SCENE, ECHO, OTHER = common.arguments[0], int(common.arguments[1]), int(common.arguments[2])
PATIENCE_S = 0.2
HANGS_S = 100
SIZE = 5000
SAYS_NOTHING = sys.argv[2] in ("nl668", "l610")  # when it has restarted
ticks = 0
waits = []  # ms of each wait of the driver's in which no other task can go on; there may be none


async def tick():
    global ticks
    while True:
        await asyncio.sleep(0.005)
        ticks += 1


def watched(port):
    wait = port.wait

    def noted(ms, writing):
        waits.append(ms)
        return wait(ms, writing)

    port.wait = noted


async def runs_out_of_time(waiting, seconds=PATIENCE_S):
    """Is it still waiting after so long?  It is cancelled then."""
    try:
        await asyncio.wait_for(waiting, seconds)
    except asyncio.TimeoutError:
        return True
    return False


async def echo(modem, number=1):
    reader, writer = await modem.open_connection("echo.example", ECHO)
    data = common.seeded(800, number)
    writer.write(data)
    assert await reader.readexactly(len(data)) == data
    writer.close()
    await writer.wait_closed()


async def all_ids(modem):
    """As many connections at once as the module has ids: none of them is lost."""
    links = common.ids(modem)
    await asyncio.wait_for(asyncio.gather(*[echo(modem, number) for number in range(links)]), HANGS_S)
    return links


async def connect(modem):
    assert await runs_out_of_time(modem.open_connection("dead.example", OTHER))
    await echo(modem)  # while the module still waits for that host
    task = asyncio.create_task(modem.open_connection("dead.example", OTHER))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    try:
        await task
        return "came back"
    except asyncio.CancelledError:
        print("dead")


async def read(modem):
    reader, writer = await modem.open_connection("echo.example", ECHO)
    data = common.seeded(SIZE, 1)
    writer.write(data)
    got = b""
    cancelled = 0
    while len(got) < SIZE:
        # Not by wait_for(): MicroPython's loses what comes at the very moment when the time is over.
        reading = asyncio.create_task(reader.readexactly(min(700, SIZE - len(got))))
        await asyncio.sleep(0.01)
        reading.cancel()
        try:
            got += await reading
        except asyncio.CancelledError:
            cancelled += 1
    assert got == data
    assert cancelled > 3
    writer.close()
    await writer.wait_closed()


async def drain(modem):
    reader, writer = await modem.open_connection("echo.example", OTHER)
    full = False
    while not full:
        writer.write(bytes(20000))
        full = await runs_out_of_time(writer.drain())
    await echo(modem)
    print("full")
    await asyncio.wait_for(writer.drain(), HANGS_S)  # now it reads
    writer.close()
    await writer.wait_closed()


async def close(modem):
    streams._GOODBYE_MS = opening._FLUSH_MS = 500
    reader, writer = await modem.open_connection("echo.example", OTHER)
    while not await runs_out_of_time(writer.drain()):
        writer.write(bytes(20000))
    writer.write(bytes(5000))
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), HANGS_S)
        return "closed in peace"
    except OSError as error:
        assert error.errno == 104, error  # ECONNRESET: not all of it went out


async def accept(modem):
    for turn in range(3):
        server = await modem.start_server(None, OTHER)
        assert await runs_out_of_time(server.serve_forever(), 0.1)
        await server.wait_closed()
        task = asyncio.create_task(modem.start_server(None, OTHER))
        for step in range(turn):
            await asyncio.sleep(0)
        task.cancel()
        try:
            server = await task
            server.close()
            await server.wait_closed()
        except asyncio.CancelledError:
            pass


async def hang(modem):
    reader, writer = await modem.open_connection("echo.example", ECHO)
    print("hang")
    while not await runs_out_of_time(echo(modem), 1):
        pass
    assert await runs_out_of_time(reader.read(1))
    assert await runs_out_of_time(modem.open_connection("echo.example", ECHO))
    writer.write(b"nobody hears this")
    assert await runs_out_of_time(writer.drain())
    print("hung")
    if SAYS_NOTHING:
        return "hung"
    try:
        await asyncio.wait_for(reader.read(1), HANGS_S)
        return "read on"
    except OSError as error:
        assert error.errno == 104, error  # ECONNRESET: it has restarted
    writer.close()
    try:
        await writer.wait_closed()
    except OSError as error:
        assert error.errno == 104, error
    await modem.attach_async("internet", timeout_ms=30_000)


async def main():
    modem = common.modem()
    watched(modem._engine.port)
    await modem.attach_async("internet", timeout_ms=30_000)
    ticking = asyncio.create_task(tick())
    wrong = await {"connect": connect, "read": read, "drain": drain, "close": close, "accept": accept, "hang": hang}[
        SCENE
    ](modem)
    went_on = ticks > 0 and waits == []
    ticking.cancel()
    ids = 0
    if wrong is None:
        ids = await all_ids(modem)
        modem.close()
    common.result([wrong, ids, went_on])


asyncio.run(main())
