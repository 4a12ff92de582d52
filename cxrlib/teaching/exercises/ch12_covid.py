"""Exercises of chapter 12: softmax, images judged, right answers in a row, macro sensitivity."""

from __future__ import annotations

import math

import numpy as np

from cxrlib.evaluation import wilson_interval
from cxrlib.teaching.exercises.base import Exercise

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


check_softmax = Exercise(
    level="medium",
    minutes=10,
    task="`my_softmax(logits)`: the probabilities of logits (N, K), each row with sum 1.",
    solution=_softmax,
    mistakes={
        "each row has to sum to 1 by itself: `.sum(axis=1, keepdims=True)`.": (
            lambda z: np.exp(z) / np.exp(z).sum()
        ),
        "these are columns that sum to 1. A row is an image: `axis=1`.": (
            lambda z: np.exp(z) / np.exp(z).sum(axis=0)
        ),
        "divide each row by its sum.": np.exp,
        "that is the sigmoid of each logit: the rows don't sum to 1.": (
            lambda z: 1 / (1 + np.exp(-z))
        ),
        "divide by the sum, not by the largest.": (
            lambda z: np.exp(z) / np.exp(z).max(axis=1, keepdims=True)
        ),
        "that is a softmax of 2 to the power of the logit. Take `np.exp`.": (
            lambda z: 2**z / (2**z).sum(axis=1, keepdims=True)
        ),
        "the sign has changed: a larger logit gets a larger probability.": lambda z: _softmax(-z),
        "that is a 1 for the largest logit. Softmax gives the others their share.": (
            lambda z: np.eye(z.shape[1])[z.argmax(axis=1)]
        ),
        "that is its logarithm.": lambda z: np.log(_softmax(z)),
        "`np.exp(1000)` is too large for a number. Take the row's largest logit away first.": (
            lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        ),
    },
    cases=[(LOGITS,), (LARGE,)],
    success="Taking the same number from all logits of a row changes nothing but the overflow.",
    shape_hint="one probability for each logit: keep the shape.",
)
"""``my_softmax(logits)``: a table (N, K) of logits as probabilities, each row by itself."""


def _judged(n: int, batch: int, by: int) -> int:
    return min(n, math.ceil(n / by) * batch)


check_judged = Exercise(
    level="medium",
    minutes=10,
    task="How many different images are judged in `ceil(n / by)` steps?",
    solution=_judged,
    mistakes={
        "these are the steps. A step hands out `batch` images.": (
            lambda n, b, by: math.ceil(n / by)
        ),
        "half a step is a whole step: round up.": lambda n, b, by: min(n, n // by * b),
        "round up the steps, not the images.": lambda n, b, by: min(n, math.ceil(n / by * b)),
        "there are only `n` different images; then the generator starts again.": (
            lambda n, b, by: math.ceil(n / by) * b
        ),
        "`batch` and `by` have changed places.": lambda n, b, by: _judged(n, by, b),
        "that holds where `batch` and `by` are the same.": lambda n, b, by: n,
    },
    cases=[(18, 1, 10), (36, 1, 10), (27, 4, 10), (95, 32, 10), (25, 10, 10)],
    arg_names=("n", "batch", "by"),
    success="Where `batch` is smaller than `by`, images can be left out, and nothing says so.",
    default_hint="the steps, rounded up, times the images of a step; never more than `n`.",
)
"""``my_judged(n, batch, by)``: different images seen in ``ceil(n / by)`` batches."""


def _needed(low: float) -> int:
    return next(n for n in range(1, 10_000) if wilson_interval(n, n).low >= low)


check_needed = Exercise(
    level="easy",
    minutes=5,
    task="The smallest `n` for which `evaluation.wilson_interval(n, n).low` is at least `low`.",
    solution=_needed,
    mistakes={
        "one more: for this n the lower end is still below `low`.": lambda low: _needed(low) - 1,
        "one less is enough: count from n = 1, and stop at the first that reaches it.": (
            lambda low: _needed(low) + 1
        ),
        "that is the lower end itself. How large must n be?": lambda low: wilson_interval(2, 2).low,
        "this is the normal interval's z² alone. Solve n / (n + z²) = low for n.": (
            lambda low: math.ceil(1.96**2)
        ),
        "1 / (1 − low) forgets z²: n / (n + 1.96²) has to reach `low`.": (
            lambda low: math.ceil(1 / (1 - low))
        ),
    },
    cases=[(0.9,), (0.3,), (0.5,), (0.95,)],
    arg_names=("low",),
    success="Thirty-five patients in a row for a lower end of 0.9. Two reach 0.34.",
    default_hint="count n up from 1 until the lower end of n of n reaches `low`.",
)
"""``my_needed(low)``: right answers in a row until Wilson's lower end reaches ``low``."""


def _macro(counts: np.ndarray) -> float:
    return float(np.mean(np.diag(counts) / counts.sum(axis=1)))


check_macro = Exercise(
    level="easy",
    minutes=5,
    task="The share that is found of each class, averaged over the classes.",
    solution=_macro,
    mistakes={
        "that is the accuracy, in which large classes count more. Divide each class by its "
        "own number first.": lambda c: np.trace(c) / c.sum(),
        "you have divided by columns, which is precision. The truth is in rows: "
        "`axis=1`.": lambda c: np.mean(np.diag(c) / c.sum(axis=0)),
        "these are the sensitivities of the classes. Take their mean.": lambda c: (
            np.diag(c) / c.sum(axis=1)
        ),
        "divide their sum by the number of classes.": lambda c: np.sum(np.diag(c) / c.sum(axis=1)),
        "each class counts alike: a plain mean, not one weighted by class size.": lambda c: (
            np.average(np.diag(c) / c.sum(axis=1), weights=c.sum(axis=0))
        ),
        "the mean of the counts is no share: divide each by its row.": lambda c: np.mean(
            np.diag(c)
        ),
    },
    cases=[(np.array(counts),) for counts in COUNTS],
    arg_names=("counts",),
    success="The smallest class has as much say as the largest.",
    default_hint="the diagonal, divided by the sums of the rows, then the mean.",
)
"""``my_macro(counts)``: the macro sensitivity of a confusion matrix, truth in rows."""
