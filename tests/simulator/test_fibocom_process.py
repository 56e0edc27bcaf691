"""The Fibocom modules as processes on a paced line, with real sockets of this machine behind them."""

import contextlib
import socket
import ssl
import threading

import pytest
from freeport import free_port
from test_simulator import PATIENCE_S, Host
from test_module_tls import CERTIFICATE

from atsock_host import Simulator

BOTH = pytest.mark.parametrize("dialect", ["nl668", "l610"])


@pytest.fixture
def server():
    """Makes echo servers on loopback, plain or with TLS; returns their ports."""
    with contextlib.ExitStack() as stack:
        def make(context=None):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            threading.Thread(target=_serve, args=(listener, context), daemon=True).start()
            return listener.getsockname()[1]
        yield make


def _serve(listener, context):
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return      # the fixture has closed the listener
        with peer if context is None else context.wrap_socket(peer, server_side=True) as stream:
            while data := stream.recv(65536):
                stream.sendall(data)


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:
        def make(dialect, **settings):
            sim = stack.enter_context(Simulator(dialect, **settings))
            host = Host(sim.port)
            stack.callback(host.close)
            host.ask("ATE0")
            host.ask('AT+MIPCALL=1,"internet"', b"+MIPCALL: 10.7.157.1\r\n")
            return sim, host
        yield make


def send(host, number, data):
    host.ask(f"AT+MIPSEND={number},{len(data)}", b">")
    if host.buffer.startswith(b"\r\n"):
        host.buffer = host.buffer[2:]
    host.write(data)
    assert host.read_until(b"OK\r\n").endswith(b"\r\nOK\r\n")
    return host.read_until(b"OK\r\n")


@BOTH
def test_a_session_over_real_sockets(start, server, dialect):
    sim, host = start(dialect, hosts={"example.com": f"127.0.0.1:{server()}"}, baudrate=921_600)
    host.ask('AT+GTSET="IPRFMT",5')
    host.ask('AT+MIPOPEN=1,,"example.com",80,0', b"+MIPOPEN: 1,1\r\n")
    payload = bytes(range(256)) * 8
    assert b"+MIPSEND: 1,0,2048\r\n" in send(host, 1, payload)
    host.read_until(b"+MIPREAD: 1,")
    host.read_until(b"\r\n")
    got = b""
    while len(got) < len(payload):
        _, found, data = host.ask("AT+MIPREAD=1,2048", b"\r\n\r\nOK\r\n").partition(b"+MIPDATA: 1,")
        count, _, data = data.partition(b"\r\n")
        got += data[:int(count)] if found else b""
    assert got == payload
    host.ask("AT+MIPCLOSE=1", b"+MIPCLOSE: 1,0\r\n")
    assert sim.violations() == []


@BOTH
def test_tls_over_real_sockets(start, server, dialect):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    sim, host = start(dialect, hosts={"example.com": f"127.0.0.1:{server(context)}"})
    host.ask('AT+MIPOPEN=1,,"example.com",443,2', b"+MIPOPEN: 1,1\r\n")
    send(host, 1, b"secret")
    host.read_until(b"+MIPRTCP: 1,0,736563726574\r\n")
    host.ask("AT+MIPCLOSE=1", b"+MIPCLOSE: 1,0\r\n")
    assert sim.violations() == []


@BOTH
def test_online_data_mode_over_real_sockets(start, server, dialect):
    _, host = start(dialect, hosts={"example.com": f"127.0.0.1:{server()}"}, baudrate=921_600)
    host.ask('AT+MIPODM=1,,"example.com",80,0', b"+MIPODM: 1,1\r\n")
    payload = bytes(range(256)) * 64
    host.write(payload)
    assert host.read_until(payload) == payload


def test_datagrams_and_a_listener_over_real_sockets(start):
    sim, host = start("l610")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(PATIENCE_S)
        peer.bind(("127.0.0.1", 0))
        port = peer.getsockname()[1]
        host.ask(f'AT+MIPOPEN=2,,"127.0.0.1",{port},1', b"+MIPOPEN: 2,1\r\n")
        send(host, 2, b"ping")
        data, back = peer.recvfrom(100)
        assert data == b"ping"
        peer.sendto(b"pong", back)
        host.read_until(b"+MIPRUDP: 127.0.0.1,%d,2,0,706F6E67\r\n" % port)
    port = free_port()
    host.ask(f'AT+MIPOPEN=1,{port},"0.0.0.0",0,0')
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
        host.read_until(b"+MIPOPEN: 1,1,127.0.0.1,%d\r\n" % client.getsockname()[1])
        client.sendall(b"hi")
        host.read_until(b"+MIPRTCP: 1,0,6869\r\n")
    host.read_until(b"+MIPSTAT: 1,2\r\n")
    assert sim.violations() == []


def test_what_cannot_be_reached(start):
    sim, host = start("nl668")
    host.ask('AT+MIPOPEN=1,,"192.0.2.1",80,0', b"+MIPSTAT: 1,1\r\n")
    host.ask('AT+MIPOPEN=2,,"nosuch.invalid",80,0', b"+MIPSTAT: 2,1\r\n")
    host.ask("AT+MIPSEND=3,1", b"ERROR\r\n")
    assert sim.violations() == ["socket 3 is not open [AT+MIPSEND=3,1]"]
    sim.control("network-lost")
    host.read_until(b"+MIPCALL: 0\r\n")
