"""Reading radiographs: any JPEG or PNG in, grey pictures of one size out."""

from __future__ import annotations

import os
import stat
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image, ImageOps, UnidentifiedImageError

from cxrlib.data.cases import DataError, Problem, check_columns, labels

FORMATS = ("JPEG", "PNG")
MIN_SIDE = 16
MAX_PIXELS = 64_000_000
FITS = ("pad", "squash")
ALIGNMENT = 64  # bytes


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures in memory with the rows that they belong to.

    Attributes
    ----------
    images : ndarray of uint8
        Shape (N, size, size, 1), values 0 to 255.
    labels : ndarray of float32
        Shape (N, 1) for two classes, one-hot (N, K) for more.
    cases : DataFrame
        The N rows of the case table, in the same order.
    problems : tuple of Problem
        Pictures of the asked-for table that could not be decoded and are not in here.
    """

    images: np.ndarray
    labels: np.ndarray
    cases: pd.DataFrame
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def where(self, split: str) -> Pictures:
        """Return the pictures of one split."""
        mask = (self.cases["split"] == split).to_numpy(dtype=bool, na_value=False)
        if not mask.any():
            have = ", ".join(map(str, self.cases["split"].unique()))
            raise DataError(f"no picture in split {split!r}. Splits here: {have}")
        return Pictures(_choose(self.images, mask), self.labels[mask], self.cases[mask], ())


def read_image(path: str | os.PathLike, size: int | None = None, fit: str = "pad") -> np.ndarray:
    """Read one picture in grey.

    Parameters
    ----------
    path : str or path
        A JPEG or PNG of any mode: 1, 8 or 16 bit, grey, RGB, RGBA, palette, CMYK.
    size : int, optional
        Side of the result in pixels. Without it the picture keeps its own size.
    fit : {"pad", "squash"}
        ``"pad"`` keeps the aspect ratio and fills with black; ``"squash"`` fills the square and
        changes the shape of the chest.

    Returns
    -------
    ndarray of float32
        Shape (H, W), values in [0, 255].

    Raises
    ------
    DataError
        If the picture cannot be read; the message begins with the path.
    """
    return decode(path, size, fit).astype("float32")


def read_pictures(
    cases: pd.DataFrame, size: int, fit: str = "pad", *, workers: int | None = None
) -> Pictures:
    """Read the pictures of a case table into one array, every file once.

    A picture that cannot be decoded is left out, named in a warning, and listed in
    ``Pictures.problems``; the others are read all the same.

    Parameters
    ----------
    cases : DataFrame
        A case table.
    size : int
        Side of the pictures in pixels. Memory: ``len(cases) * size * size`` bytes.
    fit : {"pad", "squash"}
        See :func:`read_image`.
    workers : int, optional
        Threads; by default one a core.

    Raises
    ------
    DataError
        If no picture at all could be read, or a label is missing.
    """
    check_columns(cases)
    check_fit(size, fit)
    images = aligned_empty((len(cases), size, size, 1))
    paths = cases["path"].to_numpy()

    def read(start: int) -> list[tuple[int, str]]:
        broken = []
        for i in range(start, min(start + 64, len(paths))):
            try:
                images[i, :, :, 0] = decode(paths[i], size, fit)
            except DataError as error:
                broken.append((i, str(error)))
        return broken

    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        broken = [b for part in pool.map(read, range(0, len(paths), 64)) for b in part]
    if not broken:
        return Pictures(images, labels(cases), cases)
    problems = tuple(Problem(paths[i], text, "left out") for i, text in broken)
    listed = "\n".join(f"  {p.problem}" for p in problems)
    if len(broken) == len(paths):
        raise DataError(f"none of {len(paths):,} pictures could be read:\n{listed}")
    warnings.warn(
        f"{len(broken)} of {len(paths):,} pictures could not be read and are left out:\n{listed}",
        stacklevel=2,
    )
    good = np.ones(len(paths), bool)
    good[[i for i, _ in broken]] = False
    return Pictures(_choose(images, good), labels(cases[good]), cases[good], problems)


def aligned_empty(shape: tuple[int, ...]) -> np.ndarray:
    """Return an uninitialised uint8 array that begins where TensorFlow can use it uncopied."""
    count = int(np.prod(shape))
    memory = np.empty(count + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + count].reshape(shape)


def _choose(images: np.ndarray, mask: np.ndarray) -> np.ndarray:
    chosen = aligned_empty((int(mask.sum()), *images.shape[1:]))
    return np.compress(mask, images, axis=0, out=chosen)


def shown_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height in pixels after the rotation that the camera noted."""
    turned = "exif" in picture.info and picture.getexif().get(0x0112, 1) >= 5
    return picture.size[::-1] if turned else picture.size


