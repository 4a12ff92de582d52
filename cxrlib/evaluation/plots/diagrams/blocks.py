"""ResNet's block beside MobileNetV2's: wide, narrow, wide against narrow, wide, narrow."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes

from cxrlib.evaluation.plots.diagrams.canvas import arrow, box, label, node, sheet
from cxrlib.evaluation.plots.style import MID_BLUE, MID_INK, MID_ORANGE, MID_PURPLE

COLUMN = 2.4  # inches for one block
ROWS = (3.6, 2.75, 1.9, 1.05)  # where the maps lie


class _Block(NamedTuple):
    title: str
    outer: int
    inner: int
    steps: tuple[str, str, str]
    after: str
    weights: int
    color: str


def draw_residual_blocks(
    resnet: tuple[int, int] = (256, 64),
    mobilenet: tuple[int, int] = (24, 144),
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw ResNet's bottleneck block beside MobileNetV2's inverted one; widths are channels.

    Parameters
    ----------
    resnet, mobilenet : (outer, inner)
        Channels that come in and go out, and channels in between.
    ax : Axes, optional
        By default a new figure.

    Alt text: Two blocks side by side, from top to bottom. ResNet: wide maps are made narrow by a
    convolution of 1 × 1, pass one of 3 × 3, and are made wide again. MobileNetV2: narrow maps are
    made wide, each map is filtered by itself, and they are made narrow again. In both an arrow on
    the left leads past the three and adds what came in.
    """
    (wide, narrow), (thin, thick) = resnet, mobilenet
    blocks = (
        _Block(
            "ResNet", wide, narrow, ("1 × 1, ReLU", "3 × 3, ReLU", "1 × 1"), "ReLU",
            2 * wide * narrow + 9 * narrow * narrow, MID_BLUE,
        ),
        _Block(
            "MobileNetV2", thin, thick, ("1 × 1, ReLU", "depthwise\n3 × 3, ReLU", "1 × 1, no ReLU"),
            "", 2 * thin * thick + 9 * thick, MID_ORANGE,
        ),
    )  # fmt: skip
    ax = sheet(ax, 2 * COLUMN, 4.3)
    scale = 1.7 / max(wide, narrow, thin, thick)
    for i, block in enumerate(blocks):
        _draw_block(ax, block, i * COLUMN, scale)
    return ax


def _draw_block(ax: Axes, block: _Block, left: float, scale: float) -> None:
    middle = left + 1.2
    label(ax, (middle, 4.15), block.title, weight="bold")
    sizes = (block.outer, block.inner, block.inner, block.outer)
    for y, channels in zip(ROWS, sizes, strict=True):
        width = scale * channels
        inside = width > 0.4
        color = block.color if channels == block.inner else MID_PURPLE
        box(ax, (middle, y), (width, 0.26), str(channels) if inside else "", color=color)
        if not inside:
            label(ax, (middle + width / 2 + 0.08, y), str(channels), ha="left")
    for i, step in enumerate(block.steps):
        top, bottom = ROWS[i] - 0.13, ROWS[i + 1] + 0.13
        arrow(ax, (middle, top), (middle, bottom))
        label(ax, (middle + 0.12, (top + bottom) / 2), step, ha="left")
    total = (middle, 0.52)
    arrow(ax, (middle, ROWS[-1] - 0.13), (middle, total[1] + 0.15))
    node(ax, total, "+", color=MID_INK, solid=False, radius=0.15)
    if block.after:
        label(ax, (middle + 0.22, total[1]), f"then {block.after}", ha="left")
    edge, start = left + 0.12, middle - scale * block.outer / 2
    ax.plot([start, edge, edge], [ROWS[0], ROWS[0], total[1]], color=MID_INK, lw=1.5)
    arrow(ax, (edge, total[1]), (middle - 0.15, total[1]))
    label(ax, (middle, 0.12), f"kernels: {block.weights:,} weights")
