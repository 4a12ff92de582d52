"""Sphinx extension of the course: nothing is loaded from another server, or for nothing.

Thebe (not used here) is taken off the pages, the course's own style sheet and script are added, and
the bibliography is a list to those who listen.
"""

import re

UNUSED = "thebe"


def drop_unused(app, pagename, templatename, context, doctree):
    """Leave out thebe, which Jupyter Book puts on every page, twice."""
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if UNUSED not in f"{file} {getattr(file, 'attributes', {})}".lower()
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
    app.add_css_file("custom.css")
    app.add_js_file("course.js")
    app.connect("html-page-context", drop_unused, priority=999)
    app.connect("html-page-context", list_citations)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
