"""./tools/example: a program of boards/examples on a virtual module, with servers of this machine behind its names.

MicroPython's unix port runs it, or CPython where the program can do without MicroPython's own modules.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from atsock_host import Simulator
from atsock_host.limits import DIALECTS
from example_servers import NEEDS, Servers
from unearth import PackageFinder

TREE = Path(__file__).resolve().parent.parent
EXAMPLES = TREE / "boards" / "examples"
LIBRARIES = TREE / "build" / "micropython-lib"
# Sources for MicroPython on PyPI, in a form that pip does not install: micropython-lib's MQTT client.
UMQTT = "micropython-umqtt.simple==1.3.4"
NEED_UMQTT = ("mqtt_months", "requests_umqtt")
# What only MicroPython has: umqtt, its ssl over any stream, time.ticks_ms().
MICROPYTHON_ONLY = ("https_checked", "mqtt_months", "requests_umqtt")


def umqtt():
    """The folder from which umqtt can be imported; gets it from PyPI the first time."""
    if not LIBRARIES.exists():
        LIBRARIES.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=LIBRARIES.parent) as folder:
            finder = PackageFinder(index_urls=["https://pypi.org/simple/"])
            link = finder.find_best_match(UMQTT).best.link
            unpacked = finder.download_and_unpack(link, Path(folder) / "unpacked", Path(folder))
            try:
                os.rename(unpacked, LIBRARIES)
            except OSError:
                if not LIBRARIES.exists():  # else another process was faster
                    raise
    return LIBRARIES


def command(name, ports, cpython=False):
    """(command, environment) that runs an example on modules at [(port, dialect), ...]."""
    folders = [TREE / "lib", TREE / "boards" / "unix", *([umqtt()] if name in NEED_UMQTT else [])]
    path = os.pathsep.join(map(str, folders))
    program = sys.executable if cpython else str(Path(sys.executable).with_name("micropython"))
    words = [word for port in ports for word in port]
    return [program, str(EXAMPLES / f"{name}.py"), *words], {
        **os.environ, "MICROPYPATH": path + ":.frozen", "PYTHONPATH": path + os.pathsep + str(TREE / "host"),
        "PYTHONUNBUFFERED": "1"}


def main():
    parser = argparse.ArgumentParser(prog="tools/example", description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", choices=sorted(NEEDS), metavar="NAME", help=", ".join(sorted(NEEDS)))
    parser.add_argument("--sim", choices=DIALECTS, default="bg96", metavar="DIALECT", help="default: bg96")
    parser.add_argument("--cpython", action="store_true", help="run it with CPython")
    given = parser.parse_args()
    if given.name is None:
        print(*sorted(NEEDS), sep="\n")
        return 0
    if given.cpython and given.name in MICROPYTHON_ONLY:
        parser.error(f"{given.name} needs modules that only MicroPython has")
    with tempfile.TemporaryDirectory() as folder, Servers(given.name, folder) as servers:
        Path(folder, "authority.der").write_bytes(servers.authority)
        with Simulator(given.sim, hosts=servers.hosts) as module, Simulator("l610", hosts=servers.hosts) as other:
            words, environment = command(given.name, [(module.port, given.sim), (other.port, "l610")], given.cpython)
            print("$", *(json.dumps(word) if " " in word else word for word in words[1:]), file=sys.stderr)
            # In a session of its own it does not see Ctrl-C, which it would answer with a traceback: run() kills it.
            return subprocess.run(words, env=environment, cwd=folder, start_new_session=True).returncode


if __name__ == "__main__":
    sys.exit(main())
