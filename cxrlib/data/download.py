"""Downloads that resume, are checked, and appear whole or not at all."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import requests
from PIL import Image
from platformdirs import user_cache_path
from tqdm import tqdm

from cxrlib.data.cases import DataError
from cxrlib.data.registry import Source
from cxrlib.data.validation import check_complete
from cxrlib.files import atomic_folder

CHUNK = 1 << 16  # what is lost at most when a connection breaks
TIMEOUT = 30  # seconds without a byte


def cache_folder() -> Path:
    """Where data live between sessions: ``CXR_CACHE``, or the system's own cache folder."""
    return Path(os.environ.get("CXR_CACHE") or user_cache_path("cxrlib"))


def fetch_source(
    source: Source, unpack: Callable[[Path, Path], None], *, progress: bool = True
) -> Path:
    """Download, check and unpack one source; what is there already is left alone.

    Parameters
    ----------
    source : Source
        Entry of the registry.
    unpack : callable
        ``unpack(archive, folder)`` fills an empty folder.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        The folder with the images.

    Raises
    ------
    DataError
        If the download broke off (run again: it resumes), has a wrong checksum, climbs out of its
        folder, is incomplete, or cannot be written. Nothing half is ever left under the name.
    """
    target = cache_folder() / source.folder
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_space(target.parent, source)
        archive = _download(source, target.parent / "downloads", progress)
        with atomic_folder(target) as work:
            try:
                unpack(archive, work)
                check_complete(work, source)
            except OSError:
                raise
            except Exception as error:  # zipfile, zlib, lzma and NumPy each say it their way
                archive.unlink(missing_ok=True)  # else the next attempt would take it again
                text = f"{archive.name} is damaged ({error}). Fetch it again."
                text = str(error) if isinstance(error, DataError) else text
                raise DataError(text.replace(str(work), target.name)) from error
        archive.unlink()
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = "Free some space, or set" if full else "Set"
        raise DataError(
            f"could not write {source.folder} below {target.parent}: "
            f"{error.strerror or error}. {advice} CXR_CACHE to a folder where you may write."
        ) from error
    return target


def unzip(members: tuple[tuple[str, str], ...]) -> Callable[[Path, Path], None]:
    """Make an unpacker that takes the members that match a pattern, under their new names.

    Refuses the whole archive when any name in it, wanted or not, climbs out of its folder, is
    absolute, or is a link.
    """
    patterns = [(re.compile(pattern, re.IGNORECASE), new) for pattern, new in members]

    def unpack(archive: Path, folder: Path) -> None:
        with zipfile.ZipFile(archive) as zipped:
            for member in zipped.infolist():
                _check_member_path(archive, member)
            for member in zipped.infolist():
                for pattern, new in patterns:
                    if found := pattern.match(member.filename):
                        place = folder / found.expand(new)
                        place.parent.mkdir(parents=True, exist_ok=True)
                        with zipped.open(member) as source, place.open("wb") as out:
                            shutil.copyfileobj(source, out, CHUNK)
                        break

    return unpack


def unpack_npz(archive: Path, folder: Path) -> None:
    """Write the images of a MedMNIST ``.npz`` as ``folder/{split}/{CLASS}/NNNN.png``."""
    with np.load(archive, allow_pickle=False) as arrays:
        for split in ("train", "val", "test"):
            try:
                images, targets = arrays[f"{split}_images"], arrays[f"{split}_labels"].ravel()
            except KeyError as error:
                raise DataError(f"{archive}: {error.args[0]}. Fetch it again.") from None
            for i, (pixels, target) in enumerate(zip(images, targets, strict=True)):
                place = folder / split / ("PNEUMONIA" if target else "NORMAL")
                place.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(place / f"{i:05d}.png", compress_level=1)


def _check_member_path(archive: Path, member: zipfile.ZipInfo) -> None:
    parts = re.split(r"[\\/]", member.filename)
    link = stat.S_ISLNK(member.external_attr >> 16)
    if ".." in parts or not parts[0] or ":" in parts[0] or link:
        raise DataError(
            f"{archive.name} holds {member.filename!r}, which would be written outside its folder. "
            "Nothing was unpacked; do not use this archive."
        )


def _check_space(folder: Path, source: Source) -> None:
    free = shutil.disk_usage(folder).free / 1e6
    need = 2.2 * source.size_mb  # the archive and what comes out of it, side by side
    if free < need:
        raise DataError(
            f"expected about {need:,.0f} MB of space for {source.folder} below {folder}, got "
            f"{free:,.0f} MB. Free some, or set CXR_CACHE to a folder on a larger disk."
        )


def _download(source: Source, folder: Path, progress: bool) -> Path:
    with warnings.catch_warnings():  # its progress bars would like ipywidgets; ours do not
        warnings.simplefilter("ignore")
        import pooch
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        path = pooch.retrieve(
            source.url,
            known_hash=source.known_hash,
            fname=source.archive,
            path=folder,
            downloader=ResumingDownloader(folder / f"{source.archive}.part", progress),
        )
    except ValueError as error:
        raise DataError(
            f"{source.archive}: expected another checksum, so it was removed ({error}). Fetch it "
            f"again; if that does not help, the file at {source.homepage} has changed."
        ) from None
    except requests.HTTPError as error:
        raise DataError(
            f"expected {source.archive} at {source.url}, got {error}. "
            f"Look at {source.homepage} for where it has gone."
        ) from None
    except requests.RequestException as error:
        raise DataError(
            f"{source.archive}: the download from {source.url} broke off ({error}). "
            "What has arrived is kept: run it again to go on from there."
        ) from None
    return Path(path)


class ResumingDownloader:
    """A downloader for pooch that goes on where an earlier one broke off.

    Parameters
    ----------
    part : Path
        Where the unfinished file is kept between attempts.
    progress : bool
        Show a progress bar.
    """

    def __init__(self, part: Path, progress: bool = True):
        self.part = part
        self.progress = progress

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        """Download ``url`` and move it to ``output_file`` once all of it has arrived."""
        have = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                if answer.headers.get("Content-Range") != f"bytes */{have}":
                    self.part.unlink()
                    raise requests.ConnectionError("the file on the server has changed")
                total: int | None = have
            else:
                answer.raise_for_status()
                resumed = answer.status_code == requests.codes.partial_content
                have = have if resumed else 0
                length = answer.headers.get("Content-Length")
                total = have + int(length) if length else None
                self._receive(answer, have, total)
        arrived = self.part.stat().st_size
        if total is not None and arrived != total:
            raise requests.ConnectionError(f"{arrived:,} of {total:,} bytes arrived")
        shutil.move(self.part, output_file)

    def _receive(self, answer: requests.Response, have: int, total: int | None) -> None:
        bar = tqdm(
            total=total, initial=have, unit="B", unit_scale=True, disable=not self.progress,
            desc=self.part.name.removesuffix(".part"),
        )  # fmt: skip
        with bar, self.part.open("ab" if have else "wb") as out:
            for chunk in answer.iter_content(CHUNK):
                out.write(chunk)
                bar.update(len(chunk))
