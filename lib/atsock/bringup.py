"""From a silent UART to an active context: synchronise, identify, SIM, registration, context; and back (detach).

Owns the order of the steps and what the module's answers to them mean.  3GPP commands stand here, vendor commands in
the dialect tables.  Generators of commands (core/jobs.py): they wait for nothing themselves, and the deadline of
attach() is the front's.  Off the data path; allocates.
"""

from errno import EACCES, ENODEV

from . import dialects
from .checks import quoted
from .constants import AF_INET, AF_INET6
from .core.command import Command, number_at, query, read_form, text_at
from .core.datamode import BLIND_GUARD_MS, EscapeGuard, escape
from .core.jobs import check, run_command, run_steps
from .core.movers import MISSING, const
from .core.words import BY_FLAG, BY_ID
from .errors import EAFNOSUPPORT, ENETDOWN, ModemError, Timeout, printable

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .core.session import Session

_APN_MAX = const(99)
_ACCOUNT_MAX = const(64)  # user, password
_PIN_MAX = const(8)
_PIN_MIN = const(4)

_SYNC_ANSWER = b"+CSQ:"
_AT_MS = const(500)  # one AT during synchronisation
_UNANSWERED_MAX = const(5)  # AT without an answer, before data mode is tried to be left
_SYNC_MS = const(25_000)  # as long as the slowest of the modules boots (A7600: 24 s)
_SYNC_PAUSE_MS = const(100)

_POLL_MS = const(1000)  # between two queries of SIM or registration
_SIM_QUERIES = const(20)  # right after boot the SIM is busy for a while
_PIN_MS = const(20_000)
_CFUN_MS = const(15_000)
_COMMAND_MS = const(60_000)  # as Modem.command()
_NO_SIM = const(10)  # +CME ERROR (27.007 9.2.1)

# <stat> of +CREG (27.007 7.2)
_HOME = const(1)
_ROAMING = const(5)
_STATS = ("not searching", "home", "searching", "denied", "unknown", "roaming")

_ACTIVE = const(1)  # <state> of STATE
_LEAVE = const(9)  # in an entry of Table.ACCESS


class Account:
    """What attach() was asked for, as it goes into commands.

    apn: bytes, or None for what the module has stored; user, password: bytes; auth: 0 to 3 or None for the usual one;
    family: 4 or 6; pin: bytes or None.
    """

    def __init__(self, apn=None, user=b"", password=b"", auth=None, family=4, pin=None):
        self.apn = apn
        self.user = user
        self.password = password
        self.auth = auth
        self.family = family
        self.pin = pin


def attach(session: "Session", apn, user, password, auth, family, pin):
    """The steps of Modem.attach(), to be run; they return the local address (str).

    Raises ValueError or TypeError at once, before a byte is sent, for an argument that cannot be.
    """
    apn = _checked_apn(session.apn if apn is None else apn)
    user = quoted(user or "", "user", _ACCOUNT_MAX)
    password = quoted(password or "", "password", _ACCOUNT_MAX)
    if auth not in (None, 0, 1, 2, 3):
        raise ValueError("auth: 0 none, 1 PAP, 2 CHAP, 3 either, not %r" % (auth,))
    if auth is not None and session.table is not None:
        _check_auth(session.table, auth)
    if pin is not None:
        pin = quoted(pin, "PIN", _PIN_MAX)
        if not pin.isdigit() or len(pin) < _PIN_MIN:
            raise ValueError("PIN: 4 to 8 digits")
    if family not in (AF_INET, AF_INET6):
        raise ValueError("family: AF_INET or AF_INET6, not %r" % (family,))
    return attach_with(session, Account(apn, user, password, auth, 4 if family == AF_INET else 6, pin))


def attach_again(session: "Session"):
    """The steps of an attach() with the arguments of the last one (recovery)."""
    account = session.attached_with or Account()
    if account.apn is None:
        account.apn = _checked_apn(session.apn)
    return attach_with(session, account)


def _checked_apn(apn):
    return None if apn is None else quoted(apn, "APN", _APN_MAX)


def _check_auth(table, auth):
    if auth not in table.AUTHS:
        raise ValueError("auth: %s for %s, not %d" % (tuple(table.AUTHS), table.NAME, auth))


