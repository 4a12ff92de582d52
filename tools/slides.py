"""Slides of an executed chapter, by nbconvert and reveal.js, cut by rules.

A heading begins a slide. A slide shows the first paragraph of each text, lists, tables, formulas
and whatever asks something; figures, and what the code says; code only where the chapter shows it,
small. All other paragraphs are the speaker's notes. A prediction ends its slide, so that what came
out is on the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from lessons import Lesson, kind_of, paragraphs, without_solutions
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from traitlets.config import Config

HERE = Path(__file__).parent
STYLE = HERE / "slides.css"
ROOM = 14  # lines of text on a slide, below its heading
LETTERS = 76  # in a line of text
FIGURE = 10  # lines that a figure takes
SKIPPED = {"remove-cell", "parameters", "injected-parameters"}  # tags of cells
LEFT_OUT = {"Where to read on"}  # headings
NOTE = "text/markdown"
LAB = "> **Lab.** It runs on this chapter's page of the book. Open it there."


@dataclass
class Slide:
    """One slide: its cells, the speaker's notes, and how many lines it has."""

    kind: str  # "slide" or "subslide", reveal.js's words for one to the right and one below
    cells: list[NotebookNode] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: float = 0
    closed: bool = False


class Deck:
    """Slides in the making."""

    def __init__(self) -> None:
        self.slides = [Slide("slide")]
        self.section = ""

    @property
    def begun(self) -> bool:
        """Say whether the story has begun: before its first heading code only sets up."""
        return sum(slide.kind == "slide" for slide in self.slides) > 1

    def begin(self, kind: str = "subslide") -> None:
        """Begin a slide; one that goes on with a section says which."""
        if self.slides[-1].cells:
            self.slides.append(Slide(kind))
            if kind == "subslide":
                label = new_markdown_cell(f'<p class="section">{self.section}</p>')
                self.slides[-1].cells.append(label)
        self.slides[-1].kind = kind

    def add(self, cell: NotebookNode, lines: float) -> None:
        """Put a cell on the slide, or on a new one where there is no room for it."""
        slide = self.slides[-1]
        if slide.closed or (slide.lines and slide.lines + lines > ROOM):
            self.begin()
            slide = self.slides[-1]
        slide.cells.append(cell)
        slide.lines += lines

    def close(self) -> None:
        """Let whatever follows be on another slide."""
        self.slides[-1].closed = True

    def notebook(self, metadata: NotebookNode) -> NotebookNode:
        """Return the slides as nbconvert reads them."""
        cells = []
        for slide in self.slides:
            own = list(slide.cells)
            for i, cell in enumerate(own):
                kind = cell.metadata.get("slide_type", "-") if i else slide.kind
                cell.metadata["slideshow"] = {"slide_type": kind}
            if slide.notes:
                how = {"slideshow": {"slide_type": "notes"}}
                own.append(new_markdown_cell("\n\n".join(slide.notes), metadata=how))
            cells += own
        return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


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
            deck.section, first = part.lstrip("# "), True
            skipping = deck.section in LEFT_OUT
            if not skipping:
                deck.begin("subslide" if part.startswith("###") else "slide")
                deck.slides[-1].cells[:] = [new_markdown_cell(part)]
            continue
        if skipping:
            continue
        asks = kind_of(part)
        opening = part.startswith(("**The question.", "*When you are done"))
        if first or asks or opening or part.startswith(("- ", "|", "$$", "1.")):
            deck.add(new_markdown_cell(part), count_lines(part))
            first = False
        else:
            deck.slides[-1].notes.append(part)
        if asks == "prediction":
            deck.close()
    return skipping


def add_code(deck: Deck, cell: NotebookNode) -> None:
    """Add the code that the chapter shows, and what it put out."""
    check = "exercises.check" in cell.source
    folded = "hide-input" in cell.metadata.get("tags", [])
    if not folded and deck.begun and cell.source:
        shown = new_code_cell(cell.source)
        deck.add(shown, 1 + 0.6 * len(cell.source.splitlines()))
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "A figure")
    for output in [] if check else cell.outputs:
        if "cxr-lab" in output.get("data", {}).get("text/html", ""):
            deck.add(new_markdown_cell(LAB), count_lines(LAB))
        elif lines := output_lines(output):
            how = {"tags": ["hide-input"], "alt": alt}
            deck.add(new_code_cell("", outputs=[output], metadata=how), lines)
    if check:
        deck.close()


def output_lines(output: NotebookNode) -> float:
    """Return about how many lines an output takes; 0 where slides leave it out."""
    data = output.get("data", {})
    if "image/png" in data:
        return FIGURE
    if page := data.get("text/html"):
        return 1 + min(0.8 * page.count("<tr"), ROOM - 4)
    if NOTE in data:
        return count_lines(data[NOTE])
    return 1 + 0.6 * len(output.text.splitlines()) if output.output_type == "stream" else 0


def add_quiz(deck: Deck, lesson: Lesson) -> None:
    """Add a slide for each question; the right answers stand out when the speaker goes on."""
    for number, question in enumerate(lesson.quiz, start=1):
        answers = [f"- {one['answer']}" for one in question["answers"]]
        text = "\n".join([f"**{number}. {question['question']}**\n", *answers])
        deck.add(new_markdown_cell(text), 1)
        right = [one for one in question["answers"] if one["correct"]]
        told = "\n".join(f"- ✅ **{one['answer']}** {one['feedback']}" for one in right)
        deck.slides[-1].cells.append(new_markdown_cell(told, metadata={"slide_type": "fragment"}))
        wrong = [one for one in question["answers"] if not one["correct"]]
        deck.slides[-1].notes += [f"{one['answer']}: {one['feedback']}" for one in wrong]
        deck.close()


def count_lines(markdown: str) -> float:
    """Return about how many lines a text takes."""
    gap = 1.2 if markdown.startswith(">") else 0.4
    return gap + sum(1 + len(line) // LETTERS for line in markdown.splitlines() if line.strip())


def export(deck: NotebookNode, title: str, reveal: str) -> str:
    """Return the slides as a web page.

    Parameters
    ----------
    deck : notebook
        Of :func:`make_deck`.
    title : str
        Of the page.
    reveal : str
        The folder of reveal.js, seen from the page; MathJax's is its neighbour.
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
    return page
