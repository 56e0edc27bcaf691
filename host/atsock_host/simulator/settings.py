"""What can be set of a virtual module: by option, in a file, from Python and at run time, by the same names.

Owns the names, how a text becomes a value, and the attribute of the module or its network that keeps it.  An
attribute in capitals is a constant of the module's class until somebody sets it.
"""

import ipaddress


class SettingError(ValueError):
    """No setting of that name, or no value for it; the text says which."""


class _Text:
    def __init__(self, *, digits=None, empty=False):
        self.digits = digits        # how many digits, when it is a number to look at
        self.empty = empty

    def value(self, text):
        text = str(text)
        if self.digits is not None:
            low, high = self.digits
            if not (text.isascii() and text.isdigit() and low <= len(text) <= high):
                raise ValueError(f"{low} to {high} digits" if low != high else f"{low} digits")
        elif not (text or self.empty) or any(char in "\r\n\"" for char in text):
            raise ValueError("a text without quotes and line ends")
        return text


class _Number:
    def __init__(self, low, high, kind=int):
        self.low, self.high, self.kind = low, high, kind

    def value(self, text):
        try:
            value = self.kind(text)
        except ValueError:
            value = None
        if value is None or not self.low <= value <= self.high:
            raise ValueError(f"a number from {self.low} to {self.high}")
        return value


class _Address:
    def __init__(self, version):
        self.version = version

    def value(self, text):
        if ipaddress.ip_address(str(text)).version != self.version:
            raise ValueError(f"an IPv{self.version} address")
        return str(text)


class _Addresses:
    def value(self, text):
        parts = [part.strip() for part in text.split(",")] if isinstance(text, str) else list(text)
        return tuple(str(ipaddress.ip_address(part)) for part in parts)


def _whole(text):
    """The number that a text is, -1 for a text that is none."""
    return int(text) if text.strip().isdecimal() else -1


class _Signal:
    """RSSI or RSSI,BER of AT+CSQ."""

    def value(self, text):
        rssi, _, ber = str(text).partition(",")
        values = _whole(rssi), _whole(ber or "0")
        if not (0 <= values[0] <= 31 or values[0] == 99) or not (0 <= values[1] <= 7 or values[1] == 99):
            raise ValueError("RSSI[,BER] of AT+CSQ: 0-31 or 99, 0-7 or 99")
        return f"{values[0]},{values[1]}"


class _Course:
    """STAT or MS:STAT,MS:STAT...: the <stat> of AT+CREG? and from when on after a start it holds."""

    def value(self, text):
        course = []
        for part in str(text).split(","):
            ms, mark, stat = part.strip().rpartition(":")
            course.append((_whole(ms) if mark else 0, _whole(stat)))
        if any(not 0 <= stat <= 5 or ms < 0 for ms, stat in course):
            raise ValueError("STAT or MS:STAT,MS:STAT,...; STAT is 0-5 of AT+CREG?: 1 at home, 2 searching, 3 denied")
        return tuple(sorted(course))

    @staticmethod
    def text(course):
        return ",".join(f"{ms}:{stat}" if ms else str(stat) for ms, stat in course)


class Setting:
    __slots__ = ("name", "attribute", "kind", "text", "network")

    def __init__(self, name, attribute, kind, text, network=False):
        self.name = name
        self.attribute = attribute
        self.kind = kind
        self.text = text
        self.network = network      # it is the network's, not the module's


_MS = _Number(0, 3_600_000)

