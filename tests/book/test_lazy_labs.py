"""A lab on a page that is no chapter: loaded after the page, when the reader comes near."""

import shutil

import nbformat
import pytest

from cxrlib.teaching import labs
from tests.book.lab_pages import choose, lab_in, make_image, numbers
from tests.built import ROOT
from tests.tools.conftest import TOOLS  # noqa: F401 - puts the tools on the path

import lazy_labs  # isort: skip

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Book</title>
<link rel="stylesheet" href="_static/custom.css"><script src="_static/course.js"></script></head>
<body><main><h1>Book</h1><div style="height: {above}px"></div>{slot}<p id="below">Below.</p>
</main></body></html>"""


@pytest.fixture
def book(tmp_path, tabs):
    """Open a page with a lab so many pixels below its top: book(above, tail)."""
    notebook = nbformat.v4.new_notebook()
    shown = {"text/html": labs.kernel_lab(make_image())._repr_html_()}
    output = nbformat.v4.new_output("display_data", data=shown)
    notebook.cells.append(nbformat.v4.new_code_cell("lab", outputs=[output]))
    nbformat.write(notebook, tmp_path / "one.ipynb")
    shutil.copytree(ROOT / "book" / "_static", tmp_path / "book" / "_static")
    (tmp_path / "book" / "page.md").write_text(
        '<div class="lab-slot" data-lab="kernel_lab"></div>\n'
    )
    assert lazy_labs.fill_slots(tmp_path, [tmp_path / "one.ipynb"]) == []
    slot = (tmp_path / "book" / "page.md").read_text().partition("html\n")[2].partition("````")[0]
    visits = []

    def start(above, tail="", **options):
        (tmp_path / "book" / "page.html").write_text(PAGE.format(above=above, slot=slot))
        visits.append(tabs((tmp_path / "book").as_uri(), **options))
        return visits[-1].open(f"page.html{tail}")

    yield start
    assert [one.problems for one in visits if one.problems] == []


SHIFTS = """() => new Promise((done) => {
  const watch = new PerformanceObserver((list) =>
    done(list.getEntries().reduce((sum, one) => sum + one.value, 0)));
  watch.observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(0), 300);
})"""


def started(tab):
    return lab_in(tab, "kernel_lab").locator(".still").count() == 0


def test_it_is_loaded_when_it_comes_near_and_works(book):
    tab = book(3000)
    tab.wait_for_timeout(300)
    assert not started(tab)
    assert tab.locator("script[src*=labs]").count() == 0
    tab.evaluate("scrollTo(0, 2600)")
    lab = lab_in(tab, "kernel_lab")
    lab.get_by_role("radio", name="blur").wait_for()
    choose(lab, "Stride", "2")
    assert numbers(lab).shape == (10, 8)
    assert tab.locator(".lab-slot.waits").count() == 0


def test_where_it_is_seen_at_once_nothing_moves_when_it_starts(book):
    tab = book(200)
    lab_in(tab, "kernel_lab").get_by_role("radio", name="blur").wait_for()
    assert tab.evaluate(SHIFTS) < 0.02


def test_a_link_to_it_loads_it_wherever_it_is(book):
    tab = book(5000, "#kernel_lab=stride:3")
    lab = lab_in(tab, "kernel_lab")
    lab.get_by_role("radio", name="3", exact=True).wait_for()
    assert lab.get_by_role("radio", name="3", exact=True).is_checked()


def test_without_javascript_its_still_image_stands_there(book):
    tab = book(100, java_script_enabled=False)
    assert lab_in(tab, "kernel_lab").get_by_text("A still image.").is_visible()
    assert tab.locator("#below").bounding_box()["y"] < 1200
