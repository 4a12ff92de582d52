"""Exercises of chapter 04: how far a unit sees, what a shift does, who gets the error."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from cxrlib.teaching.exercises.base import (
    CustomExercise,
    Exercise,
    Result,
    check_is_function,
    fail,
    is_missing,
    try_call,
)

Layers = Sequence[tuple[int, int]]


def _field(layers: Layers, *, start: int = 1, own_first: bool = False) -> int:
    field, step = start, 1
    for window, stride in layers:
        step *= stride if own_first else 1
        field += (window - 1) * step
        step *= 1 if own_first else stride
    return field


CONV, POOL = (3, 1), (2, 2)

check_receptive_field = Exercise(
    level="hard",
    minutes=15,
    task="How many pixels wide is the receptive field of one number of the last map?",
    solution=_field,
    mistakes={
        "a window adds its size *less one*: the first pixel is there already.": (
            lambda ls: _field([(w + 1, s) for w, s in ls], start=0)
        ),
        "start from 1: a pixel sees itself.": lambda ls: _field(ls, start=0),
        "the strides are missing: above a stride of 2, one step is two pixels.": (
            lambda ls: _field([(w, 1) for w, _ in ls])
        ),
        "a layer's own stride spreads only the layers *above* it: multiply after adding.": (
            lambda ls: _field(ls, own_first=True)
        ),
        "go from the image upwards, not from the top down.": lambda ls: _field(ls[::-1]),
        "the windows overlap, so their sizes do not multiply.": (
            lambda ls: int(np.prod([w for w, _ in ls]))
        ),
        "only the strides multiply; windows add up.": lambda ls: int(np.prod([s for _, s in ls])),
    },
    cases=[
        ([CONV],),
        ([CONV, CONV],),
        ([CONV, POOL],),
        ([CONV, POOL, CONV],),
        ([CONV, POOL, CONV, (4, 4)],),
        ([(7, 2), (3, 2), CONV, CONV],),
    ],
    arg_names=("layers",),
    success="Windows add up, strides multiply what comes after.",
    default_hint="keep two numbers: the field so far, and how many pixels one step is by now.",
)
"""``my_field(layers)``: side of the square of pixels that one number of the last map sees.

``layers`` is a list of ``(window, stride)``, from the image upwards; convolutions and
poolings are alike in this.
"""


def _moves(stride: int, pixels: int) -> int | None:
    return pixels // stride if pixels % stride == 0 else None


check_moves = Exercise(
    level="medium",
    minutes=10,
    task="By how many places does the map move? `None` where it does not merely move.",
    solution=_moves,
    mistakes={
        "the map is smaller than the image: in it the way is shorter, by the stride.": (
            lambda s, d: d
        ),
        "that is right for the images that move by a multiple of the stride; the others get "
        "new numbers, not the old ones elsewhere.": lambda s, d: d // s,
        "a map cannot move by a fraction of a place: its numbers become other ones.": (
            lambda s, d: d / s
        ),
        "rounding hides it: between two places the numbers become other ones.": (
            lambda s, d: round(d / s)
        ),
        "divide by the stride, don't multiply.": lambda s, d: d * s,
        "only multiples of the *stride* count; this lets the window's first step pass.": (
            lambda s, d: d // s if abs(d) >= s or d == 0 else None
        ),
        "not only a stride of 1: two pixels under a stride of 2 are one whole place.": (
            lambda s, d: d if s == 1 else None
        ),
        "an image that stays where it is, stays: 0.": lambda s, d: _moves(s, d) or None,
        "shifts to the other side count as well.": lambda s, d: _moves(s, d) if d >= 0 else None,
    },
    cases=[
        (1, 3),
        (2, 4),
        (2, 1),
        (4, 4),
        (2, 3),
        (3, 5),
        (4, 2),
        (8, 16),
        (2, -2),
        (2, 0),
        (1, -1),
    ],
    arg_names=("stride", "pixels"),
    success="Convolution with stride 1 always moves along; pooling only by whole squares.",
    default_hint="try stride 2 on a row of pixels: shift it by 1, then by 2.",
    shape_hint="return `None` itself where the map does not merely move.",
)
"""``my_moves(stride, pixels)``: by how much a map moves when the image moves.

None where the map does not merely move: its numbers become other ones.
"""


def _most(square: np.ndarray, error: float) -> np.ndarray:
    return error * (square == square.max())


def _mean(square: np.ndarray, error: float) -> np.ndarray:
    return np.full(square.shape, error / square.size)


def _transposed(square: np.ndarray, error: float) -> np.ndarray:
    flat = np.zeros(square.shape)
    flat.ravel()[square.T.argmax()] = error
    return flat


_exercise = functools.partial(
    Exercise,
    task="Return two arrays of the square's shape: the max's shares, then the average's.",
    cases=[(np.array([[1.0, 7], [3, 2]]), 8.0), (np.array([[-5.0, -4], [-1, -3]]), -2.0)],
    success="The largest gets all of it; in a mean everybody gets a quarter.",
    shape_hint="each pixel of the square has its share: keep the shape.",
)
MAX = _exercise(
    arg_names=lambda x, e: f"the max of {x.tolist()}",
    solution=_most,
    mistakes={
        "the two have changed places: the max's comes first.": _mean,
        "each pixel got the whole error; only the largest did anything, so only it gets some.": (
            lambda x, e: np.full(x.shape, e)
        ),
        "this passes the pixel's value on; what goes back is the error.": (
            lambda x, e: x * (x == x.max())
        ),
        "the error went to the largest *in size*; −5 is less than −1.": (
            lambda x, e: e * (np.abs(x) == np.abs(x).max())
        ),
        "the error went to the smallest pixel.": lambda x, e: e * (x == x.min()),
        "rows and columns have changed places.": _transposed,
        "this only marks the largest pixel; give it the error.": lambda x, e: 1.0 * (x == x.max()),
    },
)
AVERAGE = _exercise(
    arg_names=lambda x, e: f"the average of {x.tolist()}",
    solution=_mean,
    mistakes={
        "these are the max's shares once more.": _most,
        "each pixel moved the mean by a quarter only: it gets a quarter of the error.": (
            lambda x, e: np.full(x.shape, e)
        ),
        "the shares do not depend on the pixels: a mean weighs all alike.": (
            lambda x, e: e * x / x.sum()
        ),
        "a quarter of the *error*, not of 1.": lambda x, e: np.full(x.shape, 1 / x.size),
    },
)


@functools.partial(
    CustomExercise,
    task=MAX.task,
    level="medium",
    minutes=10,
)
def check_pool_gradients(share: Any) -> Result:
    """Check ``share(square, error)``: what each pixel gets under max and under average pooling."""
    if early := check_is_function(share, MAX.task):
        return early
    pair, failed = try_call(share, *MAX.cases[0])
    if not (failed or is_missing(pair)) and not (isinstance(pair, tuple | list) and len(pair) == 2):
        return fail("two arrays", f"`{pair!r}`", "return the max's first, then the average's.")
    result = MAX.check(lambda *case: _part(share(*case), 0))
    return AVERAGE.check(lambda *case: _part(share(*case), 1)) if result.passed else result


def _part(pair: Any, part: int) -> object:
    return pair if is_missing(pair) else pair[part]
