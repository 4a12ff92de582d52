"""The course's one style, and how each class is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import matplotlib.pyplot as plt

GREY = "#6b7280"
INK = "#1f2933"


class Look(NamedTuple):
    """How one class or series is drawn."""

    colour: str
    hatch: str
    marker: str
    line: str | tuple


LOOKS = {
    "normal": Look("#1f5f8b", "", "o", "-"),
    "pneumonia": Look("#d9822b", "//", "^", "--"),
    "bacterial": Look("#b5541c", "//", "^", "--"),
    "viral": Look("#e0a030", "..", "s", "-."),
    "covid": Look("#6a4c93", "xx", "D", ":"),
    "train": Look(GREY, "", "o", "--"),
    "val": Look("#1f5f8b", "", "s", "-"),
    "training": Look(GREY, "", "o", "--"),
    "validation": Look("#1f5f8b", "", "s", "-"),
    "test": Look("#d9822b", "//", "^", "-."),
}
OTHERS = (
    Look("#1f5f8b", "", "o", "-"),
    Look("#d9822b", "//", "^", "--"),
    Look("#6a4c93", "xx", "D", "-."),
    Look(GREY, "..", "s", ":"),
)


def use_style() -> None:
    """Make the course's style the one for every figure drawn from now on."""
    plt.style.use("cxrlib.evaluation.plots.course")  # course.mplstyle


def look(name: str, position: int = 0) -> Look:
    """Return the look of a class; unknown names take turns by their position."""
    return LOOKS.get(str(name), OTHERS[position % len(OTHERS)])


def looks(names: Iterable[str]) -> list[Look]:
    """Return a look for each name; unknown names take turns among the colours not yet in use."""
    known = [LOOKS.get(str(name)) for name in names]
    taken = {how.colour for how in known if how}
    free = itertools.cycle([other for other in OTHERS if other.colour not in taken] or OTHERS)
    return [how or next(free) for how in known]
