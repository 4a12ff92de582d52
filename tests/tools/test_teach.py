"""What `make teach` writes hangs together: no picture and no link of it leads nowhere."""

import re
import shutil

import nbformat
import pytest
import teach
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.built import ROOT

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
def made(tmp_path, monkeypatch):
    """Return a folder with all that is made of one small chapter."""
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
    monkeypatch.setattr(teach.pdf, "find_browser", lambda: None)
    assert teach.main(["--root", str(tmp_path)]) == 0
    return tmp_path / "_build" / "teach"


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
