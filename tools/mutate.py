"""Mutations of the driver's clean-up code, and which of them the tests notice.

cosmic-ray finds the places, makes a change and runs the tests, one change at a time, in a copy of the tree; this file
draws a sample by a seed, gives each source file the tests that are about it, tries what lives against all tests of the
driver, and prints what lives then with its place.
Left out: changes that cannot show (a number of milliseconds by one, what a docstring or a type says).
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "mutate"
COPIED = ("lib", "host", "tests", "tools", "boards", "docs", "pyproject.toml", "README.md")
MOST_ALIVE = 0.1


def settings():
    """[tool.atsock.mutate] of pyproject.toml: tests by source file, what all are followed by, a timeout."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["atsock"]["mutate"]


def copy_of_the_tree(number, source=PLACE / "unchanged"):
    """A fresh copy for one process, and nothing of an earlier run; source: where the tests have passed."""
    place = PLACE / str(number)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (source / name).exists():
            shutil.copy(source / name, place / name)
    return place


def session_of(place, file, options, everything=False):
    """(path of the configuration, path of the session) of one source file; everything: with all tests of the driver."""
    stem = file.replace("/", "_").removesuffix(".py") + "_everything" * everything
    config, session = place / f"{stem}.toml", place / f"{stem}.sqlite"
    tests = " ".join(options["everything"] if everything else options["tests"][file] + options["all"])
    timeout_s = options["everything_s" if everything else "timeout_s"]
    command = f"{sys.executable} -B -m pytest -x -q -n {2 * everything} -p no:cacheprovider {tests}"
    config.write_text(
        f'[cosmic-ray]\nmodule-path = "lib/atsock/{file}"\ntimeout = {timeout_s}\nexcluded-modules = []\n'
        f'test-command = "{command}"\n[cosmic-ray.distributor]\nname = "local"\n'
    )
    return config, session


def run(place, *arguments):
    path = os.pathsep.join([str(place / "lib"), str(place / "host")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(Path(sys.executable).with_name("cosmic-ray")), *map(str, arguments)]
    subprocess.run(command, cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)


def passes_unchanged(options, files):
    """Do the tests pass on the tree as it is?  Else everything would seem to be noticed."""
    place = copy_of_the_tree("unchanged", ROOT)
    tests = [test for file in files for test in options["tests"][file] + options["all"]]
    tests = dict.fromkeys(tests + options["everything"])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(place / "lib"), str(place / "host")])}
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=place, env=environment, stdout=sys.stderr).returncode == 0


def can_show(place, item):
    """False for a change that no test could notice."""
    mutation = item.mutations[0]
    line = (place / mutation.module_path).read_text().splitlines()[mutation.start_pos[0] - 1]
    if "NumberReplacer" in mutation.operator_name and ("_MS = " in line or "_MS: " in line):
        return False
    return "TYPE_CHECKING" not in line and not line.lstrip().startswith(("#", '"""'))


def chosen(place, files, options, count, seed):
    """{file: (configuration, session, [work items])} of a sample over all files."""
    sessions, pool = {}, []
    for file in files:
        config, session = session_of(place, file, options)
        run(place, "init", config, session)
        with use_db(session, WorkDB.Mode.open) as db:
            items = [item for item in db.work_items if can_show(place, item)]
        sessions[file] = [config, session, []]
        pool += [(file, item) for item in items]
    pool.sort(key=lambda pair: (pair[0], pair[1].mutations[0].start_pos, pair[1].mutations[0].operator_name,
                                pair[1].mutations[0].occurrence))
    for file, item in random.Random(seed).sample(pool, min(count, len(pool))):
        sessions[file][2].append(item)
    return sessions, len(pool)


def play(number, files, options, arguments):
    """[(file, item, result)] of the part of the sample that this process has."""
    place = copy_of_the_tree(number)
    sessions, _ = chosen(place, files, options, arguments.count, arguments.seed)
    found, turn = [], 0
    for file, (config, session, items) in sessions.items():
        mine = [item for i, item in enumerate(items) if (turn + i) % arguments.jobs == number]
        turn += len(items)
        if not mine:
            continue
        results = outcomes(place, config, session, mine)
        alive = [item for item, result in results if lives(result)]
        print(f"{file}: {len(mine)} changes made, {len(alive)} alive", file=sys.stderr, flush=True)
        if alive:  # the tests of another file may notice them
            config, session = session_of(place, file, options, everything=True)
            run(place, "init", config, session)
            results = [one for one in results if not lives(one[1])] + outcomes(place, config, session, alive)
        found += [(file, *one) for one in results]
    return found


def outcomes(place, config, session, items):
    """[(item, result)] of the changes, each made and tested."""
    with use_db(session, WorkDB.Mode.open) as db:
        db.clear()
        db.add_work_items(items)
    run(place, "exec", config, session)
    with use_db(session, WorkDB.Mode.open) as db:
        return list(db.completed_work_items)


def lives(result):
    """True for a change that no test has noticed."""
    return result.test_outcome.value == "survived"


def main():
    parser = argparse.ArgumentParser(prog="./tools/mutate", description="Which small changes does no test notice?")
    parser.add_argument("files", nargs="*", help="below lib/atsock; without: those of pyproject.toml")
    parser.add_argument("--count", type=int, default=60, help="changes drawn from all (60)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    arguments = parser.parse_args()
    options = settings()
    files = arguments.files or sorted(options["tests"])
    if not passes_unchanged(options, files):
        return "the tests fail without any change"
    with ThreadPoolExecutor(arguments.jobs) as pool:
        parts = pool.map(lambda number: play(number, files, options, arguments), range(arguments.jobs))
        found = [one for part in parts for one in part]
    alive = [(file, item, result) for file, item, result in found if lives(result)]
    for file, item, result in alive:
        print(f"\n{file}:{item.mutations[0].start_pos[0]} {item.mutations[0].operator_name}")
        print("\n".join(line for line in (result.diff or "").splitlines() if line[:1] in "+-" and line[:3] not in
                        ("+++", "---")))
    strange = [result for _, _, result in found if result.worker_outcome.value != "normal"]
    print(f"\n{len(found)} changes, {len(found) - len(alive)} noticed, {len(alive)} alive"
          + (f", {len(strange)} not tried" if strange else ""))
    return len(alive) > MOST_ALIVE * len(found)


if __name__ == "__main__":
    sys.exit(main())
