"""A small HTTP client in the manner of MicroPython's requests, over a modem: HTTP and HTTPS.

Like that it imports socket, writes text piece by piece, and reads lines and counted bodies.
"""

import json
import sys
from binascii import crc32

import common

PORT, TLS_PORT, AUTHORITY = common.arguments
modem = common.attached()
sys.modules["socket"] = modem.socket_module()

import socket  # noqa: E402  what a library imports from now on
import ssl  # noqa: E402


def request(method, url, body=b"", headers=(), context=None):
    """(status, headers, body) of an answer; follows one redirection."""
    scheme, _, site, path = url.split("/", 3)
    host, port = site.split(":")
    info = socket.getaddrinfo(host, int(port), 0, socket.SOCK_STREAM)[0]
    stream = socket.socket(info[0], info[1], info[2])
    stream.settimeout(20)
    stream.connect(info[-1])
    if scheme == "https:":
        stream = context.wrap_socket(stream, server_hostname=host)
    stream.write("%s /%s HTTP/1.1\r\nHost: %s\r\n" % (method, path, site))
    for name, value in headers:
        stream.write(name)
        stream.write(": ")
        stream.write(value)
        stream.write("\r\n")
    stream.write("Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body))
    if body:
        stream.write(body)
    status = int(stream.readline().split()[1])
    fields = {}
    line = stream.readline()
    while line != b"\r\n":
        name, value = line.decode().split(":", 1)
        fields[name.lower()] = value.strip()
        line = stream.readline()
    if "location" in fields:
        stream.close()
        return request(method, "%s//%s%s" % (scheme, site, fields["location"]), body, headers, context)
    if fields.get("transfer-encoding") == "chunked":
        content = b""
        while True:
            size = int(stream.readline(), 16)
            content += stream.read(size) if size else b""
            stream.readline()
            if not size:
                break
    else:
        content = stream.read(int(fields["content-length"]))
    assert not stream.read(1)
    stream.close()
    return status, fields, content


context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_REQUIRED
with open(AUTHORITY, "rb") as file:
    context.load_verify_locations(cadata=file.read())
seen = []
for site in ("http://server.example:" + PORT, "https://server.example:" + TLS_PORT):
    hello = request("GET", site + "/moved", context=context)[2].decode()
    big = request("GET", site + "/big", context=context)[2]
    chunked = request("GET", site + "/chunked", context=context)[2]
    text = json.dumps({"text": "Gruß", "n": [1, 2]}).encode()
    status, fields, body = request("POST", site + "/", text, [("Content-Type", "application/json")], context)
    assert fields["x-type"] == "application/json"
    lines = b"a line\n" * 1000
    assert request("POST", site + "/", lines, context=context)[2] == lines
    seen.append([hello, crc32(big), crc32(chunked), status, json.loads(body)])
modem.close()
common.result([seen])
