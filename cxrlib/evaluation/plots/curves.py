"""Lines: any series, bands, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.style import GREY, look

GAP = 0.055  # least distance of two names at the end of lines, in heights of a 3.6 inch figure


def lines(
    x: ArrayLike,
    series: Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    xlabel: str,
    ylabel: str,
    markers: bool = False,
) -> Axes:
    """Draw named lines over the same ``x``; each carries its name at its end."""
    ax = ax or plt.gca()
    ends = []
    for i, (name, y) in enumerate(series.items()):
        how = look(name, i)
        marker = how.marker if markers else ""
        ax.plot(x, y, color=how.colour, linestyle=how.line, marker=marker, markersize=5)
        ends.append((float(np.asarray(y)[-1]), name, how.colour))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(ends) > 1:
        _name_ends(ax, float(np.asarray(x)[-1]), ends)
    return ax


def band(x: ArrayLike, low: ArrayLike, high: ArrayLike, ax: Axes | None = None, *, name="", at=0):
    """Shade the room between two curves, in the colour of the line with the same name."""
    ax = ax or plt.gca()
    ax.fill_between(x, low, high, color=look(name, at).colour, alpha=0.18, lw=0)
    return ax


def roc(curves: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes | None = None) -> Axes:
    """Draw ROC curves given as ``name: (false alarm rate, sensitivity)``."""
    ax = ax or plt.gca()
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    ax.annotate("a coin", (0.62, 0.57), color=GREY, fontsize="small")
    for i, (name, (false_alarms, found)) in enumerate(curves.items()):
        how = look(name, i)
        ax.plot(false_alarms, found, color=how.colour, linestyle=how.line, label=name)
    ax.set_aspect("equal")
    ax.set(xlabel="healthy called sick (1 − specificity)", ylabel="sick found (sensitivity)")
    ax.legend(loc="lower right", handlelength=3)
    return ax


def precision_recall(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes | None = None
) -> Axes:
    """Draw precision-recall curves given as ``name: (sensitivity, precision)``."""
    ax = ax or plt.gca()
    for i, (name, (found, precision)) in enumerate(curves.items()):
        how = look(name, i)
        ax.plot(found, precision, color=how.colour, linestyle=how.line, label=name)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    ax.set(xlabel="sick found (sensitivity)", ylabel="sick among those called sick (precision)")
    ax.legend(loc="lower left", handlelength=3)
    return ax


def _name_ends(ax: Axes, x: float, ends: list[tuple[float, str, str]]) -> None:
    """Write each line's name beside its last point, pushed apart where they would touch."""
    low, high = ax.get_ylim()
    places = ax.get_yscale(), low, high
    last = -np.inf
    for y, name, colour in sorted(ends):
        height = (y - low) / (high - low) if places[0] == "linear" else (
            np.log(y / low) / np.log(high / low)
        )  # fmt: skip
        last = max(height, last + GAP * 3.6 / ax.figure.get_figheight())
        ax.annotate(
            name, (x, last), xycoords=("data", "axes fraction"), xytext=(8, 0),
            textcoords="offset points", va="center", color=colour, fontsize="small",
            annotation_clip=False,
        )  # fmt: skip
