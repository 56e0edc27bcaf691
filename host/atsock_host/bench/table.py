"""The figures as rows of text, one by one as they come.

Owns headings, widths and number formats.
"""

from .cases import ECHO

_COLUMNS = (    # heading, width, how a figure is shown
    ("dialect", 9, lambda f: f["dialect"] or "?"),
    ("interpreter", 12, lambda f: f["interpreter"]),
    ("access", 12, lambda f: f["access"]),
    ("direction", 10, lambda f: f["direction"]),
    ("baud", 8, lambda f: f["baud"] or "?"),
    ("B/s", 11, lambda f: f"{f['goodput_bytes_per_second']:.0f}"),
    ("% of limit", 11, lambda f: _number(f["percent_of_limit"], 1)),
    ("commands/s", 11, lambda f: _number(f["commands_per_second"] or None, 1)),
    ("added ms", 9, lambda f: _number(f["added_ms_per_command"], 2)),
    ("heap B/KiB", 11, lambda f: _number(f["heap_bytes_per_kib"], 0)),
    ("peak heap", 10, lambda f: _number(f["peak_heap_bytes"], 0)),
    ("import heap", 12, lambda f: _number(f["import_heap_bytes"], 0)),
)
_LEFT = 4       # columns of words


def _number(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def _aligned(cells):
    return "".join(
        str(cell).ljust(width) if i < _LEFT else str(cell).rjust(width)
        for i, (cell, (_, width, _)) in enumerate(zip(cells, _COLUMNS)))


def heading():
    return _aligned(name for name, _, _ in _COLUMNS)


def row(figure):
    """One row; for echoes, what takes the line's own time stands as so many times that."""
    text = _aligned(show(figure) for _, _, show in _COLUMNS)
    if figure["direction"] == ECHO and figure["percent_of_limit"]:
        text += f"  {100 / figure['percent_of_limit']:.2f} times the line's own time"
    return text
