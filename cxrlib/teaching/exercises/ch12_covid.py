"""Exercises of chapter 12: softmax, pictures judged, right answers in a row, macro sensitivity."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cxrlib.evaluation import wilson
from cxrlib.teaching.exercises.form import judge_array, judge_rule, table
from cxrlib.teaching.exercises.results import (
    Result,
    attempt,
    exercise,
    missing,
    not_yet,
    right,
    wrong,
)

LOGITS = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0], [0.5, 0.5, 0.5]])
LARGE = np.array([[1000.0, 1001.0, 999.0]])
COUNTS = (
    [[8, 1, 0, 0], [2, 5, 2, 0], [0, 4, 5, 0], [0, 0, 0, 9]],
    [[90, 10, 0], [5, 40, 5], [0, 4, 6]],
    [[30, 10], [1, 3]],
    [[9, 3], [6, 7]],
)


def _softmax(logits: np.ndarray) -> np.ndarray:
    positive = np.exp(logits - logits.max(axis=1, keepdims=True))
    return positive / positive.sum(axis=1, keepdims=True)


@exercise
def check_softmax(softmax: Callable[[np.ndarray], np.ndarray]) -> Result:
    """Check ``softmax(logits)``: a table (N, K) of logits as probabilities, each row by itself."""
    task = "`my_softmax(logits)` returns an array (N, K), each row with sum 1."
    if missing(softmax):
        return not_yet(task)
    got, failed = attempt(softmax, LOGITS.copy())
    if failed:
        return failed
    if missing(got):
        return not_yet(task)
    e = np.exp(LOGITS)
    mistakes = {
        "each row has to sum to 1 by itself: `.sum(axis=1, keepdims=True)`.": e / e.sum(),
        "these are columns that sum to 1. A row is a picture: `axis=1`.": e / e.sum(axis=0),
        "divide each row by its sum.": e,
        "that is the sigmoid of each logit: the rows don't sum to 1.": 1 / (1 + np.exp(-LOGITS)),
        "divide by the sum, not by the largest.": e / e.max(axis=1, keepdims=True),
        "that is a softmax of 2 to the power of the logit. Take `np.exp`.": (
            2**LOGITS / (2**LOGITS).sum(axis=1, keepdims=True)
        ),
        "the sign has changed: a larger logit gets a larger probability.": _softmax(-LOGITS),
        "that is a 1 for the largest logit. Softmax gives the others their share.": np.eye(3)[
            LOGITS.argmax(axis=1)
        ],
        "that is its logarithm.": np.log(_softmax(LOGITS)),
    }
    expected = _softmax(LOGITS)
    if np.shape(got) != expected.shape:
        hint = "one probability for each logit: keep the shape."
        return wrong(f"shape {expected.shape}", f"shape {np.shape(got)}", hint)
    shown = judge_array(got, expected, mistakes)
    if not shown.passed:
        return shown
    with np.errstate(all="ignore"):
        large, failed = attempt(softmax, LARGE.copy())
    if failed:
        return failed
    if not np.allclose(np.asarray(large, float), _softmax(LARGE)):
        hint = "`np.exp(1000)` is too large for a number. Take the row's largest logit away first."
        return wrong(f"{table(_softmax(LARGE))} for {table(LARGE)}", table(large), hint)
    return right(
        "Taking the same number from all logits of a row changes nothing but the overflow."
    )


def _judged(n: int, batch: int, by: int) -> int:
    return min(n, math.ceil(n / by) * batch)


@exercise
def check_judged(judged: Callable[[int, int, int], int]) -> Result:
    """Check ``judged(n, batch, by)``: different pictures seen in ``ceil(n / by)`` batches."""
    return judge_rule(
        judged,
        _judged,
        {
            "these are the steps. A step hands out `batch` pictures.": (
                lambda n, batch, by: math.ceil(n / by)
            ),
            "half a step is a whole step: round up.": lambda n, batch, by: min(n, n // by * batch),
            "round up the steps, not the pictures.": (
                lambda n, batch, by: min(n, math.ceil(n / by * batch))
            ),
            "there are only `n` different pictures; then the generator starts again.": (
                lambda n, batch, by: math.ceil(n / by) * batch
            ),
            "`batch` and `by` have changed places.": lambda n, batch, by: _judged(n, by, batch),
            "that holds where `batch` and `by` are the same.": lambda n, batch, by: n,
        },
        [(18, 1, 10), (36, 1, 10), (27, 4, 10), (95, 32, 10), (25, 10, 10)],
        names=("n", "batch", "by"),
        task="How many different pictures are judged in `ceil(n / by)` steps?",
        praise="Where `batch` is smaller than `by`, pictures are left out, and nothing says so.",
        otherwise="the steps, rounded up, times the pictures of a step; never more than `n`.",
    )


def _needed(low: float) -> int:
    return next(n for n in range(1, 10_000) if wilson(n, n).low >= low)


@exercise
def check_needed(needed: Callable[[float], int]) -> Result:
    """Check ``needed(low)``: right answers in a row until Wilson's lower end reaches ``low``."""
    return judge_rule(
        needed,
        _needed,
        {
            "one more: for this n the lower end is still below `low`.": lambda low: (
                _needed(low) - 1
            ),
            "one less is enough: count from n = 1, and stop at the first that reaches it.": (
                lambda low: _needed(low) + 1
            ),
            "that is the lower end itself. How large must n be?": lambda low: wilson(2, 2).low,
            "this is the normal interval's z² alone. Solve n / (n + z²) = low for n.": (
                lambda low: math.ceil(1.96**2)
            ),
            "1 / (1 − low) forgets z²: n / (n + 1.96²) has to reach `low`.": (
                lambda low: math.ceil(1 / (1 - low))
            ),
        },
        [(0.9,), (0.3,), (0.5,), (0.95,)],
        names=("low",),
        task="The smallest `n` for which `evaluation.wilson(n, n).low` is at least `low`.",
        praise="Thirty-five patients in a row for a lower end of 0.9. Two reach 0.34.",
        otherwise="count n up from 1 until the lower end of n of n reaches `low`.",
    )


