"""``pooling_lab``: one number from each square, and what a small move changes."""

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
    """Return a lab that pools an image, moves it, and says what share of the numbers changed.

    A number has changed when it differs by more than a tenth of the range from 0 to 255. What
    moves in from outside repeats the edge, as ``np.pad(..., mode="edge")`` does.

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
    before, pooled = (
        MODES[mode](one.astype(float), pool_size, stride=stride) for one in (pixels, moved)
    )
    start = {"pool_size": pool_size, "stride": stride, "mode": mode}
    start |= {"translate_x": right, "translate_y": down}
    rows, columns = pixels.shape
    return lab.Lab(
        kind="pooling_lab",
        name=lab.check_name(name),
        title="One number from each square, and then the patient moves",
        try_first=(
            "move the image to the right, pixel by pixel. How many pixels change, and how many "
            "pooled numbers? Then make the squares larger."
        ),
        fallback=lab.img_tag(moved, f"The image, {rows} by {columns} pixels")
        + lab.img_tag(pooled, f"After pooling, {pooled.shape[0]} by {pooled.shape[1]}"),
        config={
            "image": lab.encode_image(pixels),
            "start": start | lab.central_argmax(np.abs(pooled - before)),
        },
    )
