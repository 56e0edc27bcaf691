"""asyncio: how long the driver pauses between two looks at the port, counted by what it asks the loop for."""

import asyncio
import sys

from atsock.aio import waiter
from cases import cases
from fakes import new_modem
from frames import DIALECTS, speech

MICROPYTHON = sys.implementation.name == "micropython"


class Recorder:
    """asyncio for the waiter, that notes each sleep_ms(), and sleeps for `most` ms of it."""

    def __init__(self, pauses, most=1000):
        self._pauses = pauses
        self._most = most

    def __getattr__(self, name):
        return getattr(asyncio, name)

    def sleep_ms(self, ms):
        self._pauses.append(ms)
        return asyncio.sleep_ms(min(ms, self._most))


async def attach(modem, pauses, most=1000):
    if not MICROPYTHON:
        loop = asyncio.get_running_loop()
        later = loop.call_later

        def call_later(delay, function, *arguments, **more):
            if function == modem._session.waiter.on_readable:
                pauses.append(delay * 1000)
                delay = min(delay, most / 1000)
            return later(delay, function, *arguments, **more)

        loop.call_later = call_later
    return await modem.attach_async("internet")


@cases("dialect", DIALECTS)
def test_port_that_cannot_be_polled(dialect):
    """It is asked every millisecond while somebody waits."""
    modem, tape, clock = new_modem(dialect)
    tape.auto = speech(dialect).attach()
    clock.hurry = 1
    pauses = []
    waiter.asyncio = Recorder(pauses)
    try:
        assert asyncio.run(attach(modem, pauses)) == "10.0.0.1"
    finally:
        waiter.asyncio = asyncio
    asked = pauses.count(1)
    assert asked > 1, pauses
    assert max(pauses) <= 200, pauses
    assert MICROPYTHON or asked == len(pauses), pauses  # MicroPython minds the time apart


def at_a_descriptor(dialect):
    """(modem, tape, descriptors to be closed): a port with a descriptor, at which nothing ever shows."""
    import os

    modem, tape, clock = new_modem(dialect)
    tape.auto = speech(dialect).attach()
    clock.hurry = 1
    ends = os.pipe()
    tape.fileno = lambda: ends[0]
    return modem, tape, ends


def close(descriptors):
    import os

    for descriptor in descriptors:
        os.close(descriptor)


@cases("dialect", DIALECTS)
def test_port_with_a_descriptor(dialect):
    """Deadlines are looked at every 50 ms, every 200 ms when nothing is on its way; nothing shows at the descriptor."""
    if MICROPYTHON:  # polls the stream itself
        return
    modem, tape, ends = at_a_descriptor(dialect)
    pauses = []
    try:
        assert asyncio.run(attach(modem, pauses)) == "10.0.0.1"
    finally:
        close(ends)
    assert 50 in pauses and max(pauses) <= 200, pauses


def test_a_descriptor_that_nobody_watches_any_more():
    """The loop watches it while somebody waits, for writing only while the port takes nothing more."""
    if MICROPYTHON:  # polls the stream itself
        return
    modem, tape, ends = at_a_descriptor("bg96")
    watched = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.add_writer = lambda fd, function: watched.append(fd)
        write = tape.write
        tape.write = lambda buf, at, n: None if not watched else write(buf, at, n)
        assert await modem.attach_async("internet") == "10.0.0.1"
        await asyncio.sleep(0.5)
        return loop.remove_reader(ends[0])

    try:
        assert asyncio.run(main()) is False
    finally:
        close(ends)
    assert watched and set(watched) == {ends[0]}


def test_a_loop_that_watches_no_descriptor():
    """CPython on Windows: the port is asked every millisecond instead."""
    if MICROPYTHON:  # has one loop only
        return
    modem, tape, ends = at_a_descriptor("bg96")
    pauses = []

    def refuse(*arguments):
        raise NotImplementedError()

    async def main():
        asyncio.get_running_loop().add_reader = refuse
        return await attach(modem, pauses)

    try:
        assert asyncio.run(main()) == "10.0.0.1"
    finally:
        close(ends)
    assert set(pauses) == {1}, pauses


def test_nothing_is_minded_behind_a_port_that_is_gone():
    """Who waits is told; the driver does not go on looking because something is left in the background."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = speech("bg96").attach()
    clock.hurry = 1

    def left():
        yield lambda: False

    def gone(*arguments):
        raise OSError(19)

    async def main():
        modem._session.spawn(left())
        tape.any = tape.readinto = gone
        try:
            await attach(modem, pauses)
        except OSError:
            before = len(pauses)
            await asyncio.sleep(0.12)
            return len(pauses) - before

    pauses = []
    waiter.asyncio = Recorder(pauses)
    try:
        assert asyncio.run(main()) in ((0, 1) if MICROPYTHON else (0,)), pauses
    finally:
        waiter.asyncio = asyncio


def test_nothing_is_minded_when_nobody_waits():
    """The driver lets the loop sleep soon after the last task has got what it wanted."""
    modem, tape, clock = new_modem("bg96")
    tape.auto = speech("bg96").attach()
    clock.hurry = 1

    async def main():
        await attach(modem, pauses, 1)
        before = len(pauses)
        await asyncio.sleep(0.06)
        return len(pauses) - before

    pauses = []
    waiter.asyncio = Recorder(pauses, 1)
    try:
        assert asyncio.run(main()) <= 2, pauses
    finally:
        waiter.asyncio = asyncio
