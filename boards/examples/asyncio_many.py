"""asyncio: several connections at once, a task that does something else meanwhile, and one that stays attached."""

import asyncio

import start

HOST, PATHS = "example.com", ("/one", "/two")  # a SIM7028 has two connections, the others six and more

modem = start.modem()


async def fetch(path):
    reader, writer = await modem.open_connection(HOST, 80)
    try:
        writer.write("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n".format(path, HOST).encode())
        await writer.drain()
        status = await reader.readline()
        while await reader.readline() not in (b"\r\n", b""):
            pass  # headers
        count = 0
        while True:
            data = await reader.read(512)
            if not data:
                return path, status.decode().strip(), count
            count += len(data)
    finally:
        writer.close()
        await writer.wait_closed()


async def count_turns(turns):
    """Anything else: a display, sensors.  The modem does not hold it up."""
    while True:
        turns[0] += 1
        await asyncio.sleep(0.01)


async def main():
    turns = [0]
    others = [asyncio.create_task(count_turns(turns))]
    print("address:", await modem.attach_async(timeout_ms=240_000))
    keeper = modem.keep(on_down=lambda reason: print("down:", reason))
    others.append(asyncio.create_task(keeper.run()))
    for path, status, count in await asyncio.gather(*[fetch(path) for path in PATHS]):
        print(path, status, count, "bytes")
    print("turns of the other task:", turns[0])
    for task in others:
        task.cancel()


asyncio.run(main())
modem.close()
