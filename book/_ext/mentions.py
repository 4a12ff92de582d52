"""Sphinx extension: chapters and articles that a page names become links.

That is done in chapters, in their outputs, and on the book's other pages, drawn tables included. In
each paragraph the first mention of each target leads there; none leads to the page it stands on.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from docutils import nodes
from sphinx.application import Sphinx

NEXT = r"(?:(?:,\s+and\s+|,\s+|\s+and\s+|\s+or\s+|\s+to\s+)%s\b)*"
CHAPTER = re.compile(r"\b[Cc]hapters?\s+(\d\d\b" + NEXT % r"\d\d" + ")")
ARTICLE = re.compile(r"\b[Aa]rticles?\s+([0-4]\b(?![.]\d|\s?%)" + NEXT % "[0-4]" + ")")
NUMBER = re.compile(r"\d+")
ARTICLES = {str(n): ("book/five-articles", f"#article-{n}") for n in range(5)}
NO_PROSE = (nodes.reference, nodes.title, nodes.rubric, nodes.literal, nodes.math, nodes.term)
Target = tuple[str, str]  # a page, and the place on it


def mentions(text: str, chapters: dict[str, Target]) -> Iterator[tuple[slice, Target]]:
    """Yield the words that name a chapter or an article, in order, and what they name.

    Of "chapters 03 and 04" these are "chapters 03" and "04".

    Parameters
    ----------
    text : str
    chapters : dict
        Number, such as ``"08"`` → target.
    """
    known = [(match, chapters) for match in CHAPTER.finditer(text)]
    known += [(match, ARTICLES) for match in ARTICLE.finditer(text)]
    for match, targets in sorted(known, key=lambda one: one[0].start()):
        numbers = list(NUMBER.finditer(text, *match.span(1)))
        begins = chain([match.start()], (number.start() for number in numbers[1:]))
        for begin, number in zip(begins, numbers, strict=True):
            if number[0] in targets:
                yield slice(begin, number.end()), targets[number[0]]


def is_prose(text: nodes.Text) -> bool:
    """Tell a text that may hold a link from a heading, code, a formula, or a link."""
    node = text.parent
    while node is not None:
        if isinstance(node, (*NO_PROSE, nodes.FixedTextElement)):
            return False
        node = node.parent
    return True


def block(text: nodes.Text) -> nodes.Element:
    """Return the paragraph, or what stands for it, in which a text is."""
    node = text.parent
    while isinstance(node, nodes.Inline):
        node = node.parent
    return node


def link_mentions(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the links into a page (``doctree-resolved``)."""
    if app.builder.format != "html":
        return
    pages = sorted(page for page in app.env.found_docs if page.startswith("chapters/"))
    chapters = {page.removeprefix("chapters/")[:2]: (page, "") for page in pages}
    linked: dict[int, set[Target]] = defaultdict(set)
    for text in filter(is_prose, list(doctree.findall(nodes.Text))):
        plain, parts, end, seen = str(text), [], 0, linked[id(block(text))]
        for words, target in mentions(plain, chapters):
            if target in seen or target[0] == docname:
                continue
            seen.add(target)
            address = app.builder.get_relative_uri(docname, target[0]) + target[1]
            link = nodes.reference("", plain[words], refuri=address, internal=True)
            parts += [nodes.Text(plain[end : words.start]), link]
            end = words.stop
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(plain[end:])])


def setup(app: Sphinx) -> dict:
    """Do so when pages are written."""
    app.connect("doctree-resolved", link_mentions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
