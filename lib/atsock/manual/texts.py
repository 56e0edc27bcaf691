"""What the numbers of errors mean: the manuals' texts, looked up when somebody wants to read an error.

Knows which table a number belongs to.  A table is imported when a code of it is looked up first, and kept.
"""

_FIBOCOM_FIRST = 2000  # its TCP/IP codes also come as +CME ERROR
_DNS_GENERAL = 10  # A7600 2.17; the only code of +CDNSGIP


def find(table, error_source, code):
    """The text (str) of a code; "" for one that the manual does not list, and for a dialect whose manual is not here.

    table: the dialect's Table, or None; error_source: name of the line that told the code (b"+CME ERROR:"), b"" when
    that was the command's own result.  Allocates.
    """
    vendor = table.VENDOR if table is not None else ""
    if error_source == b"+CDNSGIP:":
        return "DNS GENERAL ERROR" if code == _DNS_GENERAL else ""
    if error_source == b"+CMS ERROR:":
        from .errors_cms import TEXTS as texts
    elif error_source == b"+CME ERROR:" and not (vendor == "fibocom" and code >= _FIBOCOM_FIRST):
        from .errors_cme import TEXTS as texts
    else:
        texts = _of_vendor(vendor, error_source)
    pos = texts.find(b"\n%d " % code)
    if pos < 0:
        return ""
    pos = texts.find(b" ", pos) + 1
    return texts[pos : texts.find(b"\n", pos)].decode()


def _of_vendor(vendor, error_source):
    from . import errors_vendors

    if error_source == b"+IP ERROR:":
        return errors_vendors.SIMCOM_INFO
    if vendor == "quectel":
        return errors_vendors.QUECTEL
    if vendor == "simcom":
        return errors_vendors.SIMCOM
    return errors_vendors.FIBOCOM if vendor == "fibocom" else b""
