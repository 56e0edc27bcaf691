"""The fixtures that a reader of docs/testing.md has: a web server, and a driver that has been at work."""

import http.server
import os
import stat
import sys
import threading

import pytest
import serial

sys.path.insert(0, os.path.dirname(__file__))

import my_project

DOWNLOAD = f"""\
#!{sys.executable}
import sys, serial
sys.path.insert(0, {os.path.dirname(__file__)!r})
import my_project
line = serial.serial_for_url(sys.argv[1], timeout=5)
driver = my_project.Driver(line)
host, port = sys.argv[2].split(":")
driver.connect((host, int(port)))
driver.send(b"GET / HTTP/1.0\\r\\n\\r\\n")
while not line.readline().startswith(b'+QIURC: "recv",0'):
    pass
answer = b"".join(one + b"\\r\\n" for one in driver.command("AT+QIRD=0,1500"))
sys.stdout.write(answer.split(b"\\r\\n\\r\\n")[1].strip().decode())
driver.close()
"""


class Page(http.server.BaseHTTPRequestHandler):
    wbufsize = -1

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(my_project.PAGE)

    def log_message(self, *args):
        pass


@pytest.fixture
def web_server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    program = tmp_path / "build" / "download"
    program.write_text(DOWNLOAD)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def driven(virtual_modem):
    line = serial.serial_for_url(virtual_modem.port, timeout=5)
    my_project.Driver(line).close()
