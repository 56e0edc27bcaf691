"""Attributes of the driver's classes, some misspelt: mypy finds those (tests/test_checkers.py).  Nobody runs this."""

from atsock.core.command import Command
from atsock.core.engine import Engine
from atsock.core.link import Link
from atsock.core.session import Session
from atsock.modem import Modem
from atsock.sockets.datagram import DatagramSocket
from atsock.sockets.stream import StreamSocket


def a_modem(modem: Modem):
    modem.poll()
    modem.pol()  # misspelt
    modem.is_connected()  # misspelt
    modem._session.engine.pump()
    modem._session.engin.pump()  # misspelt


def a_session(session: Session):
    session.service()
    session.servise()  # misspelt
    session.engine.links
    session.engine.likns  # misspelt


def an_engine(engine: Engine):
    engine.pump()
    engine.pmup()  # misspelt
    engine.tokens.line
    engine.tokens.lime  # misspelt


def a_link(link: Link, engine: Engine):
    link.rx_pending = 1
    link.pending_rx = 1  # misspelt
    link.rx.done
    link.rx.is_done  # misspelt


def a_command(command: Command):
    command.errno
    command.error  # misspelt


def a_stream(socket: StreamSocket):
    socket.sendall(b"")
    socket.send_all(b"")  # misspelt
    socket._link.flow_off
    socket._link.flowoff  # misspelt


def a_datagram(socket: DatagramSocket):
    socket.sendto(b"", ("192.0.2.1", 5))
    socket.sent_to(b"", ("192.0.2.1", 5))  # misspelt
