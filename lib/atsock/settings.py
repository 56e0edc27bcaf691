"""Reads the settings of a dialect table (tables.py says how it is written): what needs no command of it.  Loaded for the moment."""

from .lend import once


def names():
    """The dialects that are installed (a board may carry only one)."""
    return once("dialects", "names")


def look(modem, method, key):
    """One thing that the table of the modem's dialect says: Settings.method(key).  The table is not kept."""
    return getattr(of(modem), method)(key)


def of(modem, kind=None):
    """The Settings (or `kind`) of the modem's dialect, None as long as it is not known.  Allocates."""
    engine = modem._engine
    return None if engine.dialect is None else (kind or Settings)(engine.dialect, engine.context)


class Settings:
    """One dialect.  name: one of dialects.names(); context: the PDP context id that its commands are for.

    Raises ValueError when there is no such dialect, naming those that are installed.  Everything allocates.
    """

    def __init__(self, name, context=1):
        self.name = name
        self.context = context

    def all(self, key):
        """The lines of this key, each a list of cells (bytes; an absent one is b"")."""
        name = self.name
        while name:
            found = once("dialects", "lines", name, key + b" ")
            if found:
                return split(found)
            base = once("dialects", "lines", name, b"BASE ")
            if not base:
                raise ValueError("no dialect %r here; installed: %s" % (name, ", ".join(names())))
            name = next(split(base))[0].decode()
        return ()

    def cells(self, key):
        """The cells of the key's only line; [] when it is absent."""
        for cells in self.all(key):
            return cells if cells[0] else []
        return []

    def word(self, key):
        cells = self.cells(key)
        return cells[0] if cells else b""

    def words(self, key):
        word = self.word(key)
        return word.split(b" ") if word else []

    def numbers(self, key):
        """A list of int."""
        return [int(word) for word in self.words(key)]

    def number(self, key):
        word = self.word(key)
        return int(word) if word else None

    def yes(self, key):
        return self.word(key) == b"yes"

    def ids(self):
        """A range of the connection ids."""
        first, count = self.numbers(b"LINKS")
        return range(first, first + count)

    def access(self, name):
        """The cells of an access mode: mode, group, setup, send, chunk, recv, read, lines, send_to, leave; None: not known."""
        cells = self.cells(b"ACCESS_" + name.upper().encode())
        return cells or None


def split(lines):
    """The cells behind the key, line by line."""
    for line in lines:
        cells = []
        line = line[line.find(b" ") :].strip()
        while line and line[:2] != b"# ":
            end = line.find(b"  ")
            cell = line if end < 0 else line[:end]
            line = b"" if end < 0 else line[end:].lstrip()
            cells.append(b"" if cell == b"-" else cell)
        yield cells
