import base64
import hashlib
import json
import sys

import fingerprints
import nbformat
import pytest
import stage
import yaml

from cxrlib.evaluation.plots import screens

from .test_claims import TABLE

CONFIG = """
title: Tiny
author: Somebody
only_build_toc_files: true
repository: {url: "https://github.com/old/course", branch: main}
execute: {execute_notebooks: cache}
"""
NOTE = """
from IPython.display import display
display({"application/vnd.cxr.claims+json": []}, raw=True)
"""
TOC = "format: jb-book\nroot: book/index\nchapters:\n- file: chapters/01-one\n"


@pytest.fixture
def book(course):
    """A book of one page and one chapter, which has claims, and a cell that shows those only."""
    (course.root / "book").mkdir()
    (course.root / "_config.yml").write_text(CONFIG)
    (course.root / "_toc.yml").write_text(TOC)
    page(course, "See [the chapter](../chapters/01-one.ipynb).")
    course.chapter("01-one", TABLE.format(value=2), "print('shown')", NOTE)
    return course


def page(course, text):
    (course.root / "book" / "index.md").write_text(f"# A tiny book\n\n{text}\n")


def built(course, name):
    return (course.root / "_build" / "html" / f"{name}.html").read_text()


def test_a_broken_reference_is_named_and_fails_and_is_still_a_book(book, monkeypatch):
    first = book.make("all")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "The book is here" in first.stdout
    assert "book: unchanged" in book.make("build").stdout
    with monkeypatch.context() as patch:
        patch.setattr(fingerprints, "book_versions", lambda: "another sphinx")
        patch.setattr(sys, "executable", "false")
        assert book.make("build").returncode == 1  # it would be built anew

    page(book, "See [the chapter](../chapters/07-none.ipynb) and {py:func}`nosuch.function`.")
    broken = book.make("all")
    assert broken.returncode == 1  # needs Sphinx's -W
    assert "07-none" in broken.stderr
    assert "nosuch.function" in broken.stderr  # needs its -n
    assert "The book has the problems above" in broken.stderr
    assert "The book is here" in broken.stdout
    assert "chapter" in built(book, "book/index")
    assert book.make("build").returncode == 1  # such a book is never taken for a right one


SLOT = '<div class="lab-slot" data-lab="leak_lab"></div>'
LAB = """
from IPython.display import display
display({"text/html": '<div class="cxr-lab" data-lab="leak_lab"></div><script></script>'}, raw=True)
"""


def test_a_lab_that_a_page_wants_and_no_chapter_shows_is_named_and_fails(book):
    page(book, SLOT)
    run = book.make("all")
    assert run.returncode == 1
    assert "expected a chapter that shows leak_lab, which a page wants, got none" in run.stderr
    assert "lab-slot" not in built(book, "book/index")  # there is a book all the same
    book.chapter("01-one", LAB)
    run = book.make("all")
    assert run.returncode == 0, run.stderr
    assert "leak_lab" not in run.stderr
    assert 'class="cxr-lab" data-lab="leak_lab"' in built(book, "book/index")


def test_a_chapter_that_stops_has_a_page_with_cell_and_error_beside_all_others(book):
    names = ("02-stops", "03-torn", "04-fine")
    (book.root / "_toc.yml").write_text(TOC + "".join(f"- file: chapters/{n}\n" for n in names))
    book.chapter("02-stops", "print('as far as here')", "raise RuntimeError('no folder')", "1 + 1")
    (book.root / "chapters" / "03-torn.ipynb").write_text("{ torn")
    book.chapter("04-fine", "print('still here')")
    run = book.make("all")
    assert run.returncode == 1
    assert "2 of 4 chapters failed: 02-stops, 03-torn." in run.stdout
    assert "The book is here" in run.stdout
    assert "has the problems" not in run.stderr, run.stderr
    stopped, torn, fine = (built(book, f"chapters/{name}") for name in names)
    assert "This chapter stopped with an error" in stopped
    assert "as far as here" in stopped
    assert stopped.count("no folder") >= 2  # in the note, and in the cell's output
    assert "papermill" not in stopped.lower()
    assert str(book.root) not in stopped
    assert "cannot be read as a notebook" in torn
    assert "still here" in fine


def test_a_quick_copy_says_that_it_is_one_and_the_published_does_not(book):
    assert book.make("execute", "--quick").returncode == 0
    assert book.make("stage", "--quick").returncode == 0
    config = yaml.safe_load((book.root / "_build" / "stage-quick" / "_config.yml").read_text())
    assert "test copy: the chapters ran with quick=True" in config["html"]["announcement"]
    assert config["execute"]["execute_notebooks"] == "off"
    published = yaml.safe_load(stage.staged_config(book.root, {}))
    assert "announcement" not in published.get("html", {})
    assert published["execute"]["execute_notebooks"] == "off"


def test_each_page_says_so_where_chapters_used_phantoms(book):
    found = {"01-one": {"phantoms"}, "02-two": {"folder"}, "03-three": set()}
    assert stage.on_phantoms(found) == "chapter 01"
    assert stage.on_phantoms({name: {"phantoms"} for name in found}) == "its chapters"
    assert stage.on_phantoms({"02-two": {"folder"}}) == ""
    config = yaml.safe_load(stage.staged_config(book.root, {}, "chapter 01"))
    assert "phantoms</b>: chapter 01 used" in config["html"]["announcement"]
    both = yaml.safe_load(stage.staged_config(book.root, {"quick": True}, "chapter 01"))
    assert "test copy" in both["html"]["announcement"]
    assert "chapter 01 used" in both["html"]["announcement"]


def test_the_pages_address_is_made_from_the_repository_s(book):
    with (book.root / "_config.yml").open("a") as file:
        file.write("sphinx: {extra_extensions: [sphinxext.opengraph]}\n")
    config = yaml.safe_load(stage.staged_config(book.root, {}))
    assert config["html"]["baseurl"] == "https://old.github.io/course/"
    assert config["sphinx"]["config"]["ogp_site_url"] == "https://old.github.io/course/"


def test_pages_get_what_can_be_shown_and_no_notes_for_machines(book):
    assert book.make("execute").returncode == 0
    assert book.make("stage").returncode == 0
    executed = nbformat.read(book.executed("01-one"), as_version=4).cells
    assert "vnd.cxr.claims" in json.dumps([cell.get("outputs") for cell in executed])
    cells = nbformat.read(book.executed("01-one", "stage/chapters"), as_version=4).cells
    assert "vnd.cxr" not in json.dumps([cell.get("outputs") for cell in cells])
    assert "a table" in json.dumps(cells[2].outputs)
    assert cells[3].outputs[0].text == "shown\n"
    assert cells[4].outputs == []  # it was a note only
    assert not [cell for cell in cells if {"papermill", "execution"} & set(cell.metadata)]


def test_a_figures_renderings_lie_beside_the_pages_under_the_figures_hash(tmp_path):
    image, dark = b"a picture", b"the same in the dark"
    data = {"image/png": base64.b64encode(image).decode()}
    data[screens.MIME] = {"phone dark": base64.b64encode(dark).decode()}
    stage.keep_renderings(nbformat.v4.new_output("display_data", data=data), tmp_path / "screens")
    (kept,) = (tmp_path / "screens").iterdir()
    assert kept.name == f"{hashlib.sha256(image).hexdigest()}-phone-dark.png"
    assert kept.read_bytes() == dark
