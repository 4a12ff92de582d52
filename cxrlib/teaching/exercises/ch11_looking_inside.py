"""Exercises of chapter 11: a class activation map, a hit in the pointing game, and its chance."""

from __future__ import annotations

import numpy as np

from cxrlib.teaching.exercises.base import Exercise

MAPS = np.array([[[2.0, 0.0], [4.0, 2.0]], [[0.0, 6.0], [8.0, 2.0]]])  # 2 x 2 places, 2 maps
WEIGHTS = np.array([3.0, -2.0])

Places = list[tuple[int, int]]


def _places(maps: np.ndarray) -> int:
    return maps[..., 0].size


check_activation_map = Exercise(
    level="medium",
    minutes=10,
    task="`my_cam(maps, weights)`: the class activation map, an array (H, W).",
    solution=lambda a, w: np.maximum(a @ w, 0) / _places(a),
    mistakes={
        "the network averages: each place counts for one in H · W.": (
            lambda a, w: np.maximum(a @ w, 0)
        ),
        "what speaks against the class is below zero: cut it, `np.maximum(..., 0)`.": (
            lambda a, w: a @ w / _places(a)
        ),
        "cut the sum, not each map: a map that speaks against the class must lower the sum.": (
            lambda a, w: np.maximum(a * w, 0).sum(axis=-1) / _places(a)
        ),
        "negative values become zero, not positive.": lambda a, w: np.abs(a @ w) / _places(a),
        "each map has its own weight.": (
            lambda a, w: np.maximum(a.sum(axis=-1) * w.mean(), 0) / _places(a)
        ),
        "the weights are missing.": lambda a, w: a.sum(axis=-1) / _places(a),
        "divide by the number of places, not of maps.": lambda a, w: np.maximum(a @ w, 0) / len(w),
        "that is scaled to a highest value of 1. Leave it in the logit's own unit.": (
            lambda a, w: np.maximum(a @ w, 0) / (a @ w).max()
        ),
    },
    cases=[(MAPS, WEIGHTS)],
    success="With all places added up, uncut, and the bias, this is the logit itself.",
    shape_hint="add up over the maps, the last axis; the places stay.",
)
"""``my_cam(maps, weights)``: what each place gives to the logit, cut at zero.

``maps`` is (H, W, C), ``weights`` has one number for each of the C maps, which the network
averages over all places before it weighs them.
"""


def _distances(peak: tuple[int, int], places: Places) -> np.ndarray:
    return np.hypot(*(np.array(places) - peak).T)


check_hit = Exercise(
    level="easy",
    minutes=5,
    task="Does the peak hit? Return True or False.",
    solution=lambda p, q, t: bool(_distances(p, q).min() <= t),
    mistakes={
        "use the tolerance: a peak so many pixels beside the mask still counts.": (
            lambda p, q, t: p in q
        ),
        "a peak exactly as far as the tolerance still counts.": (
            lambda p, q, t: bool(_distances(p, q).min() < t)
        ),
        "the nearest pixel of the mask decides, not its middle.": (
            lambda p, q, t: bool(np.hypot(*(np.mean(q, axis=0) - p)) <= t)
        ),
        "one pixel of the mask near enough will do, it need not be all.": (
            lambda p, q, t: bool(_distances(p, q).max() <= t)
        ),
        "measure straight, by Pythagoras: 3 down and 3 across are more than 4 apart.": (
            lambda p, q, t: bool(np.abs(np.array(q) - p).max(axis=1).min() <= t)
        ),
        "measure straight, by Pythagoras: 3 down and 4 across are 5 apart.": (
            lambda p, q, t: bool(np.abs(np.array(q) - p).sum(axis=1).min() <= t)
        ),
        "the other way round: True is a hit.": lambda p, q, t: bool(_distances(p, q).min() > t),
    },
    cases=[
        ((2, 3), [(2, 3), (2, 4), (2, 9)], 0),
        ((0, 0), [(3, 4), (3, 5)], 5),
        ((0, 0), [(3, 3)], 4),
        ((5, 5), [(5, 6), (5, 16)], 2),
        ((1, 1), [(4, 5), (9, 9)], 4.5),
        ((6, 6), [(2, 6), (10, 6), (6, 8)], 3),
    ],
    arg_names=("peak", "places", "tolerance"),
    success="The tolerance decides who wins, so it must be said, and the chance with it.",
    default_hint="measure the distance to each place of the mask, and take the smallest.",
)
"""``my_hit(peak, places, tolerance)``: whether the peak counts in the pointing game.

``peak`` is (row, column) of the highest value, ``places`` lists the mask's pixels.
"""


def _apart(mask: np.ndarray) -> np.ndarray:
    """Rows and columns from each pixel to each pixel of the mask, shape (pixels, places, 2)."""
    pixels, places = np.argwhere(np.ones(mask.shape, bool)), np.argwhere(mask)
    return np.abs(pixels[:, None] - places)


def _straight(mask: np.ndarray) -> np.ndarray:
    """Distance of each pixel from the mask, shape (pixels,)."""
    return np.linalg.norm(_apart(mask), axis=-1).min(axis=1)


def _chance(mask: np.ndarray, tolerance: float) -> float:
    return (_straight(mask) <= tolerance).mean()


CORNER, MIDDLE = np.zeros((6, 8), bool), np.zeros((9, 9), bool)
CORNER[:2, :3] = MIDDLE[4, 4] = True


def _which(mask: np.ndarray, tolerance: float) -> str:
    inside = "two rows and three columns in the corner" if mask[0, 0] else "one pixel in the middle"
    return f"{inside} of {mask.shape[0]} × {mask.shape[1]}, tolerance {tolerance}"


check_chance = Exercise(
    level="hard",
    minutes=15,
    task="`my_chance(mask, tolerance)`: how often does a blind dart hit the lesion?",
    solution=_chance,
    mistakes={
        "use the tolerance: pixels so near to the mask count, too.": lambda m, t: m.mean(),
        "a share, not a number of pixels: divide by all pixels.": (
            lambda m, t: _chance(m, t) * m.size
        ),
        "pixels exactly as far as the tolerance count, too.": (
            lambda m, t: (_straight(m) < t).mean()
        ),
        "distances are straight, by Pythagoras: the corners of a square around the mask are "
        "too far.": lambda m, t: (_apart(m).max(axis=-1).min(axis=1) <= t).mean(),
        "distances are straight, by Pythagoras, not along rows and columns.": (
            lambda m, t: (_apart(m).sum(axis=-1).min(axis=1) <= t).mean()
        ),
        "the mask itself counts, too.": lambda m, t: _chance(m, t) - m.mean(),
    },
    # At 0 several mistakes look alike, so it comes last.
    cases=[(mask, tolerance) for tolerance in (2, 2.5, 0) for mask in (CORNER, MIDDLE)],
    arg_names=_which,
    success="A tolerance that looks small can double the chance, so report both.",
    default_hint="for each pixel of the image, measure to the nearest pixel of the mask.",
    shape_hint="return one number, a share.",
)
"""``my_chance(mask, tolerance)``: how often a point thrown at random hits.

``mask`` is bool (H, W); a point hits when its straight distance to the nearest pixel of the mask
is at most ``tolerance``.
"""
