"""atsock doctor: walks a set-up from the wire to the internet and says at the first failure what is wrong.

Owns the order of the steps and the advice.  probe.py finds a module on a line, facts.py asks it, the driver attaches.
"""

import json
import re
import time
from types import SimpleNamespace

import atsock
import click
from atsock.dialects import identify
from serial.tools import list_ports

from .. import tls
from . import advice, facts, probe
from .session import DEFAULT_BAUD, account, apn_of, dialect_of, doctor_options, modem_on, opened_port
from .words import one_line, say, sentence

REGISTER_S = 15  # the network is searched for so long, as long as nothing says that it is in vain
SIM_S = 8  # a SIM card may be busy for so long
POLL_S = 0.5
TCP_PORT, TLS_PORT = 80, 443
CONNECT_S = 30
WEAK_DBM = -105
PIN_LENGTHS = range(4, 9)
PIN_MS = 20_000

GOOD, WARNING, FAILED, SKIPPED = "ok", "warning", "FAILED", "skipped"
_COLOURS = {GOOD: "green", WARNING: "yellow", FAILED: "red", SKIPPED: "bright_black"}


class Failure(Exception):
    """A step that failed: what is wrong, what to do, and where that is written."""

    def __init__(self, detail, advice, source="", step=None):
        super().__init__(detail)
        self.detail, self.advice, self.source, self.step = detail, advice, source, step


class Report:
    """The steps so far; shows each as it ends."""

    def __init__(self, quiet):
        self.steps = []
        self._quiet = quiet

    def add(self, name, state, detail, advice="", source=""):
        self.steps.append(
            {"step": name, "state": state.lower(), "detail": one_line(detail), "advice": advice, "source": source}
        )
        if self._quiet:
            return
        click.echo(click.style(f"{state:8}", fg=_COLOURS[state]) + one_line(f"{name:14}{detail}"))
        if advice:
            say(f"{'':22}what to do: {advice}")
        if source:
            say(f"{'':22}written in: {source}")

    @property
    def failed(self):
        """The name of the step that failed, None when none did."""
        return next((step["step"] for step in self.steps if step["state"] == FAILED.lower()), None)


