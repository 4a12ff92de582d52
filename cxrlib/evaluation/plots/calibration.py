"""Judging probabilities: calibration curves and decision curves. Tables in, lines out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from cxrlib.evaluation.plots.style import GREY, INK, class_style, legend_above

Tables: TypeAlias = pd.DataFrame | Mapping[str, pd.DataFrame]


def plot_calibration_curve(
    tables: Tables, *, ax: Axes | None = None, outcome: str = "sick"
) -> Axes:
    """Draw a calibration curve, or reliability diagram: share of sick against mean score.

    Parameters
    ----------
    tables : DataFrame or mapping of str to DataFrame
        From :func:`cxrlib.evaluation.calibration_curve`; several are named in a legend. Bins
        without images are left out. For one table each point carries its number of images.
    outcome : str
        What is counted, for the labels: with ``one_vs_rest`` a class, such as ``"viral"``,
        with ``top_label_confidence`` ``"right"``.
    """
    ax = ax or plt.gca()
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    at: dict[str, Any] = {"xycoords": "axes fraction", "color": GREY, "fontsize": "small"}
    ax.annotate(f"more {outcome} than scored", (0.03, 0.97), ha="left", va="top", **at)
    ax.annotate(f"fewer {outcome} than scored", (0.97, 0.03), ha="right", va="bottom", **at)
    named = _named(tables)
    for i, (name, table) in enumerate(named.items()):
        style, bins = class_style(name, i), table[table["n"] > 0]
        x, y = bins["prob_pred"], bins["prob_true"]
        ax.errorbar(
            x, y, [y - bins["low"], bins["high"] - y], color=style.color, ecolor=style.color,
            marker=style.marker, markersize=6, linestyle=style.linestyle, lw=1.2, elinewidth=1.2,
            capsize=2.5, label=name,
        )  # fmt: skip
        if len(named) == 1:
            _annotate_counts(ax, bins)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    ax.set(xlabel="mean score in the bin", ylabel=f"share that is {outcome}")
    if len(named) > 1:
        legend_above(ax)
    return ax


def _annotate_counts(ax: Axes, bins: pd.DataFrame) -> None:
    """Write the number of images over each bin; every other one higher, so that none touch."""
    style: dict[str, Any] = {"va": "bottom", "fontsize": "x-small", "color": INK}
    style["annotation_clip"] = False
    for i, (x, n) in enumerate(zip(bins["prob_pred"], bins["n"], strict=True)):
        y = 1.02 + 0.06 * (i % 2)
        ax.annotate(f"{n:,}", (x, y), xycoords=("data", "axes fraction"), ha="center", **style)
    ax.annotate("images", (-0.02, 1.02), xycoords="axes fraction", ha="right", **style)


def plot_decision_curve(tables: Tables, *, ax: Axes | None = None) -> Axes:
    """Draw a decision curve: net benefit of the network, of acting on everybody, and on nobody.

    Parameters
    ----------
    tables : DataFrame or mapping of str to DataFrame
        From :func:`cxrlib.evaluation.net_benefit`, all of the same images and thresholds.
    """
    ax = ax or plt.gca()
    named = _named(tables, "network")
    first = next(iter(named.values()))
    x, per = first["threshold"], 1000  # images
    ax.plot(x, per * first["treat_all"], color=GREY, ls=":", label="act on all")
    ax.plot(x, per * first["treat_none"], color=INK, lw=1, label="act on none")
    for i, (name, table) in enumerate(named.items()):
        style = class_style(name, i)
        benefit = per * table["model"]
        ax.plot(
            table["threshold"], benefit, color=style.color, linestyle=style.linestyle, label=name
        )
    top = per * max(table[["model", "treat_all"]].to_numpy().max() for table in named.values())
    ax.set_ylim(-0.15 * top, 1.08 * top)  # treating all falls without end
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    ax.set(xlabel="probability from which one acts")
    ax.set(ylabel=f"net benefit per {per:,} images\n(sick found − weighed false alarms)")
    legend_above(ax)
    return ax


def _named(tables: Tables, name: str = "") -> Mapping[str, pd.DataFrame]:
    return {name: tables} if isinstance(tables, pd.DataFrame) else tables
