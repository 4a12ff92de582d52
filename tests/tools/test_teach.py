"""What `make teach` writes hangs together: no picture and no link of it leads nowhere."""

import re
import shutil

import nbformat
import pdf
import pypdf
import pytest
import teach
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.built import ROOT, missing

HERE = re.compile(r'(?:src|href)="([^"]+)"|\]\(([^)\s]+)\)')
ELSEWHERE = ("http", "data:", "#", "mailto:")
OPENING = """# Toys

**The question.** How many? See [the test set](../book/test-set.md#toys) and $x$.

![A toy.](../book/_static/openings/15-toys.png)

*When you are done you can* count · name · draw.

> **Predict before you run.** How many are red?"""
CAME = new_output("display_data", {"text/markdown": "Two. [Who has looked](../book/test-set.md)"})
EXERCISE = "> **Exercise 1.** Count them, as in [chapter 01](01-pictures.ipynb)."
SOLVED = """<details><summary>Solution</summary>

len

</details>"""


@pytest.fixture
def course(tmp_path):
    """Return a course of one small chapter that ran."""
    (tmp_path / "book" / "_static" / "openings").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", tmp_path)
    openings = tmp_path / "book" / "_static" / "openings"
    shutil.copy(
        ROOT / "book" / "_static" / "openings" / "01-pictures.png", openings / "15-toys.png"
    )
    cells = [new_markdown_cell(OPENING), new_code_cell("say(2)", outputs=[CAME])]
    cells += [new_markdown_cell(EXERCISE), new_markdown_cell(SOLVED)]
    for folder in ("chapters", "_build/executed"):
        (tmp_path / folder).mkdir(parents=True)
        nbformat.write(new_notebook(cells=cells), tmp_path / folder / "15-toys.ipynb")
    return tmp_path


@pytest.fixture
def made(course, monkeypatch):
    """Return a folder with all that is made of it; no PDFs."""
    monkeypatch.setattr(teach.pdf, "find_browser", lambda: None)
    assert teach.main(["--root", str(course)]) == 0
    return course / "_build" / "teach"


def links_of(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    else:
        text = re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.DOTALL)
    return ["".join(found) for found in HERE.findall(text)]


def test_no_picture_and_no_link_leads_nowhere(made):
    pages = [*made.glob("slides/*"), *made.glob("learner/*"), *made.glob("worksheets/*")]
    pages.append(made / "answer-key.html")
    assert len(pages) == 4
    near = [(p, link) for p in pages for link in links_of(p) if not link.startswith(ELSEWHERE)]
    assert sum(link.endswith("15-toys.png") for _, link in near) == 2
    assert [(p.name, link) for p, link in near if not (p.parent / link).exists()] == []


def test_the_key_tells_what_came_out_and_the_worksheet_does_not(made):
    assert "Two." in (made / "answer-key.html").read_text(encoding="utf-8")
    assert "Two." not in (made / "worksheets" / "15-toys.html").read_text(encoding="utf-8")


def test_worksheets_and_the_key_are_printed_where_there_is_a_browser(course):
    if pdf.find_browser() is None:
        missing("no worksheet was printed, since no Chromium was found", "install it")
    assert teach.main(["--root", str(course)]) == 0
    sheet, key = (
        pypdf.PdfReader(course / "_build" / "teach" / name)
        for name in ("worksheets/15-toys.pdf", "answer-key.pdf")
    )
    assert len(sheet.pages) == 1
    text = sheet.pages[0].extract_text()
    assert [word for word in ("Name", "Toys", "My guess", "Exercise 1.") if word not in text] == []
    assert "What came out, in this copy" in "".join(p.extract_text() for p in key.pages)


def test_a_page_that_cannot_be_printed_is_told_with_the_browsers_last_words(tmp_path):
    with pytest.raises(OSError, match=r"expected .*a\.pdf, got none from false"):
        pdf.print_page("false", tmp_path / "a.html", tmp_path / "a.pdf")
