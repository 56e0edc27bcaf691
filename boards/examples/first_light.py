"""First light: says who the module is, and fetches a page."""

import start

HOST, PATH = "example.com", "/"

modem = start.modem()
print("module:", *modem.identity())
print("signal, dBm:", modem.signal()[0])
# The first search with a new SIM or in a new place takes minutes.
print("address:", modem.attach(timeout_ms=240_000, on_progress=lambda step, detail: print("attach:", step, detail)))
sock = modem.socket()
sock.settimeout(30)
sock.connect((HOST, 80))
sock.write("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n".format(PATH, HOST).encode())
page = sock.read()
sock.close()
modem.close()
print(page.decode())
