"""A port for a server that a program under test makes a little later."""

import random
import socket

# Below those that a system gives to outgoing connections (Linux: from 32768 on): no connection gets one of these by
# chance before the server does.
_PORTS = range(10_000, 32_000)
_random = random.SystemRandom()     # other processes look for ports, too, and their random numbers may be the same


def free_port():
    """A TCP port of this machine that nobody uses."""
    while True:
        port = _random.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        return port
