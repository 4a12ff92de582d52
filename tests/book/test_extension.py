"""The course's Sphinx extension on a book of one page."""

import re

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


def test_a_bibliography_is_a_list_of_items(tmp_path):
    """The course's own bibliography, built without the other pages."""
    ext, static = (str(ROOT / "book" / name) for name in ("_ext", "_static"))
    (tmp_path / "conf.py").write_text(CONF.format(ext=ext, static=static))
    (tmp_path / "references.bib").write_bytes((ROOT / "book/references.bib").read_bytes())
    (tmp_path / "index.md").write_bytes((ROOT / "book/bibliography.md").read_bytes())
    SphinxTestApp("html", srcdir=tmp_path).build()
    text = (tmp_path / "_build" / "html" / "index.html").read_text(encoding="utf-8")
    entries = re.findall(r'<div class="citation"[^>]*>', text)
    assert len(entries) == (ROOT / "book/references.bib").read_text().count("\n@") + 1
    assert all('role="listitem"' in entry for entry in entries)
    assert '<div role="list" class="citation-list">' in text
    assert "doc-biblioentry" not in text