SETTINGS = {setting.name: setting for setting in (
    Setting("manufacturer", "MANUFACTURER", _Text(), "AT+CGMI"),
    Setting("model", "MODEL", _Text(), "AT+CGMM"),
    Setting("revision", "REVISION", _Text(), "AT+CGMR"),
    Setting("imei", "IMEI", _Text(digits=(15, 15)), "AT+CGSN, 15 digits"),
    Setting("iccid", "ICCID", _Text(digits=(18, 20)), "number of the SIM card"),
    Setting("imsi", "IMSI", _Text(digits=(6, 15)), "AT+CIMI"),
    Setting("number", "NUMBER", _Text(empty=True), "telephone number of AT+CNUM"),
    Setting("pin", "SIM_PIN", _Text(digits=(4, 8)), "PIN of the SIM card (fault sim-pin)"),
    Setting("operator", "OPERATOR", _Text(), "long name of AT+COPS?"),
    Setting("operator-short", "OPERATOR_SHORT", _Text(), "short name"),
    Setting("plmn", "PLMN", _Text(digits=(5, 6)), "number of the network"),
    Setting("technology", "ACCESS_TECHNOLOGY", _Number(0, 13), "<AcT> of 3GPP TS 27.007 7.3"),
    Setting("registration", "REGISTRATION", _Course(),
            "STAT or MS:STAT,MS:STAT,...: <stat> of AT+CREG? over the time after a start"),
    Setting("tac", "TAC", _Text(), "area code in AT+CREG? and its kin, hexadecimal"),
    Setting("cell", "CELL", _Text(), "cell, hexadecimal"),
    Setting("band", "BAND", _Text(), "band, as AT+QNWINFO shows it"),
    Setting("channel", "CHANNEL", _Number(0, 262143), "channel (EARFCN)"),
    Setting("signal", "SIGNAL", _Signal(), "RSSI[,BER] of AT+CSQ"),
    Setting("cpsi", "CPSI", _Text(), "what AT+CPSI? of SIMCom modules shows"),
    Setting("rsrp", "RSRP", _Number(-156, -31), "dBm"),
    Setting("rsrq", "RSRQ", _Number(-34, 3), "dB"),
    Setting("sinr", "SINR", _Number(-23, 40), "dB"),
    Setting("zone", "ZONE", _Number(-48, 56), "time zone of the network, quarters of an hour"),
    Setting("voltage", "VOLTAGE_MV", _Number(0, 6000), "battery, mV"),
    Setting("apn", "APN", _Text(empty=True), "APN that context 1 has at the start"),
    Setting("address", "LOCAL_ADDRESS", _Address(4), "IPv4 address of the active context"),
    Setting("address6", "LOCAL_ADDRESS6", _Address(6), "IPv6 address of the active context"),
    Setting("dns", "DNS", _Addresses(), "name servers that the network gives, separated by commas"),
    Setting("boot-ms", "BOOT_MS", _MS, "silence after a start or restart"),
    Setting("activate-ms", "ACTIVATE_MS", _MS, "time to activate a context: AT+QIACT, AT+NETOPEN, AT+MIPCALL"),
    Setting("close-ms", "CLOSE_MS", _MS, "time to close a connection"),
    Setting("open-ms", "open_ms", _MS, "time to open a TCP connection, beside the round trip", network=True),
    Setting("dns-ms", "resolve_ms", _MS, "time to look up a name", network=True),
    Setting("rtt-ms", "rtt_ms", _MS, "round trip to every peer, beside what this computer needs", network=True),
    Setting("jitter-ms", "jitter_ms", _MS, "the round trip is up to so much longer", network=True),
    Setting("loss", "loss", _Number(0, 100, float),
            "percent of packets lost: of datagrams for good, of a stream for a second", network=True),
    Setting("server-address", "server_address", _Address(4),
            "address of this computer where the module's servers listen; beside 127.0.0.1 others reach them, too",
            network=True),
    Setting("mtu", "mtu", _Number(68, 65535), "longest datagram that passes, headers included", network=True),
)}


def normal(name):
    """The name of a setting as it stands in SETTINGS: of keyword arguments and files with underscores, too."""
    return str(name).replace("_", "-").lower()


def parsed(name, text):
    """(Setting, value) of a name and a text or value.  SettingError says what was wrong."""
    setting = SETTINGS.get(normal(name))
    if setting is None:
        raise SettingError(f"no setting is called {name}; there are: {', '.join(SETTINGS)}")
    try:
        return setting, setting.kind.value(text)
    except (ValueError, TypeError) as problem:
        raise SettingError(f"the setting {setting.name} cannot be {text!r}: {problem}") from problem


def split_option(text):
    """(name, value) of NAME=VALUE.  SettingError when there is no `=`."""
    name, mark, value = text.partition("=")
    if not mark:
        raise SettingError(f"a setting is NAME=VALUE, not {text}")
    parsed(name, value)
    return normal(name), value


def change(module, name, text):
    """Set one thing of a module; what the host is to hear of it, it hears."""
    setting, value = parsed(name, text)
    if setting.network:
        setattr(module.network, setting.attribute, value)
    else:
        module.set_constant(setting.attribute, value)


def shown(module, name):
    """The value of one setting, as the control channel shows it."""
    setting = SETTINGS.get(normal(name))
    if setting is None:
        raise SettingError(f"no setting is called {name}; there are: {', '.join(SETTINGS)}")
    value = getattr(module.network if setting.network else module, setting.attribute, None)
    if isinstance(setting.kind, _Course):
        return setting.kind.text(value)
    return ",".join(value) if isinstance(value, tuple) else value
