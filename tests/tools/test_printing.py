"""The whole book as one PDF: two tiny pages stand for it."""

import sys

import printing
import pypdf
import pytest

from tests.built import missing

from .conftest import TOOLS, call

TOC = """format: jb-book
root: book/index
parts:
- chapters:
  - file: chapters/01-one
"""
CONFIG = "repository:\n  url: https://github.com/old/course\n  branch: main\n"
PAGE = """<!doctype html><html lang="en"><head><title>x</title></head><body>
<article class="bd-article"><h1>{title}<a class="headerlink" href="#">#</a></h1>{text}</article>
</body></html>"""
PAGES = {
    "book/index": ("First", '<p><a href="../chapters/01-one.html">on</a></p>'),
    "chapters/01-one": (
        "Second",
        "<details><summary>Solution</summary><p>unfolded</p></details>"
        '<h2 style="break-before: page">Later</h2>',
    ),
}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "_config.yml").write_text(CONFIG)
    for name, (title, text) in PAGES.items():
        path = tmp_path / "_build" / "html" / f"{name}.html"
        path.parent.mkdir(parents=True)
        path.write_text(PAGE.format(title=title, text=text))
    return tmp_path


@pytest.fixture
def printed(root):
    """Print it, in a process of its own."""
    if not any(map(printing.shutil.which, printing.BROWSERS)):
        missing("no book was printed, since no Chromium was found", "install it")
    return lambda: call(sys.executable, TOOLS / "make_book.py", "--root", root, "pdf")


def test_the_book_becomes_one_file_with_an_outline_and_links_to_the_web(root, printed):
    done = printed()
    assert done.returncode == 0, done.stderr
    file = root / "_build" / "reading-chest-x-rays.pdf"
    assert str(file) in done.stdout
    book = pypdf.PdfReader(file)
    assert [one.title for one in book.outline] == ["First", "Second"]
    assert [book.get_destination_page_number(one) for one in book.outline] == [0, 1]
    assert len(book.pages) == 1 + 2
    assert "unfolded" in book.pages[1].extract_text()
    links = [note.get_object()["/A"]["/URI"] for note in book.pages[0]["/Annots"]]
    assert "https://old.github.io/course/chapters/01-one.html" in links
    assert book.metadata.title.startswith("Reading Chest X-rays")


def test_without_a_built_book_it_says_which_command_makes_one(root, printed):
    (root / "_build" / "html" / "book" / "index.html").unlink()
    done = printed()
    assert done.returncode == 1
    assert "Run `make book` first." in done.stderr
