"""What `make teach` writes, opened from disk in a browser."""

import sys

import pytest

from tests.built import ROOT, missing

sys.path.insert(0, str(ROOT / "tools"))
import handouts
import packaged
import slides
from lessons import Task

from tests.tools.test_handouts import LESSON as TOYS
from tests.tools.test_slides import LESSON, made


@pytest.fixture
def folder(tmp_path):
    try:
        packaged.copy_packaged(packaged.REVEAL, packaged.REVEAL_PARTS, tmp_path / "reveal.js")
    except FileNotFoundError as error:
        missing("slides were not looked at", str(error))
    packaged.copy_packaged(packaged.MATHJAX, packaged.MATHJAX_PARTS, tmp_path / "mathjax")
    (tmp_path / "slides").mkdir()
    return tmp_path


def test_slides_ask_for_nothing_from_elsewhere_and_fit(folder, tabs):
    page = slides.export(made(), LESSON.title, "../reveal.js")
    (folder / "slides" / "toys.html").write_text(page, encoding="utf-8")
    one = tabs(folder.as_uri())
    tab = one.open("slides/toys.html", settle=True)
    tab.wait_for_function("window.Reveal && Reveal.isReady() && document.querySelector('mjx-math')")
    assert tab.evaluate("Reveal.getTotalSlides()") == 6
    shown = tab.evaluate(
        """() => Reveal.getSlides().map((slide) => {
          const at = Reveal.getIndices(slide);
          Reveal.slide(at.h, at.v);
          return [slide.scrollWidth - slide.clientWidth, slide.scrollHeight - slide.clientHeight];
        })"""
    )
    assert [over for over in shown if max(over) > 1] == []
    assert tab.evaluate("!!Reveal.getPlugin('notes')")
    assert one.problems == []


def test_a_worksheet_asks_for_nothing_from_elsewhere_and_draws_its_formulas(folder, tabs):
    formula = Task("exercise", "Roots", "**Exercise 2.** What is $\\sqrt{4}$?", "", "Two.")
    lesson = handouts.worksheet(TOYS) + handouts._task(formula)
    (folder / "sheet.html").write_text(handouts.page("Toys", lesson, "mathjax"), encoding="utf-8")
    one = tabs(folder.as_uri())
    tab = one.open("sheet.html", settle=True)
    tab.wait_for_selector("mjx-container")
    assert tab.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert one.problems == []
