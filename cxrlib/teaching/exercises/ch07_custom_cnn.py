"""Exercises of chapter 07: batch normalisation for one child, a matrix read, classes weighed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cxrlib.teaching.exercises.form import judge_array, judge_rule
from cxrlib.teaching.exercises.results import (
    Result,
    attempt,
    exercise,
    missing,
    not_yet,
    right,
    wrong,
)

Rates = tuple[float, float, float]

MAPS = np.arange(16.0).reshape(1, 2, 2, 4) ** 1.5  # one child, four maps of 2 × 2
MEAN, VARIANCE = np.array([3.0, 10, 20, 0]), np.array([4.0, 25, 0.009, 1])
GAMMA, BETA = np.array([1.0, 2, 0.5, -1]), np.array([0.0, 1, -2, 3])
EPSILON = 1e-3


def _normed(
    x: np.ndarray, mean: np.ndarray, spread: np.ndarray, gamma=GAMMA, beta=BETA
) -> np.ndarray:
    return gamma * (x - mean) / spread + beta


@exercise
def check_batch_norm(normed: Callable[..., np.ndarray]) -> Result:
    """Check ``normed(x, mean, variance, gamma, beta)``: batch normalisation of a trained network.

    ``x`` is (N, H, W, C); the moving statistics, gamma and beta have one number a map, shape
    (C,). Epsilon is 0.001, as in Keras.
    """
    task = "`my_norm(x, mean, variance, gamma, beta)` returns maps of the shape of `x`."
    if missing(normed):
        return not_yet(task)
    spread = np.sqrt(VARIANCE + EPSILON)
    batch = MAPS.mean(axis=(0, 1, 2)), np.sqrt(MAPS.var(axis=(0, 1, 2)) + EPSILON)
    expected = _normed(MAPS, MEAN, spread)
    mistakes = {
        "these are the batch's own mean and variance. A trained network uses those it was given.": (
            _normed(MAPS, *batch)
        ),
        "divided by the variance: take its square root.": _normed(MAPS, MEAN, VARIANCE + EPSILON),
        "epsilon is missing: add 0.001 to the variance, under the root.": (
            _normed(MAPS, MEAN, np.sqrt(VARIANCE))
        ),
        "epsilon belongs under the root, to the variance.": (
            _normed(MAPS, MEAN, np.sqrt(VARIANCE) + EPSILON)
        ),
        "gamma is missing: it stretches what was normalised.": (
            _normed(MAPS, MEAN, spread, gamma=1)
        ),
        "beta is missing: it is added at the end.": _normed(MAPS, MEAN, spread, beta=0),
        "gamma and beta are missing: stretch, then add.": _normed(MAPS, MEAN, spread, 1, 0),
        "gamma and beta have changed places: multiply by gamma, add beta.": (
            _normed(MAPS, MEAN, spread, BETA, GAMMA)
        ),
        "add beta last: it is not stretched by gamma.": GAMMA * ((MAPS - MEAN) / spread + BETA),
        "the mean is not taken away.": _normed(MAPS, 0, spread),
    }
    got, failed = attempt(normed, MAPS.copy(), MEAN, VARIANCE, GAMMA, BETA)
    if failed:
        return failed
    if missing(got):
        return not_yet(task)
    if np.shape(got) != MAPS.shape:
        came = f"shape {np.shape(got)}"
        return wrong(f"shape {MAPS.shape}", came, "all numbers come back, in their shape.")
    flat = {hint: _last(value) for hint, value in mistakes.items()}
    shown = judge_array(_last(got), _last(expected), flat)
    return (
        right("No other child is in it: the same child, the same answer.")
        if (shown.passed)
        else shown
    )


def _last(maps: object) -> object:
    """Put the maps into rows, one a place, so that the first ones can be shown."""
    try:
        return np.asarray(maps, float).reshape(-1, len(MEAN))
    except (TypeError, ValueError):
        return maps


def _rates(matrix: Sequence[Sequence[int]]) -> Rates:
    (left_alone, alarms), (missed, found) = matrix
    return found / (found + alarms), found / (found + missed), left_alone / (left_alone + alarms)


def _shuffled(*order: int) -> Callable[[Sequence[Sequence[int]]], Rates]:
    return lambda matrix: tuple(_rates(matrix)[i] for i in order)


@exercise
def check_rates(rates: Callable[[np.ndarray], Rates]) -> Result:
    """Check ``rates(matrix)``: precision, sensitivity and specificity of a confusion matrix.

    ``matrix`` is as :func:`cxrlib.evaluation.confusion` gives it: truth in rows, healthy first.
    """
    return judge_rule(
        rates if missing(rates) or not callable(rates) else lambda rows: rates(np.array(rows)),
        _rates,
        {
            "rows are the truth, columns what was called: this read them the other way round.": (
                lambda m: _rates(np.transpose(m))
            ),
            "this takes the healthy for the sick: they stand in the *first* row and column.": (
                lambda m: _rates(np.array(m)[::-1, ::-1])
            ),
            "precision and sensitivity have changed places. Sensitivity asks the sick.": (
                _shuffled(1, 0, 2)
            ),
            "the order is precision, sensitivity, specificity.": _shuffled(0, 2, 1),
            "the order is precision, sensitivity, specificity; this is turned round.": (
                _shuffled(2, 1, 0)
            ),
            "the last one is the share of healthy children called sick: take 1 minus it.": (
                lambda m: (*_rates(m)[:2], 1 - _rates(m)[2])
            ),
            "the second one is the share of the sick who are missed: take 1 minus it.": (
                lambda m: (_rates(m)[0], 1 - _rates(m)[1], _rates(m)[2])
            ),
            "the last one asks the healthy only: divide by the sum of the first row.": (
                lambda m: (*_rates(m)[:2], m[0][0] / np.sum(m))
            ),
            "for the last one, divide by the healthy (first row), not by those called healthy "
            "(first column).": (lambda m: (*_rates(m)[:2], m[0][0] / (m[0][0] + m[1][0]))),
        },
        [([[80, 20], [5, 95]],), ([[90, 10], [30, 10]],), ([[2, 48], [1, 149]],)],
        names=("matrix",),
        task="Return precision, sensitivity and specificity of a confusion matrix.",
        praise="Sensitivity looks at the sick row alone, specificity at the healthy one. "
        "Precision looks down a column, so it moves with the share of the sick.",
        otherwise="name the four numbers first: `(left_alone, alarms), (missed, found) = matrix`.",
    )


def _weights(counts: Sequence[int]) -> np.ndarray:
    counts = np.asarray(counts, float)
    return counts.sum() / (counts * len(counts))


@exercise
def check_class_weights(weights: Callable[[np.ndarray], Sequence[float]]) -> Result:
    """Check ``weights(counts)``: one weight a class, ``n / (n_class · K)``.

    ``counts`` is an array with the pictures of each of K classes. A dictionary of weights will do.
    """

    def plain(counts: Sequence[int]) -> object:
        answer = weights(np.array(counts))
        return tuple(answer.values()) if isinstance(answer, dict) else answer

    def counted(formula: Callable[[np.ndarray], np.ndarray]) -> Callable:
        return lambda counts: formula(np.asarray(counts, float))

    return judge_rule(
        weights if missing(weights) or not callable(weights) else plain,
        _weights,
        {
            "the number of classes is missing: without it, all errors grow dearer together.": (
                counted(lambda n: n.sum() / n)
            ),
            "that is the share of each class. The *rare* one needs the large weight.": (
                counted(lambda n: n / n.sum())
            ),
            "in the right proportion, but the mean weight of a picture must stay 1.": (
                counted(lambda n: 1 / n)
            ),
            "in the right proportion, but the mean weight of a picture must stay 1: the common "
            "class gets less than 1.": counted(lambda n: n.max() / n),
            "in the right proportion, but the mean weight of a picture must stay 1: the rare "
            "class gets more than 1.": counted(lambda n: n.min() / n),
            "the weights are in the wrong order: the first belongs to the first class.": (
                lambda counts: _weights(counts)[::-1]
            ),
            "divide by the number of classes, don't multiply.": (
                counted(lambda n: n.sum() * len(n) / n)
            ),
            "2 is right for two classes only: take `len(counts)`.": (
                counted(lambda n: n.sum() / (n * 2))
            ),
        },
        [([100, 300],), ([50, 50],), ([10, 20, 70],)],
        names=("counts",),
        task="Return one weight a class: `n / (n_class · K)`.",
        praise="Weighed like this, all classes have the same sum, and a picture's mean weight is "
        "1: the loss keeps its size.",
        otherwise="all pictures, divided by the class's pictures times the number of classes.",
    )
