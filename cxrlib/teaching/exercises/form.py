"""The form of an exercise: task, reference solution, usual mistakes with their hints, cases."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cxrlib.teaching.chapter import say

Rule = Callable[..., object]


class Result(NamedTuple):
    """``passed`` is True, False, or None for an exercise that was not tried yet."""

    passed: bool | None
    text: str

    @property
    def markdown(self) -> str:
        """The result with its mark in front."""
        # Where no font has the cross, the words behind it say the same.
        mark = {True: "✅", False: "❌ Not yet.", None: "✏️ Your turn."}[self.passed]
        return f"{mark} {self.text}"


def wrong(expected: object, got: object, hint: str) -> Result:
    """Answer what was expected, what came, and what is the likely mistake."""
    return Result(False, f"Expected {expected}, got {got}. **Hint:** {hint}")


def missing(answer: object) -> bool:
    """Say whether an answer was left as ``None`` or ``...``."""
    return answer is None or answer is Ellipsis


def no_function(answer: object, task: str) -> Result | None:
    """Answer where no function was given: the exercise waits, or something else came."""
    if missing(answer):
        return Result(None, task)
    if callable(answer):
        return None
    return wrong("a function", f"`{answer!r}`", "give the function itself, without brackets.")


def attempt(function: Rule, *arguments: object) -> tuple[object, Result | None]:
    """Call a function on copies; an error of the reader's becomes a result, not a traceback."""
    try:
        with np.errstate(all="ignore"):
            return function(*deepcopy(arguments)), None
    except NotImplementedError:
        return None, None
    except Exception as error:
        text = f"`{type(error).__name__}: {error}`"
        return None, wrong("an answer", text, "the error comes from inside your function.")


def exercise(judge: Callable[[object], Result]) -> Callable[[object], None]:
    """Make a check of a function that returns a :class:`Result`: it shows it instead.

    For the few that do not fit the form of :class:`Exercise`.
    """

    @functools.wraps(judge)
    def check(answer: object) -> None:
        say(judge(answer).markdown)

    check.judge = judge
    return check


