"""One socket of a Fibocom module: what it is, where its bytes wait and what was set for it.

Knows neither commands nor lines; the mixins beside this file act on it.  Section numbers are the same in the
NL668 and L610 manuals unless two are given.
"""

import ipaddress
import re

from ..endpoints import Listener, Stream

TCP, UDP, SSL = 0, 1, 2                     # <Protocol> of +MIPOPEN; plus 60 over IPv6 (L610)
IPV6_OFFSET = 60

# states of a socket; one that does not exist is free
OPENING, LISTENING, ACTIVE, ENDED, CLOSING = "opening", "listening", "active", "ended", "closing"

ACCUMULATOR_BYTES = 2048                    # 1.1.4, 1.1.6: <FreeSize> is counted from this


class MipSocket:
    def __init__(self, number, protocol, opener, nack_indication):
        self.number = number
        self.nack_indication = nack_indication  # <is_nack_ind_req> of +MIPCONF when it was opened
        self.kind = protocol % IPV6_OFFSET      # TCP, UDP or SSL
        self.family = 6 if protocol >= IPV6_OFFSET else 4
        self.opener = opener                    # "+MIPOPEN" or "+MIPODM"
        self.state = OPENING
        self.pending = opener                   # command whose late result has not been written, or None
        self.result_at = None                   # Notice of the late result, for the checker
        self.endpoint = None                    # Stream, Listener or DatagramSocket
        self.timer = None                       # deadline of opening or closing
        self.deadline_ms = 0                    # when an open without a result may be given up
        self.reset = False                      # the peer broke the connection off
        self.ended_at = None                    # Notice of the +MIPSTAT that ended it
        self.tells_acknowledged = False         # the result of +MIPCLOSE carries a byte count
        # sending (1.1.4, 1.1.6-1.1.8)
        self.accumulator = bytearray()
        self.watermark = ACCUMULATOR_BYTES
        self.push_after_ms = 0
        self.push_timer = None
        self.push_wanted = False                # a push was refused and is due at +MIPXON
        self.target = None                      # UDP: (address, port) of the next datagram
        self.flowed_off = None                  # Notice of the +MIPXOFF in force
        self.watching = False                   # the send buffer is being watched for room or acknowledgement
        self.acked_told = 0                     # bytes already reported as acknowledged
        # receiving (1.1.5)
        self.piece = 2048
        self.span_ms = 0
        self.span_timer = None
        self.datagram = None                    # UDP: (bytes left, address, port) of the one being read
        self.indicated = False                  # IPRFMT 5: +MIPREAD was written and the data is still there
        self.ending = False                     # the peer has ended it, +MIPSTAT comes behind the data
        # online data mode (1.1.18)
        self.suspended = False
        self.pseudo_command = True              # `+++` leads to command mode
        self.spool = bytearray()
        self.spool_timer = None
        self.told = 0                           # bytes of total_received that +MIPDATA has told of

    @property
    def is_stream(self):
        return self.kind != UDP

    @property
    def free(self):
        """Bytes the accumulating buffer takes."""
        return ACCUMULATOR_BYTES - len(self.accumulator)

    def unread(self):
        """Bytes received and not yet given to the host."""
        if self.endpoint is None or isinstance(self.endpoint, Listener) or self.state == OPENING:
            return 0
        return self.endpoint.available() + (len(self.datagram[0]) if self.datagram else 0)

    def acknowledged(self):
        """Bytes the peer has acknowledged since the connection stands."""
        return self.endpoint.total_sent - self.endpoint.unacked()

    def read(self, n):
        """Up to `n` received bytes as (data, address, port, bytes that stay); never across a datagram's end."""
        if self.is_stream:
            address, port = self.endpoint.peer
            return self.endpoint.recv(n), address, port, self.endpoint.available()
        if self.datagram is None:
            self.datagram = self.endpoint.recv()
        data, address, port = self.datagram
        self.datagram = (data[n:], address, port) if len(data) > n else None
        return data[:n], address, port, self.unread()

    def cancel_timers(self):
        for timer in (self.timer, self.push_timer, self.span_timer, self.spool_timer):
            if timer is not None:
                timer.cancel()

    def drop(self):
        """Forget everything under way; the number can be used again afterwards."""
        self.cancel_timers()
        if isinstance(self.endpoint, Stream):
            self.endpoint.abort()
        elif self.endpoint is not None:
            self.endpoint.close()


_OCTETS = re.compile(r"\d{1,3}(\.\d{1,3}){3}\Z")


def parse_address(text):
    """The family (4 or 6) and the plain form of a literal address, (None, text) for a host name.

    "The value can be written in 1, 2, or 3 digits" (1.1.2.4), so leading zeros are decimal here.
    ValueError for something that is an address by its form but not by its numbers.
    """
    if _OCTETS.match(text):
        octets = [int(part) for part in text.split(".")]
        if max(octets) > 255:
            raise ValueError(f"{text} is no IPv4 address")
        return 4, ".".join(map(str, octets))
    if ":" in text:
        return 6, str(ipaddress.IPv6Address(text))
    return None, text


def shown_address(text):
    """An address as the modules print it: IPv6 in eight groups, capitals, no leading zeros (L610 1.1.2.4)."""
    if ":" not in text:
        return text
    groups = ipaddress.IPv6Address(text.partition("%")[0]).exploded.split(":")
    return ":".join(f"{int(group, 16):X}" for group in groups)
