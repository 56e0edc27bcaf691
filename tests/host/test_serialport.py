"""SerialPort against a pseudo-terminal, a TCP socket and pyserial's loop://, with the contract of machine.UART."""

import errno
import os
import pty
import select
import socket
import tty

import pytest
from atsock_host import PortError, SerialPort

WAIT_MS = 2000


class Pair:
    """A pseudo-terminal: `far` is the module's end, `port` a SerialPort on the other."""

    def __init__(self):
        self.far, near = pty.openpty()
        tty.setraw(near)
        self.path = os.ttyname(near)
        self.port = SerialPort(self.path)
        os.close(near)

    def sent(self, n):
        data = b""
        while len(data) < n:
            assert select.select([self.far], [], [], WAIT_MS / 1000)[0], f"only {data!r} came"
            data += os.read(self.far, n - len(data))
        return data

    def close(self):
        self.port.close()
        if self.far is not None:
            os.close(self.far)
            self.far = None


@pytest.fixture
def pair():
    pair = Pair()
    yield pair
    pair.close()


def test_nothing_there(pair):
    buf = bytearray(b"....")
    assert pair.port.any() == 0
    assert pair.port.readinto(buf) is None
    assert pair.port.readinto(buf, 2) is None
    assert pair.port.read() is None
    assert pair.port.read(3) is None
    assert pair.port.wait(0) is False
    assert buf == b"...."


def test_reads_what_is_there_and_no_more(pair):
    os.write(pair.far, b"\r\nOK\r\n")
    assert pair.port.wait(WAIT_MS) is True
    assert pair.port.any() == 6
    buf = bytearray(10)
    assert pair.port.readinto(buf, 2) == 2
    assert pair.port.readinto(memoryview(buf)[2:]) == 4
    assert buf[:6] == b"\r\nOK\r\n"
    assert pair.port.any() == 0


def test_read_returns_bytes(pair):
    os.write(pair.far, b"abcdef")
    assert pair.port.wait(WAIT_MS)
    assert pair.port.read(2) == b"ab"
    assert pair.port.read() == b"cdef"


def test_every_byte_value_passes_both_ways(pair):
    data = bytes(range(256))
    os.write(pair.far, data)
    assert pair.port.wait(WAIT_MS)
    assert pair.port.read() == data
    assert pair.port.write(data) == 256
    assert pair.sent(256) == data


@pytest.mark.parametrize(
    "arguments, expected",
    [((), b"ABCDEF"), ((2,), b"AB"), ((1, 3), b"BCD"), ((4, 99), b"EF"), ((0, 0), b"")])
def test_write_takes_micropythons_arguments(pair, arguments, expected):
    assert pair.port.write(bytearray(b"ABCDEF"), *arguments) == len(expected)
    assert pair.port.write(b"|") == 1
    assert pair.sent(len(expected) + 1) == expected + b"|"


def test_a_full_port_says_how_much_it_took(pair):
    block = bytes(100_000)
    first = pair.port.write(block)
    assert 0 < first < len(block)
    total = first
    while (count := pair.port.write(block)) is not None:
        total += count
    assert pair.sent(total) == bytes(total)
    assert pair.port.write(b"again") == 5


def test_it_can_be_polled(pair):
    poller = select.poll()
    poller.register(pair.port, select.POLLIN | select.POLLOUT)
    assert [events for _, events in poller.poll(0)] == [select.POLLOUT]
    os.write(pair.far, b"x")
    assert pair.port.wait(WAIT_MS)
    assert [events for _, events in poller.poll(0)] == [select.POLLIN | select.POLLOUT]


def test_stream_requests_of_micropython(pair):
    poll, read, write = 3, 1, 4
    assert pair.port.ioctl(poll, read) == 0
    assert pair.port.ioctl(poll, read | write) == write
    os.write(pair.far, b"x")
    assert pair.port.wait(WAIT_MS)
    assert pair.port.ioctl(poll, read | write) == read | write
    assert pair.port.ioctl(10, 0) == pair.port.fileno()
    assert pair.port.ioctl(1, 0) == 0
    assert pair.port.ioctl(99, 0) == -errno.EINVAL
    assert pair.port.ioctl(4, 0) == 0
    with pytest.raises(PortError, match="is closed"):
        pair.port.any()


