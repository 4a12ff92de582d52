"""What a chapter asks its reader: predictions, exercises with their solutions, and its quiz."""

from __future__ import annotations

import html
import random
import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat

from cxrlib.teaching import quizzes, test_set

SOLUTION = re.compile(r"<details><summary>Solution</summary>(.*?)</details>", re.DOTALL)
ASKED = {  # how a paragraph begins that asks something
    "prediction": re.compile(r"\*\*Predict before you"),
    "exercise": re.compile(r"\*\*Exercise \d+\."),
}
LINK = re.compile(r"(?<=\]\()(?:\.\./)?(book/[\w-]+\.md|[\w-]+\.ipynb)")  # from a chapter to a page
CHECK = re.compile(r"^teaching\.exercises\.check_\w+\(.*\n?", re.MULTILINE)


@dataclass
class Task:
    """A prediction or an exercise, in the chapter's own words.

    Attributes
    ----------
    kind : str
        "prediction" or "exercise".
    section : str
        The heading under which it stands.
    text, stub, solution : str
        What is asked, in Markdown; the code to begin with; the solution, in Markdown. A prediction
        has no code, and a solution only where a chapter that ran was read: what came out.
    """

    kind: str
    section: str
    text: str
    stub: str = ""
    solution: str = ""


@dataclass(frozen=True)
class Lesson:
    """What a chapter is about, and all that it asks.

    Attributes
    ----------
    name, title, question : str
        Of the file, of the page, and what the chapter opens with.
    aims : tuple of str
        What its reader can do afterwards.
    tasks : tuple of Task
        In order.
    quiz : tuple of dict
        As :func:`cxrlib.teaching.quizzes.read` returns it, the answers in another order, which is
        always the same.
    """

    name: str
    title: str
    question: str
    aims: tuple[str, ...]
    tasks: tuple[Task, ...]
    quiz: tuple[dict, ...]


def read_lesson(path: Path, home: str | None = None) -> Lesson:
    """Read a chapter's notebook.

    Parameters
    ----------
    path : Path
        Of the chapter, or of its copy that ran.
    home : str, optional
        Where the book is published: links to its pages lead there.

    Raises
    ------
    ValueError
        If an exercise has no solution, or a solution no exercise.
    """
    notebook = nbformat.read(path, as_version=4)
    if home:
        notebook = with_web_links(notebook, home)
    tasks: list[Task] = []
    section, waiting, predicted = "", None, None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if predicted is not None:
                predicted.solution += "".join(f"{came}\n\n" for came in came_out(cell))
            if waiting is not None and CHECK.search(cell.source):
                waiting.stub = CHECK.sub("", cell.source).strip()
            continue
        for solved in SOLUTION.findall(cell.source):
            if waiting is None:
                raise ValueError(
                    f"{path.name}: expected an exercise before each solution, got none before "
                    f"{solved.strip()[:60]!r}. Begin its paragraph with **Exercise 1.** or so."
                )
            waiting.solution, waiting = solved.strip(), None
        before, predicted = "", None
        for part in paragraphs(SOLUTION.sub("", cell.source)):
            if part.startswith("#"):
                section = part.lstrip("# ")
            task = as_task(part, section, before)
            if task:
                tasks.append(task)
                waiting = task if task.kind == "exercise" else waiting
            predicted = task if task and task.kind == "prediction" else None
            before = part
    if unsolved := [task.text for task in tasks if task.kind == "exercise" and not task.solution]:
        raise ValueError(
            f"{path.name}: expected a folded solution after each exercise, got none after "
            f"{unsolved[0][:60]!r}. Write <details><summary>Solution</summary> below its check."
        )
    opening = notebook.cells[0].source
    return Lesson(
        path.stem,
        _found(r"^# (.+)", opening),
        _found(r"^\*\*The question\.\*\* (.+)", opening),
        tuple(_found(r"^\*When you are done you can\* (.+)", opening).rstrip(".").split(" · ")),
        tuple(tasks),
        mixed_quiz(path.stem),
    )


def came_out(cell: nbformat.NotebookNode) -> list[str]:
    """Return a cell's sentences, tables and figures as Markdown, without looks at a test set."""
    found = []
    alt = html.escape(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "A figure"))
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data:
            source = data["image/png"].replace("\n", "")
            found.append(f'<img alt="{alt}" src="data:image/png;base64,{source}">')
        elif "cxr-lab" in data.get("text/html", ""):
            continue
        elif table := re.search(r"<table.*</table>", data.get("text/html", ""), re.DOTALL):
            found.append(re.sub(r"\n\s*", "", table[0]))
        elif test_set.MIME not in data and "text/markdown" in data:
            found.append(data["text/markdown"])
    return found


def paragraphs(text: str) -> list[str]:
    """Cut Markdown at empty lines, but not inside of code."""
    parts = re.split(r"(^```.*?^```)", text, flags=re.DOTALL | re.MULTILINE)
    cut = [[part] if i % 2 else re.split(r"\n\s*\n", part) for i, part in enumerate(parts)]
    return [one.strip("\n") for group in cut for one in group if one.strip()]


def kind_of(paragraph: str) -> str | None:
    """Say whether a paragraph asks for a prediction, is an exercise, or neither (None)."""
    plain = paragraph.removeprefix("> ")
    return next((kind for kind, begins in ASKED.items() if begins.match(plain)), None)


def as_task(paragraph: str, section: str, before: str) -> Task | None:
    """Return what a paragraph asks; a list or table right above belongs to it."""
    kind = kind_of(paragraph)
    if kind is None:
        return None
    text = re.sub(r"^> ?", "", paragraph, flags=re.MULTILINE)
    above = f"{before}\n\n" if before.startswith(("|", "- ")) else ""
    return Task(kind, section, above + text)


def mixed_quiz(chapter: str) -> tuple[dict, ...]:
    """Return a chapter's quiz with mixed answers; in the files the right one is often first."""
    if chapter not in quizzes.list_quizzes():
        return ()
    questions, mix = deepcopy(quizzes.read(chapter)), random.Random(chapter)
    for question in questions:
        mix.shuffle(question["answers"])
    return tuple(questions)


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy without solutions; what else is folded stays."""
    copy = deepcopy(notebook)
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\n{3,}", "\n\n", SOLUTION.sub("", cell.source)).strip("\n")
    copy.cells = [cell for cell in copy.cells if cell.source or cell.cell_type == "code"]
    return copy


def with_web_links(notebook: nbformat.NotebookNode, home: str) -> nbformat.NotebookNode:
    """Return a copy whose links to the book's pages lead to the published ones below ``home``."""

    def to_web(link: re.Match[str]) -> str:
        page = link[1].rpartition(".")[0]
        return f"{home}{page if page.startswith('book/') else f'chapters/{page}'}.html"

    copy = deepcopy(notebook)
    for cell in copy.cells:
        cell.source = LINK.sub(to_web, cell.source)
        for output in cell.get("outputs", []):
            if said := output.get("data", {}).get("text/markdown"):
                output.data["text/markdown"] = LINK.sub(to_web, said)
    return copy


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else ""
