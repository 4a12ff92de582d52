"""Fold the plumbing of the chapters: cells that only set up, draw, say or claim.

What a chapter teaches stays in sight. A cell that ends in plumbing is split before it. A folded
cell shows its outputs in the book, in JupyterLab and in Colab, and its code on a click; three marks
say so, one for each. Running this again changes nothing.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path

import nbformat
from execute import select_chapters

TOLD = {"say", "claim"}
DRAWN = {"plots", "plt", "ax", "axes", "fig"}
TITLE = "# @title "
MARKS = {"jupyter": {"source_hidden": True}, "cellView": "form"}
NAMES = {  # what a cell with such a part is called in Colab; the first that fits
    "teaching.start(": "Set-up",
    "teaching.labs.": "Lab",
    "teaching.quiz(": "Quiz",
    "claims_table(": "Claims",
    "plots.": "Figure",
    "plt.": "Figure",
    "claim(": "Claim",
    "say(": "In words",
}
PREDICT = "**Predict before you r"  # a reader of the book thinks first, then opens the outputs
FOLD = "fold"  # a tag for a cell that an author wants folded, whatever it does
KERAS = "keras"  # the tag of a chapter's recipe without the package
KEPT = {"parameters", "remove-cell", KERAS}  # tags of cells that stay as they are


def root(node: ast.expr) -> str:
    """Return the name that a call, attribute or item begins with; of a package's `plots`, that."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute) and node.attr == "plots":
            return "plots"
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def kind(statement: ast.stmt) -> str | None:
    """Say what plumbing a statement is: a figure, a text, a table that goes with them; or None."""
    if isinstance(statement, ast.If | ast.For | ast.With):
        inside = [kind(each) for each in [*statement.body, *getattr(statement, "orelse", [])]]
        known = [one for one in inside if one not in (None, "table")]
        return known[0] if known and None not in inside else None
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        name = root(statement.value.func)
        if name in TOLD or name == "teaching":
            return "text"
        return "figure" if name in DRAWN else "table"
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
        return "figure" if root(statement.value.func) in {"plots", "plt"} else None
    return "table" if isinstance(statement, ast.Expr) else None


def plumbing(source: str) -> int | None:
    """Return the line from which on a cell is plumbing, from 0; None if it does not end so."""
    if "exercises.check" in source:
        return None
    body = ast.parse(source).body
    if "teaching.start(" in source or all(isinstance(s, ast.Import | ast.ImportFrom) for s in body):
        return 0
    begin = len(body)
    while begin and kind(body[begin - 1]) is not None:
        begin -= 1
    while begin < len(body) and kind(body[begin]) == "table":
        begin += 1
    if begin == len(body) or _is_drawing(body[:begin]):
        return None
    first = body[begin].lineno - 1
    lines = source.splitlines()
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return first if begin else 0


def _is_drawing(body: list[ast.stmt]) -> bool:
    """Say whether a figure was begun and not shown yet: a cell's end would show it."""
    calls = [n.func for each in body for n in ast.walk(each) if isinstance(n, ast.Call)]
    drawn = [func for func in calls if root(func) in DRAWN]
    return bool(drawn) and not any(ast.unparse(func) == "plt.show" for func in drawn)


def title(source: str) -> str:
    """Return the line that stands in place of a folded cell's code in Colab."""
    for part, name in NAMES.items():
        if part in source:
            return f"{TITLE}{name}"
    return f"{TITLE}{'Code' if 'def ' in source else 'Set-up'}"


def folded(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Mark a cell of plumbing."""
    if not cell.source.startswith(TITLE):
        cell.source = f"{title(cell.source)}\n{cell.source}"
    cell.metadata.update(MARKS)
    tag(cell, "hide-input")
    return cell


def tag(cell: nbformat.NotebookNode, name: str) -> None:
    """Add a tag."""
    cell.metadata["tags"] = sorted({*cell.metadata.get("tags", []), name})


def unfolded(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take the marks off."""
    if cell.source.startswith(TITLE):
        cell.source = cell.source.partition("\n")[2]
    for mark in MARKS:
        cell.metadata.pop(mark, None)
    tags = set(cell.metadata.pop("tags", [])) - {"hide-input", "hide-output"}
    cell.metadata |= {"tags": sorted(tags)} if tags else {}
    return cell


def split(cell: nbformat.NotebookNode, line: int) -> list[nbformat.NotebookNode]:
    """Cut a cell before a line; what it draws, and the text for it, go with the figure."""
    lines = cell.source.splitlines()
    head, tail = ("\n".join(part).strip("\n") for part in (lines[:line], lines[line:]))
    second = nbformat.v4.new_code_cell(tail, id=f"{cell.id}-shown"[:64])
    if "figure" in {kind(statement) for statement in ast.parse(tail).body}:
        image = cell.metadata.pop("mystnb", None)
        second.metadata |= {"mystnb": image} if image else {}
    cell.source = head
    return [cell, second]


def fold(notebook: nbformat.NotebookNode) -> None:
    """Fold all plumbing of a chapter, and unfold what is none any more."""
    cells, asked = [], False
    for cell in notebook.cells:
        if cell.cell_type != "code" or KEPT & set(cell.metadata.get("tags", [])):
            asked = PREDICT in cell.source
            cells.append(cell)
            continue
        plain = unfolded(cell)
        line = 0 if FOLD in plain.metadata.get("tags", []) else plumbing(plain.source)
        if line is None:
            new = [plain]
        elif line == 0:
            new = [folded(plain)]
        else:
            first, second = split(plain, line)
            new = [first, folded(second)]
        for one in new if asked and "teaching.labs." not in plain.source else []:
            tag(one, "hide-output")
        cells += new
    notebook.cells = cells


def fold_file(path: Path, *, check: bool = False) -> bool:
    """Fold a chapter; return whether that changed it. With ``check`` nothing is written."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    fold(notebook)
    after = nbformat.writes(notebook) + "\n"
    if after != before and not check:
        path.write_text(after, encoding="utf-8")
    return after != before


def command(options: argparse.Namespace) -> int:
    """Fold every chapter, or with ``--check`` name those that are not; return the exit code."""
    chapters = select_chapters(options.root)
    changed = [path for path in chapters if fold_file(path, check=options.check)]
    for path in changed:
        print(f"{'not folded' if options.check else 'folded'}: {path.relative_to(options.root)}")
    if changed and options.check:
        print("Fold them: python tools/make_book.py fold", file=sys.stderr)
        return 1
    return 0
