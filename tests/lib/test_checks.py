"""Arguments on their way into a command line."""

import sys

from atsock import checks
from fakes import raises

MICROPYTHON = sys.implementation.name == "micropython"


def test_eight_groups():
    for given, full in (
        (b"::1", b"0:0:0:0:0:0:0:1"),
        (b"2001:db8::5:1", b"2001:db8:0:0:0:0:5:1"),
        (b"fe80::", b"fe80:0:0:0:0:0:0:0"),
    ):
        assert checks.eight_groups(given) == full
    for same in (b"1:2:3:4:5:6:7:8", b"10.0.0.1", b"example.com"):
        assert checks.eight_groups(same) == same


def test_names_that_look_like_addresses():
    """Four numbers below 256, or a colon: what is anything else the module looks up."""
    for name in (b"www.a.example.com", b"1.2.3.256", b"1.2.3", b"1.2.3.4.5", b"1.2.3.x", b"a.1.2.3.4", b"1..2.3"):
        assert not checks.is_address(name), name
    for address in (b"0.0.0.0", b"255.255.255.255", b"::1", b"2001:db8::1"):
        assert checks.is_address(address), address


def test_what_cannot_be_sent_is_named():
    """In a quoted text and in a command line."""
    for text, said in (
        ('a"b', "a quote"), ("a\nb", "the control character 10"), ("a\x7fb", "the control character 127"),
        ("\u00e9", "ASCII only"), (b"\xff", "ASCII only"),
    ):  # fmt: skip
        assert said in str(raises(ValueError, checks.quoted, text, "APN", 99)), text
    assert "up to 2 characters, not 3" in str(raises(ValueError, checks.quoted, "abc", "APN", 2))
    assert checks.quoted("ab", "APN", 2) == checks.quoted(b"ab", "APN", 2) == b"ab"
    assert checks.quoted(" ~", "APN", 2) == checks.line(" ~") == b" ~"
    assert "the character 10 " in str(raises(ValueError, checks.line, "AT\n"))
    if not MICROPYTHON:  # has no surrogates
        assert str(raises(ValueError, checks.quoted, "secret \ud800", "APN", 99)) == "APN: ASCII only"


def test_what_cannot_be_received_into():
    for buf in (b"abc", memoryview(b"abc"), "abc", None, 3):
        raises(TypeError, checks.room, buf)
