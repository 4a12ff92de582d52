"""Exercises of chapter 15: the luck of the best epoch, is it reproduced, and find the fault."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxrlib.teaching.exercises.base import Exercise
from cxrlib.teaching.exercises.checklist import Checklist


def _luck(watched: Sequence[float], val_losses: Sequence[float]) -> float:
    return max(watched) - watched[int(np.argmin(val_losses))]


check_luck = Exercise(
    level="medium",
    minutes=10,
    task="How much higher is the best watched accuracy than that of the epoch validation chooses?",
    solution=_luck,
    mistakes={
        "the lowest loss is the best one, not the highest.": (
            lambda w, v: max(w) - w[int(np.argmax(v))]
        ),
        "validation chooses the epoch: take the test accuracy *there*, not in the last.": (
            lambda w, v: max(w) - w[-1]
        ),
        "the mean over all epochs is nobody's result. Which epoch would validation keep?": (
            lambda w, v: max(w) - float(np.mean(w))
        ),
        "that is the epoch. Look up the test accuracy there.": lambda w, v: int(np.argmin(v)),
        "that is what an honest report says. How much higher is the best?": (
            lambda w, v: w[int(np.argmin(v))]
        ),
        "the other way round: the best minus the chosen.": lambda w, v: -_luck(w, v),
    },
    cases=[
        ([0.75, 0.875, 0.8125, 0.78125], [0.5, 0.3, 0.25, 0.4]),
        ([0.5, 0.75, 0.625], [0.2, 0.4, 0.3]),
        ([0.75, 0.8125], [0.3, 0.1]),
    ],
    arg_names=("watched", "val_losses"),
    success="It is 0 at best, and never below: whoever picks the best has picked luck, too.",
    default_hint="`np.argmin(val_losses)` is the epoch that validation keeps.",
)
"""``luck(watched, val_losses)``: best test accuracy minus that of the epoch validation keeps."""


def _reproduced(published: float, low: float, high: float, about: str) -> bool:
    if about == "over":
        return high >= published
    if about == "up to":
        return low <= published
    return low <= published <= high


check_reproduced = Exercise(
    level="easy",
    minutes=5,
    task="Does the interval of our run allow for what was published?",
    solution=_reproduced,
    mistakes={
        "“over 0.9” is kept by any number above. The interval has to reach beyond it.": (
            lambda p, low, high, about: (
                low <= p <= high if about == "over" else _reproduced(p, low, high, about)
            )
        ),
        "“up to 0.9” is kept by any number below. The interval has to begin beneath it.": (
            lambda p, low, high, about: (
                low <= p <= high if about == "up to" else _reproduced(p, low, high, about)
            )
        ),
        "some claims are no single number: look at `about`.": (
            lambda p, low, high, about: low <= p <= high
        ),
        "a run that does better than a plain number has not reproduced it, either.": (
            lambda p, low, high, about: high >= p if not about else _reproduced(p, low, high, about)
        ),
        "the other way round.": lambda *a: not _reproduced(*a),
    },
    cases=[
        (0.93, 0.735, 0.795, ""),
        (0.88, 0.844, 0.895, ""),
        (0.8, 0.85, 0.9, ""),
        (0.9, 0.857, 0.905, "over"),
        (0.8, 0.85, 0.95, "over"),
        (0.9, 0.8, 0.88, "over"),
        (0.9, 0.8, 0.88, "up to"),
        (0.7, 0.8, 0.88, "up to"),
    ],
    arg_names=("published", "low", "high", "about"),
    success="That a number comes out again says nothing yet about what it measures.",
    default_hint="return True or False, by `about`: nothing, “over” or “up to”.",
)
"""``reproduced(published, low, high, about)``: does our interval allow for what was published?"""


FAULTS = {
    "A": (1, "`shuffle` draws anew each time: `take` and `skip` cut two different orders."),
    "B": (3, "the threshold is fitted to the test labels that it is judged by."),
    "C": (2, "no ward sends such images, and each of them counts five times."),
    "D": (1, "shuffled images come in another order than `generator.classes`."),
    "E": (0, "train, validation and test are of different patients, and test is opened once."),
    "F": (2, "images are drawn, and a patient has several: draw patients."),
}

check_faults = Checklist(
    level="medium",
    minutes=15,
    task="For each of the six pieces, give the number of the line that spoils it, or 0.",
    success="Five faults, and all of them run without an error message.",
    lines=FAULTS,
)
"""The line that spoils each of six pieces of code, 0 where none does."""
