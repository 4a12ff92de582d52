"""``pooling_lab``: one number from each square, and what a small move changes."""

from __future__ import annotations

import numpy as np

from cxrlib.models import scratch
from cxrlib.teaching.labs import lab

SIZES = (2, 3, 4)
STRIDES = (1, 2, 3, 4)
KINDS = {"max": scratch.max_pool, "average": scratch.average_pool}
SHIFTS = (0, 1, 2, 3, 4)


def pooling_lab(
    picture: np.ndarray,
    *,
    size: int = 2,
    stride: int | None = None,
    kind: str = "max",
    right: int = 1,
    down: int = 0,
    name: str = "pooling_lab",
) -> lab.Lab:
    """Return a lab that pools a picture, moves it, and says what share of the numbers changed.

    A number has changed when it differs by more than a tenth of the range from 0 to 255. What
    moves in from outside repeats the edge, as ``np.pad(..., mode="edge")`` does.

    Parameters
    ----------
    picture : ndarray
        One grey picture, (rows, columns) or (rows, columns, 1), 8 to 64 pixels a side, 0 to 255.
        Fractions are rounded to whole greys.
    size : 2, 3 or 4
        Side of the square.
    stride : 1 to 4, optional
        Its step; by default the square's side, as in Keras.
    kind : "max" or "average"
    right, down : 0 to 4
        How many pixels the picture has moved at the start.
    name : str
        What the lab is called in links; two on a page need two names.

    Raises
    ------
    ValueError
        For a picture or setting it cannot show.
    """
    pixels = lab.grey_picture(picture)
    size = lab.choice(size, SIZES, "size")
    start = {
        "size": size,
        "stride": lab.choice(size if stride is None else stride, STRIDES, "stride"),
        "kind": lab.choice(kind, KINDS, "kind"),
        "right": lab.choice(right, SHIFTS, "right"),
        "down": lab.choice(down, SHIFTS, "down"),
    }
    moved = np.pad(pixels, ((start["down"], 0), (start["right"], 0)), mode="edge")
    moved = moved[: pixels.shape[0], : pixels.shape[1]]
    before, pooled = (
        KINDS[kind](one.astype(float), size, stride=start["stride"]) for one in (pixels, moved)
    )
    start |= lab.liveliest(np.abs(pooled - before))
    rows, columns = pixels.shape
    return lab.Lab(
        kind="pooling_lab",
        name=lab.link_name(name),
        title="One number from each square, and then the patient moves",
        about="",
        first=(
            "move the picture to the right, pixel by pixel. How many pixels change, and how many "
            "pooled numbers? Then make the squares larger."
        ),
        still=lab.image(moved, f"The picture, {rows} by {columns} pixels")
        + lab.image(pooled, f"After pooling, {pooled.shape[0]} by {pooled.shape[1]}"),
        config={"picture": lab.packed(pixels), "start": start},
    )
