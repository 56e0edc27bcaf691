"""The shares of the limit as an SVG: one row of bars per dialect and access mode, one panel per speed and interpreter.

Owns layout and colours.  Bars begin at 0.  drawsvg writes the SVG: it is a few files
without dependencies under the MIT licence, and leaves the layout to us, which is what small multiples need.
"""

import drawsvg as draw

from ..limits import RECEIVE, SEND

_COLOURS = {RECEIVE: "#2f6f9f", SEND: "#e08a2e"}
_INK, _PALE, _GRID = "#22272e", "#6a737d", "#d9dee4"
_FONT = "Helvetica, Arial, sans-serif"
_LEFT, _TOP, _RIGHT = 150, 92, 24
_PANEL, _GAP, _VALUE = 200, 34, 40     # width of a panel's scale, between panels, behind the bar for its number
_BAR, _ROW, _GROUP = 8, 24, 12         # height of a bar, of a row, extra between dialects


def drawing(rows):
    """A drawsvg.Drawing of the rows of figures.py; echoes and rows without a limit are left out."""
    shares = {(r["baud"], r["interpreter"], r["dialect"], r["access"], r["direction"]): r["percent_of_limit"]
              for r in rows if r["direction"] in _COLOURS and r["percent_of_limit"] is not None}
    panels = list(dict.fromkeys(key[:2] for key in shares))
    panels.sort(key=lambda panel: panel[0])
    lines = list(dict.fromkeys(key[2:4] for key in shares))
    places, bottom = _places(lines)
    width = _LEFT + max(1, len(panels)) * (_PANEL + _VALUE + _GAP) - _GAP + _RIGHT
    picture = draw.Drawing(max(width, 560), bottom + 40, font_family=_FONT)
    picture.append(draw.Rectangle(0, 0, max(width, 560), bottom + 40, fill="#ffffff"))
    picture.append(draw.Text("Share of what the line allows", 19, 20, 34, fill=_INK, font_weight="bold"))
    _legend(picture)
    _names(picture, places)
    for i, panel in enumerate(panels):
        _panel(picture, _LEFT + i * (_PANEL + _VALUE + _GAP), bottom, panel, places, shares)
    return picture


def _places(lines):
    """({(dialect, access): y}, where the last row ends)."""
    places, y, dialect = {}, _TOP, None
    for line in lines:
        if dialect not in (None, line[0]):
            y += _GROUP
        dialect = line[0]
        places[line] = y
        y += _ROW
    return places, y


def _legend(picture):
    x = 20
    for direction, colour in _COLOURS.items():
        picture.append(draw.Rectangle(x, 48, 10, 10, fill=colour))
        picture.append(draw.Text(direction, 12, x + 15, 57, fill=_PALE))
        x += 80
    picture.append(draw.Text("100 %: the payload and the module's commands, back to back", 12, x, 57, fill=_PALE))


def _names(picture, places):
    shown = None
    for (dialect, access), y in places.items():
        if dialect != shown:
            shown = dialect
            picture.append(draw.Text(dialect or "", 13, 20, y + 12, fill=_INK, font_weight="bold"))
        picture.append(draw.Text(access, 12, _LEFT - 10, y + 12, fill=_PALE, text_anchor="end"))


def _panel(picture, x, bottom, panel, places, shares):
    baud, interpreter = panel
    name = {"micropython": "MicroPython", "cpython": "CPython"}.get(interpreter, interpreter)
    picture.append(draw.Text(f"{name}, {baud} baud", 13, x, _TOP - 12, fill=_INK, font_weight="bold"))
    for percent in (0, 25, 50, 75, 100):
        at = x + _PANEL * percent / 100
        picture.append(draw.Line(at, _TOP - 4, at, bottom + 2, stroke=_GRID, stroke_width=1))
        picture.append(draw.Text(str(percent), 10, at, bottom + 16, fill=_PALE, text_anchor="middle"))
    picture.append(draw.Text("%", 10, x + _PANEL + 18, bottom + 16, fill=_PALE, text_anchor="middle"))
    for (dialect, access), y in places.items():
        for i, direction in enumerate(_COLOURS):
            share = shares.get((*panel, dialect, access, direction))
            if share is not None:
                top = y + 2 + i * (_BAR + 1)
                length = _PANEL * min(share, 104) / 100
                picture.append(draw.Rectangle(x, top, length, _BAR, fill=_COLOURS[direction], rx=1))
                picture.append(draw.Text(f"{share:.1f}", 8.5, x + max(length, _PANEL) + 6, top + _BAR, fill=_INK))
