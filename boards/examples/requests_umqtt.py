"""requests and umqtt as micropython-lib has them, over the modem.

They are on the board after: mpremote mip install requests umqtt.simple
"""

import sys

import start

URL = "http://example.com/"
BROKER = "test.mosquitto.org"

modem = start.modem()
modem.attach(timeout_ms=240_000)
sys.modules["socket"] = sys.modules["usocket"] = modem.socket_module()  # before they are imported

import requests  # noqa: E402
from umqtt.simple import MQTTClient  # noqa: E402

response = requests.get(URL)
page = response.text  # reads it, and closes the connection
print(response.status_code, len(page))

client = MQTTClient("atsock-example-once", BROKER)
client.connect()
client.publish("atsock-example/page", str(len(page)))
client.disconnect()
modem.close()
