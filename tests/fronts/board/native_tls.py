"""MicroPython's own asyncio with ssl on modem sockets: clients at once, and an echo server."""

import asyncio
import sys

import common
import secure

PORT, SERVE_PORT, SIZE, TOGETHER = map(int, common.arguments[:4])
CA, STRANGER, CHAIN, KEY = common.arguments[4:8]


async def client(context, number):
    reader, writer = await asyncio.open_connection(secure.NAME, PORT, ssl=context)
    data = common.seeded(SIZE, number)
    writer.write(b"keep %d\n" % SIZE)
    writer.write(data)
    await writer.drain()
    assert await reader.readexactly(SIZE) == data
    writer.write(b"echo 7\na line\n")
    await writer.drain()
    assert await reader.readline() == b"a line\n"
    writer.close()
    await writer.wait_closed()
    return SIZE


async def refused(context):
    reader, writer = await asyncio.open_connection(secure.NAME, PORT, ssl=context)
    try:
        writer.write(b"echo 2\nhi")
        await writer.drain()
        await reader.readexactly(2)
    except (OSError, ValueError) as error:
        return secure.reason(error)


async def serve(context):
    served = []
    everybody = asyncio.Event()

    async def echo(reader, writer):
        data = await reader.readexactly(SIZE)
        writer.write(data)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        served.append(len(data))
        if len(served) == TOGETHER:
            everybody.set()

    server = await asyncio.start_server(echo, "0.0.0.0", SERVE_PORT, ssl=context)
    print("listening")
    await everybody.wait()
    server.close()
    await server.wait_closed()
    return served


async def main():
    trusting = secure.client_context(CA)
    return [
        await asyncio.gather(*[client(trusting, number) for number in range(TOGETHER)]),
        await refused(secure.client_context(STRANGER)),
        await serve(secure.server_context(CHAIN, KEY)),
    ]


modem = common.attached()
sys.modules["socket"] = modem.socket_module()
done = asyncio.run(main())
modem.close()
common.result(done)
