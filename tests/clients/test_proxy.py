"""atsock socks: curl and libraries of CPython through the proxy, over a virtual module of every dialect; a module with
two connections and many clients; losses in between.
"""

import contextlib
import os
import subprocess
import sys
import threading
import urllib.parse
from types import SimpleNamespace

import pytest
from atsock_host import Simulator
from fronts import DIALECTS
from libraries import NAME, PROXIED, curl, with_curl, with_requests
from servers import BIG


@contextlib.contextmanager
def proxy_over(module, *options):
    """A proxy as users start it: `socks`, `http`: its URLs; `address`; `said`, its lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "atsock_host", "socks", "--port", module.port, "--apn", "internet", "--listen", "0",
         *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        address = process.stdout.readline().split(" on ")[1].split(",")[0]
        url = urllib.parse.urlsplit(f"//{address}")
        proxy = SimpleNamespace(socks=f"socks5h://{address}", http=f"http://{address}", said=[],
                                address=(url.hostname, url.port))
        listener = threading.Thread(target=lambda: proxy.said.extend(process.stdout), daemon=True)
        listener.start()
        yield proxy
    finally:
        process.terminate()
        process.wait()
    listener.join()


def no_violations(module):
    assert module.violations() == []


@pytest.fixture(scope="module")
def proxy_of(far):
    """A function (dialect) that gives a proxy; one of each for the whole file."""
    with contextlib.ExitStack() as stack:
        made = {}

        def find(dialect):
            if dialect not in made:
                module = stack.enter_context(Simulator(dialect, hosts={NAME: "127.0.0.1"}))
                stack.callback(no_violations, module)
                made[dialect] = stack.enter_context(proxy_over(module))
            return made[dialect]

        yield find


@pytest.mark.slow
@pytest.mark.parametrize("program", PROXIED)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_programs(dialect, program, far, proxy_of):
    program(far, proxy_of(dialect))


@pytest.mark.parametrize("program", [with_curl, with_requests])
def test_two_programs(program, far, proxy_of):
    program(far, proxy_of("sim7028"))


def test_eight_curls_at_once_over_two_connections(far, proxy_of):
    proxy = proxy_of("sim7028")
    urls = [f"{far.http}/big", f"{far.https}/big"] * 4
    running = [curl(far, (proxy.socks, proxy.http)[n % 3 == 0], url) for n, url in enumerate(urls)]
    assert [each.communicate()[0] == BIG for each in running] == [True] * 8, proxy.said


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_twenty_curls_in_a_row(dialect, far, proxy_of):
    for n in range(20):
        url = (far.https if n % 2 else far.http) + "/big"
        assert curl(far, proxy_of(dialect).socks, url).communicate()[0] == BIG, proxy_of(dialect).said


@pytest.mark.parametrize("dialect", ["bg96", "a7600", "l610"])
def test_what_a_failed_connection_says(dialect, far, proxy_of):
    proxy = proxy_of(dialect)
    for url, reply in ((f"http://{NAME}:1/", b"(5)"), ("http://nowhere.example/", b"(4)")):
        said = curl(far, proxy.socks, url).communicate()[0]
        assert reply in said or dialect == "l610" and b"(5)" in said, said    # Fibocom does not tell why
    words = b"no connection (" if dialect == "l610" else b"connection refused"
    assert curl(far, proxy.http, f"http://{NAME}:1/").communicate()[0].startswith(words)


LOSSES = [("bg96", "restart"), ("a7600", "network-lost"), ("sim7028", "power-off"), ("nl668", "restart"),
          ("l610", "power-off"), ("l610", "network-lost")]


@pytest.mark.slow
@pytest.mark.parametrize("dialect, happening", LOSSES)
def test_losses_in_between(dialect, happening, far):
    """What is cut fails, what comes afterwards waits for the module, and nobody looks after it."""
    with Simulator(dialect, hosts={NAME: "127.0.0.1"}, baudrate=115200, settings={"boot-ms": 500}) as module:
        with proxy_over(module) as proxy:
            cut = curl(far, proxy.socks, f"{far.http}/big")
            assert cut.stdout.read(1000) == BIG[:1000]
            module.control(happening)
            later = [curl(far, proxy.socks, f"{far.http}/hello") for _ in range(2)]
            module.control("power-on" if happening == "power-off" else "network-back")
            assert cut.communicate()[0] != BIG[1000:] and cut.returncode == 56      # no proper end
            assert [each.communicate()[0] for each in later] == [b"hello"] * 2, proxy.said
        assert not [text for text in module.violations() if "before the final result" in text]
