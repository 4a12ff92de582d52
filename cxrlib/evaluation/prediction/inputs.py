"""Files as the network wants them, and what can be refused before it sees them."""

from __future__ import annotations

import os

import numpy as np

from cxrlib.data.cases import DataError
from cxrlib.data.images import decode
from cxrlib.data.validation import open_image, readable

SIDE = 64  # pixels of the copy in which colour is looked for
COLOUR, COLOURED = 24, 0.02  # channels that lie further apart (of 255), in that share of the pixels


class RefusedError(DataError):
    """A file that can be read, and shows no radiograph."""


def read_picture(path: str | os.PathLike, size: int, resize: str) -> np.ndarray:
    """Read one file for a network.

    Parameters
    ----------
    path : path
        A JPEG, PNG or DICOM.
    size : int
        Side of the network's input in pixels.
    resize : {"pad", "stretch"}
        See :func:`cxrlib.data.read_image`.

    Returns
    -------
    ndarray of uint8, shape (size, size, 1)

    Raises
    ------
    RefusedError
        If it is a colour picture.
    DataError
        If it cannot be read.
    """
    if (share := colour_share(path)) > COLOURED:
        raise RefusedError(
            f"{path}: expected a grey picture, as radiographs are, got colours in {share:.0%} of "
            "it. If it is a tinted film, save it in grey."
        )
    return decode(path, size, resize)[:, :, None]


def colour_share(path: str | os.PathLike) -> float:
    """Return the share of a picture, from 0 to 1, in which its channels lie apart."""
    with open_image(path) as image, readable(path):
        if image.mode not in ("RGB", "RGBA", "P", "CMYK", "YCbCr", "LAB", "HSV", "PA"):
            return 0.0
        image.draft("RGB", (SIDE, SIDE))
        small = np.asarray(image.convert("RGB").resize((SIDE, SIDE)), dtype=int)
    return float((np.ptp(small, axis=2) > COLOUR).mean())
