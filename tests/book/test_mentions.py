"""Chapters and articles that a page names become links to them, and to nothing else."""

import re
import sys

import pytest
from sphinx.testing.util import SphinxTestApp

from tests.built import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import mentions

CONF = """
import sys
sys.path.insert(0, {ext!r})
extensions = ["myst_parser", "mentions"]
"""
CHAPTERS = {"03": ("chapters/03-convolution", ""), "04": ("chapters/04-pooling", "")}
OF_ARTICLES = "../book/five-articles.html#article-"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Chapter 03 said so.", ["Chapter 03"]),
        ("of chapters 03 and 04, not 05", ["chapters 03", "04"]),
        ("broken off: chapter\n04", ["chapter\n04"]),
        ("Article 4's VGG16", ["Article 4"]),
        ("articles 0, 3 and 4 turn", ["articles 0", "3", "4"]),
        ("article 3, chapter 04, article 3", ["article 3", "chapter 04", "article 3"]),
        ("chapter 14, article 5, articles, article 3 % of them, article 3.5", []),
    ],
)
def test_what_is_named_is_found(text, named):
    found = list(mentions.mentions(text, CHAPTERS))
    assert [text[words] for words, _ in found] == named


PAGE = """# Chapter 03 again

See chapter 03, **article 1**, [chapter 04](04-pooling.md) and `chapter 04`; again chapter 03 and
article 1. This is chapter 05.

| one | two |
|---|---|
| chapter 03 | articles 0 and 2 |

```python
chapter = "chapter 03"
```
"""


@pytest.fixture
def links(tmp_path):
    """Build a few pages; return page → (address, words) of each link that was made there."""
    (tmp_path / "conf.py").write_text(CONF.format(ext=str(ROOT / "book" / "_ext")))
    pages = {f"chapters/{name}": f"# {name}\n" for name in ("03-convolution", "04-pooling")}
    pages["chapters/05-first-cnn"] = PAGE
    articles = "".join(f"\n## Article {n}\n" for n in range(5))
    pages["book/five-articles"] = f"# Articles\n\nArticle 1 is taken up in chapter 05.\n{articles}"
    pages["index"] = "# All\n\n```{toctree}\n" + "\n".join(pages) + "\n```\n\nChapter 04, first.\n"
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.md").write_text(text)
    app = SphinxTestApp("html", srcdir=tmp_path)
    app.build()

    def of(name):
        html = (tmp_path / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")
        body = html.partition('<div class="body" role="main">')[2].partition("sphinxsidebar")[0]
        return re.findall(r'<a class="reference internal" href="([^"]+)">([^<]+)</a>', body)

    return of


def test_the_first_mention_in_each_paragraph_becomes_a_link_outside_of_code_and_headings(links):
    assert links("chapters/05-first-cnn") == [
        ("03-convolution.html", "chapter 03"),
        (f"{OF_ARTICLES}1", "article 1"),
        ("03-convolution.html", "chapter 03"),
        (f"{OF_ARTICLES}0", "articles 0"),
        (f"{OF_ARTICLES}2", "2"),
    ]


def test_no_page_leads_to_itself(links):
    assert links("book/five-articles") == [("../chapters/05-first-cnn.html", "chapter 05")]


def test_pages_that_are_no_chapters_have_them_too(links):
    assert ("chapters/04-pooling.html", "Chapter 04") in links("index")
