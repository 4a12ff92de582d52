"""Exercises of chapter 13: a border, an AUC made of hospitals alone, prevalence, a checklist."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cxrlib.teaching.exercises.base import Exercise
from cxrlib.teaching.exercises.checklist import Checklist

XRAY = np.arange(11, 53, dtype=np.uint8).reshape(6, 7)
WIDE = 2

# What article 4 tells about itself, item by item: the answer, and where it stands.
ARTICLE_4 = {
    "same places": (False, "the children are from one hospital, the adults from a collection."),
    "lungs covered": (False, "no image was covered."),
    "negative control": (
        False,
        "the collection's images with other findings were left out, so none was asked about.",
    ),
    "split by patient": (False, "it draws images; nothing is said about patients."),
    "chosen elsewhere": (
        False,
        "its numbers for three and four classes are read off the curves that it watched.",
    ),
    "test set counted": (True, "79, 79, 79 and 69 images, nine of each held out: it does say so."),
    "truth known": (
        False,
        "of how the children's and the adults' disease was known it says nothing.",
    ),
    "interval": (False, "no number has one."),
    "both rates": (False, "accuracy stands alone; of whom it missed we learn nothing."),
    "other hospital": (False, "the test images come from where the training images come from."),
    "scores checked": (False, "its images show scores in per cent that nobody has checked."),
    "prevalence": (False, "a quarter of its images are COVID-19's, and of no clinic is it said."),
    "limits stated": (True, "“not rigorous, not for medical use”: it does say so."),
    "code open": (True, "code and sources are linked: that is how we could look."),
}


def _near(length: int, wide: int) -> np.ndarray:
    place = np.arange(length)
    return np.minimum(place, place[::-1]) < wide


def _kept(where: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable:
    """Keep the pixels where ``where(near above or below, near left or right)`` is true."""

    def border(image: np.ndarray, wide: int) -> np.ndarray:
        rows, columns = (_near(length, wide) for length in image.shape)
        return np.where(where(rows[:, None], columns), image, 0)

    return border


def _one_later(image: np.ndarray, wide: int) -> np.ndarray:
    covered = image.copy()
    covered[wide + 1 : -wide, wide + 1 : -wide] = 0
    return covered


check_border = Exercise(
    level="easy",
    minutes=5,
    task="`my_border(xray, wide)` returns an image of the same shape, black inside the frame.",
    solution=_kept(lambda rows, columns: rows | columns),
    mistakes={
        "the other way round: the frame stays, the inside is black.": (
            _kept(lambda rows, columns: ~(rows | columns))
        ),
        "these are the corners. A frame is what lies near *any* side.": (
            _kept(lambda rows, columns: rows & columns)
        ),
        "above and below only: the left and the right side belong to the frame, too.": (
            _kept(lambda rows, columns: rows)
        ),
        "left and right only: the upper and the lower side belong to the frame, too.": (
            _kept(lambda rows, columns: columns)
        ),
        "counting begins at 0: the inside begins at `wide`, not one later.": _one_later,
        "nothing is covered.": lambda x, w: x,
        "cut off is not covered: the image keeps its size.": lambda x, w: x[w:-w, w:-w],
        "everything is black. The frame keeps its pixels.": lambda x, w: np.zeros_like(x),
    },
    cases=[(XRAY, WIDE)],
    success="Slices do it, and the image you were given is still whole.",
    shape_hint="the image keeps its size.",
    mutation_hint="the image that was handed in is changed, too: work on `xray.copy()`.",
)
"""``my_border(image, wide)``: a copy in which all but a frame of ``wide`` pixels is black.