def attach_with(session: "Session", account: Account):
    """Bring the module up, as a generator of commands; returns the local address (str).

    When attached already, only returns it.
    """
    yield lambda: not session.attaching
    if session.is_connected():
        if not session.engine.pdp_lost:
            return session.address
        session.set_down()  # an open has shown it
    session.attaching = True
    try:
        session.attached_with = account
        session.access_now = None
        yield from synchronise(session)
        if session.table is None:
            yield from identify(session)
        yield query(b"AT+CMEE=1")  # numbers in errors; a refusal does no harm
        yield from _wait_for_sim(account.pin)
        yield from _wait_for_registration(session)
        yield from run_steps(session, session.table.SETUP)
        address = yield from _active_address(session)
        if address is None or session.engine.pdp_lost:
            address = yield from _activate(session, account, address)
        else:
            yield from _close_stale(session)
            if (yield from _connections_take_line(session)):
                yield from run_steps(session, session.table.ACCESS["transparent"][_LEAVE])  # activates anew
                address = yield from _active_address(session)
        if address is None:
            raise ModemError(ENETDOWN, "the context is not active although the module said so")
        session.engine.pdp_lost = False
        session.set_connected(printable(address))
    finally:
        session.attaching = False
    return session.address


def detach(session: "Session"):
    """Deactivate the context, as a generator of commands.  Raises CommandError, Timeout."""
    yield from run_command(session, Command(None, session.filled(session.table.DEACTIVATE)))


def note_raw_command(session: "Session", text):
    """The module has done a command of the application's own (bytes): it may have been what detach() sends."""
    if session.table is not None and text.upper() == session.filled(session.table.DEACTIVATE)[0]:
        session.set_down()


# -- in step, and with whom


def synchronise(session: "Session"):
    """AT until OK, echo off, and a query whose answer shows that no older answer is on its way.  Raises Timeout."""
    engine = session.engine
    engine.reset()
    start = engine.port.ticks_ms()
    unanswered = 0
    while True:
        command = query(b"AT", _AT_MS)
        yield command
        if not command.errno:
            yield query(b"ATE0", _AT_MS)
            command = query(b"AT+CSQ", _AT_MS, _SYNC_ANSWER)
            yield command
            if not command.errno and command.lines:
                return
        engine.reset()
        if -engine.until_ms(start) > _SYNC_MS:
            raise Timeout("the module does not answer AT: check power, wiring and the baud rate")
        yield _SYNC_PAUSE_MS
        unanswered += 1
        if unanswered == _UNANSWERED_MAX:  # perhaps it is in data mode, from before this program was started
            try:
                yield from escape(session, EscapeGuard(engine, BLIND_GUARD_MS))
            except Timeout:  # a module that boots may hold the line (CTS)
                pass


def identify(session: "Session"):
    """Ask the module what it is, and use that dialect.  Raises ModemError ENODEV for one that no dialect knows."""
    said = []
    for text in (b"AT+CGMM", b"ATI"):
        command = query(text)
        yield command
        said += command.lines
        if text == b"AT+CGMM" and command.lines:
            session.model = printable(b" ".join(command.lines))
        table = dialects.identify(command.lines)
        if table is not None:
            session.use(table, session.access)
            return
    what = printable(b" / ".join(said)) if said else "nothing"
    raise ModemError(ENODEV, "no dialect for this module, it calls itself: " + what)


# -- SIM and registration


def _wait_for_sim(pin):
    # 27.007 8.3.  Right after boot the SIM is busy for a while (+CME ERROR 14, or a failure that passes).
    for _ in range(_SIM_QUERIES):
        command = read_form(b"AT+CPIN?")
        yield command
        state = text_at(command.lines[-1], 0) if command.lines else b""
        if state == b"READY":
            return
        if state == b"SIM PIN":
            if not pin:
                raise ModemError(EACCES, "the SIM asks for its PIN: attach(pin=...)")
            command = query(b'AT+CPIN="' + pin + b'"', _PIN_MS)
            pin = None  # a wrong one is never tried twice
            yield command
            if command.errno:
                raise ModemError(EACCES, "the SIM refused the PIN")
        elif state and state != b"NOT READY":  # said while it starts, unasked, too
            raise ModemError(EACCES, "the SIM asks for " + printable(state))
        elif command.code == _NO_SIM:
            raise ModemError(ENODEV, "no SIM inserted (+CME ERROR: 10)")
        yield _POLL_MS
    code = "" if command.code == MISSING else " (+CME ERROR: %d)" % command.code
    raise ModemError(ENODEV, "the SIM does not become ready" + code)


def _wait_for_registration(session):
    # 27.007 7.2, 10.1.20, 10.1.22.  The front's deadline ends it.
    radio_is_on = False
    while True:
        for text in session.table.REGISTRATION:
            command = read_form(text)
            yield command
            for line in command.lines:
                if _is_registered(_stat(line)):
                    return
        if not radio_is_on:
            radio_is_on = True
            command = read_form(b"AT+CFUN?")  # 27.007 8.2: 0 and 4 are radio off
            yield command
            if command.lines and number_at(command.lines[0], 0) != 1:
                yield query(b"AT+CFUN=1", _CFUN_MS)
        yield _POLL_MS


