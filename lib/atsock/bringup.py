"""attach(): from a silent UART to an active context; back (detach); and whether the context is there still.

Owns the order of the steps, and what the module's answers about its context mean; the first steps, up to registration,
are in registration.py.  Vendor commands stand in the dialect tables.  Generators of commands (core/jobs.py): they wait
for nothing themselves, and the deadline of attach() is the front's.  Off the data path; allocates.
"""

from errno import ECONNRESET, EIO, ETIMEDOUT

from . import registration
from .checks import is_address, quoted
from .constants import AF_INET, AF_INET6, EVENT_NETWORK_LOST, EVENT_RESTARTED
from .registration import PIN_REFUSED, Progress, check_restart, check_telling, tell
from .core import urc
from .core.command import Command, number_at, query, split_fields, text_at
from .core.jobs import check, check_port, run_command, run_steps
from .core.movers import MISSING, const
from .core.openids import open_ids
from .core.resync import hear_late
from .errors import EAFNOSUPPORT, ENETDOWN, ModemError, Restarted, Timeout, printable

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .core.session import Session

_APN_MAX = const(99)
_ACCOUNT_MAX = const(64)  # user, password
_PIN_MAX = const(8)
_PIN_MIN = const(4)

_RESTARTS_MAX = const(3)  # attach() begins anew so often when the module restarts on the way
_CMEE = const(1)  # numbers in errors

_ACTIVE = const(1)  # <state> of STATE
_CHANGING = const(2)  # connecting or disconnecting (Fibocom)
_BUSY_POLLS = const(30)
_POLL_MS = const(1000)
_ADDRESS_POLLS = const(10)  # so often an active context is asked for its address: it may get one a moment later
_LEAVE = const(9)  # in an entry of Table.ACCESS
_DATA_MODE = const(3)  # Engine.state
_CHECKS = const(4)  # questions of a module that answers nothing, or refuses them
_CHECK_PAUSE_MS = const(2000)
_CHECK_AGAIN_MS = const(500)
_CMEE_MS = const(9000)
_UP = const(1 << 8)
_SETTING_MS = const(9000)  # a setting is made at once; one whose OK got lost is made again
_RESULT_MS = const(20_000)  # for the line behind the OK that says what came of it; then it may have got lost
_RESULT_POLL_MS = const(5000)
_DOTTED_V6 = const(16)  # numbers of an IPv6 address in 27.007's notation (10.1.1)


class Account:
    """What attach() was asked for, as it goes into commands.

    apn: bytes, or None for what the module has stored; user, password: bytes; auth: 0 to 3 or None for the usual one;
    family: 4 or 6; pin: bytes or None.
    """

    pin_spent = 0  # the PIN has been entered and did not help, see registration.py

    def __init__(self, apn=None, user=b"", password=b"", auth=None, family=4, pin=None):
        self.apn = apn
        self.user = user
        self.password = password
        self.auth = auth
        self.family = family
        self.pin = pin