def open_picture(path: str | os.PathLike) -> Image.Image:
    """Open a picture by its head only; nothing is decoded yet.

    Raises
    ------
    DataError
        If the file is missing, no regular file, empty, not a JPEG or PNG, or too small or too
        large to be used; the message begins with the path.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for, without end
            raise DataError(f"{path}: not a regular file, so it is not opened. Remove it.")
        picture = Image.open(path, formats=FORMATS)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file. Load the data set again.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(_too_large(path, f" ({error})")) from None
    except UnidentifiedImageError:
        empty = os.path.getsize(path) == 0
        what = "the file is empty" if empty else "not a JPEG or PNG picture"
        raise DataError(f"{path}: {what}. Replace or remove it.") from None
    except (OSError, SyntaxError) as error:
        raise DataError(f"{path}: damaged ({error}). Replace or remove it.") from None
    width, height = picture.size
    if width * height > MAX_PIXELS:
        picture.close()
        raise DataError(_too_large(path, f" ({width:,}×{height:,})"))
    if min(width, height) < MIN_SIDE:
        picture.close()
        raise DataError(
            f"{path}: {width}×{height} pixels is too small for a radiograph "
            f"(expected at least {MIN_SIDE} a side). Replace or remove it."
        )
    return picture


def _too_large(path: str | os.PathLike, size: str = "") -> str:
    return (
        f"{path}: too large to decode safely{size} (expected at most {MAX_PIXELS:,} pixels). "
        "Make it smaller first."
    )


def check_fit(size: int | None, fit: str) -> None:
    """Raise :class:`DataError` for a side or a way to fit that nothing can be read with."""
    if fit not in FITS:
        raise DataError(f"`fit` must be one of {', '.join(FITS)}. Received: {fit!r}")
    if size is not None and (not isinstance(size, int | np.integer) or size < 1):
        raise DataError(f"`size` must be a positive whole number of pixels. Received: {size!r}")


def decode(path: str | os.PathLike, size: int | None, fit: str) -> np.ndarray:
    """Decode to uint8, shape (H, W); parameters and errors as for :func:`read_image`."""
    check_fit(size, fit)
    with open_picture(path) as picture:
        try:
            if size is not None:
                # Lets the JPEG decoder work at 1/2, 1/4 or 1/8 where that is still large enough.
                picture.draft("L", (size, size))
            grey = _grey(ImageOps.exif_transpose(picture) if "exif" in picture.info else picture)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise DataError(f"{path}: damaged ({error}). Replace or remove it.") from None
    return np.asarray(grey if size is None else _fit(grey, size, fit))


def _grey(picture: Image.Image) -> Image.Image:
    if picture.mode == "L" and "transparency" not in picture.info:
        picture.load()
        return picture
    if picture.mode.startswith("I"):
        values = np.asarray(picture, dtype=np.float64)
        # 10-, 12- and 14-bit films come in 16-bit files; the file does not say which it is.
        bits = min(b for b in (10, 12, 14, 16, 32) if values.max() < 2**b)
        return Image.fromarray((values * (255 / (2**bits - 1)) + 0.5).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        black = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(black, picture).convert("RGB")
    return picture.convert("RGB").convert("L") if picture.mode == "P" else picture.convert("L")


def _fit(picture: Image.Image, size: int, fit: str) -> Image.Image:
    width, height = picture.size
    if (width, height) == (size, size):
        return picture
    if fit == "squash":
        return picture.resize((size, size), Image.Resampling.BILINEAR)
    scale = size / max(width, height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    square = Image.new("L", (size, size))
    square.paste(
        picture.resize(inner, Image.Resampling.BILINEAR),
        ((size - inner[0]) // 2, (size - inner[1]) // 2),
    )
    return square
