"""Bridge: libraries of CPython as they are over a virtual module of every dialect, HTTP, HTTPS, WebSocket and MQTT."""

import asyncio
import socket
import ssl
import time

import aiohttp
import atsock
import httpx
import pytest
import requests
from atsock_host import Bridge, SerialPort, Simulator
from fronts import DIALECTS
from libraries import BRIDGED, NAME, with_asyncio, with_requests
from servers import BIG


@pytest.fixture(scope="module")
def modem_of(far):
    """A function (dialect) that gives the module and the attached Modem; one of each for the whole file."""
    made = {}

    def find(dialect):
        if dialect not in made:
            module = Simulator(dialect, hosts={NAME: "127.0.0.1"})
            modem = atsock.Modem(SerialPort(module.port), dialect)
            modem.attach(apn="internet")
            made[dialect] = module, modem
        return made[dialect]

    yield find
    for module, modem in made.values():
        modem.close()
        assert module.violations() == []
        module.close()


@pytest.mark.slow
@pytest.mark.parametrize("program", BRIDGED)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_libraries(dialect, program, far, modem_of):
    with Bridge(modem_of(dialect)[1]):
        program(far, None)


@pytest.mark.parametrize("program", [with_requests, with_asyncio])
def test_two_libraries(program, far, modem_of):
    with Bridge(modem_of("sim7028")[1]):
        program(far, None)


def test_tls_that_is_wrapped_before_the_connect(far, modem_of):
    with Bridge(modem_of("bg96")[1]):
        with far.context.wrap_socket(socket.socket(), server_hostname=NAME) as sock:
            sock.settimeout(20)
            sock.connect((NAME, far.web.tls_port))
            sock.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            with sock.makefile("rb") as file:
                assert file.read().endswith(b"\r\n\r\nhello")


def test_a_certificate_that_is_not_believed(far, modem_of):
    with Bridge(modem_of("bg96")[1]):
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{far.https}/", timeout=20)

        async def main():
            await asyncio.open_connection(NAME, far.web.tls_port, ssl=ssl.create_default_context())

        with pytest.raises(ssl.SSLCertVerificationError):
            asyncio.run(main())


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "l610"])
def test_a_refused_connection_is_told_as_one(dialect, modem_of):
    """By the connect itself, also where that does not wait: event loops."""
    async def with_loop():
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(NAME, 1)
        async with httpx.AsyncClient() as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"http://{NAME}:1/")
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"http://{NAME}:1/")

    with Bridge(modem_of(dialect)[1]):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((NAME, 1), 20)
        asyncio.run(with_loop())


def test_a_connect_that_an_event_loop_gives_up(far):
    with Simulator("bg96", hosts={NAME: "127.0.0.1"}, faults=["qiopen-silent"]) as module:
        with SerialPort(module.port) as port, atsock.Modem(port, "bg96") as modem:
            modem.attach(apn="internet")

            async def main():
                async with asyncio.timeout(0.3):
                    await asyncio.open_connection(NAME, far.web.port)

            began = time.monotonic()
            with Bridge(modem), pytest.raises(TimeoutError):
                asyncio.run(main())
            assert time.monotonic() - began < 5


@pytest.mark.slow
@pytest.mark.parametrize(
    "dialect, happening", [("bg96", "network-lost"), ("a7600", "restart"), ("sim7028", "network-lost"),
                           ("nl668", "restart"), ("l610", "network-lost")])
def test_it_attaches_again(dialect, happening, far):
    said = []
    with Simulator(dialect, hosts={NAME: "127.0.0.1"}, settings={"boot-ms": 300}) as module:
        with SerialPort(module.port) as port, atsock.Modem(port, dialect) as modem:
            modem.attach(apn="internet")
            with Bridge(modem, said.append):
                assert requests.get(f"{far.http}/big", timeout=60).content == BIG
                module.control(happening)
                module.control("network-back")
                assert requests.get(f"{far.http}/big", timeout=60).content == BIG
    assert len(said) == 2 and said[0].endswith(": attaching again") and said[1].startswith("attached: "), said