@click.command("doctor", short_help="Find out what is wrong, from the wire to the internet.")
@click.option(
    "--name", default="example.com", show_default=True, metavar="HOST", help="A host to look up and connect to."
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    default=60,
    show_default=True,
    metavar="S",
    help="How long attaching may take, in seconds.",
)
@click.option("--no-tls", is_flag=True, help="TCP is the last step: the server has no TLS.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
@doctor_options
def doctor_command(choice, name, timeout_s, no_tls, as_json):
    """Walk the set-up from the wire to the internet: port, speed, echo, identity, SIM card, signal, registration,
    context, DNS, TCP, TLS. Stops at the first failure and says what to do.

    Without --port and --sim the ports of this computer are tried one after the other.
    """
    report = Report(as_json)
    _examine(report, choice, name, timeout_s, no_tls)
    if as_json:
        click.echo(json.dumps({"ok": not report.failed, "failed": report.failed, "steps": report.steps}, indent=1))
    if report.failed:
        raise click.ClickException(
            f"{report.failed}: {report.steps[-1]['detail']}" if as_json else f"the step {report.failed} failed"
        )


def _examine(report, choice, name, timeout_s, no_tls):
    step = "port"
    try:
        _choose_port(report, choice)
        with opened_port(choice) as port:
            report.add("port", GOOD, f"{choice.port or 'virtual ' + choice.sim} opens")
            step = "answer"
            _find_speed(report, port, choice)
            modem = modem_on(port, choice)
            for step in _OF_MODULE:
                _OF_MODULE[step](report, modem, choice, timeout_s)
            for step in _OF_INTERNET:
                if step == "TLS" and no_tls:
                    report.add(step, SKIPPED, "--no-tls")
                    continue
                _OF_INTERNET[step](report, modem, choice, name)
            modem.close()
    except Failure as failure:
        report.add(failure.step or step, FAILED, failure.detail, failure.advice, failure.source)
    except click.ClickException as error:
        report.add(
            step,
            FAILED,
            error.message,
            "plug the module in, or see what else uses the port; "
            "`python -m serial.tools.list_ports` lists what there is",
        )
    except (OSError, ValueError) as error:
        report.add(
            step, FAILED, sentence(error), "try again with --trace FILE, and look at it with `atsock trace FILE`"
        )


# -- the wire


def _choose_port(report, choice):
    if choice.port or choice.sim:
        return
    ports = sorted(list_ports.comports())
    if not ports:
        raise Failure(
            "this computer has no serial port",
            "plug the module in; a USB module shows as several ports after "
            "some seconds; on Linux `dmesg` says what became of it. --sim DIALECT needs no module",
        )
    for found in ports:
        speed = _quick_look(found.device)
        report.add(
            "port",
            GOOD if speed else SKIPPED,
            f"{found.device} ({found.description}): {'answers AT' if speed else 'no answer to AT'}",
        )
        if speed:
            choice.port, choice.baud = found.device, choice.baud or speed
            return
    raise Failure(
        "no port answers AT",
        "is the module switched on (power key, supply)? Does another program have the "
        "port? Name it with --port to see more",
    )


def _quick_look(device):
    trial = SimpleNamespace(port=device, sim=None, baud=None, rtscts=False, trace=None, hosts={})
    try:
        with opened_port(trial) as port:
            return DEFAULT_BAUD if probe.ask(port).answers else None
    except (click.ClickException, OSError):
        return None


def _find_speed(report, port, choice):
    seen = probe.ask(port)
    tried = [choice.baud or DEFAULT_BAUD]
    first = seen
    if not seen.answers and not seen.refuses and probe.leave_data_mode(port):
        report.add("data mode", WARNING, "the port was in data mode", "an earlier program has left it so; it was ended")
        seen = probe.ask(port)
    if not seen.answers and not choice.sim:
        for speed in probe.SPEEDS:
            if speed not in tried:
                tried.append(speed)
                port.init(speed, choice.rtscts)
                seen = probe.ask(port)
                if seen.answers:
                    break
    if not seen.answers:
        raise Failure(*probe.explain(first, tried))
    if len(tried) > 1:
        report.add("speed", WARNING, f"the module speaks {tried[-1]} bit/s, not {tried[0]}", f"use --baud {tried[-1]}")
        choice.baud = tried[-1]
    else:
        report.add("speed", GOOD, f"{tried[0]} bit/s" if choice.port else "a virtual line")
    report.add("echo", GOOD, "on (attach() switches it off)" if seen.echoes else "off")


# -- the module


def _identity(report, modem, choice, timeout_s):
    facts.wake(modem)
    manufacturer, model, revision = modem.identity()
    report.add("identity", GOOD, f"{manufacturer} {model}, firmware {revision}, IMEI {facts.imei(modem) or 'unknown'}")
    if dialect_of(choice) is None and identify.find([model.encode()])[0] is None:
        report.add(
            "dialect",
            WARNING,
            "no dialect is known for this model",
            "attach() looks for the nearest one; --dialect names it",
            "docs/dialects.md",
        )


_SIM_ADVICE = {
    "SIM PIN": advice.PIN,
    "11": advice.PIN,
    "SIM PUK": advice.PUK,
    "12": advice.PUK,
    "10": advice.CARD,
    "NOT INSERTED": advice.CARD,
    "13": f"{advice.ANOTHER_CARD}; is its supply right?",
    "PH-NET PIN": "the module takes cards of one operator only",
}
_SOON = ("14", "NOT READY", "ERROR", "3")  # the card is being read still, or the radio is off


def _sim(report, modem, choice, timeout_s):
    give_up = time.monotonic() + SIM_S
    state, meaning = facts.sim(modem)
    while state in _SOON and time.monotonic() < give_up:
        time.sleep(POLL_S)
        state, meaning = facts.sim(modem)
    with_pin = state in ("SIM PIN", "11") and choice.pin
    if with_pin:
        state, meaning = _enter_pin(modem, choice.pin)
    if state != "READY" and not state.startswith(("SIM PIN2", "SIM PUK2")):
        raise Failure(meaning, _SIM_ADVICE.get(state, advice.ANOTHER_CARD), _SIM_SOURCE)
    report.add("SIM", GOOD, f"ready{' with its PIN' if with_pin else ''}, number {facts.iccid(modem) or 'unknown'}")


def _enter_pin(modem, pin):
    """facts.sim() behind the PIN, which is sent once.  Raises Failure when it is none, or refused."""
    if not (pin.isascii() and pin.isdigit() and len(pin) in PIN_LENGTHS):
        raise Failure("the PIN that is given has not 4 to 8 digits", advice.PIN, _SIM_SOURCE)
    refusal = None
    try:
        modem.command(f'AT+CPIN="{pin}"', timeout_ms=PIN_MS)
    except atsock.CommandError as error:
        refusal = error
    give_up = time.monotonic() + SIM_S
    state, meaning = facts.sim(modem)
    # Some say SIM PIN for a moment still after they have taken it; one that was refused stays so.
    while state in (*_SOON, *(() if refusal else ("SIM PIN", "11"))) and time.monotonic() < give_up:
        time.sleep(POLL_S)
        state, meaning = facts.sim(modem)
    if state in ("SIM PIN", "11"):
        said = f"the SIM card refused the PIN ({sentence(refusal)})" if refusal else "the SIM card wants a PIN still"
        raise Failure(said, advice.WRONG_PIN, _SIM_SOURCE)
    return state, meaning


def _signal(report, modem, choice, timeout_s):
    dbm, _ = modem.signal()
    if dbm is None:
        report.add(
            "signal",
            WARNING,
            "no signal",
            "is the antenna on, and on the right socket (main, not GNSS)? Right after a start it takes a while",
            "3GPP TS 27.007 8.5",
        )
    elif dbm < WEAK_DBM:
        report.add("signal", WARNING, f"{dbm} dBm is weak", "a better antenna, or nearer to a window")
    else:
        report.add("signal", GOOD, f"{dbm} dBm")


_SIM_SOURCE = "3GPP TS 27.007 8.3 and 9.2"
_REGISTRATION_SOURCE = "3GPP TS 27.007 7.2, 10.1.20, 10.1.22"
_STEP_OF = {"sync": "answer", "sim": "SIM", "register": "registration"}     # of attach(): of this walk


def _registration(report, modem, choice, timeout_s):
    give_up = time.monotonic() + min(REGISTER_S, timeout_s)
    state = modem.registration()
    while state not in ("home", "roaming", "denied") and time.monotonic() < give_up:
        time.sleep(POLL_S)
        state = modem.registration()
    if state not in ("home", "roaming") and not state.startswith("SMS only"):
        raise Failure(state, advice.at(f"register: {state}"), _REGISTRATION_SOURCE)
    operator, technology = facts.operator(modem)
    details = ", ".join(filter(None, (state, operator, technology)))
    report.add("registration", GOOD, details)


def _context(report, modem, choice, timeout_s):
    apn = apn_of(choice) or facts.apn(modem)
    report.add(
        "APN",
        GOOD if apn else WARNING,
        apn or "none is given or stored",
        "" if apn else "the operator says which: --apn, ATSOCK_APN or the config file",
        "" if apn else "3GPP TS 27.007 10.1.1",
    )
    told = [""]
    try:
        address = modem.attach(
            **account(choice),
            timeout_ms=int(timeout_s * 1000),
            on_progress=lambda step, detail: told.append(f"{step}: {detail}"),
        )
    except OSError as error:
        raise _attach_failure(error, told[-1], apn, modem) from error
    report.add("context", GOOD, f"active, address {address}")


def _attach_failure(error, last, apn, modem):
    # What was good a moment ago may not be any more: attach() takes the steps before the context, too.
    place = (getattr(error, "where", "") or last).partition(":")[0]
    step = _STEP_OF.get(place, "context")
    detail = sentence(error).removeprefix(f"{place}: ")
    if step == "context":
        what = (f"is '{apn}' the APN of this card" if apn else "which APN does this card have (--apn)") + (
            ", and does it need --user and --password? Is data allowed by the contract?")
        return Failure(detail, what, _context_source(modem))
    source = {"SIM": _SIM_SOURCE, "registration": _REGISTRATION_SOURCE}.get(step, "")
    return Failure(detail, advice.of(error, last), source, step)


def _context_source(modem):
    return {
        "bg96": "BG96 TCP/IP 2.1.2, 4",
        "a7600": "A7600 TCPIP 2.1, 4",
        "sim7028": "SIM7028 TCPIP 2.1.1, 5.2",
        "nl668": "NL668 TCP&UDP 1.1.1",
        "l610": "L610 TCP&UDP 1.1.1",
    }.get(modem.dialect, "3GPP TS 27.007 10.1.10")


# -- the internet


def _unreachable(report, step, choice, name):
    # A virtual module reaches what it was told of.
    if choice.sim and name not in choice.hosts:
        report.add(
            step,
            SKIPPED,
            f"the virtual module knows no {name}: --host {name}=127.0.0.1:PORT --name {name}, for a server of yours",
        )
        return True
    return False


def _dns(report, modem, choice, name):
    if _unreachable(report, "DNS", choice, name):
        return
    try:
        addresses = modem.resolve(name)
    except OSError as error:
        raise Failure(
            f"{name}: {sentence(error)}",
            "does the name exist (--name takes another)? Some APNs have no DNS, or "
            "none for the public internet: try an address as --name",
        ) from error
    report.add("DNS", GOOD, f"{name} is {', '.join(addresses)}")


def _tcp(report, modem, choice, name):
    if _unreachable(report, "TCP", choice, name):
        return
    sock = modem.socket()
    sock.settimeout(CONNECT_S)
    try:
        sock.connect((name, TCP_PORT))
    except OSError as error:
        raise Failure(
            f"{name}:{TCP_PORT}: {sentence(error)}",
            f"--host {name}=127.0.0.1:PORT names the port where your server listens"
            if choice.sim
            else "does a server listen there? Some APNs let only certain addresses and ports through",
        ) from error
    finally:
        sock.close()
    report.add("TCP", GOOD, f"connected to {name}:{TCP_PORT}")


def _tls(report, modem, choice, name):
    if _unreachable(report, "TLS", choice, name):
        return
    sock = modem.socket()
    sock.settimeout(CONNECT_S)
    try:
        _connect_for_tls(sock, name)
        try:
            sock = tls.wrap_socket(sock, server_hostname=name)
        except OSError as error:
            what, to_do = advice.of_tls(error)
            # Behind one --host of a virtual module is one server, and TCP has been seen to work.
            if choice.sim and what == advice.NO_TLS[0]:
                report.add("TLS", SKIPPED, f"your server behind --host {name}=... speaks no TLS")
                return
            raise Failure(f"{name}:{TLS_PORT}: {what} ({_of_openssl(error)})", to_do) from error
        report.add("TLS", GOOD, f"{sock.version()}, the certificate of {name} is good")
    finally:
        sock.close()


def _connect_for_tls(sock, name):
    try:
        sock.connect((name, TLS_PORT))
    except OSError as error:
        raise Failure(
            f"{name}:{TLS_PORT}: {sentence(error)}",
            "does a server listen there? Some APNs let only certain ports through; --no-tls ends with TCP",
        ) from error


def _of_openssl(error):
    """What an error of a handshake says, without the place in OpenSSL's sources."""
    return re.sub(r"^\[.*?\] | \(_ssl\.c:\d+\)$", "", sentence(error))


_OF_MODULE = {"identity": _identity, "SIM": _sim, "signal": _signal, "registration": _registration, "context": _context}
_OF_INTERNET = {"DNS": _dns, "TCP": _tcp, "TLS": _tls}
