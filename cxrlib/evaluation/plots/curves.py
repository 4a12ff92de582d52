"""Lines: any series, bands, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.style import GREY, look, looks

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
    ax = _against_a_coin(curves, ax or plt.gca())
    ax.set(xlabel="healthy called sick (1 − specificity)", ylabel="sick found (sensitivity)")
    ax.legend(loc="lower right", handlelength=3)
    return ax


def one_against_rest(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes | None = None
) -> Axes:
    """Draw the ROC curve of each class against the rest.

    Parameters
    ----------
    curves : mapping of str to (false alarm rate, sensitivity)
        One a class: ``roc_curve(*evaluation.one_against_rest(y, score, k))[:2]``.

    Returns
    -------
    Axes
        The classes are named with their areas, in the order in which the curves lie: the largest
        area on top. Near the upper left corner they come too close to be named where they run.
    """
    areas = {name: np.trapezoid(found, alarms) for name, (alarms, found) in curves.items()}
    ax = _against_a_coin(curves, ax or plt.gca())
    ax.set(xlabel="the rest called this class (1 − specificity)", ylabel="found (sensitivity)")
    drawn = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    names = sorted(curves, key=lambda name: -areas[name])
    ax.legend(
        [drawn[name] for name in names], [f"{name}  {areas[name]:.3f}" for name in names],
        loc="lower right", handlelength=3, title="area under the curve", alignment="left",
        fontsize="small", title_fontsize="small",
    )  # fmt: skip
    return ax


def precision_recall(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes | None = None
) -> Axes:
    """Draw precision-recall curves given as ``name: (sensitivity, precision)``."""
    ax = ax or plt.gca()
    for how, (name, (found, precision)) in zip(looks(curves), curves.items(), strict=True):
        ax.plot(found, precision, color=how.colour, linestyle=how.line, label=name)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    ax.set(xlabel="sick found (sensitivity)", ylabel="sick among those called sick (precision)")
    ax.legend(loc="lower left", handlelength=3)
    return ax


def _against_a_coin(curves: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes) -> Axes:
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    ax.annotate("a coin", (0.62, 0.57), color=GREY, fontsize="small")
    for how, (name, (false_alarms, found)) in zip(looks(curves), curves.items(), strict=True):
        ax.plot(false_alarms, found, color=how.colour, linestyle=how.line, label=name)
    ax.set_aspect("equal")
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
