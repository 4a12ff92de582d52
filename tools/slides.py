"""Slides of an executed chapter, by nbconvert and reveal.js, cut by rules.

A heading begins a slide. A slide shows the first paragraph of each text, lists, tables, formulas
and whatever asks something; figures, with the words that read them; what the code says; and code
of a few lines. All else is in the speaker's notes. A prediction ends its slide, so that what came
out is on the next one.
"""

from __future__ import annotations

import re
from pathlib import Path

from deck import LETTERS, ROOM, SMALL, Deck, picture
from lessons import Lesson, kind_of, paragraphs, without_solutions
from mathml import draw_formulas
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from traitlets.config import Config

from cxrlib.teaching import claims, test_set

HERE = Path(__file__).parent
STYLE = HERE / "slides.css"
CODE = 8  # lines of code that a class can read on a slide
CLAIMS = 8  # statements of *What we checked* a slide
SKIPPED = {"remove-cell", "parameters", "injected-parameters"}  # tags of cells
LEFT_OUT = {"Where to read on"}  # headings
NOTE = "text/markdown"
LAB = "> **Lab.** It runs on this chapter's page of the book. Open it there."
CLAIM = re.compile(r"[✓◦] ")  # how a claim begins that is no bad news
NUMBERS = re.compile(r" \((?:[^()]|\([^()]*\))*\)")  # behind a claim
CHECKED = re.compile(r"^(.*?[.!?]) \[(.*)\]$")  # a line of the table of claims, as plain text


def make_deck(executed: NotebookNode, lesson: Lesson) -> NotebookNode:
    """Return a chapter's slides as a notebook.

    Parameters
    ----------
    executed : notebook
        The chapter as it ran.
    lesson : Lesson
        The same, for its quiz.
    """
    deck, skipping = Deck(), False
    for cell in without_solutions(executed).cells:
        if cell.cell_type == "markdown":
            skipping = add_text(deck, cell.source, skipping)
        elif "teaching.start(" in cell.source:
            said = [o.data[NOTE] for o in cell.outputs if NOTE in o.get("data", {})]
            small = "\n\n".join(said)
            run = new_markdown_cell(f'<div class="run">\n\n{small}\n\n</div>')
            deck.add(run, 0.7 * count_lines(small))
        elif "teaching.quiz(" in cell.source:
            add_quiz(deck, lesson)
        elif not (skipping or SKIPPED & set(cell.metadata.get("tags", []))):
            add_code(deck, cell)
    return deck.notebook(executed.metadata)


def add_text(deck: Deck, text: str, skipping: bool) -> bool:
    """Add a Markdown cell; return whether what follows belongs to a heading that is left out."""
    first = True
    for part in paragraphs(text):
        if part.startswith("#"):
            first, title = True, part.lstrip("# ")
            skipping = title in LEFT_OUT
            if not skipping:
                deck.head("subslide" if part.startswith("###") else "slide", part)
            continue
        if skipping:
            continue
        asks = kind_of(part)
        opening = part.startswith(("**The question.", "*When you are done"))
        if part.startswith("!["):
            deck.add(new_markdown_cell(part), SMALL)
        elif first and not asks:
            add_said(deck, part)
            first = False
        elif asks or opening or part.startswith(("- ", "|", "$$", "1.")):
            deck.add(new_markdown_cell(part), count_lines(part))
        else:
            deck.note(part)
        if asks == "prediction":
            deck.close()
    return skipping


def add_code(deck: Deck, cell: NotebookNode) -> None:
    """Add the code that the chapter shows, and what it put out; long code is a note."""
    check = "exercises.check" in cell.source
    folded = "hide-input" in cell.metadata.get("tags", [])
    lines = len(cell.source.splitlines())
    if not folded and deck.begun and lines:
        if lines <= CODE:
            deck.add(new_code_cell(cell.source), 1 + 0.6 * lines, with_last=check)
        else:
            deck.note(f"```python\n{cell.source}\n```")
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "A figure")
    for output in [] if check else cell.outputs:
        if "claims_table(" in cell.source and NOTE in output.get("data", {}):
            deck.note(output.data[NOTE])  # the versions
        else:
            add_output(deck, output, alt)
    if check:
        deck.close()


