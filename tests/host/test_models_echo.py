"""A Modem that was given no dialect, on every model that a virtual module can be: attached, connected, echoed."""

import atsock
import pytest
from atsock.dialects import identify
from atsock_host.simulator.models import MODELS, model_class
from callbench import CallBench

PAYLOAD = bytes(range(256)) * 20
UNNAMED = ("G510", "G610")    # ATI tells the date of the build only
OF_ANOTHER_FAMILY = {
    "SARA-R410M-02B": "AT+USOCR", "HL7802": "AT+KTCPCFG", "ME910C1-E1": "AT#SD", "nRF9160-SICA": "AT#XSOCKET",
    "SIM800L": "AT+CIPSTART", "ML307R": "AT+MIPOPEN"}


def started(name, dialect=None, *, quirks=(), **constants):
    """A CallBench of the model, with a Modem that knows nothing of it; `b.events` gets its events."""
    kind = model_class(name)
    b = CallBench(type(kind.__name__, (kind,), constants), dialect, quirks=quirks)
    b.network.secure = False
    b.events = []
    b.modem = atsock.Modem(b.wire, dialect, on_event=lambda event, sock, value: b.events.append((event, value)))
    port = b.modem._engine.port
    port.ticks_ms = lambda: int(b.clock.ms)
    port.wait = b._wait
    return b


def echoed(b, socket, payload=PAYLOAD):
    """What comes back when the peer echoes all that the socket sends."""
    got = b""
    for at in range(0, len(payload), 2000):
        piece = payload[at:at + 2000]
        socket.sendall(piece)
        stream = b.network.streams[-1]
        while not stream.sent.endswith(piece):
            b.wait(10)
        stream.feed(piece)
        while len(got) < at + len(piece):
            got += socket.recv(4096)
    return got


def test_there_are_models_enough():
    assert len(MODELS) >= 30 and len({model.calls_itself for model in MODELS.values()}) == len(MODELS)
    assert {model.dialect for model in MODELS.values()} == {"bg96", "a7600", "sim7028", "nl668", "l610"}


@pytest.mark.parametrize("access", ["buffer", "push"])
@pytest.mark.parametrize("name", MODELS)
def test_attach_connect_echo(name, access):
    """By its answers alone, and without anything that a well-behaved driver does not do."""
    b = started(name)
    assert b.modem.attach("internet") == b.module.LOCAL_ADDRESS
    assert (b.modem.model, b.modem.dialect) == (MODELS[name].calls_itself, MODELS[name].dialect)
    socket = b.modem.socket(access=access)
    socket.connect(("192.0.2.7", 7))
    socket.settimeout(60)
    assert echoed(b, socket) == PAYLOAD
    socket.close()
    b.modem.detach()
    assert b.module.violations == []
    assert not [event for event in b.events if event[0] == atsock.EVENT_MODEL]


@pytest.mark.parametrize("name", [name for name in MODELS if name not in UNNAMED])
def test_ati_alone_tells_it_where_it_names_the_model(name):
    b = started(name, LACKS=(*model_class(name).LACKS, "+CGMM"))
    b.modem.attach("internet")
    assert b.modem.dialect == MODELS[name].dialect


@pytest.mark.parametrize("name", UNNAMED)
def test_ati_of_these_does_not_name_the_model(name):
    module = started(name).module
    assert identify.find([text.format(m=module).encode() for text in module.ATI_LINES])[0] is None


@pytest.mark.parametrize("name", MODELS)
def test_an_account(name):
    """With what the model's manual has: authentication 3 only where there is one."""
    b = started(name)
    b.modem.attach("internet", user="me", password="secret")
    assert b.module.violations == []


@pytest.mark.parametrize("name", MODELS)
def test_all_its_connections(name):
    """As many sockets as the model has ids, and the next one is refused without a word to the module."""
    b = started(name)
    b.modem.attach("internet")
    links = b.modem._session.table.LINKS
    sockets = [b.modem.socket() for _ in links]
    for socket in sockets:
        socket.connect(("192.0.2.7", 7))
    with pytest.raises(OSError, match="EMFILE|24"):
        b.modem.socket().connect(("192.0.2.7", 7))
    assert len(b.network.streams) == len(links) and b.module.violations == []


@pytest.mark.parametrize("name", MODELS)
def test_keep_alive(name):
    """Where the model's manual has it, in its units; nowhere else a byte is sent for it."""
    b = started(name)
    b.modem.attach("internet")
    socket = b.modem.socket()
    socket.connect(("192.0.2.7", 7))
    socket.setsockopt(atsock.constants.IPPROTO_TCP, atsock.constants.TCP_KEEPIDLE, 600)
    if MODELS[name].dialect == "sim7028":
        socket.setsockopt(atsock.constants.IPPROTO_TCP, atsock.constants.TCP_KEEPINTVL, 75)
    sent = len(b.wire.sent)
    if b.modem._session.table.KEEPALIVE is None:
        with pytest.raises(OSError, match="no keep-alive"):
            socket.setsockopt(1, atsock.constants.SO_KEEPALIVE, 1)
        assert len(b.wire.sent) == sent
    else:
        socket.setsockopt(1, atsock.constants.SO_KEEPALIVE, 1)
        socket.setsockopt(1, atsock.constants.SO_KEEPALIVE, 0)
        if MODELS[name].dialect == "bg96":
            assert b.module.keepalive_idle == (10 if b.module.KEEPALIVE_IDLE == 120 else 600)
            assert b.module.keepalive == 0
    assert b.module.violations == []


@pytest.mark.parametrize("name", ["EC25", "A7670", "SIM7028", "NL668", "L610"])
def test_a_model_that_nobody_knows(name):
    """The same module under another name: its commands give it away."""
    b = started(name, MODEL="XY999", REVISION="1.0", FORMS={}, ATI_LINES=("Maker", "XY999"))
    b.modem.attach("internet")
    assert (b.modem.model, b.modem.dialect) == ("XY999", MODELS[name].dialect)
    assert b.events.count((atsock.EVENT_MODEL, "XY999")) == 1
    socket = b.modem.socket()
    socket.connect(("192.0.2.7", 7))
    socket.settimeout(60)
    assert echoed(b, socket, b"hello") == b"hello"
    assert {text.partition(" [")[0] for text in b.module.violations} <= {"unknown command or form"}


@pytest.mark.parametrize("model", OF_ANOTHER_FAMILY)
def test_a_module_of_another_family(model):
    b = started("EC25", MODEL=model, ATI_LINES=(model,))
    with pytest.raises(atsock.ModemError) as caught:
        b.modem.attach("internet")
    text = str(caught.value)
    assert model in text and OF_ANOTHER_FAMILY[model] in text and "PPP" in text and "register()" in text
    assert b.modem.dialect is None and b.module.violations == []
