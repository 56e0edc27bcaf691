"""atsock get over a stand-in for the modem whose sockets are the system's, against a real HTTP server."""

import http.server
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from atsock_host import cli
from atsock_host.cli import get as get_command_file
from atsock_host.cli import session
from click.testing import CliRunner

CONTENT = bytes(range(256)) * 40


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    version, asked = '"v1"', []

    def do_GET(self):
        getattr(self, "page_" + self.path[1:].partition("?")[0].replace(".", "_"), self.page_missing)()

    def _send(self, status, body, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def page_file_bin(self):
        self._send(200, CONTENT, ("Content-Length", str(len(CONTENT))), ("Connection", "close"))

    def page_(self):
        self._send(200, self.path.encode(), ("Content-Length", str(len(self.path))))

    def page_until_close(self):
        self._send(200, CONTENT)

    def page_chunked(self):
        self._send(200, b"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", ("Transfer-Encoding", "chunked"))

    def page_cut_off(self):
        self._send(200, CONTENT[:100], ("Content-Length", str(len(CONTENT))))

    def page_moved(self):
        self._send(302, b"", ("Location", "/file.bin"), ("Content-Length", "0"))

    def page_circle(self):
        self._send(301, b"", ("Location", "circle"), ("Content-Length", "0"))

    def page_elsewhere(self):
        self._send(301, b"", ("Location", "ftp://example.com/"), ("Content-Length", "0"))

    def page_nowhere(self):
        self._send(301, b"", ("Location", "http://[2J/"), ("Content-Length", "0"))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/see_other":
            self._send(303, b"", ("Location", "/seen"), ("Content-Length", "0"))
        else:
            said = f"{self.headers['Content-Type']} {self.headers.get('X-Own')} ".encode() + body
            self._send(201, said, ("Content-Length", str(len(said))))

    def page_seen(self):
        self._send(200, b"seen", ("Content-Length", "4"))

    def page_resumable(self):
        """Breaks off at the first third until it is asked for the rest of the same version."""
        begin = 0
        if (asked := self.headers.get("Range")) and self.headers.get("If-Range") == Handler.version:
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
        Handler.asked.append(begin)
        body = CONTENT[begin:] if begin else CONTENT[: len(CONTENT) // 3]
        headers = [("Content-Length", str(len(CONTENT) - begin)), ("ETag", Handler.version)]
        if begin:
            headers.append(("Content-Range", f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}"))
        self._send(206 if begin else 200, body, *headers)

    def page_escapes(self):
        self.send_response(404, "\x1b[31mno\x07")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def page_nonsense(self):
        self.wfile.write(b"this is no HTTP\r\n\r\n")
        self.close_connection = True

    def page_missing(self):
        self._send(404, b"", ("Content-Length", "0"))

    def log_message(self, *args):
        """Silent."""


class StandIn:
    """A Modem whose sockets are the system's."""

    def __init__(self, stream, dialect, **how):
        self.sockets = []

    def attach(self, **how):
        return "127.0.0.1"

    def socket(self):
        self.sockets.append(socket.socket())
        return self.sockets[-1]

    def close(self):
        assert all(sock.fileno() < 0 for sock in self.sockets), "a socket was left open"


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setattr(session.atsock, "Modem", StandIn, raising=False)
    monkeypatch.chdir(tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def get(*arguments):
    return CliRunner().invoke(cli.main, ["get", "--sim", "bg96", *arguments])


def test_to_a_file_named_as_in_the_url(server, tmp_path):
    result = get(f"{server}/file.bin")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert result.stdout == f"file.bin: {len(CONTENT)} bytes\n"
    assert result.stderr == ""


def test_an_existing_file_is_safe_unless_named(server, tmp_path):
    (tmp_path / "file.bin").write_text("precious")
    result = get(f"{server}/file.bin")
    assert result.exit_code == 1
    assert result.stderr == "Error: file.bin exists; --output file.bin overwrites it\n"
    assert (tmp_path / "file.bin").read_text() == "precious"
    assert get(f"{server}/file.bin", "-o", "file.bin").exit_code == 0
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_what_is_no_file_is_written_to_and_never_replaced(server, tmp_path):
    """As /dev/null or a FIFO."""
    os.mkfifo(tmp_path / "fifo")
    with ThreadPoolExecutor() as pool:
        read = pool.submit((tmp_path / "fifo").read_bytes)
        result = get(f"{server}/file.bin", "-o", "fifo")
        assert read.result(30) == CONTENT
    assert result.exit_code == 0 and (tmp_path / "fifo").is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["fifo"]
    assert "is a directory" in get(f"{server}/file.bin", "-o", ".").stderr


def test_to_standard_output(server, tmp_path):
    result = get(f"{server}/file.bin", "--output", "-")
    assert result.exit_code == 0
    assert result.stdout_bytes == CONTENT
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_ends_with_the_connection(server, tmp_path):
    assert get(f"{server}/until_close", "-o", "out").exit_code == 0
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_a_chunked_body(server, tmp_path):
    assert get(f"{server}/chunked").exit_code == 0
    assert (tmp_path / "chunked").read_bytes() == b"hello, world"


def test_no_path_and_a_query_with_odd_characters(server, tmp_path):
    assert get(f"{server}?a=b c%20d", "-o", "out").exit_code == 0
    assert (tmp_path / "out").read_text() == "/?a=b%20c%20d"
    assert get(server).exit_code == 0
    assert (tmp_path / "index.html").read_text() == "/"


def test_a_scheme_may_be_left_out(server, tmp_path):
    assert get(server.removeprefix("http://") + "/file.bin").exit_code == 0
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def failed(*arguments):
    result = get(*arguments)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("Error: ")
    return result.stderr


def test_half_a_file_is_a_failure_and_leaves_nothing(server, tmp_path):
    assert f"after 100 of {len(CONTENT)} bytes" in failed(f"{server}/cut_off")
    assert list(tmp_path.iterdir()) == []


def test_redirects_are_followed_when_asked(server, tmp_path):
    assert f"the server says to look at {server}/file.bin; --follow does that" in failed(f"{server}/moved")
    assert get(f"{server}/moved", "--follow").exit_code == 0
    assert (tmp_path / "moved").read_bytes() == CONTENT
    assert "--follow" in failed(f"{server}/circle", "--follow")


def test_a_redirect_to_what_cannot_be_fetched(server):
    """The operation failed, the usage was right: one line and status 1."""
    assert "only http:// and https:// can be fetched" in failed(f"{server}/elsewhere", "--follow")
    assert "the server says to look elsewhere" in failed(f"{server}/nowhere", "--follow")


def test_posting(server, tmp_path):
    assert get(f"{server}/post", "-d", "a=b", "-H", "X-Own: mine", "-o", "out").exit_code == 0
    assert (tmp_path / "out").read_text() == "application/x-www-form-urlencoded mine a=b"
    (tmp_path / "body").write_bytes(b"{}")
    assert get(f"{server}/post", "-d", "@body", "-H", "content-type: application/json", "-o", "out").exit_code == 0
    assert (tmp_path / "out").read_text() == "application/json None {}"
    assert get(f"{server}/see_other", "-d", "x", "--follow", "-o", "out").exit_code == 0
    assert (tmp_path / "out").read_text() == "seen"
    assert get(f"{server}/post", "-d", "@nothing").exit_code == 2
    assert get(f"{server}/post", "-H", "nothing").exit_code == 2


def test_going_on_where_it_broke_off(server, tmp_path, monkeypatch):
    monkeypatch.setattr(Handler, "asked", [])
    third = len(CONTENT) // 3
    assert f"after {third} of {len(CONTENT)} bytes" in failed(f"{server}/resumable", "--continue")
    assert (tmp_path / "resumable.part").read_bytes() == CONTENT[:third]
    assert get(f"{server}/resumable", "-C").exit_code == 0
    assert (tmp_path / "resumable").read_bytes() == CONTENT
    assert Handler.asked == [0, third]
    assert [path.name for path in tmp_path.iterdir()] == ["resumable"]


def test_another_version_is_begun_anew(server, tmp_path, monkeypatch):
    monkeypatch.setattr(Handler, "asked", [])
    failed(f"{server}/resumable", "-C")
    monkeypatch.setattr(Handler, "version", '"v2"')
    failed(f"{server}/resumable", "-C")
    assert Handler.asked == [0, 0]


def test_a_server_cannot_speak_to_the_terminal(server):
    assert "answered 404 \\x1b[31mno\\x07" in failed(f"{server}/escapes")
    written = []
    terminal = get_command_file._SafeTerminal(SimpleNamespace(write=written.append, flush=lambda: None))
    terminal.write(b"text\r\n\x1b]0;title\x07\xff")
    assert written == ["text\n\\x1b]0;title\\x07\ufffd"]


def test_the_server_says_no(server, tmp_path):
    assert "answered 404 Not Found" in failed(f"{server}/nothing/here")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_http(server):
    assert "not a sound HTTP answer" in failed(f"{server}/nonsense")


def test_nobody_listens(server):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    assert "Connection refused" in failed(f"http://127.0.0.1:{port}/x")


def test_a_folder_that_does_not_exist(server):
    assert "No such file or directory" in failed(f"{server}/file.bin", "-o", "no/such/folder")
