"""Covering parts of images, and planting letters: what a model needs, and what gives it away.

Images have shape (N, H, W, 1), uint8 or float; each cover returns new ones of the same shape and
type, in which covered pixels are black (0). A share is one of the height for rows and of the width
for columns, at least one pixel. Images padded to a square carry their proportions in the black
bars of their border: to ask what a border tells, read them with ``resize="stretch"``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.data.cases import DataError
from cxrlib.data.images import ImageSet
from cxrlib.phantoms import draw_marker

GRID = 8
MARKER = ("L", (0.93, 0.08), 0.1, 240)  # text, centre, height, grey value


def keep_all(images: ArrayLike) -> np.ndarray:
    """Cover nothing."""
    return _check_images(images).copy()


def keep_border(images: ArrayLike, fraction: float = 6 / 64) -> np.ndarray:
    """Keep a frame along the four sides.

    Parameters
    ----------
    images : array, shape (N, H, W, 1)
    fraction : float
        Width of the frame as a share of the side, between 0 and 0.5.

    Raises
    ------
    DataError
        If the images have another shape or type, or the share is not between 0 and 0.5.
    """
    images = _check_images(images)
    rows, columns = (_ends(length, fraction) for length in images.shape[1:3])
    return _keep(images, rows[:, None] | columns)


def keep_corners(images: ArrayLike, fraction: float = 12 / 64) -> np.ndarray:
    """Keep the four corners, where letters are stamped; otherwise as :func:`keep_border`."""
    images = _check_images(images)
    rows, columns = (_ends(length, fraction) for length in images.shape[1:3])
    return _keep(images, rows[:, None] & columns)


def mask_center(images: ArrayLike, fraction: float = 1 / 8) -> np.ndarray:
    """Black the middle out: a frame of this share stays, by default wider than a mere border."""
    return keep_border(images, fraction)


def pixelate(images: ArrayLike) -> np.ndarray:
    """Blur until only light and dark regions are left: each of 8 × 8 squares gets its mean.

    Where 8 does not divide the side, some squares are a pixel larger than others.

    Raises
    ------
    DataError
        If the images have another shape or type, or a side of fewer than 8 pixels.
    """
    images = _check_images(images)
    height, width = images.shape[1:3]
    if min(height, width) < GRID:
        raise DataError(
            f"expected images of at least {GRID} pixels a side, got {height} × {width}. Read "
            "them larger."
        )
    rows, columns = (np.arange(length) * GRID // length for length in (height, width))
    sums = images[..., 0]
    for axis, places in ((1, rows), (2, columns)):
        # In float64, so that covering twice changes nothing.
        starts = np.searchsorted(places, np.arange(GRID))
        sums = np.add.reduceat(sums, starts, axis=axis, dtype=np.float64)
    means = sums / np.outer(np.bincount(rows), np.bincount(columns))
    if images.dtype == np.uint8:
        means = np.rint(means)
    return means.astype(images.dtype)[:, rows[:, None], columns, None]


def mask_out(images: ArrayLike, masks: ArrayLike) -> np.ndarray:
    """Black out what lies inside the masks.

    Parameters
    ----------
    images : array, shape (N, H, W, 1)
    masks : array of bool, shape (N, H, W)
        Of :func:`cxrlib.data.read_masks`, for the very same rows.

    Raises
    ------
    DataError
        If the images have another shape or type, or the masks do not fit them.
    """
    images = _check_images(images)
    return _keep(images, ~_fitting(images, masks))


def keep_region(images: ArrayLike, masks: ArrayLike) -> np.ndarray:
    """Black out what lies outside the masks; parameters and errors as for :func:`mask_out`."""
    images = _check_images(images)
    return _keep(images, _fitting(images, masks))


def bounding_box_masks(masks: ArrayLike) -> np.ndarray:
    """Return the smallest upright rectangle around each mask: a place without a shape.

    Parameters
    ----------
    masks : array of bool, shape (N, H, W)

    Returns
    -------
    ndarray of bool
        Same shape; one rectangle an image, around all its parts. An empty mask stays empty.

    Raises
    ------
    DataError
        If the masks have another shape or type.
    """
    masks = _masks(masks)
    rows, columns = np.any(masks, axis=2), np.any(masks, axis=1)
    return _between(rows)[:, :, None] & _between(columns)[:, None]


OCCLUSIONS: dict[str, Callable[[ArrayLike], np.ndarray]] = {
    "full image": keep_all,
    "border only": keep_border,
    "corners only": keep_corners,
    "centre blacked out": mask_center,
    "8 × 8 thumbnail": pixelate,
}


def add_marker(image_set: ImageSet, rows: ArrayLike) -> ImageSet:
    """Stamp an L on some images, above on the right, as a radiographer's lead marker would be.

    Parameters
    ----------
    image_set : ImageSet
        Stay as they are.
    rows : array of bool, shape (N,), or of int
        Which images get the letter: a mask, or positions from 0 to N - 1.

    Returns
    -------
    ImageSet
        New images; labels, cases and problems are those that were there.

    Raises
    ------
    DataError
        If a row is not there or named twice.
    """
    n, rows = len(image_set), np.asarray(rows)
    chosen = np.flatnonzero(rows) if rows.dtype == bool else np.unique(rows)
    positions = rows.ndim == 1 and (rows.dtype.kind in "iu" or not rows.size)
    known = positions and len(chosen) == len(rows) and np.isin(chosen, np.arange(n)).all()
    if not known and not (rows.dtype == bool and rows.shape == (n,)):
        got = f"{rows.dtype} of shape {rows.shape}"
        if positions:
            got = f"{len(rows):,} from {rows.min()} to {rows.max()}"
        raise DataError(
            f"expected `rows` as {n:,} truth values, one an image, or positions from 0 to "
            f"{n - 1:,}, each named once, got {got}. For one class: images.labels[:, 0] == 1."
        )
    images = image_set.images.copy()
    for i in chosen.astype(int):
        images[i, :, :, 0] = draw_marker(images[i, :, :, 0], *MARKER)
    return replace(image_set, images=images)


def _keep(images: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return np.where(kept[..., None], images, images.dtype.type(0))


def _ends(length: int, fraction: float) -> np.ndarray:
    """Say which places of a side lie within a share of one of its ends."""
    if not 0 < fraction < 0.5:
        raise DataError(
            f"expected `fraction` between 0 and 0.5 of a side, got {fraction!r}. Try 6 / 64."
        )
    place = np.arange(length)
    return np.minimum(place, place[::-1]) < max(1, round(fraction * length))


def _between(marked: np.ndarray) -> np.ndarray:
    """Mark all places between the first and the last one marked, shape (N, L)."""
    begun = np.logical_or.accumulate(marked, axis=1)
    return begun & np.logical_or.accumulate(marked[:, ::-1], axis=1)[:, ::-1]


def _check_images(images: ArrayLike) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] != 1 or 0 in images.shape[1:3]:
        raise DataError(
            f"expected images of shape (N, H, W, 1), got {images.shape}. "
            "For one grey image write image[None, :, :, None]."
        )
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise DataError(
            f"expected images of uint8 or float, got {images.dtype}. Those of "
            "data.read_images are uint8; images.astype('float32') makes others fit."
        )
    return images


def _masks(masks: ArrayLike) -> np.ndarray:
    masks = np.asarray(masks)
    if masks.ndim != 3 or masks.dtype != bool:
        raise DataError(
            f"expected masks of bool, shape (N, H, W), got {masks.dtype} of shape {masks.shape}. "
            "Read them with data.read_masks; for values of 0 and 255 write > 127."
        )
    return masks


def _fitting(images: np.ndarray, masks: ArrayLike) -> np.ndarray:
    masks = _masks(masks)
    if masks.shape != images.shape[:3]:
        raise DataError(
            f"expected masks of the images' shape {images.shape[:3]}, got {masks.shape}. "
            "Read both from the same rows and at the same size: "
            "data.read_masks(images.cases, size)."
        )
    return masks
