"""A TCP server: gives every line back in capitals, to one client after the other.

The SIM needs an address that others can reach: most operators give out private ones, and no port leads to those.
"""

import start

PORT = 8023
SILENT_S = 60  # a client that says nothing for so long has gone

modem = start.modem()
print("listening on {}:{}".format(modem.attach(timeout_ms=240_000), PORT))
server = modem.socket()
server.bind(("", PORT))
server.listen(1)

while True:
    client, (address, port) = server.accept()
    print("client:", address)
    client.settimeout(SILENT_S)
    try:
        while True:
            line = client.readline()
            if not line:
                break
            client.write(line.upper())
    except OSError as error:
        print("lost:", error)
    finally:
        client.close()
