"""Chapter 03: kernels that people wrote by hand before networks learned them."""

from __future__ import annotations

import numpy as np


def _fixed(*rows: list[float], by: float = 1.0) -> np.ndarray:
    kernel = np.array(rows, float) / by
    kernel.setflags(write=False)
    return kernel


IDENTITY = _fixed([0, 0, 0], [0, 1, 0], [0, 0, 0])
BLUR = _fixed([1, 1, 1], [1, 1, 1], [1, 1, 1], by=9)
SHARPEN = _fixed([0, -1, 0], [-1, 5, -1], [0, -1, 0])
EDGES = _fixed([0, -1, 0], [-1, 4, -1], [0, -1, 0])
SOBEL_X = _fixed([-1, 0, 1], [-2, 0, 2], [-1, 0, 1])  # positive where it gets brighter rightwards
SOBEL_Y = _fixed([-1, -2, -1], [0, 0, 0], [1, 2, 1])  # positive where it gets brighter downwards
