"""Comparing an answer with the right one, then with those that usual mistakes give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cxrlib.teaching.exercises.results import Result, attempt, missing, not_yet, right, wrong

Rule = Callable[..., object]


def judge_rule(
    rule: object,
    expected: Rule,
    mistakes: Mapping[str, Rule],
    cases: Sequence[tuple],
    *,
    names: Sequence[str],
    task: str,
    praise: str,
    otherwise: str,
) -> Result:
    """Judge a function from numbers to a number (or a tuple of numbers, or None) by its answers.

    Parameters
    ----------
    rule
        The reader's function.
    expected
        The right one.
    mistakes
        ``hint → function with that mistake``. The hint is taken whose function agrees with the
        reader's in all cases, else in the first wrong case.
    cases
        Arguments to try, one tuple each.
    names
        What the arguments are called.
    task, praise, otherwise
        Texts for an untouched exercise, a right one, and a mistake that is none of the usual.
    """
    if missing(rule):
        return not_yet(task)
    if not callable(rule):
        return wrong("a function", f"`{rule!r}`", "give the function itself, without brackets.")
    got = []
    for case in cases:
        answer, failed = attempt(rule, *case)
        if failed:
            return failed._replace(text=f"For {_said(names, case)}: {failed.text}")
        got.append(answer)
    if all(map(missing, got)):
        return not_yet(task)
    for case, answer in zip(cases, got, strict=True):
        if _same(answer, expected(*case)):
            continue
        hint = _likely(mistakes, cases, got, case, answer) or otherwise
        what = f"`{_shown(expected(*case))}` for {_said(names, case)}"
        return wrong(what, f"`{_shown(answer)}`", hint)
    return right(praise)


def _likely(mistakes, cases, got, case, answer) -> str | None:
    pairs = list(zip(cases, got, strict=True))
    always = [h for h, f in mistakes.items() if all(_same(a, f(*c)) for c, a in pairs)]
    here = [hint for hint, f in mistakes.items() if _same(answer, f(*case))]
    return (always + here + [None])[0]


def _same(answer: object, expected: object) -> bool:
    if expected is None or missing(answer) or isinstance(answer, bool | str):
        return answer is expected
    try:
        answer = np.asarray(answer, float)
    except (TypeError, ValueError):
        return False
    expected = np.asarray(expected, float)
    return answer.shape == expected.shape and np.allclose(answer, expected)


def _said(names: Sequence[str], case: tuple) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(names, case, strict=True))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))})"
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return f"{value:,}" if whole else f"{value:g}" if isinstance(value, float) else f"{value}"


def judge_array(got: object, expected: np.ndarray, mistakes: Mapping[str, np.ndarray]) -> Result:
    """Compare an array with the right one; mistakes are ``hint → array``."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return wrong("an array of numbers", f"`{got!r}`", "return the array itself.")
    if _same(got, expected):
        return right("")
    near = [hint for hint, value in mistakes.items() if _same(got, value)]
    if near:
        return wrong(table(expected), table(got), near[0])
    if got.shape != expected.shape:
        shapes = f"shape {expected.shape}", f"shape {got.shape}"
        return wrong(*shapes, "count the places at which the window fits.")
    return wrong(table(expected), table(got), "work the first number out on paper.")


def table(array: np.ndarray) -> str:
    """Write a small array as one line of code."""
    rows = np.atleast_2d(np.asarray(array, float))
    lines = ["[" + ", ".join(f"{v:g}" for v in row[:6]) + "]" for row in rows[:4]]
    return "`[" + ", ".join(lines) + "]`"
