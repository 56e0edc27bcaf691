"""Every program of boards/examples, as it is: with MicroPython and CPython on a computer, and as on a board.

On a board: its own start.py, power.py and a board.py, with a fake `machine` whose UARTs lead to virtual modules.
"""

import contextlib
import itertools
import re
import socket
import time

import paho.mqtt.publish
import pytest
from atsock_host import Simulator

from example_run import EXAMPLES, MICROPYTHON_ONLY, NEEDS, TREE, command, umqtt
from example_servers import FIRMWARE, PAGE, Servers
from running import DEADLINE_S, Running
from support import MICROPYTHON, environment

QUICK = ("asyncio_many", "first_light", "https_checked")
DIALECTS = ("bg96", "a7600", "sim7028", "nl668", "l610")
TEXT = PAGE.decode().strip()
FAKES = TREE / "tests" / "packaging" / "fakes"
BOARDS = TREE / "boards"


class Scene:
    """What an example's check has at hand: program, module, servers, folder (where the program runs)."""


def first_light(scene):
    said = scene.program.lines()
    assert any(re.match("address: 10[.]", line) for line in said)
    assert TEXT in said


def https_checked(scene):
    said = scene.program.lines()
    assert said[-1].startswith("clock:") or TEXT in said
    assert TEXT in said and any("200 OK" in line for line in said)


def requests_umqtt(scene):
    assert f"200 {len(PAGE)}" in scene.program.lines()


def asyncio_many(scene):
    said = scene.program.lines()
    for path in ("/one", "/two"):
        assert any(line.startswith(path) and line.endswith(f"200 OK {len(PAGE)} bytes") for line in said)
    assert int(said[-1].rpartition(" ")[2]) > 2
    assert sorted(scene.servers.asked) == ["/one", "/two"]


def coap(scene):
    said = scene.program.lines()
    assert said[-2].startswith("nothing yet:")  # the server heard it, and its answer was lost
    assert said[-1] == "2.05 b'world'"
    first, second = scene.servers.asked[:2]
    assert first == second and first[4 + 2:] == b"\xb5hello"


def two_modems(scene):
    said = scene.program.lines()
    assert [line.split(" by ")[0] for line in said if " by " in line] == ["/one", "/two", "/three"]
    assert scene.servers.asked == ["/one", "/two", "/three"]


def ota(scene):
    scene.program.lines()
    assert (scene.folder / "firmware.bin").read_bytes() == FIRMWARE
    assert not (scene.folder / "firmware.part").exists()
    assert scene.servers.asked.count("/firmware.bin") == 2  # the first one was cut off


def tcp_server(scene):
    scene.program.line("listening on 10.")
    for name in (b"first", b"second"):
        give_up = time.monotonic() + DEADLINE_S
        while True:  # until it listens (again)
            try:
                with socket.create_connection(("127.0.0.1", 8023), DEADLINE_S) as client:
                    client.sendall(name + b"\n")
                    assert client.makefile("rb").readline() == name.upper() + b"\n"
                break
            except ConnectionError:
                assert time.monotonic() < give_up, "nobody listens"


def sleep_wake(scene):
    scene.program.line("awake for")
    assert scene.servers.asked[0] == "value 1"
    if scene.is_board:  # it sleeps a moment only
        scene.program.line("awake for")
        scene.program.line("awake for")
        assert scene.servers.asked[1:3] == ["value 2", "value 3"]


def mqtt_months(scene):
    scene.program.line("up: ")
    scene.program.line("got: atsock-example/signal -")
    paho.mqtt.publish.single(
        "atsock-example/lamp", "on", qos=1, hostname="127.0.0.1", port=scene.servers.broker_port)
    scene.program.line("got: atsock-example/lamp on")


CHECKS = {check.__name__: check for check in (
    asyncio_many, coap, first_light, https_checked, mqtt_months, ota, requests_umqtt, sleep_wake, tcp_server,
    two_modems)}


