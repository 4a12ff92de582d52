"""A network drawn to scale from its layers.

Keras's ``plot_model`` draws no sizes and needs Graphviz, which pip does not bring. visualkeras
0.2.0 stops at a model of Keras 3 (no ``output_shape``), and paints on a ground of its own.
"""

from __future__ import annotations

from itertools import groupby
from math import prod, sqrt
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from cxrlib.evaluation.plots.diagrams.canvas import box, label, sheet
from cxrlib.evaluation.plots.style import MID_BLUE, MID_INK, MID_ORANGE, MID_PURPLE

MOST = 18  # boxes side by side whose names can still be read
WIDTH, HEIGHT = 4.8, 1.3  # inches for all boxes and for the highest
PITCH = 0.2  # inches a name needs
WIDEST = 0.05  # inches for one channel


class Stage(NamedTuple):
    """Consecutive layers that put out one shape: the box that stands for them."""

    name: str
    kind: str
    shape: tuple[int, ...]

    @property
    def side(self) -> float:
        """The side of the map; for a vector that of a square of as many numbers."""
        return sqrt(prod(self.shape[:2]) if len(self.shape) == 3 else self.shape[0])

    @property
    def channels(self) -> int:
        """Maps on top of each other; a vector is one."""
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def look(self) -> tuple[str, str]:
        """Colour and hatch of its box."""
        if "Pool" in self.kind:
            return MID_ORANGE, "//"
        if len(self.shape) < 3:
            return MID_PURPLE, ""
        return (MID_INK if self.channels in (1, 3) else MID_BLUE), ""


def draw_architecture(model: Any, *, ax: Axes | None = None) -> Axes:
    """Draw a network's layers as boxes, to scale: as high as the map's side, as wide as channels.

    Layers that put out the same shape share a box, named after the first; a dense layer has its
    own, and so has a convolution that follows a pooling. Of deep networks all layers with maps of
    one size share a box, named after the last.

    Parameters
    ----------
    model : keras.Model
        Built: its ``layers`` have a ``name`` and an ``output.shape``.
    ax : Axes, optional
        By default a new figure.

    Alt text: The network as a row of boxes from the image on the left to the prediction on the
    right. The boxes of the maps become lower and wider from left to right; below each stand its
    name and the shape of what it puts out.
    """
    found = stages(model)
    scale = WIDEST
    while sum(_pitch(stage, scale) for stage in found) > WIDTH and scale > 1e-4:
        scale *= 0.97
    slack = (WIDTH - sum(_pitch(stage, scale) for stage in found)) / len(found)
    tallest = max(stage.side for stage in found)
    names = [f"{stage.name}: {' × '.join(map(str, stage.shape))}" for stage in found]
    below = 0.085 * max(map(len, names)) + 0.1
    ax = sheet(ax, WIDTH, HEIGHT + below + 0.1)
    left = 0.0
    for stage, name in zip(found, names, strict=True):
        pitch = _pitch(stage, scale) + slack
        middle, (color, hatch) = left + pitch / 2, stage.look
        size = max(0.03, scale * stage.channels), max(0.03, HEIGHT * stage.side / tallest)
        box(ax, (middle, below + 0.05 + HEIGHT / 2), size, color=color, hatch=hatch)
        label(ax, (middle, below), name, rotation=90, va="top")
        left += pitch
    return ax


def _pitch(stage: Stage, scale: float) -> float:
    """Inches from one box to the next."""
    return max(PITCH, scale * stage.channels + 0.04)


def stages(model: Any) -> list[Stage]:
    """Return the boxes of a built network, from the image to the prediction."""
    try:
        layers = [(layer, _output(layer)) for layer in model.layers]
    except AttributeError as problem:
        raise ValueError(
            f"expected a built model with layers, got {type(model).__name__}. "
            "Begin it with keras.Input(shape)."
        ) from problem
    fine = [
        _stage(layer, shape)
        for i, (layer, shape) in enumerate(layers)
        if i == 0 or shape != layers[i - 1][1] or _stands_alone(layer, layers[i - 1][0])
    ]
    if len(fine) <= MOST:
        return fine
    # Frames of zeros and the side paths of squeeze-and-excitation are no stages.
    largest, kept = 0.0, []
    for layer, shape in reversed(layers):
        side = _stage(layer, shape).side if len(shape) == 3 else 0.0
        if "Padding" not in type(layer).__name__ and side >= largest:
            largest = side
            kept.append((layer, shape))
    kept.reverse()
    coarse = groupby(kept, key=lambda one: one[1][:2] if len(one[1]) == 3 else one[1])
    return [_stage(*list(group)[-1]) for _, group in coarse]


def _stands_alone(layer: Any, before: Any) -> bool:
    """Tell whether a layer has a box of its own, though its shape is that of the layer before."""
    kind = type(layer).__name__
    return kind == "Dense" or ("Conv" in kind and "Pool" in type(before).__name__)


def _stage(layer: Any, shape: tuple[int, ...]) -> Stage:
    return Stage(layer.name, type(layer).__name__, shape)


def _output(layer: Any) -> tuple[int, ...]:
    return tuple(layer.output.shape[1:])
