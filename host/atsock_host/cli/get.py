"""atsock get: fetches an HTTP URL through the module to a file.

Owns the URL, the file and the progress bar.  HTTP itself is the standard library's http.client, which gets the
modem's socket instead of one of the system's.
"""

import contextlib
import http.client
import io
import os
import sys
import urllib.parse

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from .session import failing, modem_options, opened_modem, sentence

MAX_REDIRECTS = 5
BLOCK = 4096
_PLAIN = "/?%:=&~+!$,;'@()*[]"        # left as they are in the path and query of a URL
_REDIRECTS = (301, 302, 303, 307, 308)


class _Stream(io.RawIOBase):
    """The receiving side of a modem's socket."""

    def __init__(self, sock):
        self._sock = sock

    def readable(self):
        return True

    def readinto(self, buf):
        return self._sock.recv_into(buf, len(buf))


class _Socket:
    """What http.client asks of its `sock`, over a modem's socket."""

    def __init__(self, sock):
        self._sock = sock
        self.sendall = sock.sendall

    def makefile(self, mode):
        del mode        # "rb", the only one http.client uses
        return io.BufferedReader(_Stream(self._sock), BLOCK)

    def close(self):
        """Nothing: http.client closes its socket as soon as it has the reading file, which needs it still."""


class _Connection(http.client.HTTPConnection):
    """An HTTPConnection over a socket of a modem; release() closes that."""

    def __init__(self, modem, host, port, timeout_s):
        super().__init__(host, port)
        self._modem_socket = modem.socket()
        self._modem_socket.settimeout(timeout_s)
        self.release = self._modem_socket.close

    def connect(self):
        self._modem_socket.connect((self.host, self.port))
        self.sock = _Socket(self._modem_socket)


def _target(url):
    """(host, port, path with query, file name) of an http URL; UsageError for others."""
    parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or 80
    except ValueError as error:
        raise click.UsageError(f"{url}: {error}") from error
    if parts.scheme != "http":
        raise click.UsageError(f"{url}: only http:// can be fetched, not {parts.scheme}://")
    if not parts.hostname:
        raise click.UsageError(f"{url} names no host")
    path = urllib.parse.quote(parts.path or "/", safe=_PLAIN)
    if parts.query:
        path += "?" + urllib.parse.quote(parts.query, safe=_PLAIN)
    name = urllib.parse.unquote(parts.path).rpartition("/")[2] or "index.html"
    return parts.hostname, port, path, name


@click.command("get", short_help="Fetch an http URL through the module.")
@click.argument("url")
@click.option("--output", "-o", type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE",
              help="Where to; - is standard output. Without it the name is the last part of the URL's path, "
                   "and a file that exists is not overwritten.")
@click.option("--follow", is_flag=True, help=f"Follow redirects, at most {MAX_REDIRECTS}.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=60, show_default=True,
              help="Give up when nothing comes for so long, in seconds.")
@modem_options
def get_command(choice, url, output, follow, timeout_s):
    """Fetch URL (http only) through the module and write it to a file."""
    name = output or _target(url)[3]
    if output is None and os.path.exists(name):
        raise click.ClickException(f"{name} exists; --output {name} overwrites it")
    with opened_modem(choice) as modem, contextlib.ExitStack() as stack:
        with failing(f"cannot fetch {url}"):
            try:
                response = _respond(modem, url, timeout_s, MAX_REDIRECTS if follow else 0, stack)
                count = _save(response, name)
            except http.client.HTTPException as error:
                raise click.ClickException(f"cannot fetch {url}: not a sound HTTP answer: {error!r}") from error
    if name != "-":
        click.echo(f"{name}: {count} bytes")


def _respond(modem, url, timeout_s, redirects, stack):
    """The HTTPResponse of `url` with a good status; its connection closes with `stack`."""
    while True:
        host, port, path, _ = _target(url)
        connection = _Connection(modem, host, port, timeout_s)
        stack.callback(connection.release)
        connection.request("GET", path, headers={"Connection": "close", "User-Agent": "atsock"})
        response = connection.getresponse()
        target = response.getheader("Location")
        if response.status in _REDIRECTS and target:
            url = urllib.parse.urljoin(url, target)
            if not redirects:
                raise click.ClickException(f"the server says to look at {url}; --follow does that")
            redirects -= 1
            connection.release()
        elif response.status != 200:
            raise click.ClickException(f"cannot fetch {url}: the server answered {response.status} {response.reason}")
        else:
            return response


def _save(response, name):
    """Write the body of `response` to the file `name` as it comes; the count of bytes."""
    expected = response.length      # None when the server did not say
    if name == "-":
        return _copy(response, sys.stdout.buffer, expected, name)
    part = f"{name}.part"
    try:
        with open(part, "wb") as file:
            count = _copy(response, file, expected, name)
        os.replace(part, name)
    except BaseException:           # Ctrl-C too: half a file must not stay behind
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        raise
    return count


def _copy(response, file, expected, name):
    buf = memoryview(bytearray(BLOCK))
    count = 0
    with _progress() as bar:
        task = bar.add_task(name, total=expected)
        try:
            while n := response.readinto(buf):
                file.write(buf[:n])
                count += n
                bar.update(task, completed=count)
        except OSError as error:
            raise click.ClickException(f"{sentence(error)} after {count} bytes") from error
    file.flush()
    if expected is not None and count != expected:
        raise click.ClickException(f"the connection ended after {count} of {expected} bytes")
    return count


def _progress():
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal)
