"""What all drawings are made of: a sheet measured in inches, labels, arrows, boxes."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from cxrlib.evaluation.plots.style import MID_BLUE, MID_INK

Point: TypeAlias = tuple[float, float]
FONT_SIZE = 10  # points; drawings of 4.8 inches stay readable on a phone


def sheet(ax: Axes | None, width: float, height: float) -> Axes:
    """Prepare axes whose units are inches, without frame and ground; by default a new figure."""
    if ax is None:
        figure = plt.figure(figsize=(width, height), facecolor="none")
        # Not `layout="none"`: saved with a tight box, such a figure gets the style's layout back.
        figure.set_layout_engine("none")
        ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal", xticks=[], yticks=[])
    ax.set_axis_off()
    return ax


def label(ax: Axes, at: Point, text: str, **how: Any) -> None:
    """Write in the middle of a point, in an ink for both grounds."""
    style: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "color": MID_INK,
        "fontsize": FONT_SIZE,
    }
    ax.text(*at, text, **(style | how))


def arrow(
    ax: Axes, start: Point, end: Point, text: str = "", *, color: str = MID_INK,
    dashed: bool = False, place: float = 0.5, shift: float = 0.13,
) -> None:  # fmt: skip
    """Draw an arrow, and write along it.

    Parameters
    ----------
    place : float
        Where the text stands, from 0 at the left end to 1 at the right end.
    shift : float
        Inches from the line to the text's middle; below zero the text stands below.
    """
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=11, color=color, linewidth=1.5,
            linestyle="--" if dashed else "-", shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
    if text:
        (x0, y0), (x1, y1) = sorted((start, end))
        angle = math.atan2(y1 - y0, x1 - x0)
        x = x0 + place * (x1 - x0) - shift * math.sin(angle)
        y = y0 + place * (y1 - y0) + shift * math.cos(angle)
        label(ax, (x, y), text, color=color, rotation=math.degrees(angle))


def box(
    ax: Axes, center: Point, size: Point, text: str = "", *, color: str = MID_BLUE,
    solid: bool = True, dashed: bool = False, hatch: str = "",
) -> None:  # fmt: skip
    """Draw a box: solid with white text, or an outline with text in the outline's colour."""
    (x, y), (width, height) = center, size
    ax.add_patch(
        Rectangle(
            (x - width / 2, y - height / 2), width, height, hatch=hatch,
            linewidth=0 if solid else 1.5,
            facecolor=color if solid else "none", edgecolor="white" if solid and hatch else color,
            linestyle="--" if dashed else "-",
        )
    )  # fmt: skip
    if text:
        label(ax, center, text, color="white" if solid else color)


def node(
    ax: Axes, center: Point, text: str, *, name: str = "", color: str = MID_BLUE,
    solid: bool = True, radius: float = 0.27,
) -> None:  # fmt: skip
    """Draw a neuron: a circle with its number, and its name above."""
    face = color if solid else "none"
    ax.add_patch(Circle(center, radius, facecolor=face, edgecolor=color, linewidth=1.5))
    label(ax, center, text, color="white" if solid else color)
    if name:
        label(ax, (center[0], center[1] + radius + 0.12), name)


def between(start: Point, end: Point, gap: float) -> tuple[Point, Point]:
    """Return two points on the line from start to end, each that many inches further in."""
    share = gap / math.dist(start, end)
    (x0, y0), (x1, y1) = start, end
    dx, dy = share * (x1 - x0), share * (y1 - y0)
    return (x0 + dx, y0 + dy), (x1 - dx, y1 - dy)


def number(value: float, form: str = ".2f") -> str:
    """Write a number with a true minus."""
    text = f"{value:{form}}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")
