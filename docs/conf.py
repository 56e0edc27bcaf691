"""How Sphinx makes the site: ./tools/docs.  Pages are Markdown (MyST); the API reference comes from the docstrings."""

import re
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TREE / "lib"), str(TREE / "host")]

import atsock  # noqa: E402

project = "atsock"
version = release = atsock.__version__
copyright = "atsock contributors"
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx_click"]
exclude_patterns = ["examples/**"]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
html_theme = "furo"
html_title = "atsock"
html_show_copyright = False
html_copy_source = False
smartquotes = False     # options are --port, not a dash and a word; quotation marks are those of programs

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
add_module_names = False
python_use_unqualified_type_names = True

_INDENTED = re.compile(r"^ {4,}\S")


def as_plain_text(app, what, name, thing, options, lines):
    """Docstrings here are plain text: nothing in them is markup but `names`; what is indented by four is a program."""
    whole = re.sub(r"`[^`\n]+\n[^`\n]+`", lambda found: re.sub(r"\n *", " ", found[0]), "\n".join(lines))
    out, program = [], False
    for line in whole.split("\n"):
        if _INDENTED.match(line) and (program or not out or not out[-1].strip()):
            if not program:
                out += ["::", ""]
            program = True
            out.append(line)
        elif program and not line.strip():
            out.append(line)
        else:
            program = False
            out.append(_plain(line.strip()))
    lines[:] = [*out, ""]


def _plain(line):
    line = re.sub(r"(`[^`]+`)|([\\*`|_])", lambda found: f"`{found[1]}`" if found[1] else "\\" + found[2], line)
    return line.replace(r"EVENT\_...", "`EVENT_... <errors.html#events>`__")


# Pages whose text stands elsewhere in the tree, where readers of the tree look for it.
ELSEWHERE = {
    "boards": "boards/README.md",
    "examples": "boards/examples/README.md",
    "readme": "README.md",
    "changelog": "CHANGELOG.md",
    "contributing": "CONTRIBUTING.md",
}


def read_from_elsewhere(app, page, source):
    """The text of such a page; its links are changed to those of the site."""
    path = TREE / ELSEWHERE.get(page, f"docs/{page}.md")
    text = path.read_text(encoding="utf-8") if page in ELSEWHERE else source[0]
    if page == "examples":
        for program in sorted(path.parent.glob("*.py")):
            text += f"\n## `{program.name}`\n\n```python\n{program.read_text(encoding='utf-8')}```\n"
    source[0] = re.sub(r"\[([^]]*)\]\(([^):#]+)(#[^)]*)?\)", lambda found: _link(path, page, *found.groups()), text)


def _link(path, page, text, target, anchor):
    file = (path.parent / target).resolve()
    for name, source in ELSEWHERE.items():
        if file in ((TREE / source), (TREE / source).parent) and file != TREE:
            return f"[{text}]({'../' * page.count('/')}{name}.md{anchor or ''})"
    if file.suffix == ".md" and file.is_relative_to(TREE / "docs") and not file.is_relative_to(TREE / "docs/examples"):
        return f"[{text}](/{file.relative_to(TREE / 'docs')}{anchor or ''})"
    return text if text.startswith("`") else f"{text} (`{file.relative_to(TREE)}` in the tree)"


def setup(app):
    app.connect("autodoc-process-docstring", as_plain_text)
    app.connect("source-read", read_from_elsewhere)
    app.connect("env-get-outdated", lambda app, env, added, changed, removed: list(ELSEWHERE))  # read anew each time
