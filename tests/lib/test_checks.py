"""Arguments on their way into a command line."""

from atsock import checks


def test_eight_groups():
    for given, full in (
        (b"::1", b"0:0:0:0:0:0:0:1"),
        (b"2001:db8::5:1", b"2001:db8:0:0:0:0:5:1"),
        (b"fe80::", b"fe80:0:0:0:0:0:0:0"),
    ):
        assert checks.eight_groups(given) == full
    for same in (b"1:2:3:4:5:6:7:8", b"10.0.0.1", b"example.com"):
        assert checks.eight_groups(same) == same
