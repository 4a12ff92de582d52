"""What a kernel reaches: through all channels, and through the layers below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from cxrlib.evaluation.plots.diagrams.canvas import Point, arrow, box, label, sheet
from cxrlib.evaluation.plots.style import MID_BLUE, MID_INK, MID_ORANGE, MID_PURPLE

WIDE, HIGH, LEAN = 0.22, 0.12, 0.09  # of one cell of a tilted map, inches


def draw_convolution(
    channels: int = 3, filters: int = 2, *, size: int = 6, kernel: int = 3, ax: Axes | None = None
) -> Axes:
    """Draw a kernel that reaches through all channels, and the maps that such kernels make.

    Parameters
    ----------
    channels, filters : int
        Maps below and above.
    size, kernel : int
        Cells a side; nothing is padded, and the stride is 1.
    ax : Axes, optional
        By default a new figure.

    Alt text: On the left a stack of three maps, the channels, with a kernel of three by three cells
    at the same place of each. An arrow says that all these products make one sum. On the right two
    maps, one a kernel, each with the cell that the sum goes to. The maps are smaller than those on
    the left.
    """
    if not 1 <= kernel <= size:
        raise ValueError(f"expected a kernel of 1 to {size} cells, got {kernel}. Or a larger size.")
    places, products = size - kernel + 1, kernel * kernel * channels
    spacing = size * HIGH + 0.2
    height = max(channels, filters) * spacing + 0.75
    ax = sheet(ax, 4.8, height)
    middle = 0.45 + (height - 0.75) / 2
    row, column = (size - kernel) // 2, (size - kernel) // 2
    below = [(0.05, middle + spacing * ((channels - 1) / 2 - i)) for i in range(channels)]
    for corner in below:
        _tilted_map(ax, corner, size, (row, column), kernel, MID_ORANGE)
    first, last = (_cell(below[i], size, row, column) for i in (0, -1))
    for i, j in ((0, 0), (0, kernel), (kernel, 0), (kernel, kernel)):
        dx, dy = WIDE * j - LEAN * i, -HIGH * i
        ends = [(x + dx, y + dy) for x, y in (first, last)]
        _line(ax, ends, MID_ORANGE, ls=":")
    left = 4.75 - places * (WIDE + LEAN)
    above = [(left, middle + spacing * ((filters - 1) / 2 - i)) for i in range(filters)]
    for i, corner in enumerate(above):
        color = (MID_BLUE, MID_PURPLE)[i % 2]
        _tilted_map(ax, corner, places, (row, column), 1, color)
        label(ax, (left + places * WIDE / 2, corner[1] - places * HIGH / 2 - 0.12), f"map {i + 1}")
    start = size * (WIDE + LEAN) + 0.1
    arrow(ax, (start, middle), (left - 0.02, middle))
    where = (start + left) / 2
    label(ax, (where, middle + 0.35), f"{products} products,\n1 bias,\n1 sum", va="bottom")
    text = f"{channels} channels of {size} × {size}\nkernel {kernel} × {kernel} × {channels}"
    label(ax, (0.05, 0.2), text, ha="left")
    text = f"{filters} kernels, {filters} maps\nof {places} × {places}"
    label(ax, (4.75, 0.2), text, ha="right")
    return ax


def _cell(corner: Point, size: int, row: int, column: int) -> Point:
    """Return the upper left corner of a cell; ``corner`` is the map's left end, at half height."""
    x, y = corner
    return x + WIDE * column + LEAN * (size - row), y + HIGH * (size / 2 - row)


def _tilted_map(
    ax: Axes, corner: Point, size: int, at: tuple[int, int], side: int, color: str
) -> None:
    """Draw a map as a sheet seen from the side, with a square of cells filled."""
    row, column = at
    ends = (row, column), (row, column + side), (row + side, column + side), (row + side, column)
    points = [_cell(corner, size, *one) for one in ends]
    ax.add_patch(Polygon(points, facecolor=color, linewidth=0))
    for i in range(size + 1):
        _line(ax, [_cell(corner, size, i, 0), _cell(corner, size, i, size)], MID_INK)
        _line(ax, [_cell(corner, size, 0, i), _cell(corner, size, size, i)], MID_INK)
    for i in range(1, side):
        rows, columns = row + i, column + i
        _line(ax, [_cell(corner, size, rows, column + j) for j in (0, side)], "white")
        _line(ax, [_cell(corner, size, row + j, columns) for j in (0, side)], "white")


def _line(ax: Axes, points: Sequence[Point], color: str, **how: Any) -> None:
    xs, ys = zip(*points, strict=True)
    ax.plot(xs, ys, color=color, lw=how.pop("lw", 0.9), solid_capstyle="round", **how)


def draw_receptive_field(
    layers: Sequence[tuple[int, int]] = ((3, 1), (3, 1), (3, 1)), *, ax: Axes | None = None
) -> Axes:
    """Draw one row of pixels, the layers above it, and what one number of the last layer sees.

    Parameters
    ----------
    layers : sequence of (window, stride)
        From the image upwards, as (3, 1) for a convolution and (2, 2) for a pooling.
    ax : Axes, optional
        By default a new figure.

    Alt text: Rows of cells, a row of pixels at the bottom and a row for each layer above it. From
    one filled cell at the top dotted lines widen from row to row; in each row the cells between
    them are filled, so that the fields grow from layer to layer. Beside each layer stands how many
    pixels one of its numbers sees.
    """
    steps, fields = [1], [1]  # of each row, in pixels
    for window, stride in layers:
        fields.append(fields[-1] + (window - 1) * steps[-1])
        steps.append(steps[-1] * stride)
    seen = [1]  # cells of each row that the top cell goes back to, from the top
    for window, stride in reversed(layers):
        seen.append((seen[-1] - 1) * stride + window)
    seen.reverse()
    pixels, cell = fields[-1] + 4, min(0.3, 2.9 / (fields[-1] + 4))
    ax = sheet(ax, 4.8, 0.75 * len(seen) + 0.05)
    edges = []
    for row, (field, step, n) in enumerate(zip(fields, steps, seen, strict=True)):
        start = 2 + (field - step) / 2  # a cell lies over the middle of its field
        y, left, wide = 0.2 + 0.75 * row, 0.03 + cell * start, cell * step
        reach = 1 if row == len(seen) - 1 else pixels  # one neighbour is enough for the last layer
        before = min(reach, int(start / step))
        after = min(reach, int((pixels - start) / step) - n)
        for i in (*range(-before, 0), *range(n, n + after)):
            box(ax, (left + (i + 0.5) * wide, y), (wide, 0.3), color=MID_INK, solid=False)
        color, hatch = (MID_ORANGE, "//") if row == 0 else (MID_BLUE, "")
        box(ax, (left + n * wide / 2, y), (n * wide, 0.3), color=color, hatch=hatch)
        for i in range(1, n):
            x = left + i * wide
            _line(ax, [(x, y - 0.15), (x, y + 0.15)], "white", lw=1.5)
        edges.append((left, left + n * wide, y))
        text = "pixels" if row == 0 else f"layer {row}: sees {field} pixels"
        label(ax, (3.1, y), text, ha="left")
    for (*lower, y0), (*upper, y1) in pairwise(edges):
        for ends in zip(lower, upper, strict=True):
            _line(ax, list(zip(ends, (y0 + 0.15, y1 - 0.15), strict=True)), MID_ORANGE, ls=":")
    return ax
