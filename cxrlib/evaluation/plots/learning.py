"""Learning curves: of one run, of several metrics, of several runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cxrlib.evaluation.plots.curves import band, lines
from cxrlib.evaluation.plots.style import GREY, INK


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
    columns: int = 2,
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """Draw :func:`learning_curves` of several metrics side by side, ``columns`` a row."""
    if axes is None:
        columns = min(columns, len(metrics))
        rows = -(-len(metrics) // columns)
        size = (4 * columns, 2.8 * rows)
        _, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for i, ax in enumerate(np.ravel(axes)):
        if i < len(metrics):
            learning_curves(history, ax, metric=metrics[i], chosen=chosen)
        else:
            ax.axis("off")
    return axes


def curves_over_seeds(
    series: Mapping[str, pd.DataFrame], ax: Axes | None = None, *, ylabel: str
) -> Axes:
    """Draw the mean of several runs as a line, in a band from their lowest to their highest.

    Parameters
    ----------
    series : mapping of str to DataFrame
        ``{"training": over_seeds(histories, "loss"), "validation": ...}``, from
        :func:`cxrlib.evaluation.over_seeds`, all with the same epochs.
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
