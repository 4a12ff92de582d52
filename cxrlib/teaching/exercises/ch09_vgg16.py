"""Exercises of chapter 09: weights of a head, grey made colour for VGG16, passes saved."""

from __future__ import annotations

import numpy as np

from cxrlib.teaching.exercises.base import Exercise

MAPS, HALVINGS = 512, 5  # VGG16's last block; an image's side is halved after each block
MEAN = np.array([103.939, 116.779, 123.68])  # ImageNet's mean blue, green and red
IMAGE = np.array([[0, 60, 255], [128, 20, 7]], np.uint8)


def _head(side: int, dense: int, halvings: int = HALVINGS) -> int:
    numbers = (side // 2**halvings) ** 2 * MAPS
    return (numbers + 1) * dense + dense + 1


def _flat(side: int) -> int:
    return (side // 2**HALVINGS) ** 2 * MAPS


check_head_weights = Exercise(
    level="medium",
    minutes=10,
    task="Count the parameters of Flatten, `dense` hidden neurons, and one that answers.",
    solution=_head,
    mistakes={
        # Without any bias and without the last neuron: it is the same number.
        "a part is missing: the biases (one for each neuron, in both layers), or the last "
        "neuron.": lambda s, d: _flat(s) * d + d,
        "the last neuron has a bias, too.": lambda s, d: (_flat(s) + 1) * d + d,
        "the hidden neurons have a bias each, too.": lambda s, d: _flat(s) * d + d + 1,
        "the maps have a height and a width: square the side.": (
            lambda s, d: (s // 32 * MAPS + 1) * d + d + 1
        ),
        "five halvings, each rounded down: `side // 32` pixels are left, a whole number.": (
            lambda s, d: ((s / 32) ** 2 * MAPS + 1) * d + d + 1
        ),
        "halve five times, not four: there is a pooling after each of the five blocks.": (
            lambda s, d: _head(s, d, 4)
        ),
        "all 512 maps are laid out: multiply by 512.": (
            lambda s, d: ((s // 32) ** 2 + 1) * d + d + 1
        ),
        "that is a pooled head: Flatten keeps all places of each map.": (
            lambda s, d: (MAPS + 1) * d + d + 1
        ),
    },
    cases=[(150, 256), (224, 256), (96, 10)],
    arg_names=("side", "dense"),
    success="Nearly all of them sit in one layer, and each is tied to one place of the image.",
    default_hint="`(side // 32) ** 2 * 512` numbers go into each hidden neuron, with a bias.",
)
"""``my_head(side, dense)``: parameters of Flatten, Dense and one neuron on VGG16.

``side`` is that of the square image in pixels, ``dense`` the number of hidden neurons.
"""


def _grey(image: np.ndarray) -> np.ndarray:
    return np.repeat(image[..., None].astype(float), 3, axis=-1)


check_colours = Exercise(
    level="easy",
    minutes=5,
    task="`my_colours(image, mean)` makes three channels of a grey image, less ImageNet's means.",
    solution=lambda x, m: _grey(x) - m,
    mistakes={
        "the mean is not taken away.": lambda x, m: _grey(x),
        "the mean is in grey levels, so the image must not be divided by 255.": (
            lambda x, m: _grey(x) / 255 - m
        ),
        "divided by 255 and nothing taken away: this is article 4's way, not VGG16's.": (
            lambda x, m: _grey(x) / 255
        ),
        "divide by nothing: VGG16 was taught with numbers up to some hundred and fifty.": (
            lambda x, m: (_grey(x) - m) / 255
        ),
        "the mean is already blue, green, red: keep its order.": lambda x, m: _grey(x) - m[::-1],
        "take the mean away, don't add it.": lambda x, m: _grey(x) + m,
        "each colour has its own mean.": lambda x, m: _grey(x) - m.mean(),
        "this is the image's own mean. VGG16 wants ImageNet's.": lambda x, m: _grey(x) - x.mean(),
        "numbers from 0 to 255 only: the dark pixels must become negative.": (
            lambda x, m: np.clip(_grey(x) - m, 0, 255)
        ),
    },
    cases=[(IMAGE, MEAN)],
    success="Black is not 0 here but the darkest of ImageNet: far below the mean.",
    shape_hint="the same grey three times, in a new last axis: `image[..., None]`.",
)
"""``my_colours(image, mean)``: a grey image as VGG16 was taught to see.

``image`` is (H, W) with values in [0, 255]; ``mean`` is the mean blue, green and red.
"""


def _saved(train: int, val: int, epochs: int, copies: int) -> int:
    return epochs * (train + val) - (copies * train + val)


check_passes_saved = Exercise(
    level="easy",
    minutes=5,
    task="How many passes through the backbone are saved?",
    solution=_saved,
    mistakes={
        "validation is looked at after each epoch, too.": lambda t, v, e, c: e * t - c * t,
        "that is what end to end costs. Take away what the features cost.": (
            lambda t, v, e, c: e * (t + v)
        ),
        "that is what the features cost. How many passes do they save?": (
            lambda t, v, e, c: c * t + v
        ),
        "each training image passes once for each of its copies.": (
            lambda t, v, e, c: (e - 1) * (t + v)
        ),
        "validation has no copies: it is never augmented.": lambda t, v, e, c: (e - c) * (t + v),
        "end to end no copies are kept: each epoch sees one version of each image.": (
            lambda t, v, e, c: e * (c * t + v) - (c * t + v)
        ),
        "the other way round: end to end minus features.": lambda t, v, e, c: -_saved(t, v, e, c),
        "that is a ratio. How many passes are saved?": lambda t, v, e, c: e * (t + v) / (c * t + v),
    },
    cases=[(104, 26, 20, 1), (1000, 250, 20, 4), (300, 100, 5, 8)],
    arg_names=("train", "val", "epochs", "copies"),
    success="With enough copies the answer turns negative: then end to end takes fewer passes.",
    default_hint="write down both sums, one for each way, and take one from the other.",
)
"""``my_saved(train, val, epochs, copies)``: passes through the backbone that features save.

End to end, each image of both sets passes in each epoch. Kept, ``copies`` versions of each
training image pass once, and each validation image once.
"""
