"""A server whose callback raises for the first connections, with and without await, and echoes from then on."""

import asyncio
import gc

import common

PORT = int(common.arguments[0])
seen = []
told = []
done = asyncio.Event()


async def later(number):
    await asyncio.sleep(0)
    raise ValueError(number)


async def echo(reader, writer):
    await common.send_back(reader, writer)
    done.set()


def callback(reader, writer):
    seen.append(len(seen))
    if len(seen) == 1:
        raise ValueError(1)
    return later(2) if len(seen) == 2 else echo(reader, writer)


def on_exception(loop, context):
    told.append(context["exception"].args[0])


async def main():
    asyncio.get_event_loop().set_exception_handler(on_exception)
    modem = common.modem()
    await modem.attach_async("internet", timeout_ms=30_000)
    async with await modem.start_server(callback, PORT):
        print("listening")
        await done.wait()
    gc.collect()
    await asyncio.sleep(0)
    modem.close()
    common.result([seen, told])


asyncio.run(main())
