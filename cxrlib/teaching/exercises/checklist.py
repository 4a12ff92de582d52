"""The form of an exercise that asks one question many times: a checklist to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cxrlib.teaching.chapter import say
from cxrlib.teaching.exercises.base import Level, Result, fail, is_missing


@dataclass(frozen=True, eq=False)
class Checklist:
    """An exercise that asks for an answer to each of several lines.

    ``check_something(answers)`` shows the result on the page, ``check_something.check(answers)``
    returns it.

    Attributes
    ----------
    task, success : str
        What an untouched exercise says, and a right one.
    lines : mapping
        Line → its answer, True, False or a whole number, and the reason.
    level, minutes
        As in :class:`~cxrlib.teaching.exercises.Exercise`.
    """

    task: str
    success: str
    lines: Mapping[str, tuple[bool | int, str]]
    level: Level
    minutes: int

    def __call__(self, answers: object) -> None:
        """Check the reader's answers, and show the result on the page."""
        say(self.check(answers).markdown)

    def check(self, answers: object) -> Result:
        """Check the reader's answers, line by line."""
        if is_missing(answers):
            return Result(None, self.task)
        if not isinstance(answers, Mapping) or set(answers) != set(self.lines):
            expected = "a dictionary with the lines " + ", ".join(self.lines)
            return fail(expected, f"`{answers!r}`", "keep the names, and fill in the answers.")
        left = [line for line, answer in answers.items() if is_missing(answer)]
        if len(left) == len(self.lines):
            return Result(None, self.task)
        if left:
            return Result(None, f"Left to answer: {', '.join(left)}.")
        right = {line: _is(answers[line], answer) for line, (answer, _) in self.lines.items()}
        for line, (answer, reason) in self.lines.items():
            if not right[line]:
                count = f"{sum(right.values())} of {len(self.lines)} lines are right"
                return fail(f"`{answer}` for “{line}”", f"`{answers[line]!r}` ({count})", reason)
        return Result(True, self.success)


def _is(given: object, answer: bool | int) -> bool:
    """Say whether an answer is the right one; 1 is not True."""
    same_kind = isinstance(given, bool | np.bool_) == isinstance(answer, bool)
    number = isinstance(given, bool | np.bool_ | int | np.integer)
    return number and same_kind and given == answer
