"""MQTT of the A7600 and its kin: AT+CMQTTSTART to AT+CMQTTSTOP, and the lines of a message that comes.

Sources: "A76XX Series AT Command Manual", chapter 18; for the order of lines of SIM7500 and SIM7600 logs and drivers.
Taken without a source: AT+CMQTTPUB without a topic gets 18 and ERROR, one of a client that has a publish under way 14;
a topic that the server refuses gets 1; parts of a long payload have 1500 bytes at most.
"""

import re

from ..arguments import BadArguments, Int, Optional, Text
from ..hosts import is_address
from ..module import at
from ..tables import Options, Stored
from .http import Http
from .mqttclient import DONE, NETWORK_CLOSED, Client

CLIENTS = 2
_NAME = "MQTT"          # of the service
_DISCONNECT_MS = 20
_LONGEST_TOPIC = 1024
_LONGEST_PAYLOAD = 10240
_PART = 1500            # of a payload that comes
_ADDRESS = re.compile(r"tcp://(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/\[\]]+)(:(?P<port>[0-9]{1,5}))?\Z")
_DEFAULT_PORT = 1883

# <err> (18.3)
_NO_NETWORK, _NO_CONNECTION, _BUSY, _NO_TOPIC, _USED, _NOT_ACQUIRED, _NOT_RELEASED, _STARTED = (
    7, 11, 14, 18, 19, 20, 21, 23)

_CLIENT = Int(0, CLIENTS - 1)
_TOPIC = Int(1, _LONGEST_TOPIC)
_QOS = Int(0, 2)
_FLAG = Optional(Int(0, 1), 0)

_TEXTS = {      # command: what keeps its text, bytes at most, only while connected?
    "+CMQTTWILLTOPIC": (Client.keep_will_topic, _LONGEST_TOPIC, False),
    "+CMQTTTOPIC": (Client.keep_topic, _LONGEST_TOPIC, True),
    "+CMQTTPAYLOAD": (Client.keep_payload, _LONGEST_PAYLOAD, True),
}


