"""Exercises of chapter 02: a neuron, its gradient, and the number of its weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from cxrlib.models import scratch
from cxrlib.teaching.exercises.results import (
    Result,
    attempt,
    exercise,
    missing,
    not_yet,
    right,
    wrong,
)


@exercise
def check_neuron(neuron: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> Result:
    """Check ``neuron(x, weights, bias)``: probabilities (N, 1) from rows of pixels (N, D)."""
    x = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])
    weights, bias = np.array([[0.5], [-1.0]]), np.array([0.25])
    z = x @ weights + bias
    expected = scratch.sigmoid(z)
    mistakes = {
        "the sigmoid is missing: this is the weighted sum.": z,
        "the bias is missing.": scratch.sigmoid(x @ weights),
        "the bias comes after the sigmoid; add it to the sum before.": (
            scratch.sigmoid(x @ weights) + bias
        ),
        "the sign in the exponent is turned round: sigmoid(z) = 1 / (1 + exp(-z)).": (
            scratch.sigmoid(-z)
        ),
        "this is a ReLU; a probability needs the sigmoid.": scratch.relu(z),
        "the sum is over the pictures as well; each picture gets its own answer.": (
            scratch.sigmoid(np.array([[(x * weights.T).sum() + bias[0]]]))
        ),
    }
    got, failed = attempt(neuron, x, weights, bias)
    if failed:
        return failed
    if missing(got):
        return not_yet("`neuron(x, weights, bias)` returns one probability a picture.")
    result = _compare(got, expected, mistakes)
    if not result.passed:
        return result
    with np.errstate(all="ignore"):
        far, failed = attempt(neuron, 1e4 * x, weights, bias)
    if failed or not np.isfinite(far).all():
        return wrong(
            "probabilities for any sum", "NaN for a very large one",
            "`exp` overflows; `models.scratch.sigmoid` shows a form that does not.",
        )  # fmt: skip
    return right(f"Three pictures, three probabilities: {_numbers(expected)}.")


@exercise
def check_gradient(gradient: Callable[..., np.ndarray]) -> Result:
    """Check ``gradient(x, y, weights, bias, price)``: of the loss in which the sick count more.

    The loss is mean(price · cross-entropy) with ``price`` for the sick and 1 for the healthy;
    asked for is its gradient for the weights, shape (D, 1).
    """
    rng = np.random.default_rng(2)
    x, weights, bias, price = rng.normal(size=(6, 3)), rng.normal(size=(3, 1)), np.array([0.2]), 3.0
    y = np.array([[1.0], [0.0], [1.0], [1.0], [0.0], [0.0]])
    error = scratch.sigmoid(x @ weights + bias) - y
    price_of = np.where(y == 1, price, 1.0)
    expected = x.T @ (price_of * error) / len(y)
    mistakes = {
        "the sign is turned round: it is p − y, answer minus truth.": -expected,
        "the price is missing: this is the gradient of the plain loss.": x.T @ error / len(y),
        "divide by the number of pictures: the loss is a mean.": expected * len(y),
        "the price sits on the healthy; it belongs to the sick (y = 1).": (
            x.T @ (np.where(y == 0, price, 1.0) * error) / len(y)
        ),
        "every picture got the price; only the sick have it.": price * x.T @ error / len(y),
        "the price multiplies the label only: take it times the whole error, p − y.": (
            x.T @ (scratch.sigmoid(x @ weights + bias) - price * y) / len(y)
        ),
        "the price divided instead of multiplied.": x.T @ (error / price_of) / len(y),
    }
    got, failed = attempt(gradient, x, y, weights, bias, price)
    if failed:
        return failed
    if missing(got):
        return not_yet("`gradient(x, y, weights, bias, price)` has the shape of the weights.")
    result = _compare(got, expected, mistakes)
    if result.passed:
        return right(f"The same as measured by nudging: {_numbers(expected)}.")
    return result


@exercise
def check_parameter_count(
    count: int, input_shape: Sequence[int] = (224, 224, 1), hidden: Sequence[int] = (64,)
) -> Result:
    """Check the number of weights and biases of an MLP with one output."""
    if missing(count):
        return not_yet(f"How many weights and biases for pictures of shape {tuple(input_shape)}?")
    if isinstance(count, bool) or not isinstance(count, int | float | np.number):
        return wrong("a whole number", f"`{count!r}`", "write it as a number or a formula.")
    sizes = [int(np.prod(input_shape)), *hidden, 1]
    pairs = list(pairwise(sizes))
    weights, biases = sum(a * b for a, b in pairs), sum(sizes[1:])
    expected = weights + biases
    side, width, channels = input_shape
    mistakes = {
        "the biases are missing: one for each neuron.": weights,
        "the output neuron is missing: it has weights and a bias too.": (
            expected - pairs[-1][0] - 1
        ),
        "the output neuron's bias is missing.": expected - 1,
        "the output neuron's weights are missing.": expected - pairs[-1][0],
        "these are the hidden neurons' weights only; add biases and the output neuron.": (
            pairs[0][0] * pairs[0][1]
        ),
        "these pictures are grey: one channel, not three.": (
            expected + (3 - channels) * side * width * hidden[0]
        ),
        "a picture has height × width pixels, not only one side.": (
            expected + (side - side * width) * channels * hidden[0]
        ),
    }
    if count == expected:
        return right(f"{weights:,} weights and {biases:,} biases.")
    near = [hint for hint, value in mistakes.items() if value == count]
    hint = near[0] if near else "count layer by layer: inputs × neurons, and a bias a neuron."
    return wrong(f"{expected:,}", f"{count:,}", hint)


def _compare(got: object, expected: np.ndarray, mistakes: Mapping[str, np.ndarray]) -> Result:
    """Compare an array with the right one, then with the ones that usual mistakes give."""
    try:
        got = np.asarray(got, float)
    except (TypeError, ValueError):
        return wrong("an array of numbers", f"`{got!r}`", "return the array itself.")
    if got.shape == expected.shape and np.allclose(got, expected, atol=1e-6):
        return right("")
    for hint, value in mistakes.items():
        if got.shape == value.shape and np.allclose(got, value, atol=1e-6):
            return wrong(_numbers(expected), _numbers(got), hint)
    if got.shape != expected.shape:
        return wrong(
            f"shape {expected.shape}", f"shape {got.shape}",
            "which axis is the pictures', which the pixels'? `x @ weights` is (N, 1), "
            "`x.T @ error` is (D, 1).",
        )  # fmt: skip
    return wrong(_numbers(expected), _numbers(got), "work the first number out on paper.")


def _numbers(array: np.ndarray) -> str:
    return "`[" + ", ".join(f"{value:.3f}" for value in np.ravel(array)[:6]) + "]`"
