"""Mistakes that a type checker must find: one in every line that ends in "# wrong", none elsewhere.  Never run."""

import atsock
from atsock_host import SerialPort, Simulator

port = SerialPort("/dev/ttyUSB2", "115200")  # wrong
modem = atsock.Modem("/dev/ttyUSB2", "bg96")  # wrong
good = atsock.Modem(SerialPort("/dev/ttyUSB2"), "bg96")
good.attach("internet", "user")  # wrong
good.attach(apn=5)  # wrong
address: int = good.attach()  # wrong
sock = good.socket(transparent=True)  # wrong
other = good.socket(access="bufer")  # wrong
third = atsock.Modem(SerialPort("/dev/ttyUSB2"), "bg69")  # wrong
fourth = atsock.Modem(SerialPort("/dev/ttyUSB2"), "bg96", access="bufer")  # wrong
mode: "atsock.Access" = "raw"  # wrong
fine = good.socket()
fine.connect("example.com", 80)  # wrong
fine.connect(("example.com", "80"))  # wrong
fine.write("text")
fine.recv_into("text")  # wrong
good.signal()[0] + 1  # wrong
good.command(["AT"])  # wrong
good.ping("example.com").replies[0][0]  # wrong
good.hangup()  # wrong
atsock.EVENT_NOTHING  # wrong
with Simulator("bg96") as module:
    module.control(5)  # wrong
