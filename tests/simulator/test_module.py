"""The core of a module: command line, framing, prompt, data mode, boot, strict checker."""

from atsock_host.simulator.common import CommonModule


def test_plain_command_has_the_frame_of_the_manuals(bench):
    b = bench(CommonModule)
    assert b.ask("AT") == b"\r\nOK\r\n"
