"""The form of an exercise: task, reference solution, usual mistakes with their hints, cases."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from cxrlib.teaching.chapter import say

Function = Callable[..., object]
Level = Literal["easy", "medium", "hard"]


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


def fail(expected: object, got: object, hint: str) -> Result:
    """Answer what was expected, what came, and what is the likely mistake."""
    return Result(False, f"Expected {expected}, got {got}. **Hint:** {hint}")


def is_missing(answer: object) -> bool:
    """Say whether an answer was left as ``None`` or ``...``."""
    return answer is None or answer is Ellipsis


def check_is_function(answer: object, task: str) -> Result | None:
    """Answer where no function was given: the exercise waits, or something else came."""
    if is_missing(answer):
        return Result(None, task)
    if callable(answer):
        return None
    return fail("a function", f"`{answer!r}`", "give the function itself, without brackets.")


def try_call(function: Function, *arguments: object) -> tuple[object, Result | None]:
    """Call a function on copies; an error of the reader's becomes a result, not a traceback."""
    try:
        with np.errstate(all="ignore"):
            return function(*deepcopy(arguments)), None
    except NotImplementedError:
        return None, None
    except Exception as error:
        text = f"`{type(error).__name__}: {error}`"
        return None, fail("an answer", text, "the error comes from inside your function.")


class CustomExercise:
    """An exercise made of one function that returns a :class:`Result`.

    For the few that do not fit the form of :class:`Exercise`; ``task``, ``level`` and ``minutes``
    are as there.
    """

    def __init__(
        self, check: Callable[[Any], Result], *, task: str, level: Level, minutes: int
    ) -> None:
        self.check, self.task, self.level, self.minutes = check, task, level, minutes
        functools.update_wrapper(self, check)

    def __call__(self, answer: object) -> None:
        """Check the reader's answer, and show the result on the page."""
        say(self.check(answer).markdown)


