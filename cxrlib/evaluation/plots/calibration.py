"""Judging probabilities: reliability diagrams and decision curves. Frames in, lines out."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from cxrlib.evaluation.plots.style import GREY, INK, look

Frames = pd.DataFrame | Mapping[str, pd.DataFrame]


def reliability(frames: Frames, ax: Axes | None = None, *, of: str = "sick") -> Axes:
    """Draw a reliability diagram: share of sick against mean score, with intervals.

    Parameters
    ----------
    frames : DataFrame or mapping of str to DataFrame
        From :func:`cxrlib.evaluation.calibration_curve`; several are named in a legend. Bins
        without pictures are left out. For one frame each point carries its number of pictures.
    of : str
        What is counted, for the labels: with ``one_vs_rest`` a class, such as ``"viral"``,
        with ``top_label`` ``"right"``.
    """
    ax = ax or plt.gca()
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    for words, place, side in ((f"more {of} than scored", (0.03, 0.97), "left"),
                               (f"fewer {of} than scored", (0.97, 0.03), "right")):  # fmt: skip
        ax.annotate(
            words, place, xycoords="axes fraction", color=GREY, fontsize="small",
            ha=side, va="top" if side == "left" else "bottom",
        )  # fmt: skip
    named = _named(frames)
    for i, (name, frame) in enumerate(named.items()):
        how, frame = look(name, i), frame[frame["n"] > 0]
        x, y = frame["prob_pred"], frame["prob_true"]
        ax.errorbar(
            x, y, [y - frame["low"], frame["high"] - y], color=how.colour, ecolor=how.colour,
            marker=how.marker, markersize=6, linestyle=how.line, lw=1.2, elinewidth=1.2,
            capsize=2.5, label=name,
        )  # fmt: skip
        if len(named) == 1:
            _counts(ax, frame)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    ax.set(xlabel="mean score in the bin", ylabel=f"share that is {of}")
    if len(named) > 1:
        _legend_above(ax)
    return ax


def _counts(ax: Axes, frame: pd.DataFrame) -> None:
    """Write the number of pictures over each bin; every other one higher, so that none touch."""
    for i, (x, n) in enumerate(zip(frame["prob_pred"], frame["n"], strict=True)):
        ax.annotate(
            f"{n:,}", (x, 1.02 + 0.06 * (i % 2)), xycoords=("data", "axes fraction"),
            ha="center", va="bottom", fontsize="x-small", color=INK, annotation_clip=False,
        )  # fmt: skip
    ax.annotate(
        "pictures", (-0.02, 1.02), xycoords="axes fraction", ha="right", va="bottom",
        fontsize="x-small", color=INK, annotation_clip=False,
    )  # fmt: skip


def decision_curve(frames: Frames, ax: Axes | None = None) -> Axes:
    """Draw a decision curve: net benefit of the network, of acting on everybody, and on nobody.

    Parameters
    ----------
    frames : DataFrame or mapping of str to DataFrame
        From :func:`cxrlib.evaluation.net_benefit`, all of the same pictures and thresholds.
    """
    ax = ax or plt.gca()
    named = _named(frames, "network")
    first = next(iter(named.values()))
    x, per = first["threshold"], 1000  # pictures
    ax.plot(x, per * first["treat_all"], color=GREY, ls=":", label="everybody called sick")
    ax.plot(x, per * first["treat_none"], color=INK, lw=1, label="nobody called sick")
    for i, (name, frame) in enumerate(named.items()):
        how = look(name, i)
        ax.plot(
            frame["threshold"], per * frame["model"], color=how.colour, linestyle=how.line,
            label=name,
        )  # fmt: skip
    top = per * max(frame[["model", "treat_all"]].to_numpy().max() for frame in named.values())
    ax.set_ylim(-0.15 * top, 1.08 * top)  # treating all falls without end
    ax.xaxis.set_major_formatter(_percent)
    ax.set(xlabel="probability from which one acts")
    ax.set(ylabel=f"net benefit per {per:,} pictures\n(sick found − weighed false alarms)")
    _legend_above(ax)
    return ax


def _legend_above(ax: Axes) -> None:
    """Write the legend over the axes, where no line can run through it."""
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1), ncols=2, handlelength=3)


def _percent(value: float, _place: int) -> str:
    return f"{100 * value:g} %"


def _named(frames: Frames, name: str = "") -> Mapping[str, pd.DataFrame]:
    return {name: frames} if isinstance(frames, pd.DataFrame) else frames
