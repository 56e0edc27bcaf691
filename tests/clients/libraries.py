"""Libraries of CPython as they are, each fetching from the servers of servers.py; proxy: None, or the proxy's URLs.

Each of PROGRAMS is a function (far, proxy) that raises AssertionError when something is not as it should be.
"""

import asyncio
import http.client
import ssl
import subprocess
import tempfile
import threading
import urllib.request
from types import SimpleNamespace

import aiohttp
import httpx
import paho.mqtt.client
import requests
import socks
import websockets
import websockets.sync.client
from servers import BIG, IMAGES

NAME = "server.example"
WAIT_S = 60


def far_end(web, echo, broker):
    """Where the programs go: `web`, `echo` and `broker` of servers.py behind NAME."""
    authority = str(web.authority["cpython"])
    return SimpleNamespace(
        http=f"http://{NAME}:{web.port}", https=f"https://{NAME}:{web.tls_port}", ws=f"ws://{NAME}:{echo.port}/",
        web=web, broker=broker, authority=authority, context=ssl.create_default_context(cafile=authority))


def with_http_client(far, proxy):
    for tls in (False, True):
        connection = http.client.HTTPSConnection(NAME, far.web.tls_port, context=far.context, timeout=WAIT_S) if tls \
            else http.client.HTTPConnection(NAME, far.web.port, timeout=WAIT_S)
        for _ in range(2):      # one connection, which is kept
            connection.request("GET", "/big")
            assert connection.getresponse().read() == BIG
        connection.request("POST", "/", body=BIG[:3000])
        assert connection.getresponse().read() == BIG[:3000]
        connection.close()


def with_urllib(far, proxy):
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": proxy.http, "https": proxy.http} if proxy else {}),
        urllib.request.HTTPSHandler(context=far.context))
    assert opener.open(f"{far.http}/big", timeout=WAIT_S).read() == BIG
    assert opener.open(f"{far.https}/moved", timeout=WAIT_S).read() == b"hello"


def with_requests(far, proxy):
    for url in (proxy.socks, proxy.http) if proxy else (None,):
        with requests.Session() as session:
            session.trust_env = False
            session.proxies = {"http": url, "https": url}
            for _ in range(2):
                assert session.get(f"{far.http}/big", timeout=WAIT_S).content == BIG
                assert session.get(f"{far.https}/big", timeout=WAIT_S, verify=far.authority).content == BIG


def with_httpx(far, proxy):
    url = proxy and proxy.socks.replace("socks5h", "socks5")    # it always leaves names to the proxy
    with httpx.Client(verify=far.context, proxy=url, timeout=WAIT_S, trust_env=False) as client:
        for _ in range(2):
            assert client.get(f"{far.http}/big").content == BIG
            assert client.get(f"{far.https}/big").content == BIG

    async def main():
        async with httpx.AsyncClient(verify=far.context, proxy=url, timeout=WAIT_S, trust_env=False) as client:
            assert (await client.get(f"{far.https}/big")).content == BIG

    asyncio.run(main())


def with_aiohttp(far, proxy):
    url = proxy and proxy.http

    async def main():
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.get(f"{far.http}/big", proxy=url) as answer:
                    assert await answer.read() == BIG
            async with session.get(f"{far.https}/big", ssl=far.context, proxy=url) as answer:
                assert await answer.read() == BIG
        async with aiohttp.ClientSession() as session:      # a module may have two connections only
            async with session.ws_connect(far.ws, proxy=url) as connection:
                await connection.send_bytes(BIG[:5000])
                assert (await connection.receive()).data == BIG[:5000]

    asyncio.run(main())


def with_websockets(far, proxy):
    url = proxy and proxy.http
    with websockets.sync.client.connect(far.ws, proxy=url, open_timeout=WAIT_S) as connection:
        connection.send("Gruß" * 1000)
        assert connection.recv() == "Gruß" * 1000

    async def main():
        async with websockets.connect(far.ws, proxy=url, open_timeout=WAIT_S) as connection:
            await connection.send(BIG[:5000])
            assert await connection.recv() == BIG[:5000]

    asyncio.run(main())


def with_paho(far, proxy):
    got, done = [], threading.Event()
    client = paho.mqtt.client.Client(paho.mqtt.client.CallbackAPIVersion.VERSION2)
    if proxy:
        host, port = proxy.address
        client.proxy_set(proxy_type=socks.SOCKS5, proxy_addr=host, proxy_port=port, proxy_rdns=True)
    client.on_connect = lambda client, *rest: client.subscribe("test/all", 1)
    client.on_subscribe = lambda client, *rest: client.publish("test/all", BIG[:3000], 1)

    def message(client, data, message):
        got.append(message.payload)
        done.set()

    client.on_message = message
    client.connect(NAME, far.broker.port, 60)
    client.loop_start()
    assert done.wait(WAIT_S), far.broker.log()
    client.disconnect()
    client.loop_stop()
    assert got == [BIG[:3000]]


def with_asyncio(far, proxy):
    async def fetch(port, context=None):
        reader, writer = await asyncio.open_connection(NAME, port, ssl=context)
        writer.write(b"GET /big HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        assert answer.endswith(BIG)

    async def main():
        await asyncio.gather(fetch(far.web.port), fetch(far.web.tls_port, far.context))

    asyncio.run(main())


def curl(far, proxy, url, *options):
    """A curl at work (subprocess.Popen)."""
    return subprocess.Popen(
        ["curl", "-sS", "--max-time", str(WAIT_S), "--cacert", far.authority, "--proxy", proxy, url, *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def with_curl(far, proxy):
    for url in (proxy.socks, proxy.http):
        for target in (f"{far.http}/big", f"{far.https}/big"):
            assert curl(far, url, target).communicate()[0] == BIG
        assert curl(far, url, f"{far.http}/moved", "-L").communicate()[0] == b"hello"


def with_chromium(far, proxy):
    """A page with many images, which a browser fetches over as many connections as it can get."""
    for url, scheme in ((proxy.socks.replace("socks5h", "socks5"), far.http), (proxy.http, far.https)):
        with tempfile.TemporaryDirectory() as profile:
            dom = subprocess.run(
                ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-background-networking", "--disable-component-update",
                 "--ignore-certificate-errors", f"--user-data-dir={profile}", f"--proxy-server={url}",
                 "--timeout=60000", "--dump-dom", f"{scheme}/page"],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * WAIT_S).stdout.decode()
        assert f"loaded: {IMAGES}" in dom, dom


COMMON = [with_urllib, with_requests, with_httpx, with_aiohttp, with_websockets, with_paho]
BRIDGED = [*COMMON, with_http_client, with_asyncio]
PROXIED = [*COMMON, with_curl, with_chromium]
