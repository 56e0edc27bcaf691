"""The driver in a ROMFS image, built by mpremote from the .mpy files and mounted by vfs.VfsRom in the unix port."""

import subprocess

import pytest
from atsock_host import Simulator

from support import MICROPYTHON, TREE, environment, page_server

import contents
import sizes

pytestmark = pytest.mark.slow

MOUNTED = """
import sys, vfs
with open({image!r}, "rb") as file:
    image = file.read()
vfs.mount(vfs.VfsRom(image), "/rom")
sys.path.insert(0, "/rom")
"""


@pytest.fixture(scope="module")
def image(build, tmp_path_factory):
    path = tmp_path_factory.mktemp("romfs") / "atsock.romfs"
    sizes.make_romfs(build / "x64", path)
    return path


def run(image, script, *arguments, folders=()):
    done = subprocess.run(
        [MICROPYTHON, "-c", MOUNTED.format(image=str(image)) + script, *arguments], cwd=TREE,
        env=environment(*folders), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_module_is_in_it(image):
    names = sorted(contents.modules())
    said = run(image, f"for name in {names!r}:\n    __import__(name)\n    print(sys.modules[name].__file__)\n")
    found = said.splitlines()
    assert len(found) == len(names)
    assert all(path.startswith("/rom/atsock/") and path.endswith(".mpy") for path in found)


@pytest.mark.parametrize("dialect", contents.dialects())
def test_it_fetches_a_page(image, dialect):
    page = bytes(range(256)).replace(b"\r", b"").hex().encode()
    with page_server(page) as server, Simulator(
            dialect, hosts={"example.com": f"127.0.0.1:{server.server_port}"}) as module:
        arguments = ["first_light.py", module.port, dialect]
        said = run(
            image, f"sys.argv[:] = {arguments!r}\nexec(open('boards/examples/first_light.py').read())\n"
            "print(start.atsock.__file__)\n", folders=[TREE / "boards" / "unix"])
    assert page.decode() in said
    assert said.splitlines()[-1].startswith("/rom/")


def test_it_is_not_copied_to_the_heap(image, tmp_path):
    """What importing it keeps is much less than its files are: code and constants stay where they are."""
    said = run(image, "import gc; gc.collect(); before = gc.mem_alloc(); import atsock; gc.collect()\n"
                      "print(gc.mem_alloc() - before)\n")
    assert 0 < int(said) < image.stat().st_size
