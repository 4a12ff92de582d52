"""The course's one style, and how each class is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

GREY = "#6b7280"
INK = "#1f2933"
# The same hues for drawings that lie on a white page and on a dark one (#14181e): 4.2:1 on either.
# So all are equally light, and in grey only hatches, dashes and shapes tell them apart.
MID_INK, MID_BLUE, MID_ORANGE, MID_PURPLE = "#747c8b", "#2a81bd", "#b36920", "#8b6eb4"


class ClassStyle(NamedTuple):
    """How one class or series is drawn."""

    color: str
    hatch: str
    marker: str
    linestyle: str


CLASS_STYLES = {
    "normal": ClassStyle("#1f5f8b", "", "o", "-"),
    "pneumonia": ClassStyle("#d9822b", "//", "^", "--"),
    "bacterial": ClassStyle("#b5541c", "//", "^", "--"),
    "viral": ClassStyle("#e0a030", "..", "s", "-."),
    "covid": ClassStyle("#6a4c93", "xx", "D", ":"),
    "train": ClassStyle(GREY, "", "o", "--"),
    "val": ClassStyle("#1f5f8b", "", "s", "-"),
    "training": ClassStyle(GREY, "", "o", "--"),
    "validation": ClassStyle("#1f5f8b", "", "s", "-"),
    "test": ClassStyle("#d9822b", "//", "^", "-."),
}
STYLE_CYCLE = (
    ClassStyle("#1f5f8b", "", "o", "-"),
    ClassStyle("#d9822b", "//", "^", "--"),
    ClassStyle("#6a4c93", "xx", "D", "-."),
    ClassStyle(GREY, "..", "s", ":"),
)


def use_style() -> None:
    """Make the course's style the one for every figure drawn from now on."""
    plt.style.use("cxrlib.evaluation.plots.course")  # course.mplstyle


def class_style(name: str, index: int = 0) -> ClassStyle:
    """Return the style of a class; unknown names take turns by their index."""
    return CLASS_STYLES.get(str(name), STYLE_CYCLE[index % len(STYLE_CYCLE)])


def class_styles(names: Iterable[str]) -> list[ClassStyle]:
    """Return a style for each name; unknown names take turns among the colours not yet in use."""
    known = [CLASS_STYLES.get(str(name)) for name in names]
    used = {style.color for style in known if style}
    unused = itertools.cycle([s for s in STYLE_CYCLE if s.color not in used] or STYLE_CYCLE)
    return [style or next(unused) for style in known]


def legend_above(ax: Axes) -> None:
    """Write the legend over the axes, where no line can run through it."""
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1), ncols=2, handlelength=3)
