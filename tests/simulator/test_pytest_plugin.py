"""The plugin for other people's test suites, as pytest runs it."""

import os
import tomllib

import pytest

from simbench import ROOT

pytest_plugins = ["pytester"]


@pytest.fixture
def suite(pytester, monkeypatch):
    """Runs a test file with the plugin and nothing else that is installed: suite(text, *arguments)."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(text, *arguments):
        monkeypatch.delenv("CI", raising=False)     # there pytest repeats failures in its summary
        pytester.makepyfile(text)
        return pytester.runpytest_inprocess("-p", "atsock_host.pytest_plugin", "--strict-markers", *arguments)
    return run


# A driver that is none: it opens the port and sends what it is given.
DRIVER = """
import pytest
from atsock_host import SerialPort

def ask(virtual_modem, command):
    with SerialPort(virtual_modem.port) as port:
        port.write(command.encode() + b"\\r")
        data = b""
        while not data.endswith((b"OK\\r\\n", b"ERROR\\r\\n")):
            assert port.wait(10000), data
            data += port.read() or b""
        return data.decode()
"""


def test_a_module_and_a_driver(suite):
    result = suite("""
        import socket, threading

        def test_who_is_there(modem):
            assert modem.identity()[1] == "BG96"

        def test_a_connection(modem, virtual_modem):
            with socket.create_server(("127.0.0.1", 0)) as server:
                s = modem.socket()
                s.connect(server.getsockname())
                peer, _ = server.accept()
                with peer:
                    s.sendall(b"hello")
                    assert peer.recv(5) == b"hello"
                s.close()
            assert virtual_modem.events()[-1]["event"]
    """)
    result.assert_outcomes(passed=2)


def test_what_a_driver_should_not_do_fails_the_test(suite):
    result = suite(DRIVER + """
def test_wrong(virtual_modem):
    ask(virtual_modem, "AT+NONSENSE")

@pytest.mark.virtual_modem(allowed=["unknown command.*NONSENSE"])
def test_allowed(virtual_modem):
    ask(virtual_modem, "AT+NONSENSE")

@pytest.mark.virtual_modem(allowed=["unknown command.*NONSENSE"])
def test_another_one(virtual_modem):
    ask(virtual_modem, "AT+NONSENSE")
    ask(virtual_modem, "AT+OTHER")
""")
    result.assert_outcomes(passed=1, failed=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines([
        "*_ test_wrong _*",
        "the driver did what a well-behaved driver never does (virtual bg96):",
        "    unknown command or form ?AT+NONSENSE?",
        "*virtual bg96, call*", "*# start: bg96 *", "*> AT+NONSENSE", "*! unknown command or form ?AT+NONSENSE?",
        "*< ERROR",
        "*_ test_another_one _*", "    unknown command or form ?AT+OTHER?"])
    assert "Traceback" not in result.stdout.str() and "    unknown command or form [AT+NONSENSE]\n    un" not in str(
        result.stdout)


def test_a_test_that_fails_shows_the_line(suite):
    result = suite(DRIVER + """
def test_wrong(virtual_modem):
    ask(virtual_modem, "AT+CSQ")
    virtual_modem.control("ring")
    assert 0
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "*virtual bg96, call*", "*> AT+CSQ", "*< +CSQ: 23,0 | OK", "*# control: ring", "*< RING"])


@pytest.mark.slow
def test_markers_add_up_from_the_outermost_one(suite):
    result = suite(DRIVER + """
pytestmark = pytest.mark.virtual_modem("l610", settings={"signal": 5, "imei": "490154203237518"}, faults=["splice"])

@pytest.mark.virtual_modem("a7600", faults=["sim-missing"], baudrate=921600)
class TestIt:
    @pytest.mark.virtual_modem(settings={"signal": 9})
    def test_all(self, virtual_modem):
        assert virtual_modem.dialect == "a7600"
        assert virtual_modem.control("faults") == ["sim-missing", "splice"]
        assert virtual_modem.control("get signal") == "9,0"
        assert virtual_modem.control("get imei") == "490154203237518"

def test_module(virtual_modem):
    assert virtual_modem.dialect == "l610" and virtual_modem.control("faults") == ["splice"]
""")
    result.assert_outcomes(passed=2)


