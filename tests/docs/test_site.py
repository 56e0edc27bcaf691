"""The site of the documentation: it builds without a warning, and says what the code says."""

import errno
import html
import re
import subprocess
import sys
from pathlib import Path

import atsock
import atsock_host
import pytest

TREE = Path(__file__).resolve().parents[2]
DOCS = TREE / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", folder / "read", "-b", "html", DOCS,
         folder / "html"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


@pytest.mark.slow
def test_every_page_is_in_the_site(site):
    pages = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if "examples/" not in str(path.relative_to(DOCS))]
    assert len(pages) > 20
    for page in pages:
        assert (site / page.with_suffix(".html")).exists()


@pytest.mark.slow
def test_the_reference_has_every_public_name(site):
    """And every public method of the classes, as the builder's list of objects has them."""
    text = (site / "api.html").read_text() + (site / "api-host.html").read_text()
    for package in (atsock, atsock_host):
        for name in package.__all__:
            thing = getattr(package, name)
            assert name in text
            if not isinstance(thing, type) or name == "Socket":  # its kinds are there
                continue
            assert re.search(rf'id="[a-z_.]*\.{name}"', text), name
            if issubclass(thing, Exception) or name == "Bridge":
                continue
            for base in (base for base in thing.__mro__ if base.__module__.partition(".")[0] == package.__name__):
                for method in (m for m, value in vars(base).items() if callable(value) and not m.startswith("_")):
                    assert re.search(rf'id="[a-z_.]*\.({name}|{base.__name__})\.{method}"', text), f"{name}.{method}"


@pytest.mark.slow
def test_text_from_elsewhere_links_to_pages(site):
    boards = (site / "boards.html").read_text()
    assert 'href="examples.html"' in boards and "is boards/README.md of the tree" not in boards
    assert 'id="tcp-server-py"' in (site / "examples.html").read_text()
    assert 'href="design.html"' in (site / "contributing.html").read_text()


def text_of(page):
    """What a reader sees of a page, and can copy."""
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"(?s)<(script|style).*?</\1>", "", page.read_text())))


@pytest.mark.slow
def test_what_is_copied_from_a_page_works(site):
    """Quotation marks and hyphens are those of programs, on every page; no markup of docstrings is left."""
    for page in site.rglob("*.html"):
        if "_modules" not in page.parts:
            assert not re.search("[\u2013\u2014\u2018\u2019\u201c\u201d]", text_of(page)), page.name
    assert "--port" in text_of(site / "cli.html")
    for name in ("api", "api-host"):
        assert "`" not in text_of(site / f"{name}.html"), name


@pytest.mark.slow
def test_the_events_are_a_link(site):
    assert 'href="errors.html#events">EVENT_...</a>' in (site / "api.html").read_text()
    assert 'id="events"' in (site / "errors.html").read_text()


def test_pages_of_the_dialects_are_current():
    done = subprocess.run(
        [sys.executable, TREE / "tools" / "dialectdoc", "--check"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_errors_page_has_every_number_and_event():
    page = (DOCS / "errors.md").read_text()
    used = set()
    for path in (TREE / "lib" / "atsock").rglob("*.py"):
        if "manual" not in path.parts:
            used |= set(re.findall(r"\bE[A-Z]{2,}\b", path.read_text())) & set(dir(errno))
    rows = re.findall(r"^\| ([A-Z]+) \|", page, re.MULTILINE)
    assert set(rows) == used
    assert rows == sorted(rows)
    assert set(re.findall(r"EVENT_\w+", page)) == {name for name in dir(atsock) if name.startswith("EVENT_")}


@pytest.mark.parametrize("step", ["sync", "identify", "sim", "register", "context"])
def test_errors_page_has_every_step_of_attach(step):
    assert re.search(rf"^\| `{step}\b", (DOCS / "errors.md").read_text(), re.MULTILINE)


def test_rows_that_another_module_quotes_are_those_of_the_dialect():
    source = " ".join((TREE / "lib/atsock/dialects/bg96.py").read_text().split())
    quoted = re.findall(r"^(?:CLOSE = )?\((b.*)\)", (DOCS / "another-module.md").read_text(), re.MULTILINE)
    assert len(quoted) == 2
    for row in quoted:
        assert " ".join(row.split()) in source
