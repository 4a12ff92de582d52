import json

import fingerprints
import nbformat
import pytest
import stage
import yaml

from .test_claims import TABLE

CONFIG = """
title: Tiny
author: Somebody
only_build_toc_files: true
repository: {url: "https://github.com/old/course", branch: main}
execute: {execute_notebooks: cache}
"""


@pytest.fixture
def book(course):
    """A book of one page and one chapter."""
    (course.root / "book").mkdir()
    (course.root / "_config.yml").write_text(CONFIG)
    (course.root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n- file: chapters/01-one\n"
    )
    page(course, "See [the chapter](../chapters/01-one.ipynb).")
    course.chapter("01-one", TABLE.format(value=2), "print('shown')")
    return course


def page(course, text):
    (course.root / "book" / "index.md").write_text(f"# A tiny book\n\n{text}\n")


def index(course, folder="html"):
    return course.root / "_build" / folder / "index.html"


def test_a_broken_reference_is_named_and_fails_and_is_still_a_book(book):
    first = book.make("all")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "The book is here" in first.stdout
    assert "book: unchanged" in book.make("build").stdout

    page(book, "See [the chapter](../chapters/07-none.ipynb) and {py:func}`nosuch.function`.")
    broken = book.make("all")
    assert broken.returncode == 1  # needs Sphinx's -W
    assert "07-none" in broken.stderr
    assert "nosuch.function" in broken.stderr  # needs its -n
    assert "The book has the problems above" in broken.stderr
    assert "The book is here" in broken.stdout
    assert "chapter" in (index(book).parent / "book" / "index.html").read_text()
    assert book.make("build").returncode == 1  # such a book is never taken for a right one


def test_a_chapter_that_stops_has_a_page_with_cell_and_error_beside_all_others(book):
    toc = "format: jb-book\nroot: book/index\nchapters:\n"
    names = ("01-one", "02-stops", "03-torn", "04-fine")
    (book.root / "_toc.yml").write_text(toc + "".join(f"- file: chapters/{n}\n" for n in names))
    book.chapter("02-stops", "print('as far as here')", "raise RuntimeError('no folder')", "1 + 1")
    (book.root / "chapters" / "03-torn.ipynb").write_text("{ torn")
    book.chapter("04-fine", "print('still here')")
    run = book.make("all")
    assert run.returncode == 1
    assert "2 of 4 chapters failed: 02-stops, 03-torn." in run.stdout
    assert "The book is here" in run.stdout
    assert "has the problems" not in run.stderr, run.stderr
    pages = {n: (index(book).parent / "chapters" / f"{n}.html").read_text() for n in names}
    assert "This chapter stopped with an error" in pages["02-stops"]
    assert "as far as here" in pages["02-stops"]
    assert pages["02-stops"].count("no folder") >= 2  # in the note, and in the cell's output
    assert "papermill" not in pages["02-stops"].lower()
    assert str(book.root) not in pages["02-stops"]
    assert "cannot be read as a notebook" in pages["03-torn"]
    assert "still here" in pages["04-fine"]


def test_a_quick_copy_says_that_it_is_one_and_the_published_does_not(book):
    assert book.make("execute", "--quick").returncode == 0
    assert book.make("stage", "--quick").returncode == 0
    config = yaml.safe_load((book.root / "_build" / "stage-quick" / "_config.yml").read_text())
    assert "test copy" in config["html"]["announcement"]
    assert "quick=True" in config["html"]["announcement"]
    assert config["execute"]["execute_notebooks"] == "off"
    published = yaml.safe_load(stage.staged_config(book.root, {}))
    assert "announcement" not in published.get("html", {})
    assert published["execute"]["execute_notebooks"] == "off"


def test_pages_get_what_can_be_shown_and_no_notes_for_machines(book):
    assert book.make("execute").returncode == 0
    assert book.make("stage").returncode == 0
    executed = nbformat.read(book.executed("01-one"), as_version=4).cells
    assert "vnd.cxr.claims" in json.dumps([cell.get("outputs") for cell in executed])
    cells = nbformat.read(book.executed("01-one", "stage/chapters"), as_version=4).cells
    assert "vnd.cxr" not in json.dumps([cell.get("outputs") for cell in cells])
    assert "a table" in json.dumps(cells[2].outputs)
    assert cells[3].outputs[0].text == "shown\n"
    assert not [cell for cell in cells if {"papermill", "execution"} & set(cell.metadata)]


def test_an_output_that_was_a_note_only_leaves_nothing(tmp_path):
    data = {"application/vnd.cxr.claims+json": []}
    cell = nbformat.v4.new_code_cell("claims")
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "in.ipynb")
    stage.clean_copy(tmp_path / "in.ipynb", tmp_path / "out.ipynb")
    assert nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[0].outputs == []


def test_the_pages_key_has_the_versions_of_what_makes_them(tmp_path, monkeypatch, capsys):
    (tmp_path / "stage").mkdir()
    html = tmp_path / "html"
    html.mkdir()
    (html / "index.html").write_text("old")
    key = {
        "pages": fingerprints.hash_folder(tmp_path / "stage"),
        "versions": fingerprints.hash_text(fingerprints.book_versions()),
    }
    (tmp_path / "html.key.json").write_text(json.dumps(key))
    assert stage.build(tmp_path / "stage", html)
    assert "book: unchanged" in capsys.readouterr().out
    monkeypatch.setattr(fingerprints, "book_versions", lambda: "another sphinx")
    assert not stage.build(tmp_path / "stage", html)  # there is nothing to build from