class Mqtt(Http):
    TABLE: "dict[str, object]" = {"+CMQTTCFG": Options({
        "checkutf8": Stored(Int(0, 1), start=(1,), test="(0-1),(0-1)"),
        "optimeout": Stored(Int(20, 120), start=(120,), test="(0-1),(20-120)"),
        "version": Stored(Int(3, 4), start=(4,), test="(0-1),(3-4)"),
        "argtopic": Stored(Int(0, 1), Int(0, 1), start=(0, 0), test="(0-1),(0-1),(0-1)"),
    }, keys=2)}

    def reset(self):
        super().reset()
        self._clients = [None] * CLIENTS
        self._client_contexts = list(range(CLIENTS))        # of TLS

    def context_lost(self):
        super().context_lost()
        for client in self._clients:
            if client is not None and client.in_use:
                client.stop()
                self.urc(f"+CMQTTCONNLOST: {client.number},{NETWORK_CLOSED}")
        if any(self._clients):
            self.urc("+CMQTTNONET")
        self._clients = [None] * CLIENTS

    @property
    def _mqtt_started(self):
        return _NAME in self.services_started

    def mqtt_result(self, name, number, err):
        self.urc(f"+CMQTT{name}: {number},{err}")

    def mqtt_message(self, number, message):
        parts = [f"\r\n+CMQTTRXSTART: {number},{len(message.topic)},{len(message.payload)}\r\n".encode(),
                 f"+CMQTTRXTOPIC: {number},{len(message.topic)}\r\n".encode(), message.topic, b"\r\n"]
        for start in range(0, len(message.payload), _PART):
            part = message.payload[start:start + _PART]
            parts += [f"+CMQTTRXPAYLOAD: {number},{len(part)}\r\n".encode(), part, b"\r\n"]
        self.urc_raw(b"".join([*parts, f"+CMQTTRXEND: {number}\r\n".encode()]))

    # ---- the service

    @at("+CMQTTSTART")
    def start_mqtt(self, form, args):
        del args
        self.only(form, "test", "exec")
        if form == "test":
            self.ok()
        elif self._mqtt_started:
            if self.QUALCOMM:
                self.refuse_service(f"+CMQTTSTART: {_STARTED}")
            else:
                self.error()
        else:
            self._service_result("+CMQTTSTART", DONE if self.start_service(_NAME) else _NO_NETWORK)

    @at("+CMQTTSTOP")
    def stop_mqtt(self, form, args):
        del args
        if not self.of_service(form, _NAME):
            return
        if any(self._clients):
            used = any(client is not None and client.in_use for client in self._clients)
            self.refuse_service(f"+CMQTTSTOP: {_USED if used else _NOT_RELEASED}")
        else:
            self.stop_service(_NAME)
            self._service_result("+CMQTTSTOP", DONE)

    def _service_result(self, name, err):
        """The result after OK, or before it with SIM7500 and SIM7600."""
        if not self.QUALCOMM:
            self.ok()
            self.after(self.APP_START_MS, lambda: self.urc(f"{name}: {err}"))
            return
        self.after(self.APP_START_MS, lambda: self._result_and_end(f"{name}: {err}", err))

    def _result_and_end(self, text, err):
        self.info(text)
        if err:
            self.error()
        else:
            self.ok()

    # ---- clients

    def _client(self, number, *, connected=False):
        """The client of an argument, or None when the command has been refused."""
        client = self._clients[number]
        name = self.command_name
        if not self._mqtt_started:
            self.error()
        elif client is None:
            self.refuse(name, number, _NOT_ACQUIRED)
        elif connected and not client.connected:
            self.refuse(name, number, _NO_CONNECTION)
        else:
            return client
        return None

    @at("+CMQTTACCQ")
    def acquire_client(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CMQTTACCQ: (0-1),(1-128)[,(0-1)[,(3-4)]]")
            self.ok()
        elif not self._mqtt_started:
            self.error()
        elif form == "read":
            for number, client in enumerate(self._clients):
                name, kind = ("", 0) if client is None else (client.name, client.kind)
                self.info(f'+CMQTTACCQ: {number},"{name}",{kind}')
            self.ok()
        else:
            number, name, kind, version = self.match(args, _CLIENT, Text(128), _FLAG, Optional(Int(3, 4)))
            if not name:
                raise BadArguments("argument 2 is empty")
            if self._clients[number] is not None:
                self.refuse("+CMQTTACCQ", number, _USED)
                return
            version = version or self.kept(False).get(("+CMQTTCFG", "version", number), (4,))[0]
            self._clients[number] = Client(self, number, str(name), kind, version)
            self.ok()

    @at("+CMQTTREL")
    def release_client(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CMQTTREL: (0-1)")
            self.ok()
        elif form == "read":
            if self._mqtt_started:
                self.ok()
            else:
                self.error()
        else:
            (number,) = self.match(args, _CLIENT)
            client = self._client(number)
            if client is None:
                return
            if client.in_use:
                self.refuse("+CMQTTREL", number, _USED)
                return
            self._clients[number] = None
            self.ok()

    @at("+CMQTTSSLCFG")
    def client_context(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CMQTTSSLCFG: (0,1),(0-9)")
        elif form == "read":
            for number, context in enumerate(self._client_contexts):
                self.info(f"+CMQTTSSLCFG: {number},{context}")
        else:
            number, context = self.match(args, _CLIENT, Int(0, 9))
            self._client_contexts[number] = context
        self.ok()

    @at("+CMQTTCONNECT")
    def connect_client(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CMQTTCONNECT: (0-1),(9-256),(1-64800),(0-1)[,<user_name>,<pass_word>]")
            self.ok()
        elif not self._mqtt_started:
            self.error()
        elif form == "read":
            for number, client in enumerate(self._clients):
                shown = ',"{}",{},{}'.format(*client.asked[:3]) if client and client.connected else ""
                self.info(f"+CMQTTCONNECT: {number}{shown}")
            self.ok()
        else:
            self._connect_client(*self.match(
                args, _CLIENT, Text(256), Int(1, 64800), _FLAG, Optional(Text(256)), Optional(Text(256))))

    def _connect_client(self, number, address, keepalive_s, clean, user, password):
        found = _ADDRESS.match(address)
        host = found["host"].strip("[]") if found else ""
        port = int(found["port"] or _DEFAULT_PORT) if found else 0
        if not 0 < port < 65536 or (found["host"] != host and not is_address(host)):
            raise BadArguments(f"{str(address)!r} is not tcp://<host>:<port>")
        client = self._client(number)
        if client is None:
            return
        if client.in_use:
            self.refuse("+CMQTTCONNECT", number, _USED)
            return
        client.asked = (str(address), keepalive_s, clean)
        self.ok()
        client.connect(host, port, keepalive_s, clean, _bytes(user), _bytes(password),
                       self.server_name(self._client_contexts[number], host))

    @at("+CMQTTDISC")
    def disconnect_client(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info("+CMQTTDISC: (0-1),(0,1-180)")
            self.ok()
        elif not self._mqtt_started:
            self.error()
        elif form == "read":
            for number, client in enumerate(self._clients):
                self.info(f"+CMQTTDISC: {number},{int(client is None or not client.connected)}")
            self.ok()
        else:
            number, _ = self.match(args, _CLIENT, Optional(Int(0, 180)))
            client = self._client(number, connected=True)
            if client is None:
                return
            client.disconnect()
            text = f"+CMQTTDISC: {number},{DONE}"
            if self.QUALCOMM:
                self.after(_DISCONNECT_MS, lambda: self._result_and_end(text, DONE))
            else:
                self.ok()
                self.after(_DISCONNECT_MS, lambda: self.urc(text))

    # ---- texts

    def _take_text(self, client, length, done):
        """Ask for `length` bytes; `done(data)` keeps them."""
        def came(data):
            if self._clients[client.number] is client:
                done(data)
            self.ok()

        self.prompt(came, text="\r\n>", count=length)

    @at(*_TEXTS)
    def client_text(self, form, args):
        self.only(form, "test", "write")
        keep, longest, connected = _TEXTS[self.command_name]
        if form == "test":
            self.info(f"{self.command_name}: (0-1),(1-{longest})")
            self.ok()
            return
        number, length = self.match(args, _CLIENT, Int(1, longest))
        client = self._client(number, connected=connected)
        if client is not None:
            self._take_text(client, length, lambda data: keep(client, data))

    @at("+CMQTTWILLMSG")
    def client_will(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info(f"+CMQTTWILLMSG: (0-1),(1-{_LONGEST_PAYLOAD}),(0-2)")
            self.ok()
            return
        number, length, qos = self.match(args, _CLIENT, Int(1, _LONGEST_PAYLOAD), _QOS)
        client = self._client(number)
        if client is None:
            return
        if not client.will_topic:
            self.refuse("+CMQTTWILLMSG", number, _NO_TOPIC)
            return
        self._take_text(client, length, lambda data: client.keep_will(data, qos))

    # ---- publish and subscribe

    @at("+CMQTTPUB")
    def publish(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info("+CMQTTPUB: (0-1),(0-2),(1-180),(0-1),(0-1)")
            self.ok()
            return
        number, qos, timeout_s, retain, duplicate = self.match(args, _CLIENT, _QOS, Int(1, 180), _FLAG, _FLAG)
        client = self._client(number, connected=True)
        if client is None:
            return
        if not client.topic or client.publishing:
            self.refuse("+CMQTTPUB", number, _BUSY if client.topic else _NO_TOPIC)
            return
        self.ok()
        client.publish(qos, timeout_s, retain, duplicate)

    @at("+CMQTTSUBTOPIC", "+CMQTTUNSUBTOPIC")
    def next_topic(self, form, args):
        self.only(form, "test", "write")
        subscribes = self.command_name == "+CMQTTSUBTOPIC"
        if form == "test":
            self.info(f"{self.command_name}: (0-1),(1-{_LONGEST_TOPIC})" + (",(0-2)" if subscribes else ""))
            self.ok()
            return
        number, length, *qos = self.match(args, _CLIENT, _TOPIC, *([_QOS] if subscribes else []))
        client = self._client(number, connected=True)
        if client is not None:
            self._take_text(client, length, lambda data: client.wanted.append((data, *qos)) if subscribes else
                            client.unwanted.append(data))

    @at("+CMQTTSUB")
    def subscribe(self, form, args):
        self.only(form, "test", "read", "write")
        if form == "test":
            self.info(f"+CMQTTSUB: (0-1),(1-{_LONGEST_TOPIC}),(0-2),(0-1)")
            self.ok()
        elif form == "read":
            for topic in (topic for client in self._clients if client is not None for topic in client.topics):
                self.info(f"+CMQTTSUB: {topic.decode('latin-1')}")
            self.ok()
        elif len(args) > 2:
            number, length, qos, _ = self.match(args, _CLIENT, _TOPIC, _QOS, _FLAG)
            client = self._client(number, connected=True)
            if client is not None:
                self._topic_now(client, length, lambda data: client.subscribe([(data, qos)]))
        else:
            self._use_topics(args, lambda client: client.wanted, Client.subscribe)

    @at("+CMQTTUNSUB")
    def unsubscribe(self, form, args):
        self.only(form, "test", "write")
        if form == "test":
            self.info(f"+CMQTTUNSUB: (0-1),(1-{_LONGEST_TOPIC}),(0-1)")
            self.ok()
        elif len(args) > 2:
            number, length, _ = self.match(args, _CLIENT, _TOPIC, Int(0, 1))
            client = self._client(number, connected=True)
            if client is not None:
                self._topic_now(client, length, lambda data: client.unsubscribe([data]))
        else:
            self._use_topics(args, lambda client: client.unwanted, Client.unsubscribe)

    def _topic_now(self, client, length, use):
        def came(data):
            if client.connected:
                self.ok()
                use(data)
            else:
                self.refuse(self.command_name, client.number, _NO_CONNECTION)

        self.prompt(came, text="\r\n>", count=length)

    def _use_topics(self, args, collected, use):
        """Subscribe to, or leave, what the commands before have named: use(client, topics) for collected(client)."""
        number, _ = self.match(args, _CLIENT, _FLAG)
        client = self._client(number, connected=True)
        if client is None:
            return
        named = collected(client)
        if not named:
            self.refuse(self.command_name, number, _NO_TOPIC)
            return
        topics = list(named)
        named.clear()
        self.ok()
        use(client, topics)


def _bytes(text):
    return None if text is None else str(text).encode("latin-1")
