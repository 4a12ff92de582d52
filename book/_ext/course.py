"""Sphinx extension of the course: nothing is loaded from another server, or for nothing.

MathJax is served from the book itself, to pages with formulas; thebe (not used here) is taken off
the pages, the course's own style sheet and script are added, and the bibliography is a list to
those who listen.
"""

import re
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from shutil import copy2

from sphinx.errors import ExtensionError

MATHJAX_PACKAGE = "sphinx-mathjax-offline"
# What a page with TeX on it can ask for; the whole package is twelve times as large.
MATHJAX_PARTS = ("tex-chtml.js", "input/tex/extensions/", "output/chtml/fonts/woff-v2/")


def copy_mathjax(app, error):
    """Copy the needed part of MathJax into the finished book."""
    if error is not None or app.builder.format != "html":
        return
    try:
        packaged = files(MATHJAX_PACKAGE) or []
    except PackageNotFoundError:
        raise ExtensionError(
            f"Expected the package {MATHJAX_PACKAGE}, which serves formulas without a network, "
            "but it is not installed. Install the book's packages: pip install -e '.[book]'"
        ) from None
    for entry in packaged:
        part = entry.as_posix().partition("/static/mathjax/")[2]
        if part.startswith(MATHJAX_PARTS):
            target = Path(app.outdir, "_static", "mathjax", part)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy2(entry.locate(), target)


def drop_unused(app, pagename, templatename, context, doctree):
    """Leave out what Jupyter Book and Sphinx put on pages that have no use for it.

    That is thebe, on every page and twice, and MathJax on a page that has no formula but leads to
    one that does.
    """
    unused = ["thebe"]
    if 'class="math' not in context.get("body", ""):
        unused.append("mathjax")
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if not any(w in f"{file} {getattr(file, 'attributes', {})}".lower() for w in unused)
        ]


ENTRY = re.compile(r'(<div class="citation"[^>]*) role="doc-biblioentry"')


def list_citations(app, pagename, templatename, context, doctree):
    """Make entries of the bibliography items of their list.

    docutils puts them into a list under the role ``doc-biblioentry``, which stands for one no
    longer; screen readers then find a list without items.
    """
    if 'role="doc-biblioentry"' in context.get("body", ""):
        context["body"] = ENTRY.sub(r'\1 role="listitem"', context["body"])


def setup(app):
    """Connect all of them."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.config.mathjax3_config = {"options": {"enableMenu": False}}
    app.add_css_file("custom.css")
    app.add_js_file("course.js")
    app.connect("html-page-context", drop_unused, priority=999)
    app.connect("html-page-context", list_citations)
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
