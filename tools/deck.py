"""Slides in the making: what shares a slide, and how large its figures are."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOM = 15  # lines of text on a slide, below its heading
LETTERS = 76  # in a line of text
LINE = 1.4  # em
SMALL = 6  # lines that a figure takes at least
FIGURE = 10  # lines that one with words beside it takes
BAND = 7.5  # lines that a wide one takes; where a slide has more room it grows
WIDTH = 28  # lines that would be as high as a slide is wide
WIDE = 1.7  # width over height of a figure that has its words below, not beside it
FEW = 4  # lines that are too few for a slide of their own
SQUEEZE = 2  # lines over the room that the page makes up for by smaller type


@dataclass
class Slide:
    """One slide: its heading, its cells and how many lines each takes, the speaker's notes."""

    kind: str  # "slide" or "subslide", reveal.js's words for one to the right and one below
    head: NotebookNode | None = None
    title: str = ""  # of a heading of its own
    items: list[tuple[NotebookNode, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    closed: bool = False

    @property
    def lines(self) -> float:
        """How many lines its cells take."""
        return sum(lines for _, lines in self.items)

    def cells(self) -> list[NotebookNode]:
        """Return its cells as nbconvert reads them; its figures take what room is left."""
        figures = [cell for cell, _ in self.items if is_figure(cell)]
        for cell, lines in self.items if figures else []:
            if is_figure(cell):
                free = max(0, ROOM - self.lines) / len(figures)
                high = max(SMALL, lines + free)
                cell.metadata["height"] = round(LINE * high, 1)
        own = ([self.head] if self.head else []) + [cell for cell, _ in self.items]
        for i, cell in enumerate(own):
            kind = cell.metadata.get("slide_type", "-") if i else self.kind
            cell.metadata["slideshow"] = {"slide_type": kind}
        if own and self.notes:
            how = {"slideshow": {"slide_type": "notes"}}
            own.append(new_markdown_cell("\n\n".join(self.notes), metadata=how))
        return own


class Deck:
    """Slides in the making."""

    def __init__(self) -> None:
        self.slides = [Slide("slide")]
        self.section = ""

    @property
    def begun(self) -> bool:
        """Say whether the story has begun: before its first heading code only sets up."""
        return sum(slide.kind == "slide" for slide in self.slides) > 1

    @property
    def ends_in_figure(self) -> bool:
        """Say whether the last thing is a figure, which the next words read."""
        items = self.slides[-1].items
        return bool(items) and is_figure(items[-1][0])

    def head(self, kind: str, heading: str) -> None:
        """Begin a slide with a heading, in Markdown."""
        self.section = heading.lstrip("# ")
        if self.slides[-1].head or self.slides[-1].items:
            self.slides.append(Slide(kind))
        self.slides[-1].head, self.slides[-1].title = new_markdown_cell(heading), self.section

    def add(self, cell: NotebookNode, lines: float, *, with_last: bool = False) -> None:
        """Put a cell on the slide, or on a new one where there is no room for it.

        With ``with_last`` the cell before comes along to the new one.
        """
        slide = self.slides[-1]
        if slide.closed or (slide.items and slide.lines + lines > ROOM):
            moved = [slide.items.pop()] if with_last and len(slide.items) > 1 else []
            label = new_markdown_cell(f'<p class="section">{self.section}</p>')
            self.slides.append(Slide("subslide", label, items=moved))
        self.slides[-1].items.append((cell, lines))

    def set_beside(self, text: str, lines: float) -> bool:
        """Put words beside the figure before them; return False where they don't belong there."""
        if not self.ends_in_figure or text.startswith((">", "|", "$$", "- ")):
            return False
        about = self.slides[-1].items[-1][0].metadata
        if about.wide or about.lines + lines > FIGURE:
            return False
        about.lines += lines
        about.beside = f"{about.beside}\n\n{text}".strip()
        return True

    def note(self, text: str) -> None:
        """Add to the speaker's notes."""
        self.slides[-1].notes.append(text)

    def close(self) -> None:
        """Let whatever follows be on another slide."""
        self.slides[-1].closed = True

    def notebook(self, metadata: NotebookNode) -> NotebookNode:
        """Return the slides as nbconvert reads them."""
        for i, slide in enumerate(self.slides):
            if slide.title and not slide.items:
                slide.items = [(listed, 0) for listed in self._sections_below(i)]
        cells = [cell for slide in self._joined() for cell in slide.cells()]
        return nbformat.v4.new_notebook(cells=cells, metadata=metadata)

    def _sections_below(self, i: int) -> list[NotebookNode]:
        """Return a list of the headings below one that has nothing of its own."""
        names = []
        for slide in self.slides[i + 1 :]:
            if slide.kind == "slide":
                break
            names += [slide.title] if slide.title else []
        return [new_markdown_cell("\n".join(f"- {name}" for name in names))] if names else []

    def _joined(self) -> list[Slide]:
        """Join slides of a few lines to the one before."""
        joined: list[Slide] = []
        for slide in self.slides:
            last = joined[-1] if joined else slide
            small = slide.lines < FEW and not slide.title
            if small and not last.closed and last.lines + slide.lines <= ROOM + SQUEEZE:
                last.items += slide.items
                last.notes += slide.notes
                last.closed = slide.closed
            else:
                joined.append(slide)
        return joined


def picture(output: NotebookNode, alt: str) -> tuple[NotebookNode, float]:
    """Return a figure's cell, and how many lines it takes."""
    wide, high = struct.unpack(">II", base64.b64decode(output.data["image/png"])[16:24])
    is_wide = wide > WIDE * high
    how = {"tags": ["hide-input"], "alt": alt, "beside": "", "lines": 0, "wide": is_wide}
    cell = new_code_cell("", outputs=[output], metadata=how)
    return cell, max(SMALL, min(BAND if is_wide else FIGURE, WIDTH * high / wide))


def is_figure(cell: NotebookNode) -> bool:
    """Say whether a cell is one of :func:`picture`."""
    return "alt" in cell.metadata
