"""What a dialect table consists of: every attribute that one may have, what it means, and its default.

A dialect is a class that inherits from Table (or from a dialect like it) and consists of literals.  Nothing makes
objects of it: the driver reads the attributes of the class.  Knows only the words of core/words.py.

Template    (text, timeout_ms, required, optional[, follow_up]), see core/rows.py
    One AT command.  timeout_ms: how long its answer may take.  required: the events that complete it, in any order;
    optional: events that it accepts beside them; bits, joined by "|".  follow_up: the template of the command that
    follows at once when this one succeeded.  In the text stand places: <context> is the PDP context id; <link>, <n>
    (bytes) and <payload> are filled in when the command is sent; the others stand at each attribute below.
Row         (name, form, event, link, value, ok, kind, aux, fields), see core/rows.py
    What a line means.  Rows are tried in order: the more general one stands behind.
Step        (MUST, command) or (MAY, command)
    One command of a setup: b"AT..." or a template.  MUST: the operation fails when the module refuses it; MAY: an older
    firmware does not know it, or it is the default.
Question    (question, prefix, ...)
    A command (b"AT+...") whose information lines begin with the prefix, and what stands where in them.  A position
    counts the fields behind the prefix from 0; None: there is no such field.

What a module cannot do is absent: None, or () where several things are expected.  A name that begins with "_" is the
dialect's own, to say a thing once that stands in several places.
"""

from ..core.movers import const
from ..core.words import IN_LINKS

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    Template = tuple[bytes, int, int, int] | tuple[bytes, int, int, int, "Template"]
    Row = tuple[bytes, bytes, int, int | None, int | None, int, int, int | None, int]
    Rows = tuple[Row, ...]
    Steps = tuple[tuple[bool, bytes | Template], ...]
    Access = tuple[Template, int, Template | None, int, int, int, Steps, Rows, Template | None, Steps]
    Words = tuple[bytes, ...]
    Numbers = tuple[int, ...]

# As Table.SECRETS, whatever the dialect: accounts of access points, as long as the module is not known; of MQTT, FTP,
# HTTP and mail servers, and the password of a key, for commands of the application.
VENDORS_SECRETS = (
    (b"+QICSGP=", 3), (b"+MIPCALL=", 2), (b"+QPIN=", 0), (b"+QMTCONN=", 2), (b"+CMQTTCONNECT=", 2), (b"+MQTTUSER=", 1),
    (b"+QFTPCFG=", 1), (b"+CFTPSLOGIN=", 2), (b"+FTPOPEN=", 2), (b"+QHTTPCFG=", 1), (b"+QSMTPCFG=", 1),
    (b"+CSMTPSAUTH=", 1), (b"*MCGDEFCONT=", 2), (b"$QCPDPP=", 2), (b"+XGAUTH=", 2), (b"+CNCFG=", 3),
    (b"+CSTT=", 1), (b'+CSSLCFG="PASSWORD"', 2),
)  # fmt: skip


