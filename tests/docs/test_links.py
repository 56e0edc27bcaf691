"""Links between the pages as a reader of the tree follows them, where no site has been made: files and headings exist.

`tests/docs/test_site.py` has the same pages as a site.
"""

import re
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
PAGES = [path for folder in (".", "docs", "docs/dialects", "docs/examples/*", "boards", "boards/examples")
         for path in sorted(TREE.glob(f"{folder}/*.md"))]
# Pages of the site whose text stands elsewhere (docs/conf.py): in the tree a link leads to the text itself.
PLACEHOLDER = "The text of this page is "


def anchors(page):
    """The anchors of a page's headings, as code hosts make them."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text())
    headings = (title.strip().lower() for title in re.findall(r"(?m)^#+ (.*)$", text))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if target.suffix == ".md":
            assert not target.read_text().startswith(PLACEHOLDER), link
            assert not anchor or anchor in anchors(target), link


def test_the_pages_are_found():
    assert {TREE / "README.md", TREE / "docs" / "index.md", TREE / "boards" / "README.md"} <= set(PAGES)