@pytest.mark.slow
def test_parameters_and_options(suite):
    text = DRIVER + """
@pytest.mark.parametrize("virtual_modem", ["nl668", {"dialect": "sim7028", "settings": {"signal": 3}}], indirect=True)
def test_each(virtual_modem, request):
    print(virtual_modem.dialect, virtual_modem.port)
    assert request.node.callspec.params["virtual_modem"] == "nl668" or virtual_modem.control("get signal") == "3,0"

def test_default(virtual_modem):
    print(virtual_modem.dialect, virtual_modem.port)
"""
    result = suite(text, "--atsock-dialect", "a7600", "--atsock-tcp", "-s")
    result.assert_outcomes(passed=3)
    for dialect in ("nl668", "sim7028", "a7600"):
        result.stdout.fnmatch_lines([f"*{dialect} socket://127.0.0.1:*"])


def test_the_dialect_of_the_ini_file(suite, pytester):
    pytester.makeini("[pytest]\natsock_dialect = l610")
    suite("def test_it(virtual_modem): assert virtual_modem.dialect == 'l610'").assert_outcomes(passed=1)


@pytest.mark.slow
def test_more_than_one(suite):
    result = suite(DRIVER + """
def test_two(make_virtual_modem):
    one, other = make_virtual_modem("bg96"), make_virtual_modem("a7600", allowed=["FOO"])
    assert ask(one, "ATI").count("Quectel") and "OK" in ask(other, "AT")
    ask(one, "AT+FOO"), ask(other, "AT+FOO"), ask(other, "AT+BAR")
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*(virtual bg96):", "*AT+FOO?", "*(virtual a7600):", "*AT+BAR?"])


@pytest.mark.slow
def test_markers_of_the_driver(suite):
    result = suite("""
import pytest
@pytest.mark.modem("elsewhere", access="push", attach=False)
def test_it(modem, virtual_modem):
    assert not any(record["event"] == "state" for record in virtual_modem.events())
    modem.attach()
    assert '"elsewhere"' in str(virtual_modem.events())
""")
    result.assert_outcomes(passed=1)


def test_the_driver_has_the_speed_of_the_line(suite):
    result = suite("""
import pytest
@pytest.mark.virtual_modem(rfc2217=0, baudrate=57600)
def test_it(modem):
    assert modem.identity()[1]
""")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("marker, words", [
    ('"bg96", "l610"', "*UsageError: *the marker virtual_modem takes one value without a name"),
    ('"sim800"', "the virtual modem of *::test_it cannot be made: no module is called 'sim800'; there are: *"),
    ('"bg95"', "*no module is called 'bg95'; there are: *; BG95 is a model: model='BG95'"),
    ('faults=["nonsense"]', "*no fault is called nonsense*"),
    ("hosts=['example.com']", "*hosts is a dict, not *'example.com'*"),
    ("speed=1", "*the marker has no keyword speed; there are: dialect, allowed, model, hosts, baudrate, *"),
])
def test_what_a_marker_cannot_say(suite, marker, words):
    result = suite(f"import pytest\n@pytest.mark.virtual_modem({marker})\ndef test_it(virtual_modem): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])
    assert "pytest_plugin.py:" not in result.stdout.str() or "UsageError" in words


def test_a_simulator_that_dies_is_told(suite):
    result = suite("""
import os, signal
def test_it(virtual_modem):
    os.kill(virtual_modem.pid, signal.SIGKILL)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the simulator of bg96 has ended: *"])


def test_it_is_found_when_the_package_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"atsock": "atsock_host.pytest_plugin"}


def test_nothing_else_needs_pytest():
    files = [path for path in (ROOT / "host").rglob("*.py") if "import pytest" in path.read_text()]
    assert [os.path.basename(path) for path in files] == ["pytest_plugin.py"]
