"""Error codes of the Quectel TCP/IP commands (BG96 TCP/IP AT Commands Manual V1.0, chapter 4) and +QIGETERROR."""

UNKNOWN = 550
BLOCKED = 551
INVALID_PARAMETERS = 552
CREATE_FAILED = 554
NOT_SUPPORTED = 555
BIND_FAILED = 556
LISTEN_FAILED = 557
WRITE_FAILED = 558
OPEN_CONTEXT_FAILED = 561
ID_USED = 563
DNS_BUSY = 564
DNS_FAILED = 565
CONNECT_FAILED = 566
SOCKET_CLOSED = 567
BUSY = 568
TIMEOUT = 569
CONTEXT_BROKEN = 570
CANCEL_SEND = 571
NOT_ALLOWED = 572
NO_APN = 573
PORT_BUSY = 574

# Spelled as the example of 3.9 spells 552: lower case, and behind the comma a blank.
TEXTS = {
    0: "operation successful",
    550: "unknown error",
    551: "operation blocked",
    552: "invalid parameters",
    553: "memory not enough",
    554: "create socket failed",
    555: "operation not supported",
    556: "socket bind failed",
    557: "socket listen failed",
    558: "socket write failed",
    559: "socket read failed",
    560: "socket accept failed",
    561: "open PDP context failed",
    562: "close PDP context failed",
    563: "socket identity has been used",
    564: "DNS busy",
    565: "DNS parse failed",
    566: "socket connect failed",
    567: "socket has been closed",
    568: "operation busy",
    569: "operation timeout",
    570: "PDP context broken down",
    571: "cancel send",
    572: "operation not allowed",
    573: "APN not configured",
    574: "port busy",
}
