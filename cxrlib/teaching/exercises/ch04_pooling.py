"""Exercises of chapter 04: how far a unit sees, what a shift does, who gets the error."""

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

Layers = Sequence[tuple[int, int]]


def _field(layers: Layers, *, start: int = 1, own_first: bool = False) -> int:
    field, step = start, 1
    for window, stride in layers:
        step *= stride if own_first else 1
        field += (window - 1) * step
        step *= 1 if own_first else stride
    return field


@exercise
def check_receptive_field(rule: Callable[[Layers], int]) -> Result:
    """Check ``rule(layers)``: side of the square of pixels that one number of the last map sees.

    ``layers`` is a list of ``(window, stride)``, from the picture upwards; convolutions and
    poolings are alike in this.
    """
    conv, pool = (3, 1), (2, 2)
    return judge_rule(
        rule,
        _field,
        {
            "a window adds its size *less one*: the first pixel is there already.": (
                lambda layers: _field([(w + 1, s) for w, s in layers], start=0)
            ),
            "start from 1: a pixel sees itself.": lambda layers: _field(layers, start=0),
            "the strides are missing: above a stride of 2, one step is two pixels.": (
                lambda layers: _field([(w, 1) for w, _ in layers])
            ),
            "a layer's own stride spreads only the layers *above* it: multiply after adding.": (
                lambda layers: _field(layers, own_first=True)
            ),
            "go from the picture upwards, not from the top down.": (
                lambda layers: _field(layers[::-1])
            ),
            "the windows overlap, so their sizes do not multiply.": (
                lambda layers: int(np.prod([w for w, _ in layers]))
            ),
            "only the strides multiply; windows add up.": (
                lambda layers: int(np.prod([s for _, s in layers]))
            ),
        },
        [
            ([conv],),
            ([conv, conv],),
            ([conv, pool],),
            ([conv, pool, conv],),
            ([conv, pool, conv, (4, 4)],),
            ([(7, 2), (3, 2), conv, conv],),
        ],
        names=("layers",),
        task="How many pixels wide is what one number of the last map sees?",
        praise="Windows add up, strides multiply what comes after.",
        otherwise="keep two numbers: the field so far, and how many pixels one step is by now.",
    )


def _moves(stride: int, pixels: int) -> int | None:
    return pixels // stride if pixels % stride == 0 else None


@exercise
def check_moves(rule: Callable[[int, int], int | None]) -> Result:
    """Check ``rule(stride, pixels)``: by how much a map moves when the picture moves.

    None where the map does not merely move: its numbers become other ones.
    """
    if not missing(rule) and callable(rule):
        answers = [attempt(rule, 2, 1)[0], attempt(rule, 3, 2)[0]]
        if any(answer is False or isinstance(answer, str) for answer in answers):
            return wrong("`None` for stride 2, pixels 1", f"`{answers[0]!r}`",
                         "return `None` itself where the map does not merely move.")  # fmt: skip
    return judge_rule(
        rule,
        _moves,
        {
            "the map is smaller than the picture: in it the way is shorter, by the stride.": (
                lambda s, d: d
            ),
            "that is right for the pictures that move by a multiple of the stride; the others get "
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
            "a picture that stays where it is, stays: 0.": lambda s, d: _moves(s, d) or None,
            "shifts to the other side count as well.": (
                lambda s, d: _moves(s, d) if d >= 0 else None
            ),
        },
        [(1, 3), (2, 4), (2, 1), (4, 4), (2, 3), (3, 5), (4, 2), (8, 16), (2, -2), (2, 0), (1, -1)],
        names=("stride", "pixels"),
        task="By how many places does the map move? `None` where it does not merely move.",
        praise="Convolution with stride 1 always moves along; pooling only by whole squares.",
        otherwise="try stride 2 on a row of pixels: shift it by 1, then by 2.",
    )


@exercise
def check_pool_gradients(
    share: Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]],
) -> Result:
    """Check ``share(square, error)``: what each pixel gets under max and under average pooling."""
    task = "Return two arrays of the square's shape: the max's shares, then the average's."
    squares = [([[1.0, 7], [3, 2]], 8.0), ([[-5.0, -4], [-1, -3]], -2.0)]
    if missing(share):
        return not_yet(task)
    for square, error in ((np.array(s), e) for s, e in squares):
        got, failed = attempt(share, square, error)
        if failed:
            return failed
        if missing(got):
            return not_yet(task)
        if not isinstance(got, tuple | list) or len(got) != 2:
            return wrong("two arrays", f"`{got!r}`", "return the max's first, then the average's.")
        most, mean = error * (square == square.max()), np.full(square.shape, error / square.size)
        flat = np.zeros(square.shape)
        flat.ravel()[square.T.argmax()] = error
        both = "the two have changed places: the max's comes first."
        first = {
            both: mean,
            "each pixel got the whole error; only the largest did anything, so only it gets some.":
                np.full(square.shape, error),
            "this passes the pixel's value on; what goes back is the error.":
                square * (square == square.max()),
            "the error went to the largest *in size*; −5 is less than −1.":
                error * (np.abs(square) == np.abs(square).max()),
            "the error went to the smallest pixel.": error * (square == square.min()),
            "rows and columns have changed places.": flat,
            "this only marks the largest pixel; give it the error.":
                (square == square.max()).astype(float),
        }  # fmt: skip
        second = {
            both: most,
            "each pixel moved the mean by a quarter only: it gets a quarter of the error.":
                np.full(square.shape, error),
            "the shares do not depend on the pixels: a mean weighs all alike.":
                error * square / square.sum(),
            "a quarter of the *error*, not of 1.": np.full(square.shape, 1 / square.size),
        }  # fmt: skip
        for name, answer, expected, mistakes in (
            ("the max", got[0], most, first),
            ("the average", got[1], mean, second),
        ):
            result = judge_array(answer, expected, mistakes)
            if not result.passed:
                return result._replace(text=f"For {name} of {square.tolist()}: {result.text}")
    return right("The largest gets all of it; in a mean everybody gets a quarter.")
