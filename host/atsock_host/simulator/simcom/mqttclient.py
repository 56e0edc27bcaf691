"""One MQTT client of a module: its connection, and the requests that wait for the server.

Owns the packets on their way and the pings; the AT commands are in mqtt.py.  Numbers of results are chapter 18.3 of the
"A76XX Series AT Command Manual", causes 18.4.
"""

from ..connection import NO_HANDSHAKE, NO_NAME, NO_SOCKET, REFUSED, Connection
from ..mqttpackets import CONNACK, PINGRESP, SUBACK, BadPacket, Message, Packets

_CONNECT_MS = 120_000       # also the longest wait for the answer to AT+CMQTTSUB and AT+CMQTTUNSUB

# <err>
DONE, FAILED, NOT_CONNECTED, NO_SOCKET_LEFT, BAD_MESSAGE, TIMEOUT = 0, 1, 3, 4, 6, 17
NAME_UNKNOWN, SERVER_CLOSED, SERVER_REFUSED, HANDSHAKE_FAILED = 25, 26, 27, 32
_WHY = {NO_NAME: NAME_UNKNOWN, NO_SOCKET: NO_SOCKET_LEFT, REFUSED: NOT_CONNECTED, NO_HANDSHAKE: HANDSHAKE_FAILED}
# <cause> of +CMQTTCONNLOST
PASSIVE, RESET, NETWORK_CLOSED = 1, 2, 3


class Client:
    """A client that AT+CMQTTACCQ has acquired; the user of its Connection."""

    def __init__(self, module, number, name, kind, version):
        self.number, self.name, self.kind, self.version = number, name, kind, version
        self.will_topic, self.will = b"", None
        self.topic = self.payload = b""
        self.wanted, self.unwanted = [], []     # topics of AT+CMQTTSUBTOPIC and AT+CMQTTUNSUBTOPIC
        self.topics = []                        # subscribed to
        self.connected = False
        self.asked = None                       # arguments of AT+CMQTTCONNECT
        self.connection = None
        self._module = module
        self._packets = None
        self._keepalive_ms = 0
        self._timers = []
        self._waiting = {}                      # id of a packet -> (name of the result, what follows)
        self._ping_owed = False

    # ---- texts that commands before it have named

    def keep_will_topic(self, data):
        self.will_topic = data

    def keep_will(self, data, qos):
        self.will = Message(self.will_topic, data, qos)

    def keep_topic(self, data):
        self.topic = data

    def keep_payload(self, data):
        self.payload = data

    # ---- its connection, as commands make and end it

    @property
    def in_use(self):
        """Connected, or on the way."""
        return self.connection is not None

    @property
    def publishing(self):
        return any(name == "PUB" for name, _ in self._waiting.values())

    def connect(self, host, port, keepalive_s, clean, user, password, server_name):
        self.connection, self._packets = Connection(self._module, self), Packets()
        self._keepalive_ms = keepalive_s * 1000
        self._packets.connect(self.name.encode("latin-1"), keepalive_s, clean, user=user, password=password,
                              will=self.will, version=self.version)
        self._timers = [self._module.after(_CONNECT_MS, lambda: self._not_connected(TIMEOUT))]
        self.connection.start(host, port, tls=self.kind == 1, server_name=server_name, family=self._module.family)

    def stop(self):
        """Forget the connection, without a word to the host."""
        for timer in self._timers:
            timer.cancel()
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self.connected = self._ping_owed = False
        self._waiting = {}

    def disconnect(self):
        self._packets.disconnect()
        self._flush()
        self.stop()

    def _flush(self):
        data = bytes(self._packets.outgoing)
        self._packets.outgoing.clear()
        if data:
            self.connection.send(data)

    # ---- requests with a result

    def publish(self, qos, timeout_s, retain, duplicate):
        message = Message(self.topic, self.payload, qos, bool(retain))
        self.topic = self.payload = b""
        number = self._packets.publish(message, bool(duplicate))
        if number:
            self._await(number, "PUB", timeout_s * 1000)
        self._flush()
        if not number:
            self._module.mqtt_result("PUB", self.number, DONE)

    def subscribe(self, topics):
        number = self._packets.subscribe(topics)
        names = [topic for topic, _ in topics]
        self._await(number, "SUB", _CONNECT_MS, lambda: self._subscribed(names))
        self._flush()

    def _subscribed(self, names):
        self.topics += [name for name in names if name not in self.topics]

    def unsubscribe(self, topics):
        number = self._packets.unsubscribe(topics)
        self._await(number, "UNSUB", _CONNECT_MS, lambda: self._unsubscribed(topics))
        self._flush()

    def _unsubscribed(self, names):
        self.topics = [name for name in self.topics if name not in names]

    def _await(self, number, name, ms, then=None):
        self._waiting[number] = name, then
        self._timers = [timer for timer in self._timers if timer.active]
        self._timers.append(self._module.after(ms, lambda: self._answered(number, TIMEOUT)))

    def _answered(self, number, err):
        name, then = self._waiting.pop(number, (None, None))
        if name is None:
            return
        if then is not None and err == DONE:
            then()
        self._module.mqtt_result(name, self.number, err)

    # ---- the connection

    def opened(self):
        self._flush()

    def failed(self, why):
        self._not_connected(_WHY[why])

    def _not_connected(self, err):
        if not self.connected:
            self.stop()
            self._module.mqtt_result("CONNECT", self.number, err)

    def sent(self):
        """All that had to wait has gone."""

    def received(self, data):
        try:
            events = self._packets.feed(data)
        except BadPacket:
            self._lost(BAD_MESSAGE, PASSIVE)
            return
        self._flush()
        for event in events:
            self._event(event)
            if self.connection is None:
                return

    def _event(self, event):
        if isinstance(event, Message):
            self._module.mqtt_message(self.number, event)
        elif event[0] == CONNACK:
            self._acknowledged(event[1])
        elif event[0] == PINGRESP:
            self._ping_owed = False
        elif event[0] == SUBACK:
            self._answered(event[1], FAILED if event[2] else DONE)
        else:
            self._answered(event[1], DONE)

    def _acknowledged(self, code):
        if code:
            self._not_connected(SERVER_REFUSED - 1 + min(code, 5))
        elif not self.connected:
            self._timers.pop().cancel()
            self.connected = True
            self._timers.append(self._module.after(self._keepalive_ms, self._keep_alive))
            self._module.mqtt_result("CONNECT", self.number, DONE)

    def _keep_alive(self):
        if self._ping_owed:
            self._lost(SERVER_CLOSED, PASSIVE)
            return
        self._ping_owed = True
        self._packets.ping()
        self._flush()
        self._timers.append(self._module.after(self._keepalive_ms, self._keep_alive))

    def ended(self, reset):
        self._lost(SERVER_CLOSED, RESET if reset else PASSIVE)

    def _lost(self, err, cause):
        if not self.connected:
            self._not_connected(err)
            return
        self.stop()
        self._module.urc(f"+CMQTTCONNLOST: {self.number},{cause}")