@dataclass(frozen=True, eq=False)
class Exercise:
    """An exercise that asks for a function, and checks it by its answers.

    ``check_something(function)`` shows the result on the page, ``check_something.check(function)``
    returns it.

    Attributes
    ----------
    task, success : str
        What an untouched exercise says, and a right one.
    solution : callable
        A right one, for reference.
    mistakes : mapping
        Hint → a function with that mistake, or several. The hint is taken whose function agrees
        with the reader's in all cases, else in the first wrong one.
    cases : sequence of tuple
        Arguments to try.
    default_hint : str
        For a mistake that is none of the usual.
    arg_names : sequence of str, or callable
        What the arguments are called where it is said for which of them an answer is wrong, or a
        function that says it; arrays without names are not shown.
    shape_hint : str
        For an answer of another shape, or one that is no number.
    mutation_hint : str
        For a function that changes its arguments, where it should not.
    format : callable
        Writes an answer.
    transform : callable
        Takes from an answer what is compared.
    level, minutes
        How hard it is and how long it takes, for instructors: "easy" is a line whose formula the
        text gives, "medium" an idea to put into code, "hard" an idea of one's own. None and 0 in a
        part of another exercise.
    """

    task: str
    solution: Function
    mistakes: Mapping[str, Function | tuple[Function, ...]]
    cases: Sequence[tuple]
    success: str
    default_hint: str = "work the first number out on paper."
    arg_names: Sequence[str] | Callable[..., str] = ()
    shape_hint: str = ""
    mutation_hint: str = ""
    format: Callable[[Any], str] | None = None
    transform: Callable[[object], object] | None = None
    level: Level | None = None
    minutes: int = 0

    def __call__(self, answer: object) -> None:
        """Check the reader's function, and show the result on the page."""
        say(self.check(answer).markdown)

    def check(self, answer: Any) -> Result:
        """Check the reader's function by its answers in all cases."""
        if early := check_is_function(answer, self.task):
            return early
        answers, failed = [], None
        for case in self.cases:
            got, failed = try_call(answer, *case)
            if failed:
                where = self.describe_case(case)
                failed = failed._replace(text=f"For {where}: {failed.text}") if where else failed
                break
            answers.append(self._transformed(got))
        if not failed and all(map(is_missing, answers)):
            return Result(None, self.task)
        for case, got in zip(self.cases, answers, strict=False):
            if not self.is_equal(case, got, self.solution(*case)):
                return self._explain(case, got, answers)
        return failed or self._check_arguments_kept(answer) or Result(True, self.success)

    def is_equal(self, case: tuple, got: object, expected: object) -> bool:
        """Say whether two answers in a case are the same."""
        return is_equal(got, expected)

    def describe_expected(self, case: tuple, answer: object) -> str:
        """Write what is expected in a case."""
        return self.describe_answer(case, answer) + self._for(case)

    def describe_answer(self, case: tuple, answer: object) -> str:
        """Write what came in a case."""
        own = self.format if as_numbers(answer) is not None else None
        return (own or format_value)(answer)

    def describe_case(self, case: tuple) -> str:
        """Write the arguments of a case, as far as they have names."""
        if callable(self.arg_names):
            return self.arg_names(*case)
        values = [value.tolist() if isinstance(value, np.ndarray) else value for value in case]
        named = zip(self.arg_names, values, strict=False)
        return ", ".join(f"{name} {value}" for name, value in named)

    def _explain(self, case: tuple, got: object, answers: list[object]) -> Result:
        expected, numbers = self.solution(*case), as_numbers(got)
        told, came = self.describe_expected(case, expected), f"`{got!r}`"
        hint = self._find_hint(case, got, answers)
        if isinstance(expected, np.ndarray):
            if numbers is None:
                told = f"an array of numbers{self._for(case)}"
                return fail(told, came, "return the array itself.")
            if not hint and numbers.shape != expected.shape:
                shapes = f"shape {expected.shape}{self._for(case)}", f"shape {numbers.shape}"
                return fail(*shapes, self.shape_hint or self.default_hint)
            got = numbers
        elif self.shape_hint and not hint and (numbers is None or numbers.ndim):
            one = told if expected is None else f"one number{self._for(case)}"
            return fail(one, came, self.shape_hint)
        return fail(told, self.describe_answer(case, got), hint or self.default_hint)

    def _find_hint(self, case: tuple, got: object, answers: list[object]) -> str | None:
        def agrees(mistake: Function, case: tuple, got: object) -> bool:
            made, failed = try_call(mistake, *case)
            return not failed and self.is_equal(case, got, self._transformed(made))

        pairs = list(zip(self.cases, answers, strict=False))
        every = list(self.iter_mistakes())
        always = (hint for hint, f in every if all(agrees(f, *pair) for pair in pairs))
        here = (hint for hint, f in every if agrees(f, case, got))
        return next(always, None) or next(here, None)

    def iter_mistakes(self) -> Iterator[tuple[str, Function]]:
        """Yield each hint with each function that has this mistake."""
        for hint, mistakes in self.mistakes.items():
            for mistake in mistakes if isinstance(mistakes, tuple) else (mistakes,):
                yield hint, mistake

    def _check_arguments_kept(self, answer: Function) -> Result | None:
        for case in self.cases if self.mutation_hint else ():
            given = deepcopy(case)
            answer(*given)
            if not all(map(np.array_equal, given, case)):
                return fail("what was handed in untouched", "it changed", self.mutation_hint)
        return None

    def _transformed(self, answer: object) -> object:
        answer = bool(answer) if isinstance(answer, np.bool_) else answer
        return self.transform(answer) if self.transform else answer

    def _for(self, case: tuple) -> str:
        return f" for {where}" if (where := self.describe_case(case)) else ""


def is_equal(got: object, expected: object) -> bool:
    """Say whether an answer equals another: fractions nearly, everything else exactly."""
    if expected is None or is_missing(got) or isinstance(got, bool | str):
        return got is expected
    numbers, wanted = as_numbers(got), as_numbers(expected)
    if numbers is None or wanted is None or numbers.shape != wanted.shape:
        return False
    if np.asarray(expected).dtype.kind in "iu":
        return np.array_equal(numbers, wanted)
    return np.allclose(numbers, wanted, equal_nan=True)


def as_numbers(value: Any) -> np.ndarray | None:
    """Return an answer as an array of floats, or None where it is no number or several."""
    if is_missing(value) or isinstance(value, bool | str):
        return None
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError):
        return None


def format_value(value: object) -> str:
    """Write an answer as code: a number, a tuple of them, or a small array."""
    is_array = isinstance(value, np.ndarray) and value.ndim
    return format_array(value) if is_array else f"`{_plain(value)}`"


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))})"
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return f"{value:,}" if whole else f"{value:g}" if isinstance(value, float) else f"{value}"


def format_array(array: object) -> str:
    """Write a small array as one line of code, a row for each place of all axes but the last."""
    numbers = as_numbers(array)
    if numbers is None:
        return f"`{array!r}`"
    rows = numbers.reshape(-1, numbers.shape[-1]) if numbers.ndim > 1 else np.atleast_2d(numbers)
    lines = ["[" + ", ".join(f"{v:g}" for v in row[:6]) + "]" for row in rows[:4]]
    return f"`[{', '.join(lines)}]`" if numbers.ndim > 1 else f"`{lines[0]}`"
