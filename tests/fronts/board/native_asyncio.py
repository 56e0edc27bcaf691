"""MicroPython's own asyncio.open_connection() on modem sockets: as many echo clients at once as the module has ids."""

import asyncio
import sys

import common

PORT, SIZE = int(common.arguments[0]), int(common.arguments[1])


async def client(number):
    reader, writer = await asyncio.open_connection("echo.example", PORT)
    data = common.seeded(SIZE, number)
    writer.write(data)
    await writer.drain()
    got = await reader.readexactly(SIZE)
    assert got == data, "connection %d got something else" % number
    writer.write(b"a line\nand more")
    await writer.drain()
    assert await reader.readline() == b"a line\n"
    buf = bytearray(8)
    assert await reader.readinto(buf) == 8
    assert buf == b"and more"
    writer.close()
    await writer.wait_closed()
    return len(got)


async def main(links):
    return await asyncio.gather(*[client(number) for number in range(links)])


modem = common.attached()
sys.modules["socket"] = modem.socket_module()
echoed = asyncio.run(main(common.ids(modem)))
modem.close()
common.result(echoed)
