"""Writes package.json and package-manual.json, the lists of files by which `mip` installs.

Addresses are relative to the package file, so that the same files serve from a checkout, a web server and
"github:" alike.  There are no "deps": mip takes a relative one for a name in its index, and the driver needs nothing
that MicroPython has not built in.  tests/packaging/test_package.py fails when the files are not what this would write.

Source: MicroPython documentation, "Package management", "Writing and publishing packages".
"""

import argparse
import json
import sys

import contents


def listing(paths, version):
    """The text of a package file; paths: {path on the board: address}."""
    urls = ",\n".join(f"    {json.dumps([target, url])}" for target, url in sorted(paths.items()))
    return f'{{\n  "version": {json.dumps(version)},\n  "urls": [\n{urls}\n  ],\n  "deps": []\n}}\n'


def sources(tree=contents.TREE):
    """{file name: text} of the package files in the tree; they name the .py files."""
    lib = tree / "lib"
    known = contents.modules(lib)
    texts = {}
    for file, names in contents.packages(known).items():
        paths = {known[name].relative_to(lib).as_posix(): known[name].relative_to(tree).as_posix() for name in names}
        texts[file] = listing(paths, contents.version(lib))
    return texts


def stale(tree=contents.TREE):
    """Names of the package files that are missing, out of date, or of no package any more."""
    wanted = sources(tree)
    present = {path.name: path.read_text() for path in tree.glob("package*.json")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def write(tree=contents.TREE):
    """Bring the package files up to date; returns the names of those that changed."""
    changed, wanted = stale(tree), sources(tree)
    for name in changed:
        if name in wanted:
            (tree / name).write_text(wanted[name])
        else:
            (tree / name).unlink()
    return changed


def main():
    parser = argparse.ArgumentParser(prog="./tools/package", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 when a file is out of date")
    if parser.parse_args().check:
        found = stale()
        if found:
            sys.exit("out of date, run ./tools/package: " + ", ".join(found))
        return
    for name in write():
        print(name)


if __name__ == "__main__":
    main()
