"""Features on disk: found by what they were computed from, written whole or not at all.

One folder holds the features of one setting (backbone, weights, size, augmentation). In it lie
shards: ``.npz`` files with the features of some pictures, and keys that name these pictures by
content. Two sets that share pictures share features, and an interrupted computation goes on. What
lies there is added to and never changed, so that several processes can work on it at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from cxrlib.data import DataError
from cxrlib.data.download import cache_folder as data_cache

FORMAT = 2  # of the files: raise it when they change, or what is computed does
SETTINGS = "settings.json"
UNFINISHED = ".unfinished-"


def cache_folder() -> Path:
    """Where features live: ``features`` below ``CXR_CACHE`` or the system's own cache folder."""
    return data_cache() / "features"


def forget(folder: Path | None = None) -> int:
    """Remove all features that are kept, and return how many bytes that frees.

    Parameters
    ----------
    folder : Path, optional
        By default :func:`cache_folder`.
    """
    folder, freed = folder or cache_folder(), 0
    for settings in folder.glob(f"*/{SETTINGS}"):
        freed += sum(p.stat().st_size for p in settings.parent.rglob("*") if p.is_file())
        shutil.rmtree(settings.parent)
    return freed


def digest(content: bytes) -> bytes:
    """Return 16 bytes that tell this content from any other."""
    return hashlib.blake2b(content, digest_size=16).digest()


class Store:
    """The features of one setting.

    Parameters
    ----------
    folder : Path
        Of all features.
    settings : dict
        Everything but the picture that a feature depends on; JSON.
    """

    def __init__(self, folder: Path, settings: dict) -> None:
        self.settings = {"format": FORMAT, **settings}
        written = json.dumps(self.settings, sort_keys=True).encode()
        self.folder = folder / f"{settings['backbone']}-{digest(written).hex()[:16]}"

    def read(self, wanted: Collection[bytes]) -> Iterator[tuple[bytes, np.ndarray]]:
        """Yield what is kept of the keys asked for, a shard in memory at a time."""
        wanted = set(wanted)
        for path in sorted(self.folder.glob("*.npz")):
            if not wanted:
                return
            keys, values = self._shard(path) or ((), ())
            for key, value in zip(map(bytes, keys), values, strict=True):
                if key in wanted:
                    wanted.discard(key)
                    yield key, value

    def write(self, keys: Sequence[bytes], values: np.ndarray) -> None:
        """Add a shard: beside, then renamed.

        Parameters
        ----------
        keys : sequence of bytes
            One a picture, all of one length.
        values : array, shape (n, ...)

        Raises
        ------
        DataError
            If the folder cannot be written.
        """
        table = np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), -1)
        values = np.asarray(values, np.float32)
        note = json.dumps(self.settings, indent=1).encode()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._add(SETTINGS, lambda file: file.write(note))
            name = f"{digest(table.tobytes()).hex()}.npz"
            self._add(name, lambda file: np.savez(file, keys=table, values=values))
        except OSError as error:
            raise DataError(
                f"could not write features to {self.folder}: {error.strerror or error}. Free some "
                "space, set CXR_CACHE to a folder where you may write, or keep none with "
                "cache=False."
            ) from error

    def _add(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        """Add a file that is whole when it gets its name; what another process added stays."""
        target = self.folder / name
        if target.exists():
            return
        handle, beside = tempfile.mkstemp(dir=self.folder, prefix=UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as file:
                write(file)
            try:
                os.replace(beside, target)  # closed by now: Windows renames no open file
            except PermissionError:
                if not target.exists():  # Windows again: another process has it, and reads it
                    raise
        finally:
            Path(beside).unlink(missing_ok=True)

    def _shard(self, path: Path) -> tuple[np.ndarray, np.ndarray] | None:
        """Read a shard; a damaged one is thrown away with a word."""
        try:
            with np.load(path) as arrays:  # the archive's checksums are compared as it is read
                keys, values = arrays["keys"], arrays["values"]
            if values.dtype != np.float32 or len(keys) != len(values) or keys.dtype != np.uint8:
                raise ValueError(f"{len(keys)} keys, {len(values)} {values.dtype} features")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            warnings.warn(
                f"{path}: half written or damaged features ({error}). Thrown away; they are "
                "computed again.",
                stacklevel=4,
            )
            path.unlink(missing_ok=True)
            return None
        return keys, values
