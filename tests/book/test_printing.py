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
    shut = ".bd-article details:not(.above-input):not([open])"
    assert tab.locator(".bd-article details").count() > tab.locator(shut).count() == 0


def test_on_paper_nothing_waits_for_a_click_and_every_figure_is_there(printing, visit, html):
    tab = visit(html.as_uri()).open("chapters/03-convolution.html")
    tab.emulate_media(media="print")
    tab.evaluate(printing.FOR_PAPER, [f"{html.as_uri()}/", HOME])
    outputs = tab.locator(".bd-article details.below-input .cell_output")
    assert outputs.count() > 0
    assert all(one.is_visible() for one in outputs.all())
    summaries = tab.locator(".bd-article details.hide > summary")
    assert not any(one.is_visible() for one in summaries.all())
    figures = tab.locator(".bd-article img").all()
    widths = [one.evaluate("image => image.naturalWidth") for one in figures]
    assert min(widths) > 0


def test_on_paper_tables_fit_and_may_go_on_on_the_next_page(printing, visit, html):
    tab = visit(html.as_uri(), width=660).open("book/for-instructors.html")
    tab.emulate_media(media="print")
    over = "[...document.querySelectorAll('.bd-article table')].map(t =>"
    over += " [t.getBoundingClientRect().right - innerWidth, getComputedStyle(t).breakInside])"
    assert {kind for _, kind in tab.evaluate(over)} == {"auto"}
    assert max(right for right, _ in tab.evaluate(over)) <= 0
    names = tab.locator("td:first-child code.literal").all()
    assert max(len(one.evaluate("c => [...c.getClientRects()]")) for one in names) == 1
