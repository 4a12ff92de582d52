"""Chapter 03: the window that slides, and the border round the picture."""

from __future__ import annotations

import numpy as np


def borders(x, shape, stride, padding, dilation=1):
    """Rows and columns to add to (N, H, W, C): ``[(above, below), (left, right)]``.

    ``"valid"`` adds none. ``"same"`` adds as many as give ceil(H / stride) places for a window of
    ``shape`` (high, wide), as Keras does; an odd one out goes below or to the right.
    """
    found = []
    for size, side in zip(x.shape[1:3], shape, strict=True):
        reach = dilation * (side - 1) + 1
        places = -(-size // stride)
        lacking = max((places - 1) * stride + reach - size, 0)
        lacking = lacking if padding == "same" else 0
        found.append((lacking // 2, lacking - lacking // 2))
    return found


def padded(x, shape, stride, padding, dilation=1, fill=0.0):
    """Copy pictures (N, H, W, C) with the border that :func:`borders` says."""
    around = borders(x, shape, stride, padding, dilation)
    return np.pad(x, [(0, 0), *around, (0, 0)], constant_values=fill)


def unpadded(wide, x, shape, stride, padding, dilation=1):
    """Cut the border off again: from ``wide``, what lies where ``x`` lay."""
    (above, _), (left, _) = borders(x, shape, stride, padding, dilation)
    return wide[:, above : above + x.shape[1], left : left + x.shape[2]]


def windows(x, shape, stride=1, dilation=1):
    """See pictures (N, H, W, C) through a window: (high, wide, N, rows, columns, C).

    ``windows(x, shape)[i, j]`` is what the window's cell in row i and column j sees, at all places
    at once. Nothing is copied: who writes into the result writes into ``x``.
    """
    high, wide = (dilation * (side - 1) + 1 for side in shape)
    slide = np.lib.stride_tricks.sliding_window_view
    view = slide(x, (high, wide), axis=(1, 2), writeable=True)
    view = view[:, ::stride, ::stride, :, ::dilation, ::dilation]
    return np.moveaxis(view, (4, 5), (0, 1))