def test_a_port_whose_other_end_is_closed(pair):
    os.close(pair.far)
    pair.far = None
    for step in (pair.port.any, lambda: pair.port.readinto(bytearray(1)), lambda: pair.port.write(b"AT\r")):
        with pytest.raises(PortError, match=f"{pair.path} is gone") as caught:
            step()
        assert caught.value.errno == errno.EIO


def test_init_opens_again_and_deinit_may_be_repeated(pair):
    pair.port.deinit()
    pair.port.deinit()
    with pytest.raises(PortError) as caught:
        pair.port.write(b"x")
    assert caught.value.errno == errno.EBADF
    pair.port.init(9600)
    assert "9600" in repr(pair.port)
    assert pair.port.write(b"x") == 1
    assert pair.sent(1) == b"x"


def test_context_manager_closes(pair):
    pair.port.close()
    with SerialPort(pair.path, 57600) as port:
        assert port.write(b"hello") == 5
    assert pair.sent(5) == b"hello"
    assert "closed" in repr(port)


def test_break_and_flush_are_accepted(pair):
    pair.port.write(b"x")
    pair.port.flush()
    pair.port.sendbreak()
    assert pair.sent(1) == b"x"


def test_no_such_port():
    with pytest.raises(PortError, match="^.*the port /dev/no-such-port does not exist$") as caught:
        SerialPort("/dev/no-such-port")
    assert caught.value.errno == errno.ENOENT


def test_a_port_in_use(pair):
    with pytest.raises(PortError, match="in use by another program") as caught:
        SerialPort(pair.path)
    assert caught.value.errno == errno.EBUSY


def test_a_file_is_no_port(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(PortError, match="is not a serial port"):
        SerialPort(str(path))


def test_wrong_settings(pair):
    pair.port.close()
    with pytest.raises(ValueError):
        SerialPort(pair.path, baudrate=-1)
    with pytest.raises(ValueError, match="protocol"):
        SerialPort("carrier-pigeon://coop")


def test_over_a_socket_url():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with SerialPort("socket://127.0.0.1:%d" % server.getsockname()[1]) as port:
            far = server.accept()[0]
            buf = bytearray(8)
            assert port.readinto(buf) is None
            far.sendall(b"RDY")
            assert port.wait(WAIT_MS)
            assert port.readinto(buf) == 3
            assert buf[:3] == b"RDY"
            assert port.write(b"xATx", 1, 2) == 2
            assert far.recv(2) == b"AT"
            far.close()
            assert port.wait(WAIT_MS)
            with pytest.raises(PortError, match="gone"):
                port.readinto(buf)


def test_nobody_listens_at_a_socket_url():
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    with pytest.raises(PortError, match=f"cannot open the port socket://127.0.0.1:{number}"):
        SerialPort(f"socket://127.0.0.1:{number}")


def test_a_url_without_descriptor():
    with SerialPort("loop://") as port:
        buf = bytearray(4)
        assert port.any() == 0
        assert port.readinto(buf) is None
        assert port.ioctl(3, 1) == 0
        assert port.wait(0) is False
        assert port.write(b"-AT-", 1, 2) == 2
        assert port.wait(WAIT_MS) is True
        assert port.ioctl(3, 1) == 1
        assert port.readinto(buf, 1) == 1
        assert port.read() == b"T"
        with pytest.raises(OSError, match="no file descriptor"):
            port.fileno()
        assert port.ioctl(10, 0) == -errno.EINVAL


def test_a_handler_that_gives_a_byte_at_a_time(monkeypatch):
    with SerialPort("loop://") as port:
        port.write(b"hello")
        whole = port._serial.read
        monkeypatch.setattr(port._serial, "read", lambda n: whole(1))
        buf = bytearray(4)
        assert port.readinto(buf) == 4
        assert buf == b"hell"
