"""The book on paper."""

import sys

import pytest
import yaml

from tests.built import ROOT

HOME = "https://somebody.github.io/course/"


@pytest.fixture(scope="module")
def printing():
    sys.path.insert(0, str(ROOT / "tools"))
    import printing

    yield printing
    sys.path.remove(str(ROOT / "tools"))


def test_every_page_is_printed_once_in_the_order_of_the_contents(printing):
    pages = printing.pages_in_order(ROOT)
    assert pages[0] == yaml.safe_load((ROOT / "_toc.yml").read_text())["root"]
    assert len(set(pages)) == len(pages)
    there = [f"chapters/{path.stem}" for path in sorted((ROOT / "chapters").glob("*.ipynb"))]
    assert [page for page in pages if page.startswith("chapters/")] == there
    assert "book/api/data" in pages


def test_on_paper_links_lead_to_the_web_and_solutions_are_open(printing, visit, html):
    here = html.as_uri()
    tab = visit(here).open("chapters/02-neurons.html")
    tab.evaluate(printing.FOR_PAPER, [f"{here}/", HOME])
    links = tab.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
    assert [link for link in links if link.startswith("file:")] == []
    assert f"{HOME}chapters/03-convolution.html" in links
    shut = ".bd-article details:not(.hide):not([open])"
    assert tab.locator(shut).count() == 0
