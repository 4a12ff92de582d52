"""Reading masks: where the lungs or a lesion are, pixel by pixel on the picture."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from cxrlib.data.cases import DataError, check_columns
from cxrlib.data.images import check_fit, decode, open_picture, shown_size

INSIDE = 127  # brighter is inside


def read_masks(
    cases: pd.DataFrame, size: int, column: str = "mask_path", fit: str = "pad"
) -> np.ndarray:
    """Read the masks of a case table, to lie on the pictures of ``read_pictures``.

    A mask has to have the size of its picture, or be that picture made smaller or larger: its
    height and width then have the same proportion, to less than a pixel. Any other mask was drawn
    on another picture, or on a part of this one, and is refused. The picture's size is the table's.

    Parameters
    ----------
    cases : DataFrame
        A case table whose rows all have a mask. To go with pictures that were read, take
        ``pictures.cases``: what could not be read is not in there.
    size : int
        Side of the masks in pixels, as for the pictures.
    column : str
        ``"mask_path"`` (lungs) or ``"lesion_path"``.
    fit : {"pad", "squash"}
        As for the pictures; see :func:`cxrlib.data.read_image`.

    Returns
    -------
    ndarray of bool
        Shape (N, size, size), True inside. A mask file that is black all over is an empty mask.

    Raises
    ------
    DataError
        If a row has no mask, or one that cannot be read, does not fit, or is too dark to be one.
    """
    check_columns(cases, needed=["path", "width", "height", column])
    check_fit(size, fit)
    _check_complete(cases, column)
    rows = zip(*(cases[c] for c in (column, "path", "width", "height")), strict=True)
    masks = np.empty((len(cases), size, size), bool)

    def read(i: int, mask: str, picture: str, width: int, height: int) -> None:
        shown = f"Picture: {picture}, {width}×{height}."
        try:
            with open_picture(mask) as opened:
                w, h = shown_size(opened)
            if not same_shape((w, h), (width, height)):
                raise DataError(
                    f"{mask}: this mask is {w}×{h}, expected {width}×{height} as its picture, or "
                    "the same proportions. Find the mask that was drawn on this picture, or "
                    "leave the row out."
                )
            masks[i] = decode(mask, size, fit) > INSIDE
            if not masks[i].any():
                _check_bright(mask)
        except DataError as error:
            raise DataError(f"{error} {shown}") from None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda row: read(row[0], *row[1]), enumerate(rows)))
    return masks


def same_shape(mask: tuple[int, int], picture: tuple[int, int]) -> bool:
    """Whether two sizes (width, height) have the same proportions, to less than a pixel."""
    return abs(mask[0] * picture[1] - mask[1] * picture[0]) < max(picture)


def _check_complete(cases: pd.DataFrame, column: str) -> None:
    lacking = cases[column].isna()
    if lacking.any():
        first = cases[lacking].iloc[0]
        raise DataError(
            f"{lacking.sum():,} of {len(cases):,} pictures have no mask in {column!r} (first: "
            f"{first['path']}, {first['width']}×{first['height']}). Expected one in each row: "
            f"take cases[cases[{column!r}].notna()]."
        )


def _check_bright(mask: str) -> None:
    """Refuse files of 0 and 1, which would all be read as empty."""
    brightest = int(decode(mask, None, "pad").max())
    if 0 < brightest <= INSIDE:
        raise DataError(
            f"{mask}: the brightest value of this mask is {brightest}; expected 0 outside and 255 "
            "inside. Save it with values of 0 and 255."
        )
