"""What labs ask of their arguments, and where they start."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

LEAST_SIDE = 8
MOST_SIDE = 64


def grey_picture(picture: np.ndarray, most: int = MOST_SIDE) -> np.ndarray:
    """Return a picture as uint8 (rows, columns).

    Parameters
    ----------
    picture : ndarray
        (rows, columns) or (rows, columns, 1), 8 to 64 pixels a side, values 0 to 255. Fractions
        are rounded, since the arithmetic that is written out reads better in whole greys.
    most : int
        Pixels a side, where a lab can show more than 64.

    Raises
    ------
    ValueError
        For another shape or kind of numbers, with what to do about it.
    """
    array = np.asarray(picture)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2:
        raise ValueError(
            f"expected one grey picture of shape (rows, columns), got shape {np.shape(picture)}. "
            "Take one picture: images[0]; make colours grey: picture.mean(axis=-1)."
        )
    if min(array.shape) < LEAST_SIDE or max(array.shape) > most:
        raise ValueError(
            f"expected {LEAST_SIDE} to {most} pixels a side, got {array.shape}. "
            "Resize it: data.read_image(path, size=40)."
        )
    if array.dtype.kind not in "fiu":
        raise ValueError(
            f"expected numbers from 0 to 255, got dtype {array.dtype}. "
            "Convert it: picture.astype('uint8')."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"expected numbers from 0 to 255, got {np.sum(~np.isfinite(array))} that are NaN or "
            "infinite. Find out where they come from, or fill them: np.nan_to_num(picture)."
        )
    low, high = array.min(), array.max()
    if low < 0 or high > 255 or (array.dtype.kind == "f" and 0 < high <= 1):
        raise ValueError(
            f"expected grey values from 0 (black) to 255 (white), got {low:g} to {high:g}. "
            "Rescale it: 255 * (picture - picture.min()) / np.ptp(picture)."
        )
    return np.rint(array).astype(np.uint8)


def link_name(name: str) -> str:
    """Return a name that can stand in a link."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name):
        raise ValueError(
            f"expected `name` of letters, digits, _ and -, a letter first, got {name!r}. "
            "It stands in links to the lab: name='kernel_ribs'."
        )
    return name


def choice(value: object, choices: Collection, argument: str) -> object:
    """Return a value that is one of some."""
    known = isinstance(value, (str, int, np.integer)) and not isinstance(value, bool)
    if not known or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"expected `{argument}` as one of {listed}, got {value!r}. Choose one.")
    return value if isinstance(value, str) else int(value)


def number(value: float, low: float, high: float, argument: str) -> float:
    """Return a finite number between two others."""
    if isinstance(value, (bool, str)) or np.ndim(value) or not low <= value <= high:
        raise ValueError(
            f"expected `{argument}` as a number from {low:g} to {high:g}, got {value!r}. "
            "That is as far as its slider goes."
        )
    return float(value)


def liveliest(numbers: np.ndarray) -> dict:
    """Return row and column of the largest number in the middle half, where a lab shall start."""
    rows, columns = numbers.shape
    middle = numbers[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    row, column = np.unravel_index(middle.argmax(), middle.shape)
    return {"row": int(row) + rows // 4, "column": int(column) + columns // 4}
