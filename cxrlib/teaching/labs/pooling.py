"""``pooling_lab``: one number from each square of a map of edges, and what a small move changes."""

from __future__ import annotations

import numpy as np

from cxrlib.models import scratch
from cxrlib.teaching.labs import lab

SIZES = (2, 3, 4)
STRIDES = (1, 2, 3, 4)
MODES = {"max": scratch.max_pool, "average": scratch.average_pool}
SHIFTS = (0, 1, 2, 3, 4)


def pooling_lab(
    image: np.ndarray,
    *,
    pool_size: int = 2,
    stride: int | None = None,
    mode: str = "max",
    translate_x: int = 1,
    translate_y: int = 0,
    name: str = "pooling_lab",
) -> lab.Lab:
    """Return a lab that pools an image's edges, moves the image, and says how much changed.

    The map that is pooled is that of upright edges: ``SOBEL_X`` of :mod:`cxrlib.models.scratch`
    with padding "same", and ReLU. How much of a map a move changes is the mean change as a share
    of the mean number in it. What moves in from outside repeats the image's border, as
    ``np.pad(..., mode="edge")`` does.

    Parameters
    ----------
    image : ndarray
        One grey image, (rows, columns) or (rows, columns, 1), 8 to 64 pixels a side, 0 to 255.
        Fractions are rounded to whole greys.
    pool_size : 2, 3 or 4
        Side of the square.
    stride : 1 to 4, optional
        Its step; by default the square's side, as in Keras.
    mode : "max" or "average"
    translate_x, translate_y : 0 to 4
        How many pixels the image has moved to the right and down at the start.
    name : str
        What the lab is called in links; two on a page need two names.

    Raises
    ------
    ValueError
        For an image or setting it cannot show.
    """
    pixels = lab.check_image(image)
    pool_size = lab.check_choice(pool_size, SIZES, "pool_size")
    stride = lab.check_choice(pool_size if stride is None else stride, STRIDES, "stride")
    mode = lab.check_choice(mode, MODES, "mode")
    right = lab.check_choice(translate_x, SHIFTS, "translate_x")
    down = lab.check_choice(translate_y, SHIFTS, "translate_y")
    moved = np.pad(pixels, ((down, 0), (right, 0)), mode="edge")
    moved = moved[: pixels.shape[0], : pixels.shape[1]]
    still, edges = _edges(pixels), _edges(moved)
    if not still.any():
        raise ValueError(
            "expected an image with edges, got one without any that is brighter on its right. "
            "Show an X-ray: data.read_image(path, size=32)."
        )
    before, pooled = (MODES[mode](one, pool_size, stride=stride) for one in (still, edges))
    start = {"pool_size": pool_size, "stride": stride, "mode": mode}
    start |= {"translate_x": right, "translate_y": down}
    rows, columns = pixels.shape
    return lab.Lab(
        kind="pooling_lab",
        name=lab.check_name(name),
        title="One number from each square, and then the patient moves",
        try_first=(
            "the image has moved by one pixel. Which map did that change least? Move it on, "
            "pixel by pixel: up to where do the squares forgive it?"
        ),
        fallback=lab.img_tag(edges, f"Its edges, {rows} by {columns} numbers", high=still.max())
        + lab.img_tag(
            pooled, f"After pooling, {pooled.shape[0]} by {pooled.shape[1]}", high=still.max()
        ),
        config={
            "image": lab.encode_image(pixels),
            "kernel": scratch.SOBEL_X.ravel().tolist(),
            "start": start | lab.central_argmax(np.abs(pooled - before)),
        },
    )


def _edges(pixels: np.ndarray) -> np.ndarray:
    """Return the map of edges that are brighter on their right, float (rows, columns)."""
    return scratch.relu(scratch.conv2d(pixels.astype(float), scratch.SOBEL_X, padding="same"))
