"""As many connections at once as the module has ids, on the driver's asyncio: each sends, and gets the same back."""

import asyncio

import common

PORT, SIZE = int(common.arguments[0]), int(common.arguments[1])


async def client(modem, number):
    reader, writer = await modem.open_connection("echo.example", PORT)
    data = common.seeded(SIZE, number)
    writer.write(data[: SIZE // 3])
    writer.write(data[SIZE // 3 :])
    got = await reader.readexactly(SIZE // 2)
    await writer.drain()
    got += await reader.readexactly(SIZE - len(got))
    assert got == data, "connection %d got something else" % number
    assert writer.get_extra_info("peername") == ("echo.example", PORT)
    writer.close()
    await writer.wait_closed()
    return len(got)


async def main():
    modem = common.modem()
    await modem.attach_async("internet", timeout_ms=30_000)
    links = common.ids(modem)
    echoed = []
    for turn in range(2):
        echoed += await asyncio.gather(*[client(modem, number) for number in range(links)])
    modem.close()
    common.result(echoed)


asyncio.run(main())
