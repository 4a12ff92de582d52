"""Lines: any series, bands, learning curves, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.style import GREY, INK, look, looks

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


def band(
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    ax: Axes | None = None,
    *,
    name: str = "",
    at: int = 0,
) -> Axes:
    """Shade the room between two curves, in the colour of the line with the same name."""
    ax = ax or plt.gca()
    ax.fill_between(x, low, high, color=look(name, at).colour, alpha=0.18, lw=0)
    return ax


def learning_curves(
    history: pd.DataFrame,
    ax: Axes | None = None,
    *,
    metric: str = "loss",
    chosen: int | None = None,
) -> Axes:
    """Draw a metric on training and validation pictures, epoch by epoch.

    Parameters
    ----------
    history : DataFrame
        One row an epoch, columns as in Keras's ``History.history``.
    metric : str
        Column to draw, with its ``val_`` twin where there is one.
    chosen : int, optional
        Epoch (counted from 1) whose weights are kept; marked.
    """
    ax = ax or plt.gca()
    if metric not in history:
        raise ValueError(f"expected a column {metric!r}, got {', '.join(history.columns)}.")
    epochs = np.arange(1, len(history) + 1)
    series = {"training": history[metric]}
    if f"val_{metric}" in history:
        series["validation"] = history[f"val_{metric}"]
    if chosen is not None:
        ax.axvline(chosen, color=GREY, lw=1, ls=":")
        ax.annotate(
            f"kept: epoch {chosen}", (chosen, 1), xycoords=("data", "axes fraction"),
            va="bottom", ha="center", fontsize="small", color=INK,
        )  # fmt: skip
    lines(epochs, series, ax, xlabel="epoch", ylabel=metric, markers=True)
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    return ax


def learning_panels(
    history: pd.DataFrame,
    metrics: Sequence[str] = ("loss", "accuracy"),
    *,
    chosen: int | None = None,
) -> np.ndarray:
    """Draw :func:`learning_curves` of several metrics side by side, two a row."""
    columns = min(2, len(metrics))
    rows = -(-len(metrics) // columns)
    _, axes = plt.subplots(rows, columns, figsize=(4 * columns, 2.8 * rows), squeeze=False)
    for ax in axes.flat[len(metrics) :]:
        ax.axis("off")
    for ax, metric in zip(axes.flat, metrics, strict=False):
        learning_curves(history, ax, metric=metric, chosen=chosen)
    return axes


def curves_over_seeds(
    series: Mapping[str, pd.DataFrame], ax: Axes | None = None, *, ylabel: str
) -> Axes:
    """Draw the mean of several runs as a line, in a band from their lowest to their highest.

    Parameters
    ----------
    series : mapping of str to DataFrame
        ``{"training": average_histories(histories, "loss"), "validation": ...}``, from
        :func:`cxrlib.evaluation.average_histories`, all with the same epochs.
    ylabel : str
        What was measured. How many runs there are is added to it, and where runs stop early, how
        many were still training at the end.
    """
    ax = ax or plt.gca()
    first = next(iter(series.values()))
    if any(len(frame) != len(first) for frame in series.values()):
        found = ", ".join(f"{name} {len(frame)}" for name, frame in series.items())
        raise ValueError(f"expected as many epochs in every series, got {found}. Same runs?")
    for i, (name, frame) in enumerate(series.items()):
        band(frame.index, frame["low"], frame["high"], ax, name=name, at=i)
    begun, left = int(first["n"].iloc[0]), int(first["n"].iloc[-1])
    means = {name: frame["mean"] for name, frame in series.items()}
    ylabel = f"{ylabel}: mean and range of {begun} runs"
    xlabel = "epoch" if begun == left else f"epoch ({left} of {begun} runs reach the last)"
    lines(first.index, means, ax, xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
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
        One a class: ``roc_curve(*evaluation.one_vs_rest(y, score, k))[:2]``.

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
