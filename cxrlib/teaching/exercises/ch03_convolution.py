"""Exercises of chapter 03: the sliding window, its sizes, its weights, and small against large."""

from __future__ import annotations

import numpy as np

from cxrlib.models import scratch
from cxrlib.teaching.exercises.base import Exercise

IMAGE = np.array([[1.0, 0, 2, 5, 1, 0], [3, 1, 0, 2, 2, 4], [0, 2, 4, 1, 0, 1], [1, 5, 0, 3, 1, 2]])

check_convolution = Exercise(
    level="medium",
    minutes=10,
    task="`my_slide(image, kernel)` returns a map, a number for each place.",
    solution=scratch.conv2d,
    mistakes={
        "the kernel was flipped. Mathematicians do that; networks lay it on as it is.": (
            lambda x, k: scratch.conv2d(x, k[::-1, ::-1])
        ),
        "the kernel is transposed: rows and columns have changed places.": (
            lambda x, k: scratch.conv2d(x, k.T)
        ),
        "the last place is missing, below and to the right: `range(n)` stops at n − 1, so n is "
        "image − kernel + 1.": lambda x, k: scratch.conv2d(x[:-1, :-1], k),
        "this is the mean of the products; we want their sum.": (
            lambda x, k: scratch.conv2d(x, k) / k.size
        ),
        "zeros were put round the image; here the window stays inside.": (
            lambda x, k: scratch.conv2d(x, k, padding="same")
        ),
        "the window's pixels were added without the kernel's weights.": (
            lambda x, k: scratch.conv2d(x, np.ones_like(k))
        ),
    },
    cases=[
        (IMAGE, np.array([[0.0, 1, 2], [0, 0, 5], [-3, 0, 1]])),
        (IMAGE, np.array([[1.0, 0, 2]])),
    ],
    success="Every place, every product: the same as `scratch.conv2d`.",
    shape_hint="count the places at which the window fits.",
)
"""``my_slide(image, kernel)``: weigh and add at every place where the window fits."""


def _size(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


check_output_size = Exercise(
    level="easy",
    minutes=5,
    task="How many places has a window on an axis? Write it as a function.",
    solution=_size,
    mistakes={
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
    cases=[(7, 3, 1, 0), (8, 3, 1, 1), (9, 3, 2, 1), (224, 7, 2, 3), (9, 2, 2, 0), (64, 5, 3, 0)],
    arg_names=("size", "kernel", "stride", "padding"),
    success="Steps that fit, rounded down, and the start.",
    default_hint="draw a row of 7 pixels and move a window of 3 along it.",
)
"""``my_size(size, kernel, stride, padding)``: how many places the window has on one axis.

``padding`` is the number of zeros put on *each* side.
"""


def _weights(kernel: int, channels: int, filters: int, size: int) -> int:
    return kernel * kernel * channels * filters + filters


check_conv_weights = Exercise(
    level="easy",
    minutes=5,
    task="How many weights and biases has the layer? Write it as a function.",
    solution=_weights,
    mistakes={
        "the biases are missing: one for each filter.": lambda k, c, f, n: _weights(k, c, f, n) - f,
        "one bias will not do: each filter has its own.": (
            lambda k, c, f, n: _weights(k, c, f, n) - f + 1
        ),
        "you forgot the channels: a filter has a weight for each cell of each map below.": (
            lambda k, c, f, n: k * k * f + f
        ),
        "this is one filter; how many are there?": lambda k, c, f, n: k * k * c + 1,
        "a kernel has rows and columns: its side counts twice.": lambda k, c, f, n: k * c * f + f,
        "a bias belongs to a filter, not to each of its channels.": (
            lambda k, c, f, n: k * k * c * f + c * f
        ),
        "the image's size does not matter: the same weights visit every place.": (
            lambda k, c, f, n: _weights(k, c, f, n) * n * n
        ),
        "that is a dense layer, with a weight for each pixel. A kernel has the same weights "
        "everywhere, however large the image.": lambda k, c, f, n: n * n * c * f + f,
    },
    cases=[(3, 1, 16, 64), (3, 16, 32, 64), (3, 16, 32, 224), (5, 3, 8, 96), (1, 8, 4, 32)],
    arg_names=("kernel", "channels", "filters", "size"),
    success="And 64 pixels or 224 make no difference to it.",
    default_hint="count one filter first: its cells, its channels, its bias.",
)
"""``my_weights(kernel, channels, filters, size)``: weights and biases of a convolution."""


def _stack(side: int, channels: int) -> tuple[int, int]:
    layers = (side - 1) // 2
    return layers, layers * (9 * channels * channels + channels)


check_small_kernels = Exercise(
    level="medium",
    minutes=10,
    task="Return two numbers: how many layers of 3×3, and their weights and biases together.",
    solution=_stack,
    mistakes={
        "a layer of 3×3 adds a pixel on each side, so the field grows by 2 a layer, from 1.": (
            lambda n, c: (n // 3, n // 3 * (9 * c * c + c))
        ),
        "that is one layer too many: the first one sees 3, not 1.": (
            lambda n, c: (_stack(n, c)[0] + 1, (_stack(n, c)[0] + 1) * (9 * c * c + c))
        ),
        "this counts one layer; there are several.": lambda n, c: (_stack(n, c)[0], 9 * c * c + c),
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
    cases=[(5, 1), (5, 8), (7, 8), (11, 64), (3, 16)],
    arg_names=("side", "channels"),
    success="The same field, fewer weights, and a ReLU between the layers for nothing.",
    default_hint="start with one layer: it sees 3 pixels. Two see 5.",
)
"""``my_stack(side, channels)``: 3×3 layers that see as far as one large kernel.

The answer is (number of layers, their weights and biases together); every layer takes
``channels`` maps and gives as many.
"""
