"""An echo server on the driver's asyncio, for as many connections as it is told."""

import asyncio

import common

PORT, CONNECTIONS = int(common.arguments[0]), int(common.arguments[1])
served = []
peers = []
everybody = asyncio.Event()


async def echo(reader, writer):
    peers.append(writer.get_extra_info("peername")[0])
    served.append(await common.send_back(reader, writer))
    if len(served) == CONNECTIONS:
        everybody.set()


async def main():
    modem = common.modem()
    await modem.attach_async("internet", timeout_ms=30_000)
    async with await modem.start_server(echo, PORT):
        print("listening")
        await everybody.wait()
    modem.close()
    common.result([served, peers])


asyncio.run(main())
