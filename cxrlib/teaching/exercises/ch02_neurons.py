"""Exercises of chapter 02: a neuron, its gradient, and the number of its weights."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch import relu, sigmoid
from cxrlib.teaching.exercises.base import Exercise, Result, is_missing

X = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])
WEIGHTS, BIAS = np.array([[0.5], [-1.0]]), np.array([0.25])


def _flat(array: np.ndarray) -> str:
    return "`[" + ", ".join(f"{value:.3f}" for value in np.ravel(array)[:6]) + "]`"


def _neuron(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return sigmoid(x @ w + b)


AXES = (
    "which axis is the images', which the pixels'? `x @ weights` is (N, 1), `x.T @ error` is "
    "(D, 1)."
)

check_neuron = Exercise(
    level="easy",
    minutes=5,
    task="`my_neuron(x, weights, bias)` returns one probability an image.",
    solution=_neuron,
    mistakes={
        "the sigmoid is missing: this is the weighted sum.": lambda x, w, b: x @ w + b,
        "the bias is missing.": lambda x, w, b: sigmoid(x @ w),
        "the bias comes after the sigmoid; add it to the sum before.": (
            lambda x, w, b: sigmoid(x @ w) + b
        ),
        "the sign in the exponent is turned round: sigmoid(z) = 1 / (1 + exp(-z)).": (
            lambda x, w, b: sigmoid(-(x @ w + b))
        ),
        "this is a ReLU; a probability needs the sigmoid.": lambda x, w, b: relu(x @ w + b),
        "the sum is over the images as well; each image gets its own answer.": (
            lambda x, w, b: sigmoid(np.array([[(x * w.T).sum() + b[0]]]))
        ),
        "`exp` overflows for a very large sum; `models.scratch.sigmoid` shows a form that does "
        "not.": lambda x, w, b: np.exp(x @ w + b) / (1 + np.exp(x @ w + b)),
    },
    cases=[(X, WEIGHTS, BIAS), (1e4 * X, WEIGHTS, BIAS)],
    success=f"Three images, three probabilities: {_flat(_neuron(X, WEIGHTS, BIAS))}.",
    shape_hint=AXES,
    format=_flat,
)
"""``my_neuron(x, weights, bias)``: probabilities (N, 1) from rows of pixels (N, D)."""


def _error(x: np.ndarray, y: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return sigmoid(x @ w + b) - y


def _price_of(y: np.ndarray, price: float, label: int = 1) -> np.ndarray:
    return np.where(y == label, price, 1.0)


def _gradient(
    x: np.ndarray, y: np.ndarray, w: np.ndarray, b: np.ndarray, price: float
) -> np.ndarray:
    return x.T @ (_price_of(y, price) * _error(x, y, w, b)) / len(y)


def _batch() -> tuple:
    rng = np.random.default_rng(2)
    y = np.array([[1.0], [0.0], [1.0], [1.0], [0.0], [0.0]])
    return rng.normal(size=(6, 3)), y, rng.normal(size=(3, 1)), np.array([0.2]), 3.0


check_gradient = Exercise(
    level="hard",
    minutes=15,
    task="`my_gradient(x, y, weights, bias, price)`: the gradient where each sick image counts "
    "`price` times.",
    solution=_gradient,
    mistakes={
        "the sign is turned round: it is p − y, answer minus truth.": lambda *a: -_gradient(*a),
        "the price is missing: this is the gradient of the plain loss.": (
            lambda x, y, w, b, price: _gradient(x, y, w, b, 1)
        ),
        "divide by the number of images: the loss is a mean.": (
            lambda x, *a: _gradient(x, *a) * len(x)
        ),
        "the price sits on the healthy; it belongs to the sick (y = 1).": (
            lambda x, y, w, b, price: (
                x.T @ (_price_of(y, price, label=0) * _error(x, y, w, b)) / len(y)
            )
        ),
        "every image got the price; only the sick have it.": (
            lambda x, y, w, b, price: price * _gradient(x, y, w, b, 1)
        ),
        "the price multiplies the label only: take it times the whole error, p − y.": (
            lambda x, y, w, b, price: x.T @ (_error(x, price * y, w, b)) / len(y)
        ),
        "the price divided instead of multiplied.": (
            lambda x, y, w, b, price: _gradient(x, y, w, b, 1 / price)
        ),
    },
    cases=[_batch()],
    success=f"The same as measured by nudging: {_flat(_gradient(*_batch()))}.",
    shape_hint=AXES,
    format=_flat,
)
"""``my_gradient(x, y, weights, bias, price)``: of the loss in which the sick count more.

The loss is mean(price · cross-entropy) with ``price`` for the sick and 1 for the healthy; asked
for is its gradient for the weights, shape (D, 1).
"""


class _Number(Exercise):
    """An exercise whose answer is a number instead of a function."""

    def check(self, answer: object) -> Result:
        return super().check(answer if is_missing(answer) else lambda: answer)


SIDE, HIDDEN = 224, 64
PIXELS = SIDE * SIDE
ALL_WEIGHTS, ALL_BIASES = PIXELS * HIDDEN + HIDDEN, HIDDEN + 1
COUNT = ALL_WEIGHTS + ALL_BIASES

check_parameter_count = _Number(
    level="easy",
    minutes=5,
    task=f"How many weights and biases for images of shape ({SIDE}, {SIDE}, 1)?",
    solution=lambda: COUNT,
    mistakes={
        # Without any bias and without the output neuron: it is the same number.
        "a part is missing: the biases, one for each neuron, or the output neuron, which has "
        "weights and a bias too.": (lambda: ALL_WEIGHTS, lambda: COUNT - HIDDEN - 1),
        "the output neuron's bias is missing.": lambda: COUNT - 1,
        "the output neuron's weights are missing.": lambda: COUNT - HIDDEN,
        "these are the hidden neurons' weights only; add biases and the output neuron.": (
            lambda: PIXELS * HIDDEN
        ),
        "these images are grey: one channel, not three.": lambda: COUNT + 2 * PIXELS * HIDDEN,
        "an image has height × width pixels, not only one side.": (
            lambda: COUNT + (SIDE - PIXELS) * HIDDEN
        ),
    },
    cases=[()],
    success=f"{ALL_WEIGHTS:,} weights and {ALL_BIASES:,} biases.",
    default_hint="count layer by layer: inputs × neurons, and a bias a neuron.",
    shape_hint="write it as a number or a formula.",
)
"""The number of weights and biases of an MLP with 64 hidden neurons and one output."""
