"""Intervals side by side: one row a group."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cxrlib.evaluation.plots.style import GREY, INK, OTHERS


def forest(table: pd.DataFrame, ax: Axes | None = None, *, xlabel: str) -> Axes:
    """Draw a metric group by group, each with its interval and the pictures behind it.

    Parameters
    ----------
    table : DataFrame
        From :func:`cxrlib.evaluation.subgroups`. The row of all pictures is drawn as a diamond with
        a line through the plot; a group without a number says why.
    ax : Axes, optional
        By default a new figure, as high as there are groups.
    xlabel : str
        What was measured.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 0.36 * len(table) + 1))
    whole = table["group"] == "all"
    for value in table.loc[whole, "value"].dropna():
        ax.axvline(value, color=GREY, lw=1, ls=":")
    for row, (group, is_all) in enumerate(zip(table.itertuples(), whole, strict=True)):
        if np.isfinite(group.value):
            if np.isfinite(group.low):
                ends = [[group.value - group.low], [group.high - group.value]]
                ax.errorbar(group.value, row, xerr=ends, color=INK, lw=1.5, capsize=3)
            ax.plot(group.value, row, "D" if is_all else "o", markersize=7, color=OTHERS[0].colour)
    for row, group in enumerate(table.itertuples()):
        if group.reason:
            _say(ax, group.reason, group.value, row)
    ax.set_yticks(range(len(table)), [_label(group) for group in table.itertuples()])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(xlabel)
    return ax


def _say(ax: Axes, reason: str, value: float, row: int) -> None:
    """Write why something is missing, on the side of the axes where no point is."""
    right = np.isfinite(value) and value < sum(ax.get_xlim()) / 2
    ax.annotate(
        reason, (0.99 if right else 0.01, row), xycoords=("axes fraction", "data"),
        ha="right" if right else "left", va="center", color=GREY, fontsize="small", style="italic",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip


def _label(group) -> str:
    return f"{group.group}\n{group.n:,} pictures, {group.patients:,} patients"
