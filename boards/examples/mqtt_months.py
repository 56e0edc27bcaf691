"""MQTT for months: publishes every minute, takes commands, and comes back after whatever happens.

Needs micropython-lib's client: mpremote mip install umqtt.simple
"""

import sys
import time

import start

BROKER, PORT = "test.mosquitto.org", 1883
NAME = "atsock-example"  # make it your own: a broker throws out the older one of two clients of the same name
PERIOD_MS = 60_000
WAIT_S = 30  # longest wait for the broker

modem = start.modem()
socket = sys.modules["socket"] = sys.modules["usocket"] = modem.socket_module()
socket.setdefaulttimeout(WAIT_S)
from umqtt.simple import MQTTClient  # noqa: E402  it imports socket

keeper = modem.keep(lambda address: print("up:", address), lambda reason: print("down:", reason))
heard = 0  # ticks of the last message


def on_message(topic, message):
    global heard
    heard = time.ticks_ms()
    print("got:", topic.decode(), message.decode())


def talk():
    """Until something fails.  Our own message has to come back: that is a check of the whole way and back."""
    global heard
    client = MQTTClient(NAME, BROKER, PORT, keepalive=3 * PERIOD_MS // 1000)
    client.set_callback(on_message)
    client.connect()
    sock = client.sock
    sock.setblocking = lambda on: sock.settimeout(WAIT_S if on else 0)  # umqtt would wait for ever
    client.subscribe(NAME + "/#")
    due = heard = time.ticks_ms()
    while keeper.is_up:
        if time.ticks_diff(time.ticks_ms(), due) >= 0:
            due = time.ticks_add(time.ticks_ms(), PERIOD_MS)
            client.publish(NAME + "/signal", str(modem.signal()[0]))
        if time.ticks_diff(time.ticks_ms(), heard) > 3 * PERIOD_MS:
            raise OSError("nothing comes back")
        client.check_msg()
        keeper.poll(200)


while True:
    keeper.poll(1000)
    if keeper.is_up:
        try:
            talk()
        except Exception as error:  # umqtt raises whatever, IndexError and AssertionError included
            print("broker:", repr(error))
            modem.close()  # its sockets
            time.sleep(5)
