"""Exercises of chapter 05: standardising, the dense layer's weights, when training stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cxrlib.teaching.exercises.base import Exercise, format_array

IMAGES = np.array([[[10.0, 30], [50, 110]], [[60, 70], [80, 90]], [[0, 0], [200, 40]]])
EACH, PIXELS = (1, 2), (0,)


def _recipe(
    centre: tuple[int, ...] | None, spread: tuple[int, ...] | None
) -> Callable[[np.ndarray], np.ndarray]:
    """Take the mean over some axes away, and divide by the deviation over some."""
    return lambda x: (x - x.mean(axis=centre, keepdims=True)) / x.std(axis=spread, keepdims=True)


def _from_0_to_1(x: np.ndarray) -> np.ndarray:
    low, high = (f(axis=EACH, keepdims=True) for f in (x.min, x.max))
    return (x - low) / (high - low)


def _centred(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=EACH, keepdims=True)


check_standardised = Exercise(
    level="easy",
    minutes=5,
    task="`my_standardised(images)` returns images with mean 0 and spread 1 each.",
    solution=_recipe(EACH, EACH),
    mistakes={
        "the spread is missing: divide by each image's standard deviation.": _centred,
        "the mean is missing: subtract each image's own mean first.": (
            lambda x: x / x.std(axis=EACH, keepdims=True)
        ),
        "divided by the variance; the spread is its square root, `std`.": (
            lambda x: _centred(x) / x.var(axis=EACH, keepdims=True)
        ),
        "these are mean and spread of all images together. That is featurewise: take "
        "`axis=(1, 2)`.": _recipe(None, None),
        "the mean is each image's own, the spread is everybody's.": _recipe(EACH, None),
        "the spread is each image's own, the mean is everybody's.": _recipe(None, EACH),
        "these are each pixel's mean and spread over the images: take `axis=(1, 2)`.": (
            _recipe(PIXELS, PIXELS)
        ),
        "pixels into 0 to 1 is another scaling: it uses lowest and highest, not mean and spread.": (
            _from_0_to_1
        ),
    },
    cases=[(IMAGES,)],
    success="Mean 0 and spread 1, each by itself.",
    shape_hint="all images come back, in their shape.",
    format=lambda images: format_array(np.reshape(images, (len(IMAGES), -1))),  # an image a row
)
"""``my_standardised(images)``: each of N images (H, W) gets mean 0 and spread 1."""


def _dense(side: int, poolings: int, filters: int, neurons: int) -> int:
    return (side // 2**poolings) ** 2 * filters * neurons + neurons


check_dense_weights = Exercise(
    level="medium",
    minutes=10,
    task="How many weights and biases has the dense layer behind the last pooling?",
    solution=_dense,
    mistakes={
        "the biases are missing: one a neuron.": lambda s, p, f, n: _dense(s, p, f, n) - n,
        "one bias for the whole layer? Each neuron has its own.": (
            lambda s, p, f, n: _dense(s, p, f, n) - n + 1
        ),
        "the poolings are missing: each one halves the map's side.": (
            lambda s, p, f, n: _dense(s, 0, f, n)
        ),
        "a map has rows *and* columns: its side counts twice.": (
            lambda s, p, f, n: s // 2**p * f * n + n
        ),
        "the maps are missing: `Flatten` lays all of them in one row.": (
            lambda s, p, f, n: _dense(s, p, 1, n)
        ),
        "a map cannot have half a pixel: the last odd row is left out, so round down.": (
            lambda s, p, f, n: (s / 2**p) ** 2 * f * n + n
        ),
        "halve the side, then square; each pooling leaves a quarter of the pixels.": (
            lambda s, p, f, n: s * s // 2**p * f * n + n
        ),
        "divide by 2 for each pooling in turn: that is 2 to the power of `poolings`.": (
            lambda s, p, f, n: (s // (2 * p)) ** 2 * f * n + n if p else None
        ),
        "these are a convolution's nine weights. In a dense layer every number has its own.": (
            lambda s, p, f, n: 9 * f * n + n
        ),
        "this is how many numbers come in. Each neuron has a weight for each of them.": (
            lambda s, p, f, n: (s // 2**p) ** 2 * f
        ),
    },
    cases=[(64, 4, 128, 512), (180, 4, 128, 512), (180, 3, 64, 10), (32, 0, 1, 5), (100, 5, 8, 1)],
    arg_names=("side", "poolings", "filters", "neurons"),
    success="Numbers that come in, times neurons, and a bias a neuron.",
    default_hint="how wide is a map after the last pooling? Then count its numbers, all maps.",
)
"""``my_weights(side, poolings, filters, neurons)``: weights and biases after ``Flatten``.

