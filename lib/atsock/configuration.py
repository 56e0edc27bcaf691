"""The commands that configure and activate the context, as the dialect's table has them.  Loaded for the moment."""

import atsock

from .lend import borrow
from .tables import of


def commands(modem, apn, user, password, auth, family):
    """A list of them, the one that activates is the last.  Raises ModemError, ValueError for what the dialect has not."""
    table = of(modem)
    kind = table.word(b"PDP_%d" % family)
    if not kind:
        raise atsock.ModemError(borrow("errnos").EAFNOSUPPORT, "%s: no IPv6" % modem._engine.dialect)
    auths = table.numbers(b"AUTHS")
    if auth is None:
        auth = 0 if not user else 3 if 3 in auths else 1
    elif auth not in auths:  # the dialect was not known when attach() looked at its arguments
        raise ValueError("auth: %s for %s, not %d" % (tuple(auths), modem._engine.dialect, auth))
    found = []
    for key in (b"CONFIGURE", b"CONFIGURE_USER", b"ACTIVATE_STORED" if apn is None else b"ACTIVATE_USER" if user else b"ACTIVATE"):
        if key[:9] == b"CONFIGURE" and (apn is None or key != b"CONFIGURE" and not user):
            continue
        found += table.commands(
            key, apn=apn or b"", user=user, password=password, auth=auth, type=kind, family=6 if family == 6 else 1)
    return found
