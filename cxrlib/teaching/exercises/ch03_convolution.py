"""Exercises of chapter 03: the sliding window, its sizes, its weights, and small against large."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cxrlib.models import scratch
from cxrlib.teaching.exercises.form import judge_array, judge_rule
from cxrlib.teaching.exercises.results import (
    Result,
    attempt,
    exercise,
    missing,
    not_yet,
    right,
)


@exercise
def check_convolution(slide: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Result:
    """Check ``slide(picture, kernel)``: weigh and add at every place where the window fits."""
    task = "`slide(picture, kernel)` returns a map, a number for each place."
    if missing(slide):
        return not_yet(task)
    picture = np.array(
        [[1.0, 0, 2, 5, 1, 0], [3, 1, 0, 2, 2, 4], [0, 2, 4, 1, 0, 1], [1, 5, 0, 3, 1, 2]]
    )
    for kernel in (np.array([[0.0, 1, 2], [0, 0, 5], [-3, 0, 1]]), np.array([[1.0, 0, 2]])):
        got, failed = attempt(slide, picture, kernel)
        if failed:
            return failed
        if missing(got):
            return not_yet(task)
        expected = scratch.conv2d(picture, kernel)
        cut = scratch.conv2d(picture[:-1, :-1], kernel)
        mistakes = {
            "the kernel was flipped. Mathematicians do that; networks lay it on as it is.": (
                scratch.conv2d(picture, kernel[::-1, ::-1])
            ),
            "the kernel is transposed: rows and columns have changed places.": (
                scratch.conv2d(picture, kernel.T) if kernel.shape[0] > 1 else cut[:0]
            ),
            "the last place is missing, below and to the right: `range(n)` stops at n − 1, so n is "
            "picture − kernel + 1.": cut,
            "this is the mean of the products; we want their sum.": expected / kernel.size,
            "zeros were put round the picture; here the window stays inside.": (
                scratch.conv2d(picture, kernel, padding="same")
            ),
            "the window's pixels were added without the kernel's weights.": (
                scratch.conv2d(picture, np.ones_like(kernel))
            ),
        }
        result = judge_array(got, expected, mistakes)
        if not result.passed:
            return result
    return right("Every place, every product: the same as `scratch.conv2d`.")


def _size(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


@exercise
def check_output_size(rule: Callable[[int, int, int, int], int]) -> Result:
    """Check ``rule(size, kernel, stride, padding)``: how many places the window has on one axis.

    ``padding`` is the number of zeros put on *each* side.
    """
    return judge_rule(
        rule,
        _size,
        {
            "the place where the window starts counts as well: add 1.": (
                lambda n, k, s, p: (n + 2 * p - k) // s
            ),
            "that is one place too many: n + 2p − k steps, and the start.": (
                lambda n, k, s, p: _size(n, k, s, p) + 1
            ),
            "the padding lies on both sides, so it counts twice.": (
                lambda n, k, s, p: (n + p - k) // s + 1
            ),
            "the padding is missing.": lambda n, k, s, p: (n - k) // s + 1,
            "the stride is missing.": lambda n, k, s, p: n + 2 * p - k + 1,
            "a last step that no longer fits is not taken: round down, with `//`.": (
                lambda n, k, s, p: (n + 2 * p - k) / s + 1
            ),
            "a last step that no longer fits is not taken: round down, not up.": (
                lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1
            ),
            "only the way of the window is divided by the stride, without the start: add 1 last.": (
                lambda n, k, s, p: (n + 2 * p - k + 1) // s
            ),
            "the kernel's size comes off before dividing by the stride.": (
                lambda n, k, s, p: (n + 2 * p) // s - k + 1
            ),
        },
        [(7, 3, 1, 0), (8, 3, 1, 1), (9, 3, 2, 1), (224, 7, 2, 3), (9, 2, 2, 0), (64, 5, 3, 0)],
        names=("size", "kernel", "stride", "padding"),
        task="How many places has a window on an axis? Write it as a function.",
        praise="Steps that fit, rounded down, and the start.",
        otherwise="draw a row of 7 pixels and move a window of 3 along it.",
    )


def _weights(kernel: int, channels: int, filters: int, size: int) -> int:
    return kernel * kernel * channels * filters + filters


@exercise
def check_conv_weights(rule: Callable[[int, int, int, int], int]) -> Result:
    """Check ``rule(kernel, channels, filters, size)``: weights and biases of a convolution."""
    return judge_rule(
        rule,
        _weights,
        {
            "the biases are missing: one for each filter.": (
                lambda k, c, f, n: _weights(k, c, f, n) - f
            ),
            "one bias will not do: each filter has its own.": (
                lambda k, c, f, n: _weights(k, c, f, n) - f + 1
            ),
            "you forgot the channels: a filter has a weight for each cell of each map below.": (
                lambda k, c, f, n: k * k * f + f
            ),
            "this is one filter; how many are there?": lambda k, c, f, n: k * k * c + 1,
            "a kernel has rows and columns: its side counts twice.": (
                lambda k, c, f, n: k * c * f + f
            ),
            "a bias belongs to a filter, not to each of its channels.": (
                lambda k, c, f, n: k * k * c * f + c * f
            ),
            "the picture's size does not matter: the same weights visit every place.": (
                lambda k, c, f, n: _weights(k, c, f, n) * n * n
            ),
            "that is a dense layer, with a weight for each pixel. A kernel has the same weights "
            "everywhere, however large the picture.": lambda k, c, f, n: n * n * c * f + f,
        },
        [(3, 1, 16, 64), (3, 16, 32, 64), (3, 16, 32, 224), (5, 3, 8, 96), (1, 8, 4, 32)],
        names=("kernel", "channels", "filters", "size"),
        task="How many weights and biases has the layer? Write it as a function.",
        praise="And 64 pixels or 224 make no difference to it.",
        otherwise="count one filter first: its cells, its channels, its bias.",
    )


def _stack(side: int, channels: int) -> tuple[int, int]:
    layers = (side - 1) // 2
    return layers, layers * (9 * channels * channels + channels)


@exercise
def check_small_kernels(rule: Callable[[int, int], tuple[int, int]]) -> Result:
    """Check ``rule(side, channels)``: 3×3 layers that see as far as one large kernel.

    The answer is (number of layers, their weights and biases together); every layer takes
    ``channels`` maps and gives as many.
    """
    return judge_rule(
        rule,
        _stack,
        {
            "a layer of 3×3 adds a pixel on each side, so the field grows by 2 a layer, from 1.": (
                lambda n, c: (n // 3, n // 3 * (9 * c * c + c))
            ),
            "that is one layer too many: the first one sees 3, not 1.": (
                lambda n, c: (_stack(n, c)[0] + 1, (_stack(n, c)[0] + 1) * (9 * c * c + c))
            ),
            "this counts one layer; there are several.": (
                lambda n, c: (_stack(n, c)[0], 9 * c * c + c)
            ),
            "you forgot the channels: maps below times maps above.": (
                lambda n, c: (_stack(n, c)[0], _stack(n, c)[0] * 10)
            ),
            "each map above looks at all maps below: channels times channels.": (
                lambda n, c: (_stack(n, c)[0], _stack(n, c)[0] * (9 * c + c))
            ),
            "the biases are missing: one for each map above, in each layer.": (
                lambda n, c: (_stack(n, c)[0], _stack(n, c)[0] * 9 * c * c)
            ),
            "these are the weights of the one large kernel.": (
                lambda n, c: (_stack(n, c)[0], n * n * c * c + c)
            ),
        },
        [(5, 1), (5, 8), (7, 8), (11, 64), (3, 16)],
        names=("side", "channels"),
        task="Return two numbers: how many layers of 3×3, and their weights and biases together.",
        praise="The same field, fewer weights, and a ReLU between the layers for nothing.",
        otherwise="start with one layer: it sees 3 pixels. Two see 5.",
    )
