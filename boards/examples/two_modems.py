"""Two modems, with SIMs of two operators: what one cannot do is tried on the other.

The second module is described by board2.py, a copy of board.py with its own UART and pins.
"""

import start

HOST, PATHS = "example.com", ("/one", "/two", "/three")

modems = [start.modem(1), start.modem(2)]


def fetch(modem, path):
    modem.attach(timeout_ms=60_000)
    sock = modem.socket()
    try:
        sock.settimeout(30)
        sock.connect((HOST, 80))
        sock.write("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n".format(path, HOST).encode())
        return sock.read()
    finally:
        sock.close()


def fetch_by_any(path):
    """(dialect, page), by the first modem that can; that one is asked first the next time."""
    error = None
    for modem in list(modems):
        try:
            page = fetch(modem, path)
            modems.remove(modem)
            modems.insert(0, modem)
            return modem.dialect, page
        except OSError as caught:
            print("not by", modem.dialect, caught)
            error = caught
    raise error


for path in PATHS:
    dialect, page = fetch_by_any(path)
    print(path, "by", dialect, len(page), "bytes")
for modem in modems:
    modem.close()
