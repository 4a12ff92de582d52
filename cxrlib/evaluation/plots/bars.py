"""Counts, distributions, clouds of points."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from cxrlib.evaluation.plots.style import look


def counts(table: pd.DataFrame | pd.Series, ax: Axes | None = None, *, unit: str = "pictures"):
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
        places = np.arange(len(table)) - 0.4 + height * (i + 0.5)
        looks = [look(n, 0 if column == "" else i) for n in (table.index if single else [column])]
        bars = ax.barh(
            places,
            table[column],
            height * 0.88,
            color=[x.colour for x in looks],
            hatch=[x.hatch for x in looks] if len(looks) > 1 else looks[0].hatch,
            edgecolor="white",
            linewidth=0,
        )
        names = [f"{n:,}" if single else f"{n:,} {column}" for n in table[column]]
        ax.bar_label(bars, names, padding=4, fontsize="small")
    ax.set_yticks(range(len(table)), [str(name) for name in table.index])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.margins(x=0.22)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel(f"number of {unit}")
    return ax


def histogram(
    groups: Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    xlabel: str,
    bins=40,
    ylabel="share of the class",
) -> Axes:
    """Draw outlines of histograms, each group scaled to the same area so that shapes compare."""
    ax = ax or plt.gca()
    edges = np.histogram_bin_edges(np.concatenate([np.asarray(v) for v in groups.values()]), bins)
    for i, (name, values) in enumerate(groups.items()):
        x = look(name, i)
        weights = np.full(len(values), 1 / max(1, len(values)))
        style = {"histtype": "step", "color": x.colour, "linestyle": x.line, "linewidth": 2}
        ax.hist(values, edges, weights=weights, label=name, **style)
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(groups) > 1:
        ax.legend(handlelength=3)
    return ax


def scatter(
    groups: Mapping[str, tuple[ArrayLike, ArrayLike]],
    ax: Axes | None = None,
    *,
    xlabel: str,
    ylabel: str,
) -> Axes:
    """Draw points ``(x, y)`` of each group with its own colour and marker."""
    ax = ax or plt.gca()
    for i, (name, (x, y)) in enumerate(groups.items()):
        how = look(name, i)
        ax.scatter(x, y, s=14, marker=how.marker, color=how.colour, alpha=0.55, lw=0, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(groups) > 1:
        ax.legend(markerscale=1.6)
    return ax
