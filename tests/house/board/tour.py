"""A tour of the public calls over a simulated module, which looks at the driver from outside while they run.

    tour.py PORT DIALECT ACCESS TCP_PORT

CPython and MicroPython run this same file.  The peer at 127.0.0.1:TCP_PORT (TCP and UDP) sends back what it gets and
closes when it gets "Q".  Prints "result " and a JSON list with an object for each call: name; loaded: modules of the
driver that it imported; and

    CPython       frames: the most of the driver's on the stack; generators: the most of them at a time; at: where that
                  was; import_depth: the most of the driver's frames below an import; imports: where those were
    MicroPython   stack: bytes of C stack between the program's call and any access to the UART, the most there were
"""

import json
import sys

MICROPYTHON = sys.implementation.name == "micropython"
if MICROPYTHON:
    from micropython import stack_use
    from tty import Tty as Port
else:
    from inspect import CO_COROUTINE, CO_GENERATOR

    from atsock_host import SerialPort as Port

PATH, DIALECT, ACCESS, TCP_PORT = sys.argv[1:5]
PEER = ("127.0.0.1", int(TCP_PORT))
PAYLOAD = b"+QIURC: \r\nOK\r\n> "
MUCH = 300  # so many of them take several commands
TIMEOUT_S = 20

AF_INET, SOCK_DGRAM = 2, 2  # as in sys/socket.h, and in atsock, which is not imported yet
EOPNOTSUPP = 95
results = []


def is_drivers(code):
    """Is it a frame of the driver's on a board, too?  There core/_plain.py is machine code, and the clock is in C."""
    name = code.co_filename
    return (
        "/lib/atsock/" in name and not name.endswith("core/_plain.py") and code.co_name[:6] not in ("ticks_", "sleep_")
    )


class Watcher:
    """Looks on while it is entered: by sys.setprofile() on CPython, whenever the UART is touched on MicroPython."""

    now = None
    port = None

    def __init__(self, name):
        self.name = name
        self.found = {"name": name}
        self.base = 0

    def __enter__(self):
        Watcher.now = self
        self.before = set(sys.modules)
        if MICROPYTHON:
            if Watcher.port:  # what the way from here to the port's method takes is not the driver's
                self.found["stack"] = 0
                Watcher.port.any()
                self.base = self.found["stack"]
            self.found["stack"] = 0
        else:
            self.found.update(frames=0, generators=0, at=[], import_depth=0, imports=[])
            sys.setprofile(self.profile)
        return self

    def __exit__(self, kind, error, trace):
        if not MICROPYTHON:
            sys.setprofile(None)
        Watcher.now = None
        self.found["loaded"] = sorted(
            [name for name in sys.modules if name not in self.before and name.split(".")[0] == "atsock"]
        )
        results.append(self.found)

    def look(self):
        """Called by the port."""
        used = stack_use() - self.base
        if used > self.found["stack"]:
            self.found["stack"] = used

    def profile(self, frame, event, arg):
        if event != "call" or not is_drivers(frame.f_code):
            return
        stack, importing = [], False
        while frame is not None:
            code = frame.f_code
            if is_drivers(code):
                if code.co_name == "<module>":  # what stands above it belongs to the import
                    importing, stack = True, []
                else:
                    stack.append(code)
            frame = frame.f_back
        names = ["%s:%s" % (code.co_filename.split("/lib/atsock/")[1], code.co_name) for code in reversed(stack)]
        if importing:
            if len(stack) > self.found["import_depth"]:
                self.found.update(import_depth=len(stack), imports=names)
            return
        generators = sum(1 for code in stack if code.co_flags & (CO_GENERATOR | CO_COROUTINE))
        self.found["generators"] = max(self.found["generators"], generators)
        if len(stack) > self.found["frames"]:
            self.found.update(frames=len(stack), at=names)


class WatchedPort(Port):
    """The serial port; MicroPython's stack is looked at whenever the driver touches it."""

    def any(self):
        if MICROPYTHON and Watcher.now:
            Watcher.now.look()
        return super().any()

    def write(self, *args):
        if MICROPYTHON and Watcher.now:
            Watcher.now.look()
        return super().write(*args)


def receive(sock, n):
    """n bytes, in as many calls as they take."""
    buf = bytearray(n)
    got = 0
    while got < n:
        count = sock.recv_into(memoryview(buf)[got:])
        if not count:
            break
        got += count
    return bytes(buf[:got])


def expect(kind, function, *args):
    try:
        function(*args)
    except kind:
        return
    raise AssertionError("%s expected" % kind)


def if_there_is(function, *args):
    """Call what not every module has."""
    try:
        function(*args)
    except OSError as error:
        if error.args[0] != EOPNOTSUPP:
            raise


