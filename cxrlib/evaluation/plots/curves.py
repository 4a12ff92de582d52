"""Lines: any series, bands, learning curves, ROC and precision-recall curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.style import GREY, INK, class_style, class_styles, legend_above

GAP = 0.055  # least distance of two names at the end of lines, in heights of a 3.6 inch figure
Curves: TypeAlias = Mapping[str, tuple[ArrayLike, ArrayLike]]


def plot_lines(
    x: ArrayLike,
    series: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    ax: Axes | None = None,
    xlabel: str,
    ylabel: str,
    markers: bool = False,
) -> Axes:
    """Draw named lines over the same ``x``; each carries its name at its end."""
    ax = ax or plt.gca()
    ends = []
    for i, (name, y) in enumerate(series.items()):
        style = class_style(str(name), i)
        marker = style.marker if markers else ""
        ax.plot(x, y, color=style.color, linestyle=style.linestyle, marker=marker, markersize=5)
        ends.append((float(np.asarray(y)[-1]), str(name), style.color))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if ax.get_xscale() == "linear" and np.issubdtype(np.asarray(x).dtype, np.integer):
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))  # there is no epoch 1.5
    if len(ends) > 1:
        _label_line_ends(ax, float(np.asarray(x)[-1]), ends)
    return ax


def plot_band(
    x: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    ax: Axes | None = None,
    name: str = "",
    index: int = 0,
) -> Axes:
    """Shade the room between two curves, in the colour of the line with the same name."""
    ax = ax or plt.gca()
    ax.fill_between(x, low, high, color=class_style(name, index).color, alpha=0.18, lw=0)
    return ax


def plot_learning_curves(
    history: pd.DataFrame,
    *,
    ax: Axes | None = None,
    metric: str = "loss",
    best_epoch: int | None = None,
) -> Axes:
    """Draw a metric on training and validation images, epoch by epoch.

    Parameters
    ----------
    history : DataFrame
        One row an epoch, columns as in Keras's ``History.history``.
    metric : str
        Column to draw, with its ``val_`` twin where there is one.
    best_epoch : int, optional
        Epoch (counted from 1) whose weights are kept; marked.
    """
    ax = ax or plt.gca()
    if metric not in history:
        raise ValueError(
            f"expected a column {metric!r}, got {', '.join(history.columns)}. Name one of these."
        )
    epochs = np.arange(1, len(history) + 1)
    series = {"training": history[metric]}
    if f"val_{metric}" in history:
        series["validation"] = history[f"val_{metric}"]
    if best_epoch is not None:
        ax.axvline(best_epoch, color=GREY, lw=1, ls=":")
        ax.annotate(
            f"kept: epoch {best_epoch}", (best_epoch, 1), xycoords=("data", "axes fraction"),
            va="bottom", ha="center", fontsize="small", color=INK,
        )  # fmt: skip
    plot_lines(epochs, series, ax=ax, xlabel="epoch", ylabel=metric, markers=True)
    return ax


def learning_curve_grid(
    history: pd.DataFrame,
    metrics: Sequence[str] = ("loss", "accuracy"),
    *,
    best_epoch: int | None = None,
) -> np.ndarray:
    """Draw :func:`plot_learning_curves` of several metrics side by side, two a row."""
    ncols = min(2, len(metrics))
    nrows = -(-len(metrics) // ncols)
    _, axes = plt.subplots(nrows, ncols, figsize=(4 * ncols, 2.8 * nrows), squeeze=False)
    for ax in axes.flat[len(metrics) :]:
        ax.axis("off")
    for ax, metric in zip(axes.flat, metrics, strict=False):
        plot_learning_curves(history, ax=ax, metric=metric, best_epoch=best_epoch)
    return axes


def plot_curves_over_seeds(
    series: Mapping[str, pd.DataFrame], *, ax: Axes | None = None, ylabel: str
) -> Axes:
    """Draw the mean of several runs as a line, in a band from their lowest to their highest.

    Parameters
    ----------
    series : mapping of str to DataFrame
        ``{"training": average_histories(histories, "loss"), "validation": ...}``, from
        :func:`cxrlib.evaluation.average_histories`, all with the same epochs.
    ylabel : str
        What was measured. Where there are several runs their number is added to it, and where some
        stop early, how many were still training at the end.
    """
    ax = ax or plt.gca()
    first = next(iter(series.values()))
    if any(len(table) != len(first) for table in series.values()):
        lengths = ", ".join(f"{name} {len(table)}" for name, table in series.items())
        raise ValueError(
            f"expected as many epochs in every series, got {lengths}. Take all from the same runs."
        )
    for i, (name, table) in enumerate(series.items()):
        plot_band(table.index, table["low"], table["high"], ax=ax, name=name, index=i)
    started, finished = int(first["n"].iloc[0]), int(first["n"].iloc[-1])
    means = {name: table["mean"] for name, table in series.items()}
    if started > 1:
        ylabel = f"{ylabel}: mean and range of {started} runs"
    stopped = f" ({finished} of {started} runs reach the last)" if finished != started else ""
    plot_lines(first.index, means, ax=ax, xlabel=f"epoch{stopped}", ylabel=ylabel)
    return ax


def plot_roc_curves(curves: Curves, *, ax: Axes | None = None) -> Axes:
    """Draw ROC curves given as ``name: (false positive rate, sensitivity)``."""
    ax = _draw_roc(curves, ax or plt.gca())
    ax.set(xlabel="healthy called sick (1 − specificity)", ylabel="sick found (sensitivity)")
    ax.legend(loc="lower right", handlelength=3)
    return ax


def plot_one_vs_rest(curves: Curves, *, ax: Axes | None = None) -> Axes:
    """Draw the ROC curve of each class against the rest.

    Parameters
    ----------
    curves : mapping of str to (false positive rate, sensitivity)
        One a class: ``roc_curve(*evaluation.one_vs_rest(y, score, k))[:2]``.

    Returns
    -------
    Axes
        The classes are named with their areas, in the order in which the curves lie: the largest
        area on top. Near the upper left corner they come too close to be named where they run.
    """
    areas = {k: np.trapezoid(np.asarray(y), np.asarray(x)) for k, (x, y) in curves.items()}
    ax = _draw_roc(curves, ax or plt.gca())
    ax.set(xlabel="the rest called this class (1 − specificity)", ylabel="found (sensitivity)")
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    names = sorted(curves, key=lambda name: -areas[name])
    ax.legend(
        [handles[name] for name in names], [f"{name}  {areas[name]:.3f}" for name in names],
        loc="lower right", handlelength=3, title="area under the curve", alignment="left",
        fontsize="small", title_fontsize="small",
    )  # fmt: skip
    return ax


def plot_precision_recall_curves(curves: Curves, *, ax: Axes | None = None) -> Axes:
    """Draw precision-recall curves given as ``name: (sensitivity, precision)``."""
    ax = ax or plt.gca()
    _draw_curves(curves, ax)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    ax.set(xlabel="sick found (sensitivity)", ylabel="sick among those called sick (precision)")
    legend_above(ax)
    return ax


def _draw_roc(curves: Curves, ax: Axes) -> Axes:
    """Draw curves over the diagonal of chance."""
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    ax.annotate("a coin", (0.62, 0.57), color=GREY, fontsize="small")
    _draw_curves(curves, ax)
    ax.set_aspect("equal")
    return ax


def _draw_curves(curves: Curves, ax: Axes) -> None:
    for style, (name, (x, y)) in zip(class_styles(curves), curves.items(), strict=True):
        ax.plot(x, y, color=style.color, linestyle=style.linestyle, label=name)


def _label_line_ends(ax: Axes, x: float, ends: list[tuple[float, str, str]]) -> None:
    """Write each line's name beside its last point, pushed apart where they would touch."""
    gap = GAP * 3.6 / ax.figure.get_figure(root=True).get_figheight()
    labels = [
        ax.annotate(
            name, (x, y), xycoords=("data", "axes fraction"), xytext=(8, 0),
            textcoords="offset points", va="center", color=color, fontsize="small",
            annotation_clip=False,
        )
        for y, name, color in sorted(ends)
    ]  # fmt: skip
    heights = sorted(y for y, *_ in ends)

    def place(ax: Axes) -> None:
        ax.get_ylim()  # brings limits up to date that wait for the next drawing
        to_axes, last = ax.transData - ax.transAxes, -np.inf
        for y, label in zip(heights, labels, strict=True):
            last = max(to_axes.transform((x, y))[1], last + gap)
            label.xy = (x, last)

    ax.callbacks.connect("ylim_changed", place)  # another line, or an axis that shares the limits
    place(ax)