class Table:
    """One dialect: the commands of a family of modules, and what their lines mean."""

    # -- module
    NAME = ""  # as in Modem(stream, "bg96")
    VENDOR = ""  # "quectel", "simcom" or "fibocom": whose texts of error codes are meant
    # Of a table that is registered: what a word in the answer to AT+CGMM or ATI begins with, in capitals.  The models
    # of the built-in dialects stand in identify.py.
    MODELS: "Words" = ()
    LINKS = range(0, 0)  # connection ids
    SERVERS = IN_LINKS  # how TCP servers are numbered: IN_LINKS, APART, BECOMES
    SERVER_COUNT = 0  # APART: how many servers there are
    NO_PORT = b""  # <local> of an open that leaves the choice to the module
    LOCAL_LAST = b""  # what stands behind OPEN_TCP and DATA_TCP when the local port is chosen; b"": they have it
    DATA_LINK: "int | None" = None  # the only connection id in transparent access; None: any
    # (question, prefix): field 0 is 1 while every new connection opens in data mode; None: each open says so itself.
    DATA_SETTING: "tuple[bytes, bytes] | None" = None
    HOST_MAX = 255  # characters of a host name
    REGISTRATION: "Words" = (b"AT+CEREG?", b"AT+CGREG?", b"AT+CREG?")  # read forms, asked in this order

    # -- context: APN, user and password, activation
    SETUP: "Steps" = ()  # of attach(), when the module is registered
    AUTHS: "Numbers" = (0,)  # authentications: 0 none, 1 PAP, 2 CHAP, 3 either
    PDP_4: "bytes | None" = None  # <type> of a context for IPv4; None: the module has none
    PDP_6: "bytes | None" = None  # for IPv6
    # <apn> <user> <password> <auth> <type> <family> (1: IPv4, 6: IPv6)
    CONFIGURE: "tuple[Template, ...]" = ()  # for an APN
    CONFIGURE_USER: "Template | None" = None  # and then for a user, where CONFIGURE leaves that out
    ACTIVATE: "Template | None" = None  # with an APN
    ACTIVATE_USER: "Template | None" = None  # with an APN and a user
    ACTIVATE_STORED: "Template | None" = None  # with what the module has stored
    DEACTIVATE: "Template | None" = None
    # (question, prefix, context, state), a line each context: positions of its id (None: there is but one) and of its
    # state (1: active).  Its address is found wherever it stands in the line.
    STATE: "tuple[bytes, bytes, int | None, int] | None" = None
    ADDRESS_OF: "tuple[bytes, bytes] | None" = None  # (question, prefix), where a line of STATE has no address
    DEACTIVATE_LOST = False  # a context that the network ended must be deactivated all the same
    EIGHT_GROUPS = False  # IPv6 addresses are written out, without "::"

    # -- opening: <host> <port> <local> (port) <mode> (of ACCESS) <protocol> (of PROTOCOLS)
    OPEN_MS = 0  # how long the result (OPENED) may take, from the open on
    # (family, TCP, UDP, TLS): numbers of the protocols; family: 4 or 6.  (): the commands name the protocol.
    PROTOCOLS: "tuple[tuple[int, int, int, int], ...]" = ()
    OPEN_TCP: "Template | None" = None
    OPEN_UDP: "Template | None" = None  # with one peer
    OPEN_UDP_ANY: "Template | None" = None  # without a peer: bound to a port
    OPEN_TCP_SERVER: "Template | None" = None  # SERVERS is IN_LINKS or BECOMES
    DATA_TCP: "Template | None" = None  # in transparent access
    DATA_UDP: "Template | None" = None
    RESUME: "Template | None" = None  # from command mode back to data mode, TCP
    RESUME_UDP: "Template | None" = None
    LISTEN: "Template | None" = None  # <port> <server> (number); SERVERS is APART
    STOP: "Template | None" = None  # <server>

    # -- transfer: the sends and READ_HEX are used where ACCESS names them
    CLOSE: "Template | None" = None
    SEND: "Template | None" = None
    SEND_TO: "Template | None" = None  # <host> <port>: a datagram to another peer than the one of the open
    SEND_HEX: "Template | None" = None
    PUSH_OUT: "Template | None" = None  # follow_up where SEND_HEX only stores the payload
    PUSH_TO: "Template | None" = None  # <host> <port>: follow_up where SEND_TO only stores it
    READ: "Template | None" = None
    READ_HEX: "Template | None" = None
    READ_ANY: "Template | None" = None  # from OPEN_UDP_ANY; None: as others

    # -- sockets
    # (question, prefix, form): which connections are open, as BY_LINE, BY_ID or BY_FLAG.
    OPEN_IDS: "tuple[bytes, bytes, int] | None" = None
    # (position, value) in a line of OPEN_IDS: the peer has closed the connection, its id still taken; None: not told.
    OPEN_IDS_GONE: "tuple[int, int] | None" = None
    # The same of one that is buffered, where others may be pushed to; None: not told.
    OPEN_IDS_BUFFERED: "tuple[int, int] | None" = None
    # Numbers of a refused open by which the module has something open already: the id, its port, too many.
    IN_USE: "Numbers" = ()
    OPEN_ENDS_CLOSED = False  # an open that failed is told as PEER_CLOSED; False: as OPENED
    CLOSE_OPENING = False  # CLOSE ends an open that is under way; False: its result is waited for
    CLOSE_AFTER_PEER = False  # a connection that the peer closed keeps its id until CLOSE
    UDP_MAX = 0  # bytes of a datagram
    STORE_MAX = 0  # bytes of a datagram that is stored first (PUSH_TO)
    # (question, prefix), a line each connection: its id, the free space for sending; None: the module does not tell.
    ROOM: "tuple[bytes, bytes] | None" = None
    NOTHING_LEFT: "int | None" = None  # bad value of a follow-up's result: there was nothing to do any more
    RETRY: "int | None" = None  # bad value of a result: not now, try again later
    TELLS_COUNT: "bytes | None" = None  # name of the result line that tells how many bytes were accepted
    PUSH_BY_SENDER = False  # what is pushed names its sender (SENDER) and not its link

    # -- access modes
    # {access: (send, chunk, recv, read, mode, group, setup, lines, send_to, leave)}
    #     send      template
    #     chunk     bytes of one send
    #     recv      template; None: payload is pushed
    #     read      bytes of one read
    #     mode      <mode> of the commands that open
    #     group     access modes of one group can be open at the same time
    #     setup     steps that lead to this group from another one
    #     lines     rows that are tried before LINES
    #     send_to   template for a datagram with an address; None: there is none
    #     leave     steps that lead out of this group
    ACCESS: "dict[str, Access]" = {}

    # -- data mode (transparent access)
    GUARD_MS = 1000  # silence before and after +++
    DATA_ENDS: "Words" = ()  # beginnings of the line that stands in the data when the connection is lost
    ESCAPED_READS = False  # READ works in command mode, for what comes there
    # What may stand before the data when they go on; (): RESUME is completed by CONNECT.
    RESUME_WORDS: "Words" = ()
    # Beginnings of lines that may stand before that: what the module tells of data that wait, told too late.
    RESUME_NOTICES: "Words" = ()

    # -- lookups
    RESOLVE: "Template | None" = None  # <host>
    RESOLVE_6: "Template | None" = None  # for IPv6 addresses
    ERROR_QUERY: "Template | None" = None  # asks for the code of the ERROR before (REASON)
    ERROR_QUERY_FOR = b""  # beginning of the commands that it tells about

    # -- services
    PING: "Template | None" = None  # <host> <count> <size> <timeout> (ms) <seconds> (the same)
    PING_6: "Template | None" = None  # to an IPv6 address; None: as PING
    PING_MAX: "tuple[int, int, int] | None" = None  # count, size, ms
    # (name, status, good, address, time): the line of a reply, position of its status, the statuses of one that came,
    # positions of its address and of the time (ms).
    PING_REPLY: "tuple[bytes, int, Numbers, int, int] | None" = None
    # (name, field, values): the last line has in this field one of these numbers; ANY: any number.
    PING_END: "tuple[bytes, int, int | Numbers] | None" = None
    PING_FATAL: "Numbers" = ()  # statuses (field 0) after which nothing comes any more
    NTP: "Template | None" = None  # <host> <port>
    NTP_6: "Template | None" = None
    # (name, status, good, time): the line of the result, position of its status, the status of success, position of the
    # time; None: AT+CCLK? tells it.
    NTP_LINE: "tuple[bytes, int, int, int | None] | None" = None
    UNACKED: "Template | None" = None
    # (name, sent, count): positions of the number of bytes sent and of those acknowledged; when sent is None, count is
    # the position of those not acknowledged.
    UNACKED_LINE: "tuple[bytes, int | None, int] | None" = None
    KEEPALIVE: "Template | None" = None  # <idle> <interval> <count>, for all sockets
    KEEPALIVE_OFF: "Template | None" = None
    # (unit, least, most) of idle and of interval (unit: s, the others in units), and (least, most) of count.
    KEEPALIVE_RANGE: "tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int]] | None" = None

    # -- lines
    LINES: "Rows" = ()  # in every access mode; those of every dialect are in core/rows.py

    # -- codes
    # {the module's number: name of the errno with the same meaning (errors.py)}; other numbers are EIO.
    ERRNOS: "dict[int, str]" = {}
    FOREIGN_CODES: "Words" = ()  # names of the lines whose numbers are not those of ERRNOS

    # -- messages
    # (name, fields), of a command that carries a password: how many of its fields stand before it.  Those of 3GPP and
    # of VENDORS_SECRETS are known.
    SECRETS: "tuple[tuple[bytes, int], ...]" = ()
