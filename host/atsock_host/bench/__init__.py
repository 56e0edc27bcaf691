"""The measurement behind `atsock bench`.

    cases.py       what is measured: dialect, access, direction, speed of the line, interpreter
    on_board/      the transfers themselves; CPython and MicroPython run the same files
    sessions.py    one virtual module and one interpreter at work
    figures.py     from bytes and seconds to per cent of the limit and the rest
    table.py       the figures as rows of text
    chart.py       the figures as an SVG

The far end is ../bench_server.py, the yardstick ../limits.py.
"""
