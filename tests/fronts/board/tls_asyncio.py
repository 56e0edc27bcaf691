"""TLS on the driver's asyncio: bulk on several connections at once, refused certificates, ends, a silent peer;
then a server.
"""

import asyncio

import common
import secure

PORT, SILENT_PORT, SERVE_PORT, SIZE, TOGETHER = map(int, common.arguments[:5])
CA, STRANGER, CHAIN, KEY = common.arguments[5:9]
SILENT_S = 0.3

ticks = 0


async def tick():
    global ticks
    while True:
        await asyncio.sleep(0.01)
        ticks += 1


async def opened(modem, host, context):
    reader, writer = await modem.open_connection(host, PORT, ssl=context)
    writer.write(b"echo 2\nhi")  # MicroPython: this makes the handshake
    try:
        await writer.drain()
        assert await reader.readexactly(2) == b"hi"
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def bulk(modem, context, number):
    data = common.seeded(SIZE, number)
    reader, writer = await opened(modem, secure.NAME, context)
    writer.write(b"keep %d\n" % SIZE)
    writer.write(data[: SIZE // 3])
    writer.write(data[SIZE // 3 :])
    got = await reader.readexactly(SIZE)
    assert got == data
    writer.write(b"echo 7\na line\n")
    assert await reader.readline() == b"a line\n"
    assert writer.get_extra_info("ssl_object").cipher()
    writer.close()
    await writer.wait_closed()
    return len(got)


async def refused(modem, host, context):
    try:
        await opened(modem, host, context)
    except (OSError, ValueError) as error:
        return secure.reason(error)


async def ends(modem, context, how):
    reader, writer = await opened(modem, secure.NAME, context)
    writer.write(how + b" 5000\n")
    count = 0
    try:
        while True:
            piece = await reader.read(1000)
            if not piece:
                return [count, "end"]
            count += len(piece)
    except OSError as error:
        return [count, secure.reason(error)]
    finally:
        writer.close()
        await writer.wait_closed()


async def silent(modem, context):
    """Nobody answers the handshake: the loop goes on, and the task can be cancelled."""
    before = ticks

    async def use():
        reader, writer = await modem.open_connection(secure.NAME, SILENT_PORT, ssl=context)
        try:
            await reader.read(1)
        finally:
            writer.close()

    try:
        await asyncio.wait_for(use(), SILENT_S)
    except asyncio.TimeoutError:
        return ticks - before >= SILENT_S * 100 / 3


async def serve(modem, context):
    served = []
    everybody = asyncio.Event()

    async def echo(reader, writer):
        count = 0
        try:
            while count < SIZE:
                data = await reader.read(1000)
                assert data
                count += len(data)
                writer.write(data)
                await writer.drain()
        except OSError:  # MicroPython: the client that speaks no TLS; CPython does not come here
            return
        finally:
            writer.close()
            await writer.wait_closed()
        served.append(count)
        if len(served) == TOGETHER:
            everybody.set()

    async with await modem.start_server(echo, SERVE_PORT, ssl=context):
        print("listening")
        await everybody.wait()
    return served


async def main():
    modem = common.modem()
    await modem.attach_async("internet", timeout_ms=30_000)
    ticker = asyncio.create_task(tick())
    trusting = secure.client_context(CA)
    done = [
        await asyncio.gather(*[bulk(modem, trusting, number) for number in range(TOGETHER)]),
        await refused(modem, secure.NAME, secure.client_context(STRANGER)),
        await refused(modem, secure.OTHER, trusting),
        await ends(modem, trusting, b"end"),
        await ends(modem, trusting, b"cut"),
        await silent(modem, trusting),
        await serve(modem, secure.server_context(CHAIN, KEY)),
    ]
    ticker.cancel()
    modem.close()
    common.result(done)


asyncio.run(main())