def attach(session: "Session", apn, user, password, auth, family, pin, patient, on_progress=None):
    """The steps of Modem.attach(), to be run; they return the local address (str).

    patient: see attach_with().  Raises ValueError or TypeError at once, before a byte is sent, for an argument that
    cannot be.
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
    account = Account(apn, user, password, auth, 4 if family == AF_INET else 6, pin)
    last = session.attached_with
    if last is not None and last.pin == pin and last.pin_spent == PIN_REFUSED:
        account.pin_spent = PIN_REFUSED
    return attach_with(session, account, patient, on_progress)


def is_up(session: "Session") -> bool:
    """True when there is nothing for attach() to do.

    An open has shown when the context is lost; a module that answers nothing at all may be in data mode, or wait for a
    payload.
    """
    return session.is_connected() and not session.engine.pdp_lost and not session.engine.unresponsive


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


def attach_with(session: "Session", account: Account, patient=True, on_progress=None):
    """Bring the module up, as a generator of commands; returns the local address (str).

    When attached already, only returns it.  patient: a network is waited for until the front's deadline, else no longer
    than something changes.  on_progress(step, detail): told each step, and what changes in it.  Errors
    name the step and the last detail.
    """
    check_telling(session)
    yield lambda: not session.attaching
    if session.is_connected():
        if is_up(session):
            return session.address
        session.set_down()
    session.attaching = True
    session.progress = progress = Progress(on_progress)
    engine = session.engine
    attempts = 0
    try:
        session.attached_with = account
        while not session.is_connected():
            session.access_now = session.access_begun = None
            yield from registration.synchronise(session)
            restarts = engine.restarts
            attempts += 1
            lost = False
            try:
                tell(session, "identify")
                if session.table is None:
                    session.use((yield from session.identify(session)), session.access)
                tell(session, "identify", session.table.NAME)
                command = query(b"AT+CMEE=%d" % _CMEE)  # a refusal does no harm
                yield command
                session.cmee = None if command.errno else _CMEE
                yield from registration.wait_for_sim(session, account)
                yield from registration.wait_for_registration(session, patient)
                tell(session, "context")
                yield from run_steps(session, session.table.SETUP)
                address = yield from _active_address(session)
                if address is None or engine.pdp_lost:
                    address = yield from _activate(session, account, address)
                else:
                    # The host restarted and the module did not: close what an earlier session left open.
                    for id in (yield from open_ids(session)) or ():
                        yield Command(engine.link(id), engine.close_template)
                    if (yield from _connections_take_line(session)):
                        yield from run_steps(session, session.table.ACCESS["transparent"][_LEAVE])  # activates anew
                        address = yield from _active_address(session)
                if address is None and not engine.pdp_lost:  # the line that tells it may have been damaged
                    address = yield from _active_address(session)
                _check_address(address)
                if engine.restarts != restarts:
                    raise Restarted()
                lost = session.has_lost()  # told behind the answer that the context is active
                if lost:
                    raise ModemError(ENETDOWN, "the network was lost again at once")
            except ModemError as error:
                if not _may_help(error, lost or engine.restarts != restarts, attempts, account):
                    raise
                continue
            engine.pdp_lost = False
            session.set_connected(printable(address))
            tell(session, "context", session.address)
    except ModemError as error:
        error.at(progress.where())
        raise
    finally:
        session.progress = None
        session.attaching = False
    return session.address


def _check_address(address):
    if address is None:
        raise ModemError(ENETDOWN, "the context is not active although the module said so")
    if not address:
        raise ModemError(EIO, "the context is active, but the module does not tell its address")


def _may_help(error, lost, attempts, account):
    # Is it worth beginning anew?  When the module has restarted on the way, or the network went away at its end; a
    # module without boot words only falls silent.
    if lost:
        return attempts <= _RESTARTS_MAX
    if error.where[:8] == "register":  # a network that was not found
        return False
    return isinstance(error, Timeout) and attempts == 1 and not account.pin_spent


def detach(session: "Session"):
    """Deactivate the context, as a generator of commands.

    Raises CommandError, Timeout; ModemError EBUSY while a connection has the port, and leaves all as it is then.
    """
    check_port(session.engine)
    was_active = session.is_connected()  # else a refusal only says that there is nothing to be done
    session.set_down()
    yield from run_command(session, Command(None, session.filled(session.table.DEACTIVATE)), was_active)


def note_raw_command(session: "Session", text):
    """The module has done a command of the application's own (bytes): it may have been what detach() sends."""
    if session.table is not None and text.upper() == session.filled(session.table.DEACTIVATE)[0]:
        session.set_down()


# -- the context


def _activate(session, account, address):
    # Activate the context, whose address is known by now or None; returns the new one as _active_address().
    table = session.table
    if session.engine.pdp_lost and (address is not None or table.DEACTIVATE_LOST):
        # What the module may still call active is not, or it must be told even so.
        tell(session, "context", "deactivating")
        yield Command(None, session.filled(table.DEACTIVATE))
    if (yield from _connections_take_line(session)):  # it can be changed before the context is active only
        yield from run_steps(session, [step for step in table.ACCESS["transparent"][_LEAVE] if type(step[1]) is bytes])
    tell(session, "context", "activating")
    templates = _context_templates(session, account)
    for template in templates:
        text, ms, required, optional = template
        late_ms = max(0, ms - _RESULT_MS) if required & _UP else 0
        limit = ms - late_ms if template is templates[-1] else min(ms, _SETTING_MS)
        command = Command(None, (text, limit, required, optional))
        yield command
        check_restart(command)
        if command.errno:
            break
    activation = command if late_ms else None
    address = yield from _active_address(session, activation)
    while address is None and command.accepted and late_ms > 0:
        late_ms -= _RESULT_POLL_MS
        hear_late(session.engine, _UP)
        yield _RESULT_POLL_MS
        if session.engine.failed:  # the line has come, only late
            command.errno = EIO
            command.code = session.engine.code
            break
        address = yield from _active_address(session, activation)
    if address is None:  # some firmware refuses one of them because the context is active already
        try:
            check(session, command)
        except ModemError as error:
            error.at("context: activating, check APN, user and password")
            raise
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