@contextlib.contextmanager
def scene(name, dialect, folder, cpython=False, board=None):
    """The example at work, on two modules of the dialect where it wants two."""
    made = Scene()
    made.is_board, made.folder = board is not None, folder
    with contextlib.ExitStack() as stack:
        made.servers = stack.enter_context(Servers(name, folder))
        (folder / "authority.der").write_bytes(made.servers.authority)
        count = 2 if name == "two_modems" else 1
        modules = [
            stack.enter_context(Simulator(dialect, hosts=made.servers.hosts, settings={"zone": 4}))
            for _ in range(count)]
        made.module = modules[0]
        if board is None:
            words, where = command(name, [(module.port, dialect) for module in modules], cpython)
        else:
            words = [MICROPYTHON, FAKES / "run.py", name, *(module.port for module in modules)]
            where = environment(
                FAKES, BOARDS / board, BOARDS, EXAMPLES, BOARDS / "unix", TREE / "lib", umqtt(), folder) | {"TZ": "UTC"}
        made.program = stack.enter_context(Running(words, where, folder))
        yield made
        assert [module.violations() for module in modules] == [[]] * count


def with_dialects(names):
    """(name, dialect): all for the libraries as they are, two for the others, each in turn; few are quick."""
    return [
        pytest.param(name, DIALECTS[(place + more) % 5], marks=() if name in QUICK and not more else pytest.mark.slow)
        for place, name in enumerate(names) for more in (range(5) if name == "requests_umqtt" else (0, 2))]


def test_all_are_checked():
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert names == set(CHECKS) == set(NEEDS)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_it_is_short(name):
    assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) < 60


@pytest.mark.parametrize("name, dialect", with_dialects(sorted(CHECKS)))
def test_with_micropython(name, dialect, tmp_path):
    with scene(name, dialect, tmp_path) as made:
        CHECKS[name](made)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, dialect", list(zip(sorted(set(CHECKS) - set(MICROPYTHON_ONLY)), itertools.cycle(reversed(DIALECTS)))))
def test_with_cpython(name, dialect, tmp_path):
    with scene(name, dialect, tmp_path, cpython=True) as made:
        CHECKS[name](made)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CHECKS))
def test_as_on_a_board(name, tmp_path):
    """The Pico, with what is wired to it by default; a second module is described by board2.py."""
    (tmp_path / "board2.py").write_text((BOARDS / "pico" / "board.py").read_text())
    with scene(name, "bg96", tmp_path, board="pico") as made:
        CHECKS[name](made)
        assert made.program.said[0] == "power key pressed: False"


def test_the_clock_of_a_board_is_set_to_utc(tmp_path):
    """The network's time is an hour ahead of UTC here (zone 4), and the board's clock is not."""
    before = time.time()
    with scene("https_checked", "bg96", tmp_path, board="pico") as made:
        clock = [int(part) for part in made.program.lines()[-1].split()[1:]]
    wanted = [list(time.gmtime(when)[:5]) for when in (before, time.time())]
    assert clock in wanted


def test_a_certificate_of_somebody_else_is_refused(tmp_path):
    with scene("https_checked", "bg96", tmp_path) as made, Servers("https_checked", tmp_path) as strangers:
        (tmp_path / "authority.der").write_bytes(strangers.authority)
        made.program.line("ValueError")
        assert made.servers.asked == []


@pytest.mark.slow
def test_a_modem_that_fails_leaves_it_to_the_other(tmp_path):
    with Servers("two_modems", tmp_path) as servers, \
            Simulator("bg96", hosts=servers.hosts, faults=["sim-pin"]) as first, \
            Simulator("l610", hosts=servers.hosts) as second:
        words, where = command("two_modems", [(first.port, "bg96"), (second.port, "l610")])
        with Running(words, where, tmp_path) as program:
            said = program.lines()
    assert said[0].startswith("not by bg96")
    assert [line.split()[:3] for line in said[1:]] == [[path, "by", "l610"] for path in ("/one", "/two", "/three")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "events, told, dialect",
    [(("network-lost", "network-back"), "the network is lost", dialect) for dialect in ("bg96", "sim7028", "l610")]
    + [(("restart",), "the module restarted", dialect) for dialect in ("bg96", "a7600")],
    ids=["network-bg96", "network-sim7028", "network-l610", "restart-bg96", "restart-a7600"])
def test_mqtt_comes_back(events, told, dialect, tmp_path):
    """After a loss of the network and after a restart of the module."""
    first, *others = events
    with scene("mqtt_months", dialect, tmp_path) as made:
        made.program.line("got: atsock-example/signal")
        made.module.control(first)
        made.program.line(f"down: {told}")
        for event in others:
            made.module.control(event)
        made.program.line("up: ")
        made.program.line("got: atsock-example/signal")


def test_umqtt_is_micropython_lib_s_own(tmp_path):
    assert (umqtt() / "umqtt" / "simple.py").exists()
    assert not list((TREE / "boards").rglob("umqtt"))
