"""Tables for instructors.

``{exercises-table}`` shows level and minutes of each exercise, ``{syllabus}`` the minutes of each
session, a line of chapters a session, and ``{misconceptions-table}`` what learners often believe
and what answers it.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml
from markdown_tables import MarkdownDirective, table

from cxrlib.teaching import exercises, quizzes
from cxrlib.teaching.exercises.base import Level

MISCONCEPTIONS = Path(__file__).parents[1] / "misconceptions.yml"
AT_HOME = {"hard"}  # levels that a class leaves for later


@dataclass(frozen=True)
class Chapter:
    """What a chapter says of itself.

    Attributes
    ----------
    minutes : int
        Of its line "NN minutes"; 0 where it has none.
    checks : tuple of str
        Names of its exercises' checks, in order.
    """

    minutes: int
    checks: tuple[str, ...]

    def exercise_minutes(self, *, at_home: bool) -> int:
        """Return the minutes of its exercises, of those for the class or of those for later."""
        asked = [getattr(exercises, check) for check in self.checks]
        return sum(one.minutes for one in asked if (one.level in AT_HOME) == at_home)


def read_chapter(path: Path) -> Chapter:
    """Read a chapter's notebook; one that is none, since it stopped, says nothing."""
    if not path.exists():
        return Chapter(0, ())
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text, code = (
        "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == kind)
        for kind in ("markdown", "code")
    )
    minutes = re.search(r"^\*(\d+) minutes\b", text, re.MULTILINE)
    checks = dict.fromkeys(re.findall(r"exercises\.(check_\w+)\(", code))
    return Chapter(int(minutes[1]) if minutes else 0, tuple(checks))


class TeachingDirective(MarkdownDirective):
    """A directive that reads the chapters beside the pages."""

    def chapter(self, name: str) -> Chapter:
        """Read one, such as ``"01-pictures"``."""
        self.env.note_dependency(str(self.folder / f"{name}.ipynb"))
        return read_chapter(self.folder / f"{name}.ipynb")

    @property
    def folder(self) -> Path:
        """Where the chapters are."""
        return Path(self.env.srcdir) / "chapters"

    def names(self) -> list[str]:
        """Return the chapters' names in order."""
        return sorted({path.stem for path in self.folder.iterdir()})


def link(chapter: str) -> str:
    """Return number and title of a chapter as a link."""
    return f"{chapter[:2]} {{doc}}`/chapters/{chapter}`"


class ExercisesTable(TeachingDirective):
    """Each exercise with its level and minutes, from the checks themselves."""

    def markdown(self) -> str:
        """Write the table, and a line of sums."""
        rows, levels, minutes = [], Counter(), 0
        for name in self.names():
            for number, check in enumerate(self.chapter(name).checks, start=1):
                one = getattr(exercises, check)
                chapter = link(name) if number == 1 else ""
                rows.append([chapter, str(number), one.task, one.level, str(one.minutes)])
                levels[one.level] += 1
                minutes += one.minutes
        counts = ", ".join(f"{levels[level]} {level}" for level in get_args(Level))
        sums = f"{len(rows)} exercises ({counts}), {minutes} minutes."
        return "\n\n".join([table(["Chapter", "No.", "What it asks", "Level", "Min"], rows), sums])


class Syllabus(TeachingDirective):
    """A course of some sessions: each line of the content names the chapters of one."""

    has_content = True

    def markdown(self) -> str:
        """Write the table: minutes of the story, of exercises in class, of those at home."""
        rows, sums = [], Counter()
        for number, line in enumerate(filter(None, self.content), start=1):
            names = re.split(r"[,\s]+", line.strip())
            if missing := sorted(set(names) - set(self.names())):
                raise self.error(
                    f"expected chapters such as {self.names()[0]}, got {', '.join(missing)}. "
                    "Write a file's name without its ending."
                )
            found = [self.chapter(name) for name in names]
            story = sum(chapter.minutes for chapter in found)
            here, home = (
                sum(chapter.exercise_minutes(at_home=later) for chapter in found)
                for later in (False, True)
            )
            numbers = {"story": story, "here": here, "all": story + here, "home": home}
            sums.update(numbers)
            cells = [str(n or "–") for n in numbers.values()]
            rows.append([str(number), ", ".join(map(link, names)), *cells])
        rows.append(["", "**all**", *(f"**{n}**" for n in sums.values())])
        return table(["Session", "Chapters", "Story", "Exercises", "In class", "At home"], rows)


class MisconceptionsTable(TeachingDirective):
    """What learners often believe, and which exercise or question of a quiz answers it."""

    def markdown(self) -> str:
        """Write the table from ``misconceptions.yml``."""
        self.env.note_dependency(str(MISCONCEPTIONS))
        rows = []
        for name, items in yaml.safe_load(MISCONCEPTIONS.read_text(encoding="utf-8")).items():
            checks = self.chapter(name).checks
            for item in items:
                chapter = link(name) if item is items[0] else ""
                rows.append([chapter, item["wrong"], ", ".join(caught_by(name, checks, item))])
        return table(["Chapter", "What is believed", "What answers it"], rows)


def caught_by(chapter: str, checks: tuple[str, ...], item: dict) -> list[str]:
    """Return "exercise 2", "quiz 3": what answers a misconception in its chapter.

    Raises
    ------
    ValueError
        If the chapter has no such check, or not one question that begins so.
    """
    found = []
    if check := item.get("check"):
        if check not in checks:
            raise ValueError(
                f"misconceptions.yml: expected a check of {chapter}, got {check!r}. "
                f"Choose one of: {', '.join(checks)}."
            )
        found.append(f"exercise {checks.index(check) + 1}")
    if words := item.get("quiz"):
        asked = [one["question"] for one in quizzes.read(chapter)]
        numbers = [n for n, text in enumerate(asked, start=1) if text.startswith(words)]
        if len(numbers) != 1:
            raise ValueError(
                f"misconceptions.yml: expected the first words of one question of the quiz "
                f"{chapter}, got {words!r}. Choose one of: {asked}."
            )
        found.append(f"quiz {numbers[0]}")
    return found


def add_directives(app):
    """Add those of this module."""
    app.add_directive("exercises-table", ExercisesTable)
    app.add_directive("syllabus", Syllabus)
    app.add_directive("misconceptions-table", MisconceptionsTable)
