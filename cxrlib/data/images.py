"""Reading radiographs and masks: any JPEG, PNG or DICOM in, grey images of one size out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from cxrlib import cluster
from cxrlib.data.cases import DataError, Problem, check_columns, labels
from cxrlib.data.validation import open_image, oriented_size, readable, same_aspect_ratio

RESIZE_MODES = ("pad", "stretch")
PART = 512  # images that are read as one job
TASK = 16  # of these by a thread before it looks for more: to hand over each costs a fifth
MASK_THRESHOLD = 127  # a mask is brighter inside


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images in memory with the rows that they belong to.

    Attributes
    ----------
    images : ndarray of uint8
        Shape (N, size, size, 1), values 0 to 255.
    labels : ndarray of float32
        Shape (N, 1) for two classes, one-hot (N, K) for more.
    cases : DataFrame
        The N rows of the case table, in the same order.
    problems : tuple of Problem
        Images of the asked-for table that could not be decoded and are not in here.
    """

    images: np.ndarray
    labels: np.ndarray
    cases: pd.DataFrame
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def split(self, name: str) -> ImageSet:
        """Return the images of one split, such as ``"train"``."""
        mask = (self.cases["split"] == name).to_numpy(dtype=bool, na_value=False)
        if not mask.any():
            have = ", ".join(map(str, self.cases["split"].unique()))
            raise DataError(
                f"expected images of split {name!r}, got those of {have}. Choose one of them."
            )
        return ImageSet(self.images[mask], self.labels[mask], self.cases[mask], ())


def read_image(path: str | os.PathLike, size: int | None = None, resize: str = "pad") -> np.ndarray:
    """Read one image in grey.

    Parameters
    ----------
    path : str or path
        A JPEG or PNG of any mode: 1, 8 or 16 bit, grey, RGB, RGBA, palette, CMYK; or a DICOM
        file, see :mod:`cxrlib.data.dicom`.
    size : int, optional
        Side of the result in pixels. Without it the image keeps its own size.
    resize : {"pad", "stretch"}
        ``"pad"`` keeps the aspect ratio and fills with black; ``"stretch"`` fills the square and
        changes the shape of the chest.

    Returns
    -------
    ndarray of float32
        Shape (H, W), values in [0, 255].

    Raises
    ------
    DataError
        If the image cannot be read; the message begins with the path.
    """
    return decode(path, size, resize).astype("float32")


def read_images(cases: pd.DataFrame, size: int, resize: str = "pad") -> ImageSet:
    """Read the images of a case table into one array, every file once.

    An image that cannot be decoded is left out, named in a warning, and listed in
    ``ImageSet.problems``; the others are read all the same.

    Parameters
    ----------
    cases : DataFrame
        A case table.
    size : int
        Side of the images in pixels. Memory: ``len(cases) * size * size`` bytes.
    resize : {"pad", "stretch"}
        See :func:`read_image`.

    Raises
    ------
    DataError
        If no image at all could be read, or a label is missing.
    """
    check_columns(cases)
    check_size(size, resize)
    images = np.empty((len(cases), size, size, 1), np.uint8)
    paths = cases["path"].tolist()
    parts = ((paths[i : i + PART], size, resize) for i in range(0, len(paths), PART))
    found: list[Problem | None] = []
    for pixels, problems in cluster.starmap(read_part, parts):
        images[len(found) : len(found) + len(pixels), :, :, 0] = pixels
        found += problems
    good = check_readable(found)
    if good.all():
        return ImageSet(images, labels(cases), cases)
    return ImageSet(images[good], labels(cases[good]), cases[good], tuple(filter(None, found)))


def check_readable(found: Sequence[Problem | None]) -> np.ndarray:
    """Tell which images could be read, (N,) of bool; warn of the others.

    Raises
    ------
    DataError
        If none could be read.
    """
    problems = [problem for problem in found if problem]
    listed = "\n".join(f"  {p.problem}" for p in problems)
    if problems and len(problems) == len(found):
        raise DataError(
            f"expected at least one readable image, got none of {len(found):,}. Replace these:\n"
            f"{listed}"
        )
    if problems:
        warnings.warn(
            f"{len(problems)} of {len(found):,} images could not be read and are left out:\n"
            f"{listed}",
            stacklevel=3,
        )
    return np.array([problem is None for problem in found], bool)


def read_part(
    paths: Sequence[str], size: int, resize: str
) -> tuple[np.ndarray, list[Problem | None]]:
    """Read some images, uint8 (N, size, size); what cannot be read has a problem instead."""
    pixels = np.empty((len(paths), size, size), np.uint8)

    def read(i: int) -> Problem | None:
        try:
            pixels[i] = decode(paths[i], size, resize)
        except DataError as error:
            return Problem(paths[i], str(error), "left out")
        return None

    def read_some(start: int) -> list[Problem | None]:
        return [read(i) for i in range(start, min(start + TASK, len(paths)))]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(read_some, range(0, len(paths), TASK))
        return pixels, [problem for some in found for problem in some]