``image`` has the shape (H, W).
"""


def _by_place(sick_a: int, healthy_a: int, sick_b: int, healthy_b: int) -> float:
    sick, healthy = sick_a + sick_b, healthy_a + healthy_b
    ties = sick_a * healthy_a + sick_b * healthy_b
    return (sick_a * healthy_b + ties / 2) / (sick * healthy)


check_auc_of_places = Exercise(
    level="medium",
    minutes=10,
    task="In which share of all pairs, one sick and one healthy, does the sick one win?",
    solution=_by_place,
    mistakes={
        "pairs of the same hospital are ties, and a tie counts half.": (
            lambda a, b, c, d: a * d / ((a + c) * (b + d))
        ),
        "a tie counts half, not whole.": (
            lambda a, b, c, d: (a * d + a * b + c * d) / ((a + c) * (b + d))
        ),
        "divide by the number of pairs: all sick times all healthy.": (
            lambda a, b, c, d: a * d + (a * b + c * d) / 2
        ),
        "that is accuracy. The AUC takes pairs, one sick and one healthy.": (
            lambda a, b, c, d: (a + d) / (a + b + c + d)
        ),
        "hospital A has the higher score: its sick beat the healthy of B.": (
            lambda a, b, c, d: 1 - _by_place(a, b, c, d)
        ),
        "the mean of the two shares is right only if you take the sick that are in A and the "
        "healthy that are in B.": lambda a, b, c, d: (a / (a + b) + d / (c + d)) / 2,
    },
    cases=[(100, 0, 0, 100), (50, 50, 50, 50), (30, 10, 20, 140)],
    arg_names=("sick_a", "healthy_a", "sick_b", "healthy_b"),
    success="Nobody has looked at a lung, and it may still look like a good network.",
    default_hint="a sick image of A beats a healthy one of B; within a hospital it is a tie.",
)
"""``my_auc_of_places(sick_a, healthy_a, sick_b, healthy_b)``: the AUC of "it is from hospital A".

All images of A have one score, all of B a lower one.
"""


def _odds(share: float) -> float:
    return share / (1 - share)


def _carried(score: float, trained: float, new: float) -> float:
    odds = _odds(score) * _odds(new) / _odds(trained)
    return odds / (1 + odds)


check_carried_score = Exercise(
    level="easy",
    minutes=5,
    task="Which score would an image have where the share `new` is sick?",
    solution=_carried,
    mistakes={
        "those are the odds. Turn them back: odds / (1 + odds).": (
            lambda s, t, n: _odds(s) * _odds(n) / _odds(t)
        ),
        "multiply the odds, not the score itself.": lambda s, t, n: s * n / t,
        "the score has to become odds first, like the shares.": (
            lambda s, t, n: s * _odds(n) / _odds(t)
        ),
        "the shares have to become odds, too: share / (1 − share).": (
            lambda s, t, n: _odds(s) * n / t / (1 + _odds(s) * n / t)
        ),
        "the other way round: times the new odds, through the old.": (
            lambda s, t, n: _carried(s, n, t)
        ),
        "divide by the odds of the place it was trained in, too.": (
            lambda s, t, n: _odds(s) * _odds(n) / (1 + _odds(s) * _odds(n))
        ),
        "nothing has changed.": lambda s, t, n: s,
    },
    cases=[(0.9, 0.5, 0.02), (0.5, 0.75, 0.5), (0.2, 0.1, 0.3)],
    arg_names=("score", "trained", "new"),
    success="Where few are sick, a high score is mostly a false positive, a false alarm.",
    default_hint="odds are share / (1 − share). Multiply those of the score by new / old.",
)
"""``my_score(score, trained, new)``: a score where another share of people is sick.

``trained`` and ``new`` are the shares of the sick.
"""


check_checklist = Checklist(
    level="medium",
    minutes=15,
    task=f"Answer each of the {len(ARTICLE_4)} lines with True or False.",
    success=f"{sum(answer for answer, _ in ARTICLE_4.values())} of {len(ARTICLE_4)} with a yes, "
    "and none of them is about the result.",
    lines=ARTICLE_4,
)
"""Yes (True) or no (False) to each line of the checklist, asked about article 4."""
