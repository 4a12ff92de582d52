"""Exercises of chapter 11: a class activation map, a hit in the pointing game, and its chance."""

from __future__ import annotations

from collections.abc import Callable

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

MAPS = np.array([[[2.0, 0.0], [4.0, 2.0]], [[0.0, 6.0], [8.0, 2.0]]])  # 2 x 2 places, 2 maps
WEIGHTS = np.array([3.0, -2.0])

Places = list[tuple[int, int]]


@exercise
def check_activation_map(cam: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Result:
    """Check ``cam(maps, weights)``: what each place gives to the logit, cut at zero.

    ``maps`` is (H, W, C), ``weights`` has one number for each of the C maps, which the network
    averages over all places before it weighs them.
    """
    task = "`my_cam(maps, weights)` returns an array (H, W)."
    if missing(cam):
        return not_yet(task)
    total = MAPS @ WEIGHTS
    expected = np.maximum(total, 0) / 4
    mistakes = {
        "the network averages: each place counts for one in H · W.": np.maximum(total, 0),
        "what speaks against the class is below zero: cut it, `np.maximum(..., 0)`.": total / 4,
        "cut the sum, not each map: a map that speaks against the class must lower the sum.": (
            np.maximum(MAPS * WEIGHTS, 0).sum(axis=-1) / 4
        ),
        "negative values become zero, not positive.": np.abs(total) / 4,
        "each map has its own weight.": np.maximum(MAPS.sum(axis=-1) * WEIGHTS.mean(), 0) / 4,
        "the weights are missing.": MAPS.sum(axis=-1) / 4,
        "divide by the number of places, not of maps.": np.maximum(total, 0) / 2,
        "that is scaled to a highest value of 1. Leave it in the logit's own unit.": (
            np.maximum(total, 0) / total.max()
        ),
    }
    got, failed = attempt(cam, MAPS.copy(), WEIGHTS.copy())
    if failed:
        return failed
    if missing(got):
        return not_yet(task)
    if np.shape(got) != expected.shape:
        hint = "add up over the maps, the last axis; the places stay."
        return wrong(f"shape {expected.shape}", f"shape {np.shape(got)}", hint)
    shown = judge_array(got, expected, mistakes)
    praise = "With all places added up, uncut, and the bias, this is the logit itself."
    return right(praise) if shown.passed else shown


def _distances(peak: tuple[int, int], places: Places) -> np.ndarray:
    return np.hypot(*(np.array(places) - peak).T)


@exercise
def check_hit(hit: Callable[[tuple[int, int], Places, float], bool]) -> Result:
    """Check ``hit(peak, places, tolerance)``: whether the peak counts in the pointing game.

    ``peak`` is (row, column) of the highest value, ``places`` lists the mask's pixels.
    """
    return judge_rule(
        _plain(hit),
        lambda peak, places, tolerance: bool(_distances(peak, places).min() <= tolerance),
        {
            "use the tolerance: a peak so many pixels beside the mask still counts.": (
                lambda peak, places, tolerance: peak in places
            ),
            "a peak exactly as far as the tolerance still counts.": (
                lambda peak, places, tolerance: bool(_distances(peak, places).min() < tolerance)
            ),
            "the nearest pixel of the mask decides, not its middle.": (
                lambda peak, places, tolerance: bool(
                    np.hypot(*(np.mean(places, axis=0) - peak)) <= tolerance
                )
            ),
            "one pixel of the mask near enough will do, it need not be all.": (
                lambda peak, places, tolerance: bool(_distances(peak, places).max() <= tolerance)
            ),
            "measure straight, by Pythagoras: 3 down and 3 across are more than 4 apart.": (
                lambda peak, places, tolerance: bool(
                    np.abs(np.array(places) - peak).max(axis=1).min() <= tolerance
                )
            ),
            "measure straight, by Pythagoras: 3 down and 4 across are 5 apart.": (
                lambda peak, places, tolerance: bool(
                    np.abs(np.array(places) - peak).sum(axis=1).min() <= tolerance
                )
            ),
            "the other way round: True is a hit.": (
                lambda peak, places, tolerance: bool(_distances(peak, places).min() > tolerance)
            ),
        },
        [
            ((2, 3), [(2, 3), (2, 4), (2, 9)], 0),
            ((0, 0), [(3, 4), (3, 5)], 5),
            ((0, 0), [(3, 3)], 4),
            ((5, 5), [(5, 6), (5, 16)], 2),
            ((1, 1), [(4, 5), (9, 9)], 4.5),
            ((6, 6), [(2, 6), (10, 6), (6, 8)], 3),
        ],
        names=("peak", "places", "tolerance"),
        task="Does the peak hit? Return True or False.",
        praise="The tolerance decides who wins, so it must be said, and the chance with it.",
        otherwise="measure the distance to each place of the mask, and take the smallest.",
    )


def _plain(hit: object) -> object:
    """Let the function answer with Python's own truth values, also where it has NumPy's."""
    if not callable(hit):
        return hit

    def plain(*case):
        answer = hit(*case)
        return bool(answer) if isinstance(answer, np.bool_) else answer

    return plain


def _near(mask: np.ndarray, tolerance: float) -> np.ndarray:
    """Pixels at most so far from the mask, shape (H, W)."""
    places, pixels = np.argwhere(mask), np.argwhere(np.ones(mask.shape, bool))
    distances = np.linalg.norm(pixels[:, None] - places, axis=-1).min(axis=1)
    return (distances <= tolerance).reshape(mask.shape)


def _masks() -> dict[str, np.ndarray]:
    corner, middle = np.zeros((6, 8), bool), np.zeros((9, 9), bool)
    corner[:2, :3] = True
    middle[4, 4] = True
    return {"two rows and three columns in the corner of 6 × 8": corner,
            "one pixel in the middle of 9 × 9": middle}  # fmt: skip


@exercise
def check_chance(chance: Callable[[np.ndarray, float], float]) -> Result:
    """Check ``chance(mask, tolerance)``: how often a point thrown at random hits.

    ``mask`` is bool (H, W); a point hits when its straight distance to the nearest pixel of the
    mask is at most ``tolerance``.
    """
    task = "`my_chance(mask, tolerance)` returns a number between 0 and 1."
    if missing(chance):
        return not_yet(task)
    for tolerance in (2, 2.5, 0):  # at 0 several mistakes look alike
        for name, mask in _masks().items():
            got, failed = attempt(chance, mask.copy(), tolerance)
            if failed:
                return failed
            if missing(got):
                return not_yet(task)
            expected = _near(mask, tolerance).mean()
            what = f"`{expected:.4f}` for {name}, tolerance {tolerance}"
            number = _number(got)
            if number is None:
                return wrong(what, f"`{got!r}`", "return one number, a share.")
            if not abs(number - expected) <= 1e-6:  # NaN is wrong, too
                return wrong(what, f"`{number:.4f}`", _chance_hint(mask, tolerance, number))
    return right("A tolerance that looks small can double the chance, so report both.")


def _number(value: object) -> float | None:
    if isinstance(value, bool | str) or np.ndim(value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _chance_hint(mask: np.ndarray, tolerance: float, got: float) -> str:
    inside = np.argwhere(mask)
    pixels = np.argwhere(np.ones(mask.shape, bool))
    apart = np.abs(pixels[:, None] - inside)
    strict = (np.linalg.norm(apart, axis=-1).min(axis=1) < tolerance).mean()
    usual = {
        "use the tolerance: pixels so near to the mask count, too.": mask.mean(),
        "a share, not a number of pixels: divide by all pixels.": _near(mask, tolerance).sum(),
        "pixels exactly as far as the tolerance count, too.": strict,
        "distances are straight, by Pythagoras: the corners of a square around the mask are "
        "too far.": (apart.max(axis=-1).min(axis=1) <= tolerance).mean(),
        "distances are straight, by Pythagoras, not along rows and columns.": (
            apart.sum(axis=-1).min(axis=1) <= tolerance
        ).mean(),
        "the mask itself counts, too.": (_near(mask, tolerance) & ~mask).mean(),
    }
    near = [hint for hint, value in usual.items() if abs(got - value) < 1e-6]
    return near[0] if near else (
        "for each pixel of the picture, measure to the nearest pixel of the mask."
    )  # fmt: skip
