"""The tables for instructors, drawn from chapters and exercises."""

import json
import re
import shutil
import sys

import pytest
from sphinx.testing.util import SphinxTestApp

from tests.built import APPENDICES, CHAPTERS, ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import teaching_tables

PAGE = (ROOT / "book" / "for-instructors.md").read_text(encoding="utf-8")
CONF = """
import sys
sys.path.insert(0, {ext!r})
extensions = ["myst_parser", "sphinx_design", "tables"]
suppress_warnings = ["myst.header", "toc.not_included"]
"""

TAUGHT = CHAPTERS[: len(CHAPTERS) - len(APPENDICES)]


def cell(kind, source):
    return {"cell_type": kind, "source": [source]}


@pytest.fixture
def chapter(tmp_path):
    def write(name, *cells):
        (tmp_path / "chapters").mkdir(exist_ok=True)
        path = tmp_path / "chapters" / f"{name}.ipynb"
        path.write_text(json.dumps({"cells": cells}))
        return path

    return write


def test_minutes_and_exercises_come_from_the_chapter(chapter):
    path = chapter(
        "04-pooling",
        cell("markdown", "# Pooling\n\nIn 99 minutes.\n\n*50 minutes. You need chapter 03.*"),
        cell("code", "teaching.exercises.check_receptive_field(my_field)"),
        cell("code", "teaching.exercises.check_moves(my_moves)"),
    )
    found = teaching_tables.read_chapter(path)
    assert found == teaching_tables.Chapter(50, ("check_receptive_field", "check_moves"))
    assert found.exercise_minutes(at_home=True) == 15
    assert found.exercise_minutes(at_home=False) == 10
    assert teaching_tables.read_chapter(path.with_name("05.ipynb")).minutes == 0


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_says_how_long_it_takes_and_what_is_often_believed(path):
    found = teaching_tables.read_chapter(path)
    assert found.minutes >= 20
    items = teaching_tables.yaml.safe_load(teaching_tables.MISCONCEPTIONS.read_text())[path.stem]
    for item in items:
        assert teaching_tables.caught_by(path.stem, found.checks, item), item


def test_each_syllabus_has_every_chapter_but_the_appendices_once_in_order():
    sessions = re.findall(r"```{syllabus}\n(.*?)\n```", PAGE, re.DOTALL)
    assert [len(text.splitlines()) for text in sessions] == [6, 12]
    for text in sessions:
        assert re.split(r"[,\s]+", text) == [path.stem for path in TAUGHT]


@pytest.mark.parametrize("item", [{"check": "check_auc"}, {"quiz": "No question"}])
def test_a_misconception_that_nothing_answers_is_refused(item):
    with pytest.raises(ValueError, match=r"expected .*, got .*Choose one of"):
        teaching_tables.caught_by("01-pictures", ("check_split",), item)


def test_the_page_adds_them_up(tmp_path):
    (tmp_path / "conf.py").write_text(CONF.format(ext=str(ROOT / "book" / "_ext")))
    (tmp_path / "chapters").mkdir()
    for path in CHAPTERS:  # the extension reads the notebooks, Sphinx the pages
        shutil.copy(path, tmp_path / "chapters")
        (tmp_path / "chapters" / f"{path.stem}.md").write_text(f"# Title of {path.stem}\n")
    (tmp_path / "index.md").write_text(PAGE)
    SphinxTestApp("html", srcdir=tmp_path).build()
    page = (tmp_path / "_build" / "html" / "index.html").read_text(encoding="utf-8")
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    every = [teaching_tables.read_chapter(path) for path in CHAPTERS]
    chapters = every[: len(TAUGHT)]
    story = sum(one.minutes for one in chapters)
    here, home = (sum(one.exercise_minutes(at_home=x) for one in chapters) for x in (False, True))
    assert page.count(f" all {story} {here} {story + here} {home} ") == 2
    minutes = sum(one.exercise_minutes(at_home=x) for one in every for x in (False, True))
    assert re.search(rf"\d+ exercises \([^)]*\), {minutes} minutes", page)
    assert "Title of 13-shortcuts 1 my_border" in page
    assert "apart. exercise 2, quiz 3" in page
