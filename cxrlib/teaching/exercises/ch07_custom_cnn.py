"""Exercises of chapter 07: batch normalisation for one child, a matrix read, classes weighed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cxrlib.teaching.exercises.base import Exercise

Rates = tuple[float, float, float]

MAPS = np.arange(16.0).reshape(1, 2, 2, 4) ** 1.5  # one child, four maps of 2 × 2
MEAN, VARIANCE = np.array([3.0, 10, 20, 0]), np.array([4.0, 25, 0.009, 1])
GAMMA, BETA = np.array([1.0, 2, 0.5, -1]), np.array([0.0, 1, -2, 3])
EPSILON = 1e-3


Numbers = np.ndarray | float


def _normed(x: np.ndarray, m: Numbers, v: np.ndarray, g: Numbers, b: Numbers) -> np.ndarray:
    return g * (x - m) / np.sqrt(v + EPSILON) + b


def _by_the_batch(
    x: np.ndarray, m: np.ndarray, v: np.ndarray, g: np.ndarray, b: np.ndarray
) -> np.ndarray:
    return _normed(x, x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2)), g, b)


check_batch_norm = Exercise(
    level="easy",
    minutes=5,
    task="`my_norm(x, mean, variance, gamma, beta)` returns maps of the shape of `x`.",
    solution=_normed,
    mistakes={
        "these are the batch's own mean and variance. A trained network uses those it was given.": (
            _by_the_batch
        ),
        "divided by the variance: take its square root.": (
            lambda x, m, v, g, b: g * (x - m) / (v + EPSILON) + b
        ),
        "epsilon is missing: add 0.001 to the variance, under the root.": (
            lambda x, m, v, g, b: g * (x - m) / np.sqrt(v) + b
        ),
        "epsilon belongs under the root, to the variance.": (
            lambda x, m, v, g, b: g * (x - m) / (np.sqrt(v) + EPSILON) + b
        ),
        "gamma is missing: it stretches what was normalised.": (
            lambda x, m, v, g, b: _normed(x, m, v, 1, b)
        ),
        "beta is missing: it is added at the end.": lambda x, m, v, g, b: _normed(x, m, v, g, 0),
        "gamma and beta are missing: stretch, then add.": (
            lambda x, m, v, g, b: _normed(x, m, v, 1, 0)
        ),
        "gamma and beta have changed places: multiply by gamma, add beta.": (
            lambda x, m, v, g, b: _normed(x, m, v, b, g)
        ),
        "add beta last: it is not stretched by gamma.": (
            lambda x, m, v, g, b: g * _normed(x, m, v, 1, b)
        ),
        "the mean is not taken away.": lambda x, m, v, g, b: _normed(x, 0, v, g, b),
    },
    cases=[(MAPS, MEAN, VARIANCE, GAMMA, BETA)],
    success="No other child is in it: the same child, the same answer.",
    shape_hint="all numbers come back, in their shape.",
)
"""``my_norm(x, mean, variance, gamma, beta)``: batch normalisation of a trained network.

``x`` is (N, H, W, C); the moving statistics, gamma and beta have one number a map, shape (C,).
Epsilon is 0.001, as in Keras.
"""


def _rates(matrix: np.ndarray) -> Rates:
    (left_alone, alarms), (missed, found) = matrix
    return found / (found + alarms), found / (found + missed), left_alone / (left_alone + alarms)


def _shuffled(*order: int) -> Callable[[np.ndarray], tuple[float, ...]]:
    return lambda matrix: tuple(_rates(matrix)[i] for i in order)


check_rates = Exercise(
    level="easy",
    minutes=5,
    task="Return precision, sensitivity and specificity of a confusion matrix.",
    solution=_rates,
    mistakes={
        "rows are the truth, columns what was called: this read them the other way round.": (
            lambda m: _rates(np.transpose(m))
        ),
        "this takes the healthy for the sick: they stand in the *first* row and column.": (
            lambda m: _rates(m[::-1, ::-1])
        ),
        "precision and sensitivity have changed places. Sensitivity asks the sick.": (
            _shuffled(1, 0, 2)
        ),
        "the order is precision, sensitivity, specificity.": _shuffled(0, 2, 1),
        "the order is precision, sensitivity, specificity; this is turned round.": (
            _shuffled(2, 1, 0)
        ),
        "the last one is the false positive rate, healthy children called sick: take 1 minus it.": (
            lambda m: (*_rates(m)[:2], 1 - _rates(m)[2])
        ),
        "the second one is the false negative rate, sick children missed: take 1 minus it.": (
            lambda m: (_rates(m)[0], 1 - _rates(m)[1], _rates(m)[2])
        ),
        "the last one asks the healthy only: divide by the sum of the first row.": (
            lambda m: (*_rates(m)[:2], m[0][0] / np.sum(m))
        ),
        "for the last one, divide by the healthy (first row), not by those called healthy "
        "(first column).": lambda m: (*_rates(m)[:2], m[0][0] / (m[0][0] + m[1][0])),
    },
    cases=[
        (np.array(rows),)
        for rows in ([[80, 20], [5, 95]], [[90, 10], [30, 10]], [[2, 48], [1, 149]])
    ],
    arg_names=("matrix",),
    success="Sensitivity looks at the sick row alone, specificity at the healthy one. "
    "Precision looks down a column, so it moves with the share of the sick.",
    default_hint="name the four numbers first: `(left_alone, alarms), (missed, found) = matrix`.",
)
"""``my_rates(matrix)``: precision, sensitivity and specificity of a confusion matrix.

``matrix`` is as :func:`cxrlib.evaluation.confusion_matrix` gives it: truth in rows, healthy first.
"""


def _weights(n: np.ndarray) -> np.ndarray:
    return n.sum() / (n * len(n))


check_class_weights = Exercise(
    level="easy",
    minutes=5,
    task="Return one weight a class: `n / (n_class · K)`.",
    solution=_weights,
    mistakes={
        "the number of classes is missing: without it, all errors grow dearer "
        "together.": lambda n: n.sum() / n,
        "that is the share of each class. The *rare* one needs the large weight.": lambda n: (
            n / n.sum()
        ),
        "in the right proportion, but the mean weight of an image must stay 1.": lambda n: 1 / n,
        "in the right proportion, but the mean weight of an image must stay 1: the common "
        "class gets less than 1.": lambda n: n.max() / n,
        "in the right proportion, but the mean weight of an image must stay 1: the rare "
        "class gets more than 1.": lambda n: n.min() / n,
        "the weights are in the wrong order: the first belongs to the first class.": (
            lambda counts: _weights(counts)[::-1]
        ),
        "divide by the number of classes, don't multiply.": lambda n: n.sum() * len(n) / n,
        "2 is right for two classes only: take `len(counts)`.": lambda n: n.sum() / (n * 2),
    },
    cases=[(np.array(counts),) for counts in ([100, 300], [50, 50], [10, 20, 70])],
    arg_names=("counts",),
    success="Weighed like this, all classes have the same sum, and an image's mean weight is "
    "1: the loss keeps its size.",
    default_hint="all images, divided by the class's images times the number of classes.",
    transform=lambda weights: tuple(weights.values()) if isinstance(weights, dict) else weights,
)
"""``my_weights(counts)``: one weight a class, ``n / (n_class · K)``.

``counts`` is an array with the images of each of K classes. A dictionary of weights will do.
"""