def _active_address(session, activation=None):
    # The local address (bytes), None while the context is not active; b"" when it is and no address is told.
    # activation: the command whose result may come late, in the answer to the question, too; it is done with then.
    # Flat, because generators must not be nested deep.
    table = session.table
    family = session.attached_with.family
    has_result = False
    unknown = 0  # times that it was active and had no address
    for _ in range(_BUSY_POLLS):
        command = query(table.STATE[0], prefix=table.STATE[1])
        session.note_losses()
        yield command
        check_restart(command)
        line, state = _own_state(session, command.lines)
        if activation is not None and not has_result and len(command.lines) > 1:
            has_result = True  # which of the lines it was, and what it meant, the next answer shows
            state = _CHANGING
        if state == _ACTIVE:
            address = address_in(line, family)
            if not address and table.ADDRESS_OF is not None:
                command = query(table.ADDRESS_OF[0], prefix=table.ADDRESS_OF[1])
                yield command
                if command.errno == EIO:  # open, but the network behind it is gone
                    session.engine.pdp_lost = True
                    return b""
                check(session, command)
                address = address_in(b"".join(command.lines[:1]), family)
            if not address:
                command = query(b"AT+CGPADDR=%d" % session.engine.context, prefix=b"+CGPADDR:")  # 27.007 10.1.14
                yield command
                for line in command.lines:
                    address = address or address_in(line, family)
            unknown += 1
            if address or unknown == _ADDRESS_POLLS:
                return address
        elif state != _CHANGING:
            break
        yield _POLL_MS
    if has_result:
        activation.accepted = False
        activation.errno = EIO
    return None


def _own_state(session, lines):
    # (line, state) of the context in use, of the lines that answer STATE; MISSING when none tells it.  Where there is
    # but one context and the lines differ, one is not the answer: _CHANGING, ask again.
    _, _, context_index, state_index = session.table.STATE
    found = (b"", MISSING)
    for line in lines:
        if context_index is not None and number_at(line, context_index) != session.engine.context:
            continue
        # Some firmware leaves the state out.
        state = _ACTIVE if is_address(text_at(line, 0)) else number_at(line, state_index)
        if context_index is None and found[1] != MISSING and (found[1] == _ACTIVE) != (state == _ACTIVE):
            return line, _CHANGING
        if found[1] != _ACTIVE:
            found = (line, state)
    return found


def address_in(line, family=4):
    """The address in an information line (bytes), wherever it stands: of this family (4 or 6) if there is one.

    IPv6 addresses also in 27.007's notation, 16 decimal numbers with dots.  b"" when there is none.
    """
    found = b""
    for text in split_fields(line[line.find(b":") + 1 :]):
        text = text.strip(b' "[]')
        parts = text.split(b".")
        numbers = [int(part) for part in parts if part.isdigit()]
        if len(numbers) == len(parts) == _DOTTED_V6:
            text = b":".join([b"%x" % (numbers[i] << 8 | numbers[i + 1]) for i in range(0, _DOTTED_V6, 2)])
        elif not is_address(text):
            continue
        if not text.strip(b"0.:"):  # none has been given yet
            continue
        if (b":" in text) == (family == 6):
            return text
        found = found or text
    return found


def _connections_take_line(session):
    # Did an earlier session leave a setting by which every connection would begin in data mode?
    if session.table.DATA_SETTING is None:
        return False
    text, prefix = session.table.DATA_SETTING
    command = query(text, prefix=prefix)
    yield command
    return len(command.lines) > 0 and number_at(command.lines[0], 0) == 1


# -- is it there still?


def check_attached(session: "Session"):
    """Ask the module whether the context is there still; what it has lost without a word is told now.

    For a module that restarts without a boot word, or loses the network without a notice.  Returns True when the
    context is there, False when it is gone: then isconnected() is False, the sockets are dead and the event is told;
    None when the module does not answer.
    """
    engine = session.engine
    silent = without_line = 0
    for _ in range(_CHECKS):
        if session.table is None or session.attaching or engine.state == _DATA_MODE or not session.is_connected():
            return session.is_connected()
        command = query(session.table.STATE[0], prefix=session.table.STATE[1])
        yield command
        state = _own_state(session, command.lines)[1]
        if state == _ACTIVE:
            return True
        if command.errno == ETIMEDOUT:
            silent += 1
        elif not command.errno and state != _CHANGING:
            without_line += 1
            if state != MISSING or without_line > 1:  # a line may have got lost
                break
        yield _CHECK_PAUSE_MS if command.errno else _CHECK_AGAIN_MS
    if silent == _CHECKS:
        return None
    if session.is_connected() and not session.attaching:
        restarted = yield from _has_restarted(session)
        if session.is_connected():
            _lose(session, restarted)
    return False


def _has_restarted(session):
    # The context is gone, and no notice has told it.  Are the settings of attach() gone, too (27.007 9.1)?
    engine = session.engine
    engine.echoes = False
    command = query(b"AT+CMEE?", _CMEE_MS)
    yield command
    told = number_at(command.lines[-1], 0) if command.lines else MISSING
    return engine.echoes or session.cmee is None or told != MISSING and told != session.cmee


def _lose(session, restarted):
    # What a boot word, or the notice that the network is lost, would have done.
    engine = session.engine
    urc.lose_all(engine, ECONNRESET if restarted else ENETDOWN)
    if restarted:
        engine.restarts += 1
    else:
        engine.network_losses += 1
        engine.pdp_lost = True
    engine.event(EVENT_RESTARTED if restarted else EVENT_NETWORK_LOST, None, 0)
