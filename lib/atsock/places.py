"""Where the methods are that Modem and the sockets have not: a module with + stays once it is loaded.  Loaded for the moment."""

# What attach() and connect() load, see lend.rehearse().
ATTACH = b"network packing dialects attaching jobs bringup registration context configuration"
CONNECT = b"opening plan connection adopting rare"

MODEM = (
    b" network: _begin _set_apn"
    b" attaching: attach _attach _attach_steps"
    b" making: socket"
    b" releasing: _close_orphans"
    b" upkeep: local_address detach recover attach_async _is_down"
    b" commands: command call query test identity signal registration _heed"
    b" lookups: resolve getaddrinfo ping ntp _check_attached"
    b" fronts: close socket_module open_connection start_server"
    b" jobs: _run _spawn _withdraw _refuse"
    b" links: _ask_room _renew _free_port"
    b" failures: _error _text _link_error _gave_up"
    b" +contexts: __enter__ __exit__"
    b" +background: _add _remove _step _remaining_ms"
    b" +events: poll _deliver "
)

SOCKET = (
    b" opening: bind _check_address _check_job _check_open _connect _open_steps _release __del__"
    b" adopting: _adopt"
    b" closing: close _end _end_steps _close_steps _is_told _hand_over"
    b" options: _control setsockopt makefile fileno readable writable"
    b" troubles: _fail _no_link _failed _give_up"
    b" +contexts: __enter__ __exit__"
    b" +timeouts: settimeout setblocking gettimeout"
    b" +polling: ioctl _holds _look_again _fail_stream _at_once"
    b" +outbox: _post _box "
)

STREAM = (
    b" opening: connect"
    b" serving: listen accept _listen_steps"
    b" options: unacked"
    b" +reading: recv read readline sendall _fetch" + SOCKET
)

ENGINE = b" late: abandon overflow reset resume enter_data leave_data "

LINK = b" endings: detach need_ring overflow "


def find(owner, name):
    """The module that has the method `name` of a Modem, socket, Link or Engine.  Raises AttributeError."""
    places = globals()[owner._places]
    at = places.find(b" " + name.encode() + b" ")
    if at < 0:
        raise AttributeError(name)
    module = places[: places.rfind(b":", 0, at)]
    return module[module.rfind(b" ") + 1 :].decode()
