"""Batch normalisation in training and in use; the ways to fine-tune."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from cxrlib.evaluation.plots.diagrams.canvas import arrow, box, label, sheet
from cxrlib.evaluation.plots.style import MID_BLUE, MID_INK, MID_ORANGE, MID_PURPLE

# Name, how the head begins, and how each part learns: None is frozen.
WAYS = (
    ("probe", "new head", (None, None, "fitted")),
    ("last block", "head from the probe", (None, "backbone", "head")),
    ("all, new head", "new head", ("backbone", "backbone", "head")),
    ("probe, then all", "head from the probe", ("backbone", "backbone", "head")),
)
PARTS = {"earlier blocks": 2.1, "last block": 1.25, "head": 1.15}  # inches


def draw_batch_norm(*, momentum: float = 0.99, ax: Axes | None = None) -> Axes:
    """Draw where batch normalisation takes mean and variance from, in training and in use.

    Parameters
    ----------
    momentum : float
        Share of the moving averages that a step keeps, in [0, 1].
    ax : Axes, optional
        By default a new figure.

    Alt text: Two drawings. In training a batch of children gives a mean and a variance, the batch
    is normalised by these, and a dashed arrow takes the moving averages a small step towards them.
    In use a single child is normalised by the moving averages; there is no batch.
    """
    if not 0 <= momentum <= 1:
        raise ValueError(f"expected `momentum` from 0 to 1, got {momentum}. Keras has 0.99.")
    ax = sheet(ax, 4.8, 4.4)
    for bottom, use in ((2.3, False), (0.0, True)):
        top, low = bottom + 1.35, bottom + 0.35
        title = "In use" if use else "In training"
        label(ax, (0.05, bottom + 1.95), title, ha="left", weight="bold")
        for left in (0.45, 4.2):
            places = [(0, 0)] if use else [(dx, dy) for dx in (-0.17, 0.17) for dy in (-0.17, 0.17)]
            for dx, dy in places:
                box(ax, (left + dx, top + dy), (0.28, 0.28), color=MID_INK, solid=False)
        box(ax, (2.4, top), (1.2, 0.5), "normalise")
        gap = 0.24 if use else 0.4
        arrow(ax, (0.45 + gap, top), (1.8, top), "one child" if use else "a batch")
        arrow(ax, (3.0, top), (4.2 - gap, top))
        box(ax, (3.7, low), (1.55, 0.55), "moving mean\nand variance", color=MID_PURPLE)
        if use:
            arrow(ax, (3.4, low + 0.28), (2.7, top - 0.25), color=MID_PURPLE)
            continue
        box(ax, (0.9, low), (1.75, 0.55), "the batch’s mean\nand variance", color=MID_ORANGE)
        arrow(ax, (0.5, top - 0.35), (0.6, low + 0.28), color=MID_ORANGE)
        arrow(ax, (1.3, low + 0.28), (2.1, top - 0.25), color=MID_ORANGE)
        arrow(ax, (1.78, low), (2.92, low), color=MID_PURPLE, dashed=True)
        step = f"{100 * (1 - momentum):.3g} %\neach step"
        label(ax, (2.33, low - 0.02), step, color=MID_PURPLE, linespacing=1.6)
    return ax


def draw_fine_tuning(rates: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """Draw four ways to train a borrowed network: what is frozen, what learns, at which rate.

    Parameters
    ----------
    rates : mapping with "head" and "backbone"
        Learning rates, as ``models.transfer.compile_layerwise`` takes them.
    ax : Axes, optional
        By default a new figure.

    Alt text: Four rows of three boxes: the earlier blocks, the last block and the head. A dashed
    outline is frozen, a filled box learns at the rate written in it. Probe: only the head is
    fitted. Last block: this block and the head learn, the head from the probe on. All, new head:
    everything learns. Probe, then all: the same with the probe as the head's start.
    """
    missing = {"head", "backbone"} - set(rates)
    if missing:
        raise ValueError(
            f"expected a rate for head and backbone, got {sorted(rates)}. "
            f"Add one for {' and '.join(sorted(missing))}."
        )
    ax = sheet(ax, 4.8, 4.4)
    for row, (way, start, learning) in enumerate(WAYS):
        y, x = 3.42 - 0.88 * row, 0.05
        label(ax, (x, y + 0.36), way, ha="left", weight="bold")
        label(ax, (4.75, y + 0.36), start, ha="right", style="italic")
        for (part, width), how in zip(PARTS.items(), learning, strict=True):
            middle = x + width / 2
            if row == 0:
                label(ax, (middle, y + 0.78), part)
            text = "frozen" if how is None else how if how == "fitted" else f"{rates[how]:g}"
            color = MID_ORANGE if part == "head" else MID_BLUE
            box(
                ax, (middle, y), (width - 0.06, 0.4), text, solid=how is not None,
                dashed=how is None, color=color if how else MID_INK,
            )  # fmt: skip
            x += width + 0.08
    text = "Numbers are learning rates.\nBatch normalisation stays frozen in all four."
    label(ax, (0.05, 0.2), text, ha="left")
    return ax
