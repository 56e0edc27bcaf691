"""atsock get: fetches a URL through the module to a file.

Owns the options, the file, resuming and the progress bar.  HTTP itself is urllib3, over the modem's sockets (web.py).
"""

import contextlib
import os
import sys
import urllib.parse
from types import SimpleNamespace

import click
import urllib3
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ..web import modem_pool
from .session import failing, modem_options, opened_modem, reach
from .words import clean, one_line, say, sentence, with_advice

MAX_REDIRECTS = 5
BLOCK = 4096
_PLAIN = "/?%:=&~+!$,;'@()*[]"        # left as they are in the path and query of a URL
_REDIRECTS = (301, 302, 303, 307, 308)
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
_FORM = "application/x-www-form-urlencoded"


def _target(url):
    """The URL with its scheme, quoted; UsageError for what cannot be fetched."""
    parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
    try:
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError as error:
        raise click.UsageError(f"{url}: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise click.UsageError(f"{url}: only http:// and https:// can be fetched, not {parts.scheme}://")
    if not parts.hostname:
        raise click.UsageError(f"{url} names no host")
    path, query = urllib.parse.quote(parts.path or "/", safe=_PLAIN), urllib.parse.quote(parts.query, safe=_PLAIN)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _redirected(url, location):
    """The URL that the server says to look at; ClickException for one that cannot be fetched."""
    try:
        return _target(urllib.parse.urljoin(url, location))
    except (click.UsageError, ValueError) as error:
        said = error.message if isinstance(error, click.UsageError) else str(error)
        raise click.ClickException(f"{one_line(url)}: the server says to look elsewhere: {one_line(said)}") from error


def _name_of(url):
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path).rpartition("/")[2] or "index.html"


def _headers(texts):
    found = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not name.strip() or not text.isprintable():
            raise click.UsageError(f"--header must be NAME: VALUE, not {text}")
        found[name.strip()] = value.strip()
    return found


@click.command("get", short_help="Fetch an http or https URL through the module.")
@click.argument("url")
@click.option("--output", "-o", type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE",
              help="Where to; - is standard output. Without it the name is the last part of the URL's path, "
                   "and a file that exists is not overwritten.")
@click.option("--header", "-H", "headers", multiple=True, metavar="NAME: VALUE", help="Send it, too (may be repeated).")
@click.option("--data", "-d", metavar="TEXT|@FILE", help="POST this, a form unless a Content-Type is given.")
@click.option("--request", "-X", "method", metavar="METHOD", help="Another method than GET, or POST with --data.")
@click.option("--continue", "-C", "resuming", is_flag=True,
              help="Keep what came before a failure in FILE.part, and go on from there the next time.")
@click.option("--follow", is_flag=True, help=f"Follow redirects, at most {MAX_REDIRECTS}, between http and https, too.")
@click.option("--cafile", type=click.Path(exists=True, dir_okay=False), metavar="FILE",
              help="https: the authorities to believe (PEM), instead of the system's.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=60, show_default=True,
              help="Give up when nothing comes for so long, in seconds.")
@modem_options
def get_command(choice, url, output, headers, data, method, resuming, follow, cafile, timeout_s):
    """Fetch URL through the module and write it to a file. The certificate of an https server is checked."""
    target = _target(url)
    name = output or _name_of(target)
    if output is None and os.path.exists(name):
        raise click.ClickException(f"{name} exists; --output {name} overwrites it")
    if resuming and name == "-":
        raise click.UsageError("--continue needs a file")
    wish = SimpleNamespace(
        url=target, method=method or ("GET" if data is None else "POST"), body=_body(data),
        redirects=MAX_REDIRECTS if follow else 0,
        headers={"User-Agent": "atsock", "Connection": "close", **_headers(headers)}, timeout_s=timeout_s)
    if data is not None and not any(key.lower() == "content-type" for key in wish.headers):
        wish.headers["Content-Type"] = _FORM
    with opened_modem(choice) as modem, failing(f"cannot fetch {url}"):
        try:
            count = _save(modem_pool(modem, cafile), wish, name, resuming)
        except urllib3.exceptions.HTTPError as error:
            hint = reach(choice, urllib.parse.urlsplit(target).hostname)
            said = _reason(error, sentence) + hint if hint else _reason(error, with_advice)
            raise click.ClickException(f"cannot fetch {url}: {said}") from error
    if name != "-":
        say(f"{name}: {count} bytes")


def _body(data):
    if data is None or not data.startswith("@"):
        return None if data is None else data.encode()
    try:
        with open(data[1:], "rb") as file:
            return file.read()
    except OSError as error:
        raise click.UsageError(f"--data: {sentence(error)}") from error


def _reason(error, words=sentence):
    """What an exception of urllib3 says, in words: what stands behind it, if that is an OSError."""
    seen = error
    while seen is not None:
        if isinstance(seen, OSError) and not isinstance(seen, urllib3.exceptions.HTTPError):
            return words(seen)
        inner = [each for each in seen.args if isinstance(each, BaseException)]
        seen = seen.__cause__ or (inner[0] if inner else None)
    return one_line(f"not a sound HTTP answer: {error}")