def registration(session: "Session"):
    """The state of registration in words (str), as a generator of commands.  Raises CommandError, Timeout."""
    stat = MISSING
    for text in (b"AT+CREG?",) if session.table is None else session.table.REGISTRATION:
        command = yield from run_command(session, query(text, _COMMAND_MS, text[2:-1] + b":"))
        for line in command.lines:
            stat = _stat(line)
            if _is_registered(stat):
                return _STATS[stat]
    return _STATS[stat] if 0 <= stat < len(_STATS) else "state %d" % stat


def _stat(line):
    # <stat> of an answer +CREG: <n>,<stat>[,...]; MISSING for a URC +CREG: <stat>[,"<area>",...] in between.
    comma = line.find(b",")
    return MISSING if comma < 0 or line[comma + 1 : comma + 2] == b'"' else number_at(line, 1)


def _is_registered(stat):
    return stat == _HOME or stat == _ROAMING


# -- the context


def _activate(session, account, address):
    # Activate the context, whose address is known by now or None; returns the new one (bytes).
    table = session.table
    if session.engine.pdp_lost and (address is not None or table.DEACTIVATE_LOST):
        # What the module may still call active is not, or it must be told even so.
        yield Command(None, session.filled(table.DEACTIVATE))
    command = None
    for template in _context_templates(session, account):
        if command is not None:
            check(session, command)
        command = Command(None, template)
        yield command
    address = yield from _active_address(session)
    if address is None:  # some firmware refuses the last one because the context is active already
        check(session, command)
    return address


def _context_templates(session, account):
    # The commands that configure and activate the context, with their values; the last one activates.
    table = session.table
    pdp_type = table.PDP_6 if account.family == 6 else table.PDP_4
    if pdp_type is None:
        raise ModemError(EAFNOSUPPORT, "%s: no IPv6" % table.NAME)
    auth = account.auth
    if auth is None:
        auth = 0 if not account.user else 3 if 3 in table.AUTHS else 1
    else:
        _check_auth(table, auth)  # the dialect was not known when attach() looked at its arguments
    templates = table.CONFIGURE
    if account.apn is None:
        templates = (table.ACTIVATE_STORED,)
    elif not account.user:
        templates += (table.ACTIVATE,)
    else:
        if table.CONFIGURE_USER is not None:
            templates += (table.CONFIGURE_USER,)
        templates += (table.ACTIVATE_USER,)
    return [
        session.filled(
            template, apn=account.apn, user=account.user, password=account.password, auth=auth, type=pdp_type,
            family=6 if account.family == 6 else 1,
        )
        for template in templates
    ]  # fmt: skip


def _active_address(session):
    # The local address (bytes), None while the context is not active.
    text, prefix, context_index, state_index, address_index = session.table.STATE
    command = query(text, prefix=prefix)
    yield command
    for line in command.lines:
        if context_index is not None and number_at(line, context_index) != session.engine.context:
            continue
        if number_at(line, state_index) == _ACTIVE:
            break
    else:
        return None
    if address_index is None:
        text, prefix, address_index = session.table.ADDRESS_OF
        command = query(text, prefix=prefix)
        yield command
        check(session, command)
        line = command.lines[0] if command.lines else b""
    return text_at(line, address_index)


def _close_stale(session):
    # The host restarted and the module did not: close what an earlier session left open.
    table = session.table
    text, prefix, form = table.STALE
    command = query(text, prefix=prefix)
    yield command
    for id in _stale_ids(command.lines, form, table.LINKS):
        yield Command(session.engine.link(id), session.engine.close_template)


def _stale_ids(lines, form, ids):
    # The connection ids that the answer to STALE calls open.
    found = []
    for line in lines:
        index = 0
        number = number_at(line, 0)
        while number != MISSING:
            if form == BY_FLAG:
                if number:
                    found.append(ids[0] + index)
            elif form == BY_ID or index == 0:
                found.append(number)
            index += 1
            number = number_at(line, index)
    return [id for id in found if id in ids]


def _connections_take_line(session):
    # Did an earlier session leave a setting by which every connection would begin in data mode?
    if session.table.DATA_SETTING is None:
        return False
    text, prefix = session.table.DATA_SETTING
    command = query(text, prefix=prefix)
    yield command
    return len(command.lines) > 0 and number_at(command.lines[0], 0) == 1