def tcp(modem):
    with Watcher("socket"):
        sock = modem.socket()
    sock.settimeout(TIMEOUT_S)
    with Watcher("connect"):
        sock.connect(PEER)
    with Watcher("first send"):
        sock.write(PAYLOAD)
    with Watcher("first receive"):
        first = receive(sock, len(PAYLOAD))
    assert first == PAYLOAD, first
    # From here on nothing is loaded.
    with Watcher("send"):
        sock.write(PAYLOAD)
    with Watcher("receive"):
        again = receive(sock, len(PAYLOAD))
    assert again == PAYLOAD, again
    sock.settimeout(0.3)
    with Watcher("receive: timeout"):
        expect(OSError, sock.recv, 10)
    if ACCESS != "transparent":
        with Watcher("poll"):
            modem.poll(50)
        with Watcher("command: refused"):
            expect(OSError, modem.command, "AT+NONSENSE=1")
    sock.settimeout(TIMEOUT_S)
    sock.write(b"Q")
    with Watcher("receive: closed by the peer"):
        end = sock.recv(10)
    assert end == b"", end
    with Watcher("close"):
        sock.close()


def refused(modem):
    sock = modem.socket()
    sock.settimeout(TIMEOUT_S)
    with Watcher("connect: refused"):
        expect(OSError, sock.connect, ("127.0.0.1", 1))
    sock.close()


def udp(modem):
    with Watcher("socket, UDP"):
        sock = modem.socket(AF_INET, SOCK_DGRAM)
    sock.settimeout(TIMEOUT_S)
    with Watcher("sendto"):
        sock.sendto(PAYLOAD, PEER)
    with Watcher("recvfrom"):
        data, address = sock.recvfrom(100)
    assert data == PAYLOAD, data
    with Watcher("close UDP"):
        sock.close()


def services(modem):
    with Watcher("resolve"):
        modem.resolve("peer.example")
    with Watcher("getaddrinfo"):
        modem.getaddrinfo("peer.example", 80)
    with Watcher("ping"):
        if_there_is(modem.ping, "127.0.0.1", 1)
    with Watcher("identity"):
        modem.identity()
    with Watcher("signal"):
        modem.signal()
    with Watcher("command"):
        modem.command("AT+CSQ")
    with Watcher("ntp"):
        if_there_is(modem.ntp, "peer.example")
    with Watcher("query"):
        modem.query(QUERY[DIALECT])
    with Watcher("recover"):
        modem.recover()


QUERY = {"bg96": "+QIACT", "a7600": "+NETOPEN", "sim7028": "+NETOPEN", "nl668": "+MIPCALL", "l610": "+MIPCALL"}


def transparent(modem):
    with Watcher("socket, transparent"):
        sock = modem.socket(access="transparent")
    sock.settimeout(TIMEOUT_S)
    with Watcher("connect"):
        sock.connect(PEER)
    with Watcher("first send"):
        sock.write(PAYLOAD)
    with Watcher("first receive"):
        first = receive(sock, len(PAYLOAD))
    assert first == PAYLOAD, first
    with Watcher("escape"):
        sock.escape()
    with Watcher("resume"):
        sock.resume()
    with Watcher("send"):
        sock.write(PAYLOAD)
    with Watcher("receive"):
        again = receive(sock, len(PAYLOAD))
    assert again == PAYLOAD, again
    sock.settimeout(0.3)
    with Watcher("receive: timeout"):
        expect(OSError, sock.recv, 10)
    sock.settimeout(TIMEOUT_S)
    with Watcher("close"):
        sock.close()


async def streams(modem):
    import asyncio

    async def watched(name, function, *args):
        with Watcher(name):
            return await function(*args)

    with Watcher("detach"):
        modem.detach()
    await watched("attach_async", modem.attach_async, "internet")
    reader, writer = await watched("open_connection", modem.open_connection, *PEER)
    writer.write(PAYLOAD)
    await watched("drain", writer.drain)
    first = await watched("read", reader.readexactly, len(PAYLOAD))
    assert first == PAYLOAD, first
    with Watcher("write again"):
        writer.write(PAYLOAD)
    await watched("drain again", writer.drain)
    again = await watched("read again", reader.readexactly, len(PAYLOAD))
    assert again == PAYLOAD, again
    with Watcher("write much"):
        writer.writelines([PAYLOAD] * MUCH + [b"\n"])
    lines = []

    async def read_lines():
        async for line in reader:
            lines.append(line)
            if line == b"> \n":
                return

    await watched("read much", read_lines)  # while the rest of it goes out
    await watched("drain much", writer.drain)
    assert b"".join(lines) == PAYLOAD * MUCH + b"\n", lines[-3:]
    with Watcher("read: timeout"):
        try:
            await asyncio.wait_for(reader.read(10), 0.3)
        except asyncio.TimeoutError:
            pass
    writer.close()
    await watched("wait_closed", writer.wait_closed)


def main():
    with Watcher("import"):
        import atsock
    port = Watcher.port = WatchedPort(PATH)
    with Watcher("Modem"):
        modem = atsock.Modem(port, DIALECT, access="buffer" if ACCESS == "transparent" else ACCESS)
    with Watcher("attach"):
        modem.attach("internet")
    if ACCESS == "transparent":
        transparent(modem)
    else:
        tcp(modem)
        refused(modem)
        if ACCESS == "buffer":
            udp(modem)
            services(modem)
            import asyncio

            asyncio.run(streams(modem))
    modem.close()
    print("result " + json.dumps(results))


main()
