"""The course's Sphinx extension on a book of one page."""

import re

import pytest
from sphinx.testing.util import SphinxTestApp

from tests.built import ROOT

CONF = """
import sys
sys.path.insert(0, {ext!r})
extensions = ["myst_parser", "sphinxcontrib.bibtex", "course"]
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"
myst_enable_extensions = ["colon_fence"]
html_static_path = [{static!r}]
"""


@pytest.fixture(scope="module")
def bibliography(tmp_path_factory):
    """The course's own bibliography, built without the other pages."""
    source = tmp_path_factory.mktemp("book")
    ext, static = (str(ROOT / "book" / name) for name in ("_ext", "_static"))
    (source / "conf.py").write_text(CONF.format(ext=ext, static=static))
    (source / "references.bib").write_bytes((ROOT / "book/references.bib").read_bytes())
    (source / "index.md").write_bytes((ROOT / "book/bibliography.md").read_bytes())
    app = SphinxTestApp("html", srcdir=source)
    app.build()
    return source / "_build" / "html" / "index.html"


def test_a_bibliography_is_a_list_of_items(bibliography):
    text = bibliography.read_text(encoding="utf-8")
    entries = re.findall(r'<div class="citation"[^>]*>', text)
    assert len(entries) == (ROOT / "book/references.bib").read_text().count("\n@") + 1
    assert all('role="listitem"' in entry for entry in entries)
    assert '<div role="list" class="citation-list">' in text
    assert "doc-biblioentry" not in text


def test_axe_finds_the_items(bibliography, browser):
    from axe_playwright_python.sync_playwright import Axe

    with browser.new_context() as context:
        tab = context.new_page()
        tab.goto(bibliography.as_uri())
        rules = {"runOnly": ["aria-required-children", "aria-required-parent", "list", "listitem"]}
        assert Axe().run(tab, options=rules).response["violations"] == []
