"""A program that uses the public interface as it is meant; mypy --strict has nothing to say about it.  Never run."""

import asyncio
import select
import ssl
from typing import Any

import atsock
from atsock_host import (
    Bridge, PortError, SerialPort, Simulator, SimulatorError, Simulators, TracePort, VirtualModule, read_trace, tls,
)


def on_event(event: int, sock: atsock.Socket | None, value: Any) -> None:
    if event == atsock.EVENT_DATA and sock is not None:
        print(sock.recv(100).decode())
    elif event in (atsock.EVENT_UNKNOWN, atsock.EVENT_RESTARTED):
        print(value)


def attached(port: SerialPort) -> atsock.Modem:
    modem = atsock.Modem(port, "bg96", access="push", reset=lambda: None, on_event=on_event)
    address: str = modem.attach(apn="internet", user="me", password="secret", auth=2, family=atsock.AF_INET)
    print(address, modem.isconnected(), modem.local_address(), modem.registration())
    manufacturer, model, revision = modem.identity()
    rssi_dbm, error_rate = modem.signal()
    if rssi_dbm is not None:
        print(manufacturer.upper(), model, revision, rssi_dbm + 113, error_rate)
    return modem


def secure(sock: atsock.Socket, name: str) -> bytes:
    context = tls.create_default_context(cafile="ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tls.wrap_socket(sock, context, server_hostname=name) as stream:
        stream.sendall(b"GET / HTTP/1.0\r\n\r\n")
        print(stream.version(), stream.getpeercert())
        return stream.read() or b""


def fetch(modem: atsock.Modem, host: str, buf: bytearray) -> int:
    sock = modem.socket(atsock.AF_INET, atsock.SOCK_STREAM, tls=True)
    sock.settimeout(30.5)
    sock.setsockopt(1, atsock.SO_RCVBUF, 4096)
    with sock:
        sock.connect((host, 443))
        sock.write(b"GET / HTTP/1.0\r\n\r\n")
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        total = 0
        while n := sock.recv_into(buf, len(buf)):
            total += n
        line: bytes | None = sock.makefile("rb").readline()
        print(line, sock.readinto(memoryview(buf)), sock.read())
    return total


def datagrams(modem: atsock.Modem) -> None:
    sock = modem.socket(type=atsock.SOCK_DGRAM, access="hex")
    sock.bind(("0.0.0.0", 5683))
    sock.sendto(b"hello", ("10.0.0.1", 5683))
    data, (host, port) = sock.recvfrom(1500)
    print(data.hex(), host.upper(), port + 1)


def serve(modem: atsock.Modem) -> None:
    server = modem.socket()
    server.bind(("", 80))
    server.listen(2)
    connection, peer = server.accept()
    connection.sendall(peer[0].encode())
    connection.close()


def transparent(modem: atsock.Modem) -> None:
    sock = modem.socket(access="transparent")
    sock.connect(("10.0.0.1", 23))
    sock.escape()
    print([line.decode() for line in modem.command("AT+CSQ", prefix="+CSQ", timeout_ms=1000)])
    sock.resume()


def opened(modem: atsock.Modem, access: "atsock.Access") -> atsock.Socket:
    return modem.socket(access=access)


def chosen(port: SerialPort, dialect: "atsock.Dialect") -> atsock.Modem:
    return atsock.Modem(port, dialect)


async def exchange(reader: atsock.Stream, writer: atsock.Stream) -> None:
    writer.write(await reader.readexactly(2))
    await writer.drain()


def services(modem: atsock.Modem) -> None:
    ping = modem.ping("example.com", count=3, timeout_ms=2000)
    slowest = ping.max_ms
    print(ping.sent - ping.received, "lost", slowest + 1 if slowest is not None else "-")
    for reply in ping.replies:
        if reply is not None:
            print(reply[0].upper(), reply[1] + 1)
    print(modem.ntp("pool.ntp.org").split(), modem.resolve("example.com")[0].upper())
    for family, kind, _, _, (address, port) in modem.getaddrinfo("example.com", 80):
        print(family + kind, address.upper(), port + 1)
    print(modem.call("+QICFG", "transpktsize"), modem.query("+QIACT"), modem.test("+QIOPEN"))


async def answer(reader: Any, writer: Any) -> None:
    writer.write(await reader.read(10))


async def concurrently(modem: atsock.Modem) -> None:
    address: str = await modem.attach_async("internet", on_progress=lambda step, detail: print(step + ": " + detail))
    print((await modem.recover_async())[0].upper())
    reader, writer = await modem.open_connection(address, 80, ssl=True)
    writer.write(b"hello")
    await writer.drain()
    print((await reader.readline()).decode(), await reader.read(100), await reader.readexactly(3))
    async for line in reader:
        print(line.decode())
    writer.close()
    await writer.wait_closed()
    task = asyncio.create_task(modem.open_connection(address, 80))
    await exchange(*await task)
    server: atsock.Server = await modem.start_server(answer, 80)
    async with server:
        await server.serve_forever()


def keep(modem: atsock.Modem) -> None:
    keeper: atsock.Keeper = modem.keep(
        on_up=lambda address: print(address.upper()), on_down=lambda reason: print(reason.strip()))
    while not keeper.is_up:
        keeper.poll(1000)
    asyncio.run(keeper.run())


def failures(modem: atsock.Modem) -> str:
    try:
        print(", ".join(modem.recover()))
    except atsock.CommandError as error:
        return "%s: %s %s" % (error.command, error.code, error.text)
    except (atsock.Timeout, atsock.Restarted):
        return "gone"
    except atsock.ModemError as error:
        return str(error.errno)
    return "recovered"


def several(log: str) -> list[str]:
    with Simulators("bg96", count=8, tcp=0, log=log) as modules:
        first: VirtualModule = modules[0]
        if first.tcp_address is not None:
            address, number = first.tcp_address
            print(address.upper(), number + 1, len(modules), modules.pid)
        try:
            print(modules.wait(0.1), first.control("status"), first.events()[0]["port"])
        except SimulatorError as error:
            print(error.args)
        return [text for module in modules for text in module.violations()]


def main() -> None:
    with Simulator("bg96", hosts={"example.com": "127.0.0.1"}, faults=["cut"], seed=1) as module:
        try:
            port = SerialPort(module.port, 115200, rtscts=True)
        except PortError as error:
            raise SystemExit(error.strerror) from error
        with attached(port) as modem:
            print(fetch(modem, "example.com", bytearray(1024)), failures(modem))
            asyncio.run(concurrently(modem))
            with Bridge(modem, say=print) as bridge:
                bridge.create_connection(("example.com", 80), 5).close()
            network = atsock.NIC(modem)
            network.active(True)
            network.connect(apn="internet")
            print(network.isconnected(), network.status(), network.ifconfig())
            modem.poll(100)
            modem.detach()
        print(module.violations(), module.pid)
    atsock.Modem(TracePort(port, "session.trace"))
    with open("session.trace") as lines:
        for record in read_trace(lines):
            print(record.ms + 1, record.direction.strip(), record.data.hex())
