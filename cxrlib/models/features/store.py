"""Features on disk: found by what they were computed from, written whole or not at all.

One folder holds the features of one setting (backbone, weights, size, augmentation). In it lie
shards: ``.npz`` files with the features of some pictures, and keys that name these pictures by
content. Two sets that share pictures share features, and an interrupted computation goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from cxrlib.data import DataError
from cxrlib.data.downloads import cache_folder as data_cache

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
        written = json.dumps(settings, sort_keys=True)
        self.folder = folder / f"{settings['backbone']}-{digest(written.encode()).hex()[:16]}"
        self.settings = {"format": FORMAT, **settings}
        self._throw_away_others()

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
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._note_settings()
            self._add(table, values)
        except OSError as error:
            raise DataError(
                f"could not write features to {self.folder}: {error.strerror or error}. Free some "
                "space, set CXR_CACHE to a folder where you may write, or keep none with "
                "cache=False."
            ) from error

    def _add(self, table: np.ndarray, values: np.ndarray) -> None:
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=UNFINISHED, delete=False) as file:
            beside = Path(file.name)
            try:
                np.savez(file, keys=table, values=np.asarray(values, np.float32))
                file.flush()
                beside.replace(self.folder / f"{digest(table.tobytes()).hex()}.npz")
            except BaseException:
                beside.unlink(missing_ok=True)
                raise

    def _shard(self, path: Path) -> tuple[np.ndarray, np.ndarray] | None:
        """Read a shard; a damaged one is thrown away with a word."""
        try:
            with np.load(path) as arrays:  # the archive's checksums are compared as it is read
                keys, values = arrays["keys"], arrays["values"]
            if values.dtype != np.float32 or len(keys) != len(values) or keys.dtype != np.uint8:
                raise ValueError(f"{len(keys)} keys, {len(values)} {values.dtype} features")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            warnings.warn(
                f"{path}: half written or damaged features ({error}). Thrown away; they are "
                "computed again.",
                stacklevel=4,
            )
            path.unlink(missing_ok=True)
            return None
        return keys, values

    def _throw_away_others(self) -> None:
        """Throw away features of another version, and files that nobody finished."""
        if not self.folder.is_dir():
            return
        try:
            kept = json.loads((self.folder / SETTINGS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = None
        if kept != self.settings:
            version = kept.get("format") if isinstance(kept, dict) else None
            what = f"of format {version}" if version != FORMAT else "with other settings"
            warnings.warn(
                f"{self.folder}: expected features of format {FORMAT} with their settings, got "
                f"some {what if kept is not None else 'without settings'}. Thrown away; they are "
                "computed again.",
                stacklevel=4,
            )
            shutil.rmtree(self.folder)

    def _note_settings(self) -> None:
        path = self.folder / SETTINGS
        if not path.exists():
            beside = self.folder / f"{UNFINISHED}{SETTINGS}"
            beside.write_text(json.dumps(self.settings, indent=1), encoding="utf-8")
            beside.replace(path)
