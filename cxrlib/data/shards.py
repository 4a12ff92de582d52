"""Images as grey pixels of one size on disk: for sets that memory cannot hold.

A shard is a NumPy file of up to 512 images, (N, size, size) of uint8. It is mapped and not read, so
that any image costs one access, an epoch's order is that of images in memory, and so is a
training's result. Its name is a hash of what it holds. Shards are written whole or not at all, and
a call that was interrupted goes on with what is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from cxrlib import cluster, files
from cxrlib.data.cases import DataError, Problem, check_columns, labels
from cxrlib.data.images import PART, ImageSet, check_readable, check_size, read_part


class ShardedImages:
    """Images on disk that are taken as an array in memory is: shape, length, parts.

    A part, ``images[rows]``, lies on disk too; ``numpy.asarray`` reads it.

    Parameters
    ----------
    shards : sequence of ndarray
        Each (n, size, size) of uint8, all but the last with as many images.
    rows : ndarray of int
        Which of all their images, in what order.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, shards: Sequence[np.ndarray], rows: np.ndarray) -> None:
        self._shards, self._rows = shards, rows

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Return the shape as of an array, (N, size, size, 1)."""
        height, width = self._shards[0].shape[1:]
        return len(self._rows), height, width, 1

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: slice | np.ndarray) -> ShardedImages:
        return ShardedImages(self._shards, self._rows[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        images, each = np.empty(self.shape, np.uint8), len(self._shards[0])
        for image, row in zip(images, self._rows, strict=True):
            image[:, :, 0] = self._shards[row // each][row % each]
        return images if dtype is None else images.astype(dtype)


def read_images(
    cases: pd.DataFrame, size: int, folder: str | os.PathLike, resize: str = "pad"
) -> ImageSet:
    """Do what :func:`cxrlib.data.read_images` does, with the images in a folder, not in memory.

    The first call decodes each file and writes the shards, later ones find them. A file that
    changed since gets new ones. Shards that are not needed any more can be deleted at any time.

    Parameters
    ----------
    cases : DataFrame
        A case table.
    size : int
        Side of the images in pixels. Disk: ``len(cases) * size * size`` bytes.
    folder : path
        Of the shards; made if need be.
    resize : {"pad", "stretch"}
        See :func:`cxrlib.data.read_image`.

    Returns
    -------
    ImageSet
        Its ``images`` are :class:`ShardedImages`, which ``models.fit`` and ``data.pipeline`` take.

    Raises
    ------
    DataError
        If no image at all could be read, or a label is missing.
    """
    check_columns(cases)
    check_size(size, resize)
    folder, paths = Path(folder), cases["path"].tolist()
    folder.mkdir(parents=True, exist_ok=True)
    parts = [paths[i : i + PART] for i in range(0, len(paths), PART)]
    names = [folder / _name(part, size, resize) for part in parts]
    missing = [(*job, size, resize) for job in zip(names, parts, strict=True) if not _whole(*job)]
    for _ in cluster.starmap(_write, missing):
        pass
    found = [problem for name in names for problem in _problems(name)]
    good = check_readable(found)
    shards = [np.load(name, mmap_mode="r") for name in names]
    images = cast("np.ndarray", ShardedImages(shards, np.flatnonzero(good)))
    kept = cases if good.all() else cases[good]
    return ImageSet(images, labels(kept), kept, tuple(filter(None, found)))


def _name(paths: Sequence[str], size: int, resize: str) -> str:
    """Name a shard by its files, what they are like now, and how they are read."""
    digest = hashlib.sha256(f"{size} {resize}".encode())
    for path in paths:
        try:
            stat = os.stat(path)
            line = f"{path}\t{stat.st_size}\t{stat.st_mtime_ns}\n"
        except OSError:
            line = f"{path}\tmissing\n"
        digest.update(line.encode(errors="surrogateescape"))
    return f"{digest.hexdigest()[:32]}.npy"


def _whole(name: Path, paths: Sequence[str]) -> bool:
    """Tell whether a shard is there; a damaged one is named, and will be made again."""
    try:
        return len(np.load(name, mmap_mode="r")) == len(_problems(name)) == len(paths)
    except FileNotFoundError:
        return False
    except (ValueError, OSError, EOFError, KeyError) as error:
        warnings.warn(
            f"{name}: expected a whole shard of {len(paths)} images, got a damaged one ({error}). "
            "It is made again from the images' own files; nothing is lost.",
            stacklevel=3,
        )
        return False


def _problems(name: Path) -> list[Problem | None]:
    """Return what was wrong with each image of a shard."""
    rows = json.loads(name.with_suffix(".json").read_text(encoding="utf-8"))
    return [row and Problem(*row) for row in rows]


def _write(name: Path, paths: Sequence[str], size: int, resize: str) -> None:
    """Decode a shard's files and write it; the pixels come last, so that they tell it is whole."""
    pixels, found = read_part(paths, size, resize)
    pixels[[problem is not None for problem in found]] = 0
    try:
        files.write_text(name.with_suffix(".json"), json.dumps(found))
        with files.atomic_path(name) as beside:
            np.save(beside, pixels)
    except OSError as error:
        raise DataError(
            f"expected to write {pixels.nbytes / 1e6:.0f} MB to {name.parent}, got: "
            f"{error.strerror}. Free some space or name another folder; what is there is used."
        ) from None
