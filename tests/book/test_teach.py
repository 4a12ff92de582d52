"""What `make teach` writes, opened from disk in a browser."""

import sys

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.built import ROOT, missing

sys.path.insert(0, str(ROOT / "tools"))
import handouts
import packaged
import slides
from lessons import Task

from tests.tools.test_handouts import LESSON as TOYS
from tests.tools.test_slides import LESSON, made

LOOK = """() => Reveal.getSlides().map((slide) => {
  const at = Reveal.getIndices(slide);
  Reveal.slide(at.h, at.v);
  return [slide.scrollWidth - slide.clientWidth, slide.scrollHeight - slide.clientHeight];
})"""
SHORT_AND_FULL = [
    new_markdown_cell("# A"),
    new_markdown_cell("## Short\n\nOne line."),
    new_markdown_cell("## Full\n\n" + "A line of words.\n" * 9 + "\n".join(["- one"] * 24)),
]


@pytest.fixture
def folder(tmp_path):
    try:
        packaged.copy_packaged(packaged.REVEAL, packaged.REVEAL_PARTS, tmp_path / "reveal.js")
    except FileNotFoundError as error:
        missing("slides were not looked at", str(error))
    (tmp_path / "slides").mkdir()
    return tmp_path


def test_slides_ask_for_nothing_from_elsewhere_and_fit(folder, tabs):
    page = slides.export(made(), LESSON.title, "../reveal.js")
    (folder / "slides" / "toys.html").write_text(page, encoding="utf-8")
    one = tabs(folder.as_uri())
    tab = one.open("slides/toys.html", settle=True)
    tab.wait_for_function("window.Reveal && Reveal.isReady() && document.querySelector('math')")
    assert tab.evaluate("Reveal.getTotalSlides()") == 6
    shown = tab.evaluate(LOOK)
    assert [over for over in shown if max(over) > 1] == []
    assert tab.evaluate("!!Reveal.getPlugin('notes')")
    assert one.problems == []


def test_a_slide_with_too_much_is_set_in_smaller_type_and_its_arrows_are_free(folder, tabs):
    deck = slides.make_deck(new_notebook(cells=SHORT_AND_FULL), LESSON)
    page = slides.export(deck, "Full", "../reveal.js")
    (folder / "slides" / "full.html").write_text(page, encoding="utf-8")
    tab = tabs(folder.as_uri()).open("slides/full.html", settle=True)
    tab.wait_for_function("window.Reveal && Reveal.isReady()")
    assert max(max(over) for over in tab.evaluate(LOOK)) <= 1
    units = "Reveal.getSlides().map(s => getComputedStyle(s).getPropertyValue('--unit').trim())"
    _, short, full = tab.evaluate(units)
    assert short == "1px"
    assert 0.5 < float(full.removesuffix("px")) < 1
    number, arrows = (tab.locator(f".reveal .{name}") for name in ("slide-number", "controls"))
    at = number.bounding_box()
    assert at["x"] + at["width"] < arrows.bounding_box()["x"]


def test_a_worksheet_asks_for_nothing_from_elsewhere_and_draws_its_formulas(folder, tabs):
    formula = Task("exercise", "Roots", "**Exercise 2.** What is $\\sqrt{4}$?", "", "Two.")
    lesson = handouts.worksheet(TOYS) + handouts._task(formula)
    (folder / "sheet.html").write_text(handouts.page("Toys", lesson), encoding="utf-8")
    one = tabs(folder.as_uri())
    tab = one.open("sheet.html", settle=True)
    assert tab.locator("math msqrt").bounding_box()["width"] > 10
    assert tab.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert one.problems == []
