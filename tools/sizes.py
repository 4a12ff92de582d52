"""How long each chapter is, and how much of its code is plumbing: folded, or in sight."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import fold
import nbformat

NOT_READ = re.compile(
    r"```.*?```|<details>.*?</details>|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<[^>]+>", re.DOTALL
)
WORD = re.compile(r"[^\W\d_][\w'’-]*")
NOT_SHOWN = {"remove-cell", "parameters"}  # tags of cells that the book leaves out


@dataclass(frozen=True)
class Size:
    """The size of one chapter.

    Attributes
    ----------
    name : str
        Such as ``"01-pictures"``.
    words : int
        Of its text; code, pictures, links' addresses and folded solutions are not counted.
    minutes : int
        As it says at its top; 0 where it says nothing.
    lines : int
        Of the statements that the book shows or folds.
    folded : float
        The share of these that is folded, in [0, 1].
    plumbing : float
        Of the lines in sight, the share that draws, says or claims, in [0, 1].
    """

    name: str
    words: int
    minutes: int
    lines: int
    folded: float
    plumbing: float


def shown_cells(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, bool]]:
    """Yield source and whether it is folded of each code cell that the book has."""
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and not NOT_SHOWN & tags:
            yield cell.source, "hide-input" in tags


def lines_of(statements: list[ast.stmt]) -> int:
    """Return how many lines statements take."""
    return sum(one.end_lineno - one.lineno + 1 for one in statements)


def read_size(path: Path) -> Size:
    """Measure a chapter's notebook."""
    notebook = nbformat.read(path, as_version=4)
    text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    minutes = re.search(r"^\*(\d+) minutes\b", text, re.MULTILINE)
    parsed = [(ast.parse(source).body, folded) for source, folded in shown_cells(notebook)]
    hidden = sum(lines_of(body) for body, folded in parsed if folded)
    seen = [one for body, folded in parsed if not folded for one in body]
    plumbing = lines_of([one for one in seen if fold.kind(one) in ("figure", "text")])
    lines = hidden + lines_of(seen)
    return Size(
        name=path.stem,
        words=len(WORD.findall(NOT_READ.sub(" ", text))),
        minutes=int(minutes[1]) if minutes else 0,
        lines=lines,
        folded=hidden / max(1, lines),
        plumbing=plumbing / max(1, lines_of(seen)),
    )


def read_sizes(paths: Iterable[Path]) -> list[Size]:
    """Measure chapters; one that is no notebook, or whose code is no Python, is left out."""
    found = []
    for path in paths:
        with suppress(OSError, ValueError, SyntaxError):
            found.append(read_size(path))
    return found


def as_text(found: list[Size]) -> str:
    """Return sizes as a table for the terminal."""
    head = f"{'chapter':<20}{'words':>7}{'minutes':>9}{'lines':>7}{'folded':>8}{'plumbing':>10}"
    body = [
        f"{one.name:<20}{one.words:>7,}{one.minutes:>9}{one.lines:>7}"
        f"{one.folded:>8.0%}{one.plumbing:>10.1%}"
        for one in found
    ]
    return "\n".join([head, *body])
