"""Counts, distributions, and intervals group by group."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.style import GREY, INK, STYLE_CYCLE, class_style, legend_above


def plot_counts(table: pd.DataFrame | pd.Series, *, ax: Axes | None = None) -> Axes:
    """Draw counts as horizontal bars, each with its number.

    Parameters
    ----------
    table : DataFrame or Series
        Rows are the groups of bars; columns, if any, the classes within a group.
    """
    ax = ax or plt.gca()
    table = table.to_frame("") if isinstance(table, pd.Series) else table
    single = table.shape[1] == 1
    height = 0.8 / table.shape[1]
    for i, column in enumerate(table.columns):
        y = np.arange(len(table)) - 0.4 + height * (i + 0.5)
        names = table.index if single else [column]
        styles = [class_style(name, 0 if column == "" else i) for name in names]
        bars = ax.barh(
            y, table[column], height * 0.88, color=[style.color for style in styles],
            hatch=[s.hatch for s in styles] if len(styles) > 1 else styles[0].hatch,
            edgecolor="white", linewidth=0,
        )  # fmt: skip
        labels = [f"{n:,}" if single else f"{n:,} {column}" for n in table[column]]
        ax.bar_label(bars, labels, padding=4, fontsize="small")
    _label_rows(ax, [str(name) for name in table.index])
    ax.invert_yaxis()
    ax.margins(x=0.22)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("number of images")
    return ax


def plot_histogram(
    groups: Mapping[str, ArrayLike],
    *,
    ax: Axes | None = None,
    xlabel: str,
    bins: int | ArrayLike = 40,
    ylabel: str = "share of the class",
) -> Axes:
    """Draw outlines of histograms, each group scaled to the same area so that shapes compare."""
    ax = ax or plt.gca()
    arrays = {name: np.asarray(values) for name, values in groups.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(arrays.values())), bins).tolist()
    for i, (name, values) in enumerate(arrays.items()):
        style = class_style(name, i)
        ax.hist(
            values, edges, weights=np.full(len(values), 1 / max(1, len(values))), label=name,
            histtype="step", color=style.color, linestyle=style.linestyle, linewidth=2,
        )  # fmt: skip
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(arrays) > 1:
        legend_above(ax)
    return ax


def plot_forest(table: pd.DataFrame, *, ax: Axes | None = None, xlabel: str) -> Axes:
    """Draw a metric group by group, each with its interval and the images behind it.

    Parameters
    ----------
    table : DataFrame
        From :func:`cxrlib.evaluation.subgroups`. The row of all images is drawn as a diamond with
        a line through the plot; a group without a number says why.
    ax : Axes, optional
        By default a new figure, as high as there are groups.
    xlabel : str
        What was measured.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 0.36 * len(table) + 1))
    overall = table["group"] == "all"
    for value in table.loc[overall, "value"].dropna():
        ax.axvline(value, color=GREY, lw=1, ls=":")
    color = STYLE_CYCLE[0].color
    for row, (group, is_all) in enumerate(zip(table.itertuples(), overall, strict=True)):
        if np.isfinite(group.value):
            if np.isfinite(group.low):
                error = [[group.value - group.low], [group.high - group.value]]
                ax.errorbar(group.value, row, xerr=error, color=INK, lw=1.5, capsize=3)
            ax.plot(group.value, row, "D" if is_all else "o", markersize=7, color=color)
    for row, group in enumerate(table.itertuples()):
        if group.reason:
            _annotate_reason(ax, group.reason, group.value, row)
    _label_rows(ax, [
        f"{group.group}\n{group.n:,} images, {group.n_patients:,} patients"
        for group in table.itertuples()
    ])  # fmt: skip
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel(xlabel)
    return ax


def _label_rows(ax: Axes, labels: list[str]) -> None:
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _annotate_reason(ax: Axes, reason: str, value: float, row: int) -> None:
    """Write why something is missing, on the side of the axes where no point is."""
    right = np.isfinite(value) and value < sum(ax.get_xlim()) / 2
    ax.annotate(
        reason, (0.99 if right else 0.01, row), xycoords=("axes fraction", "data"),
        ha="right" if right else "left", va="center", color=GREY, fontsize="small", style="italic",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip
