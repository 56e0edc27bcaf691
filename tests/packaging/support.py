"""What the tests of this folder share: where things are, MicroPython's environment, a web server with one page."""

import contextlib
import http.server
import os
import shutil
import sys
import threading
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]

sys.path.insert(0, str(TREE / "tools"))  # contents, package, build_mpy, sizes


def program(name):
    """A program of the virtual environment, or on the path."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"no {name} beside {sys.executable} and none on the path")
    return found


MICROPYTHON = program("micropython")


def environment(*folders):
    """The environment in which MicroPython imports from these folders."""
    return {**os.environ, "MICROPYPATH": ":".join(map(str, folders)) + ":.frozen"}


class _OnePage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.page)))
        self.end_headers()
        self.wfile.write(self.server.page)

    def log_message(self, *args):
        """The tests look at `asked`."""


class _Files(http.server.SimpleHTTPRequestHandler):
    def send_head(self):
        self.server.asked.append(self.path)
        return super().send_head()

    def log_message(self, *args):
        """The tests look at `asked`."""


@contextlib.contextmanager
def _serving(handler):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def page_server(page):
    """An HTTP server on loopback that answers every GET with `page` and lists the paths in `asked`."""
    with _serving(_OnePage) as server:
        server.page = page
        yield server


@contextlib.contextmanager
def file_server(folder):
    """An HTTP server on loopback for the files of a folder; `url` is its address, `asked` lists the paths."""
    with _serving(lambda *args: _Files(*args, directory=str(folder))) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
