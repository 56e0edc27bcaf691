"""Ten tests of tiny_modem.py on a virtual module: `pytest` in this folder, with atsock installed."""

import socket

import pytest

from tiny_modem import ModemError, TinyModem


@pytest.fixture
def driver(virtual_modem):
    made = TinyModem(virtual_modem.port)
    yield made
    made.close()


@pytest.fixture
def peer():
    """A server on this computer; a test accepts its connections itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


@pytest.fixture
def connection(driver, peer):
    """The other end of a connection that the driver has made."""
    driver.attach()
    driver.connect(*peer.getsockname())
    other, _ = peer.accept()
    other.settimeout(10)
    with other:
        yield other


@pytest.mark.virtual_modem(settings={"signal": 17})
def test_signal(driver):
    assert driver.signal() == 17


def test_no_signal_is_none(driver, virtual_modem):
    virtual_modem.control("set signal 99")
    assert driver.signal() is None


@pytest.mark.virtual_modem(settings={"registration": "2,300:5", "address": "10.1.2.3"})
def test_attach_waits_for_the_network(driver):
    assert driver.attach() == "10.1.2.3"


@pytest.mark.virtual_modem(faults=["not-registered"])
def test_attach_gives_up(driver):
    with pytest.raises(ModemError, match="no network"):
        driver.attach(seconds=0.5)


def test_bytes_go_out(driver, connection):
    driver.send(bytes(range(256)) * 20)
    assert connection.recv(5120, socket.MSG_WAITALL) == bytes(range(256)) * 20


@pytest.mark.virtual_modem(baudrate=921600)
def test_bytes_come_in_until_the_peer_closes(driver, connection):
    sent = bytes(range(256)) * 40
    connection.sendall(sent)
    connection.close()
    assert driver.read_all() == sent


@pytest.mark.virtual_modem(faults=["cut"], seed=1)
def test_an_answer_in_pieces(driver, connection):
    connection.sendall(b"in pieces")
    driver.wait_for('+QIURC: "recv",0')
    assert driver.read() == b"in pieces"


def test_a_notice_between_two_answers(driver, connection, virtual_modem):
    virtual_modem.control("ring")
    assert driver.signal() == 23 and "RING" in driver.notices


def test_a_port_where_nobody_listens(driver, peer):
    driver.attach()
    port = peer.getsockname()[1]
    peer.close()
    with pytest.raises(ModemError, match="refused: 566"):
        driver.connect("127.0.0.1", port)


@pytest.mark.virtual_modem(hosts={"example.com": "127.0.0.1"})
def test_it_closes_what_it_has_opened(driver, peer, virtual_modem):
    driver.attach()
    driver.connect("example.com", peer.getsockname()[1])
    driver.disconnect()
    commands = [event["text"] for event in virtual_modem.events() if event["event"] == "command"]
    assert commands[-1] == "AT+QICLOSE=0"
