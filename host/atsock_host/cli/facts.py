"""What a module tells of itself, its SIM card and the network, asked one command each: for info and doctor.

Owns the commands and the reading of their answers; a module that refuses one gives None.
"""

import re

import atsock

from ..explain import titles
from ..explain.meaning import fields_of, number

ANSWER_MS = 3000  # a module that is awake answers AT in a fraction of this
TURNS = 3
_ICCID = ("AT+CCID", "AT+QCCID", "AT+ICCID", "AT+CICCID")  # each maker has another one
_TECHNOLOGY = 3  # field of +COPS


def wake(modem):
    """In step with the module: the first AT after a pause may be lost (sleep, automatic baud rate).  Raises Timeout."""
    first = None
    for _ in range(TURNS):
        try:
            modem.command("AT", timeout_ms=ANSWER_MS)
            return
        except atsock.Timeout as error:
            first = first or error      # those behind it only wait for their turn
    raise first


def asked(modem, command, pattern=r"(.*)"):
    """The group of the first information line that has `pattern`; None when none has or the module refuses."""
    try:
        lines = modem.command(command)
    except atsock.CommandError:
        return None
    for line in lines:
        if match := re.search(pattern, line.decode(errors="replace")):
            return match[1]
    return None


def imei(modem):
    return asked(modem, "AT+CGSN", r"(\d{14,16})")


def iccid(modem):
    """The number of the SIM card."""
    for command in _ICCID:
        if found := asked(modem, command, r"\b(\d{18,20}[0-9A-F]?)\b"):
            return found
    return None


def sim(modem):
    """(state, its meaning): "READY", "SIM PIN", ..., or the number of the error ("10"), "ERROR" when there is none."""
    try:
        lines = _asked_sim(modem)
    except atsock.CommandError as error:
        if error.code is None:
            return "ERROR", "the module refuses to tell of its SIM card"
        return str(error.code), error.text
    text = " ".join(line.decode(errors="replace") for line in lines)
    state = text.partition(":")[2].strip() or text.strip()
    return state, titles.SIM.get(state.strip('"').upper(), state)


def _asked_sim(modem):
    try:
        return modem.command("AT+CPIN?")
    except atsock.CommandError as error:
        if error.code is not None:
            raise
    asked(modem, "AT+CMEE=1")  # errors with their numbers
    return modem.command("AT+CPIN?")


def operator(modem):
    """(name, technology), each "" when there is none, None when that is not known."""
    said = asked(modem, "AT+COPS?", r"\+COPS: ?(.*)")
    if said is None:
        return None, None
    fields = fields_of(said)
    if len(fields) < _TECHNOLOGY:
        return "", ""
    return fields[2].strip('"'), titles.TECHNOLOGY.get(number(fields, _TECHNOLOGY))


def apn(modem):
    """The APN of the first context that the module has stored, "" when it has none."""
    try:
        lines = modem.command("AT+CGDCONT?")
    except atsock.CommandError:
        return None
    for line in lines:
        name, colon, rest = line.decode(errors="replace").partition("+CGDCONT:")
        if colon:
            fields = fields_of(rest)
            return fields[2].strip('"') if len(fields) > 2 else ""
    return ""


def address(modem):
    """The address that the network has given, of the first context that has one; "" when none has."""
    try:
        lines = modem.command("AT+CGPADDR")
    except atsock.CommandError:
        return None
    for line in lines:
        fields = fields_of(line.decode(errors="replace").partition(":")[2])
        if len(fields) > 1 and (found := fields[1].strip('"')) and found != "0.0.0.0":
            return found
    return ""