def read_masks(cases: pd.DataFrame, size: int, resize: str = "pad") -> np.ndarray:
    """Read the lung masks of a case table, to lie on the images of ``read_images``.

    A mask has to have the size of its image, or be that image made smaller or larger: its
    height and width then have the same proportion, to less than a pixel. Any other mask was drawn
    on another image, or on a part of this one, and is refused. The image's size is the table's.

    Parameters
    ----------
    cases : DataFrame
        A case table whose rows all have a mask. To go with images that were read, take
        ``images.cases``: what could not be read is not in there.
    size : int
        Side of the masks in pixels, as for the images.
    resize : {"pad", "stretch"}
        As for the images; see :func:`cxrlib.data.read_image`.

    Returns
    -------
    ndarray of bool
        Shape (N, size, size), True inside. A mask file that is black all over is an empty mask.

    Raises
    ------
    DataError
        If a row has no mask, or one that cannot be read, does not fit, or is too dark to be one.
    """
    check_columns(cases, needed=["path", "width", "height", "mask_path"])
    check_size(size, resize)
    if (lacking := cases["mask_path"].isna()).any():
        first = cases[lacking].iloc[0]
        raise DataError(
            f"expected a mask in 'mask_path' in each of {len(cases):,} rows, got none in "
            f"{lacking.sum():,} (first: {first['path']}, {first['width']}×{first['height']}). Take "
            "cases[cases['mask_path'].notna()]."
        )
    columns = (cases[c] for c in ("mask_path", "path", "width", "height"))
    masks = np.empty((len(cases), size, size), bool)

    def read(i: int, mask: str, image: str, width: int, height: int) -> None:
        shown = f"Image: {image}, {width}×{height}."
        try:
            with open_image(mask) as opened:
                w, h = oriented_size(opened)
            if not same_aspect_ratio((w, h), (width, height)):
                raise DataError(
                    f"{mask}: expected a mask of {width}×{height} as its image, or of the same "
                    f"proportions, got {w}×{h}. Find the mask that was drawn on this image, or "
                    "leave the row out."
                )
            masks[i] = decode(mask, size, resize) > MASK_THRESHOLD
            if not masks[i].any():
                _check_empty(mask)
        except DataError as error:
            raise DataError(f"{error} {shown}") from None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(read, range(len(cases)), *columns))
    return masks


def _check_empty(mask: str) -> None:
    """Refuse files of 0 and 1, which would all be read as empty."""
    brightest = int(decode(mask, None, "pad").max())
    if 0 < brightest <= MASK_THRESHOLD:
        raise DataError(
            f"{mask}: expected a mask of 0 outside and 255 inside, got at most {brightest}. "
            "Save it with these values."
        )


def check_size(size: int | None, resize: str) -> None:
    """Raise :class:`DataError` for a side or a way to fit that nothing can be read with."""
    if resize not in RESIZE_MODES:
        raise DataError(
            f"expected `resize` as one of {', '.join(RESIZE_MODES)}, got {resize!r}. Choose one."
        )
    if size is not None and (not isinstance(size, int | np.integer) or size < 1):
        raise DataError(
            f"expected `size` as a positive whole number of pixels, got {size!r}. Try 64."
        )


def decode(path: str | os.PathLike, size: int | None, resize: str) -> np.ndarray:
    """Decode to uint8, shape (H, W); parameters and errors as for :func:`read_image`."""
    check_size(size, resize)
    with open_image(path) as image, readable(path):
        if size is not None:
            # Lets the JPEG decoder work at 1/2, 1/4 or 1/8 where that is still large enough.
            image.draft("L", (size, size))
        grey = _to_grey(ImageOps.exif_transpose(image) if "exif" in image.info else image)
    return np.asarray(grey if size is None else _resize(grey, size, resize))


def _to_grey(image: Image.Image) -> Image.Image:
    if image.mode == "L" and "transparency" not in image.info:
        image.load()
        return image
    if image.mode.startswith("I"):
        values = np.asarray(image, dtype=np.float64)
        # 10-, 12- and 14-bit images come in 16-bit files; the file does not say which it is.
        bits = min(b for b in (10, 12, 14, 16, 32) if values.max() < 2**b)
        return Image.fromarray((values * (255 / (2**bits - 1)) + 0.5).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image).convert("RGB")
    return image.convert("RGB").convert("L") if image.mode == "P" else image.convert("L")


def _resize(image: Image.Image, size: int, resize: str) -> Image.Image:
    width, height = image.size
    if (width, height) == (size, size):
        return image
    if resize == "stretch":
        return image.resize((size, size), Image.Resampling.BILINEAR)
    scale = size / max(width, height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    square = Image.new("L", (size, size))
    square.paste(
        image.resize(inner, Image.Resampling.BILINEAR),
        ((size - inner[0]) // 2, (size - inner[1]) // 2),
    )
    return square