def add_output(deck: Deck, output: NotebookNode, alt: str) -> None:
    """Add what a cell put out; numbers behind a claim, and looks at a test set, are notes."""
    data = output.get("data", {})
    page = data.get("text/html", "")
    if test_set.MIME in data:
        deck.note(data["text/plain"])
    elif claims.MIME in data:
        add_claims(deck, data["text/plain"].splitlines())
    elif "cxr-lab" in page:
        deck.add(new_markdown_cell(LAB), count_lines(LAB))
    elif "image/png" in data:
        deck.add(*picture(output, alt))
    elif page:
        rows = page.count("<tr")
        table = new_code_cell("", outputs=[output], metadata={"tags": ["hide-input"]})
        deck.add(table, 1 + min(rows if rows <= CODE else 0.8 * rows, ROOM - 4))
    elif NOTE in data:
        add_said(deck, data[NOTE])
    elif output.output_type == "stream":
        text = new_code_cell("", outputs=[output], metadata={"tags": ["hide-input"]})
        deck.add(text, 1 + 0.6 * len(output.text.splitlines()))


def add_said(deck: Deck, text: str) -> None:
    """Add a paragraph: beside a figure that it reads, without the numbers behind a claim."""
    if CLAIM.match(text):
        deck.note(text)
        text = NUMBERS.sub("", text)
    if not deck.set_beside(text, count_lines(text, LETTERS // 3)):
        deck.add(new_markdown_cell(text), count_lines(text), with_last=deck.ends_in_figure)


def add_claims(deck: Deck, lines: list[str]) -> None:
    """Add the statements of *What we checked*, some a slide; their numbers are notes."""
    found = [held.groups() for held in map(CHECKED.match, lines) if held]
    many = -(-len(found) // -(-len(found) // CLAIMS)) if found else 1  # as many on each slide
    for begin in range(0, len(found), many):
        part = found[begin : begin + many]
        listed = "\n".join(f"- {statement}" for statement, _ in part)
        cell = new_markdown_cell(f'<div class="claims">\n\n{listed}\n\n</div>')
        deck.add(cell, min(ROOM, 0.8 * count_lines(listed, 1.3 * LETTERS)))
        deck.note("\n".join(f"- {statement} {numbers}" for statement, numbers in part))
        deck.close()


def add_quiz(deck: Deck, lesson: Lesson) -> None:
    """Add a slide for each question; the right answers stand out when the speaker goes on."""
    for number, question in enumerate(lesson.quiz, start=1):
        answers = [f"- {one['answer']}" for one in question["answers"]]
        text = "\n".join([f"**{number}. {question['question']}**\n", *answers])
        right = [one for one in question["answers"] if one["correct"]]
        told = "\n".join(f"- ✓ **{one['answer']}** {one['feedback']}" for one in right)
        deck.add(new_markdown_cell(text), 1)
        deck.add(new_markdown_cell(told, metadata={"slide_type": "fragment"}), 1)
        for one in question["answers"]:
            if not one["correct"]:
                deck.note(f"{one['answer']}: {one['feedback']}")
        deck.close()


def count_lines(markdown: str, letters: float = LETTERS) -> float:
    """Return about how many lines a text takes, of so many letters each."""
    gap = 1.2 if markdown.startswith(">") else 0.4
    return gap + sum(1 + len(line) // letters for line in markdown.splitlines() if line.strip())


def export(deck: NotebookNode, title: str, reveal: str) -> str:
    """Return the slides as a web page.

    Parameters
    ----------
    deck : notebook
        Of :func:`make_deck`.
    title : str
        Of the page.
    reveal : str
        The folder of reveal.js, seen from the page.
    """
    config = Config()
    config.TagRemovePreprocessor.remove_input_tags = {"hide-input"}
    config.TagRemovePreprocessor.enabled = True
    exporter = SlidesExporter(
        config=config,
        template_file=str(HERE / "slides.html.j2"),
        reveal_url_prefix=reveal,
        reveal_theme="white",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    deck.metadata["title"] = title
    style = STYLE.read_text(encoding="utf-8")
    page, _ = exporter.from_notebook_node(deck, resources={"deck": {"style": style}})
    return draw_formulas(page)