The image is ``side`` pixels wide and high, padding is "same", each pooling halves, and the
last convolution has ``filters`` kernels.
"""


Losses = Sequence[float]


def _stop(val_losses: Losses, patience: int, *, ties: bool = False) -> tuple[int, int]:
    best, kept, epoch = np.inf, 0, 0
    for epoch, loss in enumerate(val_losses, start=1):
        if loss < best or (ties and loss == best):
            best, kept = loss, epoch
        if epoch - kept == patience:
            break
    return epoch, kept


def _first_rise(val_losses: Losses, patience: int) -> tuple[int, int]:
    rises = np.flatnonzero(np.diff(val_losses) > 0)
    kept = int(rises[0]) + 1 if rises.size else len(val_losses)
    return min(kept + patience, len(val_losses)), kept


def _in_a_row(val_losses: Losses, patience: int) -> tuple[int, int]:
    """Stop after so many epochs that were worse than the one *before*."""
    worse = 0
    for epoch in range(1, len(val_losses)):
        worse = worse + 1 if val_losses[epoch] >= val_losses[epoch - 1] else 0
        if worse == patience:
            return epoch + 1, int(np.argmin(val_losses[: epoch + 1])) + 1
    return len(val_losses), int(np.argmin(val_losses)) + 1


check_early_stopping = Exercise(
    level="hard",
    minutes=15,
    task="Which epoch is the last one run, and which epoch's weights are kept?",
    solution=_stop,
    mistakes={
        "epochs count from 1 here, Python's lists from 0.": (
            lambda v, p: tuple(n - 1 for n in _stop(v, p))
        ),
        "the two changed places: first the last epoch run, then the one that is kept.": (
            lambda v, p: _stop(v, p)[::-1]
        ),
        "one epoch too late: after exactly `patience` epochs without a new best it is over.": (
            lambda v, p: _stop(v, p + 1)
        ),
        "the last weights are not the best ones: go back to the epoch of the lowest loss.": (
            lambda v, p: (_stop(v, p)[0],) * 2
        ),
        "you looked at the whole list. What comes after the stop never happens.": (
            lambda v, p: (_stop(v, p)[0], int(np.argmin(v)) + 1)
        ),
        "the list was read to its end: where does patience run out?": (
            lambda v, p: (len(v), int(np.argmin(v)) + 1)
        ),
        "after a first rise the loss may fall again. Compare with the lowest so far.": (
            _first_rise
        ),
        "compare with the *lowest* loss so far, not with the epoch before.": _in_a_row,
        "equally low is not lower: it is no new best.": lambda v, p: _stop(v, p, ties=True),
        "the best epoch is the one with the *lowest* loss.": lambda v, p: _stop([-x for x in v], p),
    },
    cases=[
        ([0.6, 0.5, 0.4, 0.45, 0.44], 2),
        ([0.6, 0.3, 0.4, 0.5, 0.4, 0.5, 0.2], 2),
        ([0.6, 0.4, 0.5, 0.45, 0.3, 0.2], 3),
        ([0.6, 0.4, 0.5, 0.45, 0.3, 0.2], 2),
        ([0.6, 0.5, 0.5, 0.5, 0.4], 2),
        ([0.6, 0.5, 0.4], 2),
        ([0.3, 0.6, 0.5, 0.4, 0.2], 3),
    ],
    arg_names=("val_losses", "patience"),
    success="Patience counts from the best epoch, and every new best starts it again.",
    default_hint="walk along the list, and keep two things: the lowest loss so far and its epoch.",
)
"""``my_stop(val_losses, patience)``: (last epoch that is run, epoch whose weights stay).

Epochs count from 1. Training ends after ``patience`` epochs in a row without a new lowest
loss, or with the list.
"""
