"""What the numbers of errors mean: the manuals' texts, looked up when an error is raised.

Nothing stays in memory: the table is loaded, searched and dropped.  Knows which table a number belongs to.
"""

import sys

_VENDORS = {"bg96": "quectel", "a7600": "simcom", "sim7028": "simcom", "nl668": "fibocom", "l610": "fibocom"}
_FIBOCOM_FIRST = 2000  # its TCP/IP codes also come as +CME ERROR
_DNS_GENERAL = 10  # A7600 2.17; the only code of +CDNSGIP


def find(dialect, told, code):
    """The text (str) of a code; told: name of the line it came in, b"" when that was the command's own result.

    "" for a code that the manual does not list, and where the tables are not installed.
    """
    vendor = _VENDORS.get(dialect, "")
    if told == b"+CMS ERROR:":
        table = "cms"
    elif told == b"+CME ERROR:" and not (vendor == "fibocom" and code >= _FIBOCOM_FIRST):
        table = "cme"
    elif told == b"+IP ERROR:":
        table = "simcom_info"
    elif told == b"+CDNSGIP:":
        return "DNS GENERAL ERROR" if code == _DNS_GENERAL else ""
    else:
        table = vendor
    return _look_up("errors_" + table, code)


def _look_up(table, code):
    name = "atsock.manual." + table
    try:
        __import__(name)
    except ImportError:
        return ""
    text = sys.modules[name].TEXT
    _drop(name, table)
    at = text.find(b"\n%d " % code)
    if at < 0:
        return ""
    at = text.find(b" ", at) + 1
    return text[at : text.find(b"\n", at)].decode()


def _drop(name, table):
    del sys.modules[name]
    package = sys.modules["atsock.manual"]
    if hasattr(package, table):
        delattr(package, table)