def _macro(counts: object) -> float:
    counts = np.asarray(counts, float)
    return float(np.mean(np.diag(counts) / counts.sum(axis=1)))


@exercise
def check_macro(macro: Callable[[np.ndarray], float]) -> Result:
    """Check ``macro(counts)``: the macro sensitivity of a confusion matrix, truth in rows."""

    def of(how: Callable[[np.ndarray], float]) -> Callable[[object], float]:
        return lambda counts: how(np.asarray(counts, float))

    given = macro
    if callable(macro):
        given = lambda counts: macro(np.array(counts))  # noqa: E731  (the reader gets an array)
    return judge_rule(
        given,
        _macro,
        {
            "that is the accuracy, in which large classes count more. Divide each class by its "
            "own number first.": of(lambda c: np.trace(c) / c.sum()),
            "you have divided by columns, which is precision. The truth is in rows: `axis=1`.": of(
                lambda c: np.mean(np.diag(c) / c.sum(axis=0))
            ),
            "these are the sensitivities of the classes. Take their mean.": of(
                lambda c: np.diag(c) / c.sum(axis=1)
            ),
            "divide their sum by the number of classes.": of(
                lambda c: np.sum(np.diag(c) / c.sum(axis=1))
            ),
            "each class counts alike: a plain mean, not one weighted by class size.": of(
                lambda c: np.average(np.diag(c) / c.sum(axis=1), weights=c.sum(axis=0))
            ),
            "the mean of the counts is no share: divide each by its row.": of(
                lambda c: np.mean(np.diag(c))
            ),
        },
        [(counts,) for counts in COUNTS],
        names=("counts",),
        task="The share that is found of each class, averaged over the classes.",
        praise="The smallest class has as much say as the largest.",
        otherwise="the diagonal, divided by the sums of the rows, then the mean.",
    )
