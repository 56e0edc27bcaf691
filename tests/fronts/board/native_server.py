"""MicroPython's own asyncio.start_server() on modem sockets: an echo server for as many connections as it is told."""

import asyncio
import sys

import common

PORT, CONNECTIONS = int(common.arguments[0]), int(common.arguments[1])
served = []
everybody = asyncio.Event()


async def echo(reader, writer):
    count = await common.send_back(reader, writer)
    served.append([count, writer.get_extra_info("peername")[0]])
    if len(served) == CONNECTIONS:
        everybody.set()


async def main():
    server = await asyncio.start_server(echo, "0.0.0.0", PORT)
    print("listening")
    await everybody.wait()
    server.close()
    await server.wait_closed()


modem = common.attached()
sys.modules["socket"] = modem.socket_module()
asyncio.run(main())
modem.close()
common.result(served)