# -- the answer


def _respond(pool, wish, begin, tag):
    """The response with a good status: 200 to 299, of what follows `begin` bytes where the server can do that."""
    headers, url, method, body, redirects = dict(wish.headers), wish.url, wish.method, wish.body, wish.redirects
    if begin:
        headers.update({"Range": f"bytes={begin}-", "If-Range": tag})
    while True:
        response = pool.request(method, url, body=body, headers=headers, preload_content=False, decode_content=False,
                                redirect=False, timeout=urllib3.Timeout(wish.timeout_s))
        location = response.headers.get("Location")
        if response.status in _REDIRECTS and location:
            response.close()
            before, url = url, _redirected(url, location)
            if not redirects:
                raise click.ClickException(f"the server says to look at {one_line(url)}; --follow does that")
            redirects -= 1
            if urllib.parse.urlsplit(before).netloc != urllib.parse.urlsplit(url).netloc:
                headers = {key: value for key, value in headers.items() if key.lower() not in _SECRET_HEADERS}
            if response.status == 303 or response.status in (301, 302) and method == "POST":
                method, body = "GET", None
                headers.pop("Content-Type", None)
        elif not 200 <= response.status < 300:
            response.close()
            said = one_line(f"{response.status} {response.reason or ''}")
            raise click.ClickException(f"cannot fetch {one_line(url)}: the server answered {said}")
        else:
            return response


# -- the file


def _save(pool, wish, name, resuming):
    """Write the body to the file `name` as it comes; the count of bytes."""
    if name == "-":
        with contextlib.closing(_respond(pool, wish, 0, None)) as response:
            return _copy(response, _output(), 0, name)
    if os.path.exists(name) and not os.path.isfile(name):       # /dev/null, a FIFO: is written to, never replaced
        with contextlib.closing(_respond(pool, wish, 0, None)) as response, open(name, "wb") as file:
            return _copy(response, file, 0, name)
    part, tags = f"{name}.part", f"{name}.part.tag"
    begin, tag = _kept(part, tags) if resuming else (0, None)
    try:
        with contextlib.closing(_respond(pool, wish, begin, tag)) as response:
            begin = begin if response.status == 206 and _starts_at(response, begin) else 0
            with open(part, "ab" if begin else "wb") as file:
                if resuming:
                    _keep_tag(response, tags)
                count = begin + _copy(response, file, begin, name)
        os.replace(part, name)
    except BaseException:           # Ctrl-C too: half a file must not stay behind, unless it was asked for
        if not resuming:
            _remove(part)
        raise
    _remove(tags)
    return count


def _kept(part, tags):
    # What an earlier run has left: how many bytes, and which version of the page they are of.
    try:
        with open(tags, encoding="ascii") as file:
            tag = file.read().strip()
        return (os.path.getsize(part), tag) if tag else (0, None)
    except (OSError, ValueError):
        return 0, None


def _keep_tag(response, tags):
    # Without a strong validator nobody can say whether the rest is of the same page: it is begun anew then.
    tag = response.headers.get("ETag", "")
    if tag.startswith("W/") or not tag.isascii():
        tag = ""
    with open(tags, "w", encoding="ascii") as file:
        file.write(tag or response.headers.get("Last-Modified", ""))


def _starts_at(response, begin):
    if response.headers.get("Content-Range", "").startswith(f"bytes {begin}-"):
        return True
    raise click.ClickException("the server sent another part than it was asked for")


def _remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _output():
    return _SafeTerminal(sys.stdout) if sys.stdout.isatty() else sys.stdout.buffer


class _SafeTerminal:
    """A terminal for what a server sends: escape sequences stay text."""

    def __init__(self, file):
        self._file = file

    def write(self, data):
        self._file.write(clean(bytes(data).decode("utf-8", "replace").replace("\r\n", "\n")))

    def flush(self):
        self._file.flush()


def _copy(response, file, begin, name):
    length = response.length_remaining      # None when the server did not say
    expected = None if length is None else begin + length
    count = 0
    with _progress() as bar:
        task = bar.add_task(one_line(name), total=expected, completed=begin)
        try:
            while data := response.read1(BLOCK):
                file.write(data)
                count += len(data)
                bar.update(task, completed=begin + count)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if any(isinstance(each, urllib3.exceptions.IncompleteRead) for each in (error, *error.args)):
                raise click.ClickException(
                    f"the connection ended after {begin + count} of {expected} bytes") from error
            raise click.ClickException(f"{_reason(error)} after {begin + count} bytes") from error
    file.flush()
    if length is not None and count != length:
        raise click.ClickException(f"the connection ended after {begin + count} of {expected} bytes")
    return count


def _progress():
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal)