@dataclass(frozen=True)
class Exercise:
    """An exercise that asks for a function, and judges it by its answers.

    ``check(function)`` shows the result on the page, ``check.judge(function)`` returns it.

    Attributes
    ----------
    task, praise
        What an untouched exercise says, and a right one.
    reference : callable
        A right solution.
    mistakes : mapping
        Hint → a function with that mistake, or several. The hint is taken whose function agrees
        with the reader's in all cases, else in the first wrong one.
    cases : sequence of tuple
        Arguments to try.
    otherwise : str
        The hint for a mistake that is none of the usual.
    names : sequence of str, or callable
        What the arguments are called where it is said for which of them an answer is wrong, or a
        function that says it; arrays without names are not shown.
    form : str
        The hint for an answer of another shape, or for one that is no number.
    untouched : str
        The hint for a function that changes its arguments, where it should not.
    show : callable
        Writes an answer.
    read : callable
        Takes from an answer what is compared.
    """

    task: str
    reference: Rule
    mistakes: Mapping[str, Rule | tuple[Rule, ...]]
    cases: Sequence[tuple]
    praise: str
    otherwise: str = "work the first number out on paper."
    names: Sequence[str] | Callable[..., str] = ()
    form: str = ""
    untouched: str = ""
    show: Callable[[object], str] | None = None
    read: Callable[[object], object] | None = None

    def __call__(self, answer: object) -> None:
        """Judge the reader's function, and show the result on the page."""
        say(self.judge(answer).markdown)

    def judge(self, answer: object) -> Result:
        """Judge the reader's function by its answers in all cases."""
        if early := no_function(answer, self.task):
            return early
        answers, failed = [], None
        for case in self.cases:
            got, failed = attempt(answer, *case)
            if failed:
                where = self._where(case)
                failed = failed._replace(text=f"For {where}: {failed.text}") if where else failed
                break
            answers.append(self._read(got))
        if not failed and all(map(missing, answers)):
            return Result(None, self.task)
        for case, got in zip(self.cases, answers, strict=False):
            if not self.same(case, got, self.reference(*case)):
                return self._corrected(case, got, answers)
        return failed or self._kept(answer) or Result(True, self.praise)

    def same(self, case: tuple, got: object, wanted: object) -> bool:
        """Say whether two answers in a case are the same."""
        return same(got, wanted)

    def told(self, case: tuple, answer: object) -> str:
        """Write what is expected in a case."""
        return self._shown(answer) + self._of(case)

    def came(self, case: tuple, answer: object) -> str:
        """Write what came in a case."""
        return self._shown(answer)

    def _corrected(self, case: tuple, got: object, answers: list) -> Result:
        expected, numbers = self.reference(*case), _numbers(got)
        is_array, is_there = isinstance(expected, np.ndarray), numbers is not None
        told, came, of = self.told(case, expected), f"`{got!r}`", self._of(case)
        hint = self._hint(case, got, answers)
        if is_array and not is_there:
            return wrong(f"an array of numbers{of}", came, "return the array itself.")
        if is_array and not hint and numbers.shape != expected.shape:
            shapes = f"shape {expected.shape}{of}", f"shape {numbers.shape}"
            return wrong(*shapes, self.form or self.otherwise)
        if self.form and not hint and not (is_there and numbers.ndim == np.ndim(expected)):
            return wrong(told if expected is None else f"one number{of}", came, self.form)
        return wrong(told, self.came(case, numbers if is_array else got), hint or self.otherwise)

    def _hint(self, case: tuple, got: object, answers: list) -> str | None:
        def agrees(mistake: Rule, case: tuple, got: object) -> bool:
            made, failed = attempt(mistake, *case)
            return not failed and self.same(case, got, self._read(made))

        every = [
            (hint, mistake)
            for hint, mistakes in self.mistakes.items()
            for mistake in (mistakes if isinstance(mistakes, tuple) else (mistakes,))
        ]
        pairs = list(zip(self.cases, answers, strict=False))
        always = (hint for hint, f in every if all(agrees(f, *pair) for pair in pairs))
        here = (hint for hint, f in every if agrees(f, case, got))
        return next(always, None) or next(here, None)

    def _kept(self, answer: Rule) -> Result | None:
        """Say that a function has changed what it was given, if it should not and did."""
        for case in self.cases if self.untouched else ():
            given = deepcopy(case)
            answer(*given)
            if not all(map(np.array_equal, given, case)):
                return wrong("what was handed in untouched", "it changed", self.untouched)
        return None

    def _read(self, answer: object) -> object:
        answer = bool(answer) if isinstance(answer, np.bool_) else answer
        return self.read(answer) if self.read else answer

    def _of(self, case: tuple) -> str:
        return f" for {where}" if (where := self._where(case)) else ""

    def _where(self, case: tuple) -> str:
        if callable(self.names):
            return self.names(*case)
        plain = [value.tolist() if isinstance(value, np.ndarray) else value for value in case]
        named = zip(self.names, plain, strict=False)
        return ", ".join(f"{name} {value}" for name, value in named)

    def _shown(self, answer: object) -> str:
        return self.show(answer) if self.show and _numbers(answer) is not None else shown(answer)


def same(got: object, expected: object) -> bool:
    """Say whether an answer equals another: fractions nearly, everything else exactly."""
    if expected is None or missing(got) or isinstance(got, bool | str):
        return got is expected
    numbers, wanted = _numbers(got), _numbers(expected)
    if numbers is None or wanted is None or numbers.shape != wanted.shape:
        return False
    if np.asarray(expected).dtype.kind in "iu":
        return np.array_equal(numbers, wanted)
    return np.allclose(numbers, wanted, equal_nan=True)


def _numbers(value: object) -> np.ndarray | None:
    if missing(value) or isinstance(value, bool | str):
        return None
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError):
        return None


def shown(value: object) -> str:
    """Write an answer as code: a number, a tuple of them, or a small array."""
    return table(value) if isinstance(value, np.ndarray) and value.ndim else f"`{_plain(value)}`"


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))})"
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return f"{value:,}" if whole else f"{value:g}" if isinstance(value, float) else f"{value}"


def table(array: object) -> str:
    """Write a small array as one line of code, a row for each place of all axes but the last."""
    numbers = _numbers(array)
    if numbers is None:
        return f"`{array!r}`"
    rows = numbers.reshape(-1, numbers.shape[-1]) if numbers.ndim > 1 else np.atleast_2d(numbers)
    lines = ["[" + ", ".join(f"{v:g}" for v in row[:6]) + "]" for row in rows[:4]]
    return f"`[{', '.join(lines)}]`" if numbers.ndim > 1 else f"`{lines[0]}`"
