"""What the services beside sockets have in common: TLS sessions, HTTP and MQTT of the A7600 and its kin.

Owns which of them are started; they share context 1 with AT+NETOPEN, and it stays up as long as one of them needs it.
"""

from .state import CLOSED

SERVICE_CID = 1


class AppServices:
    APP_START_MS = 100      # from AT+CCHSTART or AT+CMQTTSTART to the result
    # SIM7500 and SIM7600, another platform: log lines of its HTTP and MQTT differ
    QUALCOMM = False

    def reset(self):
        super().reset()
        self.services_started = set()       # names

    def of_service(self, form, name, started=True):
        """True when a command without arguments has something to do: its test form gets OK here, ERROR comes when the
        service is stopped (`started` False: when it has been started).
        """
        self.only(form, "test", "exec")
        if form == "test":
            self.ok()
            return False
        if (name in self.services_started) is not started:
            self.error()
            return False
        return True

    def start_service(self, name):
        """Bring the context up for it; False without a network."""
        if not self.activate(SERVICE_CID):
            return False
        self.services_started.add(name)
        return True

    def stop_service(self, name):
        self.services_started.discard(name)
        if not self.services_started and self.service == CLOSED:
            self.deactivate(SERVICE_CID)

    def give_context_back(self, cid):
        if not self.services_started:
            super().give_context_back(cid)

    def deactivate(self, cid):
        super().deactivate(cid)
        if cid == SERVICE_CID and self.services_started:
            self.services_started.clear()
            self.context_lost()

    def context_lost(self):
        """The network has gone: each service says so and stops."""

    def refuse_service(self, text):
        """End the command with a line that tells why, and ERROR."""
        self.info(text)
        self.error()
