"""Which dialect a module speaks: by the model that it names, or by the commands that it knows.

A generator of commands (core/jobs.py), loaded when a Modem was given no dialect.  Who is who stands in
dialects/kin.py.  Off the data path; allocates.
"""

from errno import ENODEV

from .constants import EVENT_MODEL
from .contact import tell
from .core.command import query, text_at
from .core.jobs import check
from .core.movers import const
from .dialects import kin
from .errors import ModemError, printable

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .core.session import Session

_AGAIN_MS = const(1000)
# 27.007 5.1 to 5.3, V.250 6.1.  b"": once more, a line may have got lost or come late.
_QUESTIONS = (b"AT+CGMM", b"ATI", b"", b"AT+CGMM", b"ATI", b"AT+CGMI", b"AT+GMR")


def identify(session: "Session"):
    """Ask the module what it is; returns the dialect to be used.  session.model is its name then.

    A model that is not known, of a module that has the commands of one of the families, is told as EVENT_MODEL.  Raises
    ModemError ENODEV for a module of another family, Timeout, Restarted.
    """
    said: "list[bytes]" = []
    other = None
    for text in _QUESTIONS:
        if not text:
            yield _AGAIN_MS
            continue
        command = query(text)
        yield command
        said += [line for line in command.lines if line not in said]
        if session.model is None and text == b"AT+CGMM" and command.lines:
            session.model = printable(_name(command.lines[0]))
        table, model = kin.find(command.lines)
        if table is not None:
            if text == b"AT+CGMM" or session.model is None:
                session.model = printable(model)
            return table
        other = kin.other_family(command.lines)
        if other is not None:
            break
    # Here, and not in a generator of its own: they are nested deeply enough.
    known: "list[bytes | None]" = []
    for text, prefix in () if other is not None else kin.PROBES:
        command = query(text, prefix=prefix)
        yield command
        check(session, command, False)
        known.append(None if command.errno else command.lines[0] if command.lines else b"")
    what = printable(b" / ".join(said)) if said else "nothing"
    table = kin.nearest(known) if known else None
    if table is None:
        raise ModemError(ENODEV, kin.refusal(what, other))
    session.model = session.model or what
    tell(session, "identify", "unknown model %s" % session.model)
    session.engine.event(EVENT_MODEL, None, session.model)
    return table


def _name(line):
    # BG96, +CGMM: BG96 and +CGMM: "BG96",1
    return text_at(line if b":" in line else b":" + line, 0) or line
