"""Planting a shortcut: a letter on chosen pictures, so that it is known what gives them away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.data.cases import DataError
from cxrlib.data.images import Pictures, aligned_empty
from cxrlib.phantoms import stamp


def planted(
    pictures: Pictures,
    rows: ArrayLike,
    text: str = "L",
    place: tuple[float, float] = (0.93, 0.08),
    height: float = 0.1,
    level: int = 240,
) -> Pictures:
    """Stamp a letter on some pictures, as a radiographer's lead marker would be.

    Parameters
    ----------
    pictures : Pictures
        Stay as they are.
    rows : array of bool, shape (N,), or of int
        Which pictures get the letter: a mask, or positions from 0 to N - 1.
    text : str
        One letter or more.
    place : (float, float)
        Centre of the letters as shares of width and height, from the top left.
    height : float
        Height of the letters as a share of the picture's height, between 0 and 1.
    level : int
        Grey value of the letters, 0 to 255.

    Returns
    -------
    Pictures
        New images; labels, cases and problems are those that were there.

    Raises
    ------
    DataError
        If a row is not there or named twice, or a setting is outside its range.
    """
    chosen = _chosen(rows, len(pictures))
    if not text.strip():
        raise DataError(f"`text` must have a letter to stamp. Received: {text!r}")
    if not all(0 <= share <= 1 for share in place) or not 0 < height < 1:
        raise DataError(
            "`place` and `height` are shares of the picture, from 0 to 1. Received: "
            f"place={place!r}, height={height!r}"
        )
    if not 0 <= level <= 255:
        raise DataError(f"`level` must be a grey value from 0 to 255. Received: {level!r}")
    images = aligned_empty(pictures.images.shape)
    images[:] = pictures.images
    for i in chosen:
        images[i, :, :, 0] = stamp(images[i, :, :, 0], text, place, height, level)
    return replace(pictures, images=images)


def _chosen(rows: ArrayLike, n: int) -> np.ndarray:
    """Return positions, in order."""
    rows = np.asarray(rows)
    if rows.dtype == bool and rows.shape == (n,):
        return np.flatnonzero(rows)
    whole = rows.dtype.kind in "iu" or not rows.size
    if rows.ndim != 1 or not whole:
        raise DataError(
            f"`rows` must be {n:,} truth values, one a picture, or whole numbers. Received: "
            f"{rows.dtype} of shape {rows.shape}. For one class: pictures.labels[:, 0] == 1."
        )
    rows = rows.astype(int)
    if rows.size and not 0 <= rows.min() <= rows.max() < n:
        raise DataError(
            f"`rows` must be positions from 0 to {n - 1:,}. "
            f"Received some from {rows.min()} to {rows.max()}."
        )
    if len(np.unique(rows)) < len(rows):
        raise DataError(
            "`rows` names a picture twice. Positions are named once; for a mask of 0 and 1 write "
            "rows == 1."
        )
    return np.sort(rows)
