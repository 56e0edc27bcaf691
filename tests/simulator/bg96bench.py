"""BG96 modules in the states that tests start from."""

from atsock_host.simulator.quectel import Bg96
from simbench import Bench

SERVER = '"220.180.239.212",8009'


def make(*setup, quirks=()):
    """A BG96 with context 1 active and no echo of data, after the commands of `setup`."""
    b = Bench(Bg96, quirks=quirks)
    b.ask("AT+QISDE=0")
    b.ask("AT+QIACT=1")
    for command in setup:
        b.ask(command, until=b"CONNECT\r\n" if command.endswith(",2") else b"OK\r\n")
    b.wait(1000)
    b.rx()
    return b


def connected(mode=0, **settings):
    return make(f'AT+QIOPEN=1,0,"TCP",{SERVER},0,{mode}', **settings)


def listening(**settings):
    return make('AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,2020,0', **settings)


def accepted():
    b = listening()
    b.network.accept(b.network.listeners[0], "172.31.242.222", 54091)
    b.rx()
    return b


def udp_service():
    return make('AT+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,3030,0')
