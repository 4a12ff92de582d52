"""``load``: a name in, a case table out, from the first place that has the images."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import os
import shutil
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from cxrlib import phantoms
from cxrlib.data import copies, readers, registry
from cxrlib.data.cases import DataError, did_you_mean
from cxrlib.data.download import cache_folder, fetch_source, unpack_npz, unzip
from cxrlib.data.registry import DatasetInfo
from cxrlib.data.validation import build_table, check_complete

LOCATIONS = ("auto", "folder", "cache", "download", "phantoms")
GENERATOR_PACKAGES = ("numpy", "scipy", "pillow")
STALE_AFTER = 7 * 24 * 3600  # seconds


def load(
    name: str | os.PathLike,
    source: str = "auto",
    *,
    patient: str | None = None,
    quiet: bool = False,
) -> pd.DataFrame:
    """Load a data set as a case table.

    Parameters
    ----------
    name : str or path
        A name of the registry (``"pneumonia"``, ``"covid"``, ``"covid-collection"``,
        ``"adults"``, ``"pneumoniamnist-64"``, …), or a folder with one sub-folder a class.
    source : {"auto", "folder", "cache", "download", "phantoms"}
        Where the images come from. ``"folder"`` is the one that the environment variable
        ``CXR_DATA`` names. ``"auto"`` takes the first that is there: folder, cache, in Colab a
        download, and last phantoms drawn by :mod:`cxrlib.phantoms`. If that download fails,
        the note says why.
    patient : str, optional
        For a folder of your own: regular expression that finds the patient in a file name.
    quiet : bool
        Do not show the note that says which source was used.

    Returns
    -------
    DataFrame
        The case table (:mod:`cxrlib.data.cases`). ``attrs`` hold ``name``, ``root``, ``source``,
        ``problems``, ``copies`` (shown by ``data.provenance``), and ``download_error``: why a
        download failed, or nothing.

    Raises
    ------
    DataError
        If the name or source is unknown, the source does not have the data, or they cannot be
        read. Single broken images are no error: they are listed in ``data.problems(cases)``.
    """
    if source not in LOCATIONS:
        raise DataError(
            f"expected `source` as one of {', '.join(LOCATIONS)}, got {source!r}."
            f"{did_you_mean(str(source), LOCATIONS)} Leave it out for the first that is there."
        )
    if not isinstance(name, str | os.PathLike) or not str(name):
        raise DataError(
            f"expected `name` as the name of a data set or a folder, got {name!r}. "
            f"Known: {', '.join(registry.DATASETS)}."
        )
    dataset = None if _is_folder(name) else registry.get(str(name))
    if dataset and patient is not None:
        raise DataError(
            f"expected `patient` with a folder of your own only, got it with {name!r}, which knows "
            "its patients. Leave it out."
        )
    place, folders, failure = _locate(str(name), dataset, source)
    rows, problems, class_names = readers.read(folders, dataset, patient)
    if any(is_phantom_folder(folder) for folder in folders):
        place = "phantoms"
        rows = [_as_phantom(row) for row in rows]
    cases = build_table(rows, problems, class_names, str(name))
    published = [registry.SOURCES[key] for key in dataset.sources] if dataset else []
    known = copies.describe(cases, published)
    root = folders[0].parent if dataset else folders[0]
    cases.attrs.update(root=str(root), source=place, download_error=failure, copies=known)
    if not quiet:
        copies.show_note(cases)
    return cases


def fetch(name: str, *, progress: bool = True) -> list[Path]:
    """Download a data set's collections into the cache, unless they are there already.

    Returns
    -------
    list of Path
        One folder a collection.
    """
    folders = []
    for key in registry.get(name).sources:
        source = registry.SOURCES[key]
        zipped = source.archive.endswith(".zip")
        unpack = unzip(source.members) if zipped else unpack_npz
        folders.append(fetch_source(source, unpack, progress=progress))
    return folders


def verify(name: str) -> list[Path]:
    """Check that the copy which ``load`` would use is complete.

    Returns
    -------
    list of Path
        The folders that were found complete.

    Raises
    ------
    DataError
        Saying what is missing where.
    """
    dataset = registry.get(name)
    for root in ROOTS.values():
        if folders := _folders(root(), dataset):
            for folder, key in zip(folders, dataset.sources, strict=True):
                check_complete(folder, registry.SOURCES[key])
            return folders
    raise DataError(
        f"expected {name} on this machine, got none. Get it with: cxr data fetch {name}"
    )


def _is_folder(name: str | os.PathLike) -> bool:
    if isinstance(name, os.PathLike) or os.sep in name:
        return True
    return name not in registry.DATASETS and Path(name).is_dir()


def is_phantom_folder(folder: Path) -> bool:
    """Say whether a folder, or the one around it, was written by :mod:`cxrlib.phantoms`."""
    return any(
        (place / phantoms.MANIFEST).is_file() for place in (folder, *folder.absolute().parents)
    )


def _as_phantom(row: dict) -> dict:
    """Mark a drawn image as such: put beside real tables, its patients stay its own."""
    who = row["patient_id"]
    who = who if pd.isna(who) else f"phantom-{who}"
    return row | {"source": f"phantom-{row['source']}", "patient_id": who}


def data_folder() -> Path | None:
    """Return the folder that ``CXR_DATA`` names, or None where it is not set.

    Raises
    ------
    DataError
        If it is set, but there is no such folder.
    """
    if not (named := os.environ.get("CXR_DATA", "").strip()):
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"expected CXR_DATA to name a folder, got {named}, which is none. Correct it, or unset "
            "it to use the cache or phantoms."
        )
    return folder


def _folders(root: Path | None, dataset: DatasetInfo) -> list[Path] | None:
    if root is None:
        return None
    folders = [root / registry.SOURCES[key].folder for key in dataset.sources]
    return folders if all(folder.is_dir() for folder in folders) else None


ROOTS: dict[str, Callable[[], Path | None]] = {"folder": data_folder, "cache": cache_folder}


def _locate(name: str, dataset: DatasetInfo | None, source: str) -> tuple[str, list[Path], str]:
    """Return a set's source, its folders, and why a download was of no use."""
    if dataset is None:
        if source not in ("auto", "folder"):
            raise DataError(
                f"expected no `source` with the folder {name}, got {source!r}. Leave it out."
            )
        if not Path(name).is_dir():
            raise DataError(
                f"expected a folder with one sub-folder a class, got {name}, which is not there. "
                "Correct the path."
            )
        return "folder", [Path(name)], ""
    for place, root in ROOTS.items():
        if source in ("auto", place) and (folders := _folders(root(), dataset)):
            return place, folders, ""
    if source == "folder":
        wanted = ", ".join(registry.SOURCES[key].folder for key in dataset.sources)
        named = data_folder() or "nothing"
        raise DataError(
            f"expected CXR_DATA to name a folder with {wanted}, got {named}. Set it, or leave "
            "`source` out."
        )
    if source == "cache":
        raise DataError(
            f"expected {name} in the cache, got none. Get it with: cxr data fetch {name}"
        )
    failure = ""
    if source == "download" or (source == "auto" and _in_colab()):
        try:
            return "download", fetch(name), ""
        except DataError as error:
            if source == "download":
                raise
            failure = str(error)
    return "phantoms", _phantoms(name, dataset), failure


def _in_colab() -> bool:
    try:
        return importlib.util.find_spec("google.colab") is not None
    except ModuleNotFoundError:
        return False


def _phantoms(name: str, dataset: DatasetInfo) -> list[Path]:
    """Draw the set once; what draws it stands in the folder's name and keeps it current."""
    drawn_by = _generator_hash(Path(phantoms.__file__).parent)
    root = cache_folder() / "phantoms" / f"{dataset.phantom_set or name}-{drawn_by}"
    if not root.is_dir():
        _remove_stale(root.parent)
        try:
            phantoms.write(root, dataset.phantom_set or dataset.reader, **dataset.phantom_options)
        except OSError as error:
            if not root.is_dir():  # else another process drew the same set in the meantime
                text = error.strerror or str(error)
                raise DataError(f"{text} Or set CXR_CACHE to another folder.") from error
    return [root / registry.SOURCES[key].folder for key in dataset.sources]


@functools.cache
def _generator_hash(folder: Path) -> str:
    """Return 12 letters for a folder's code, comments aside, and the packages it draws with."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    parts = [f"{name} {version(name)}" for name in GENERATOR_PACKAGES]
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, documented) and ast.get_docstring(node) is not None:
                del node.body[0]
        parts.append(ast.dump(tree))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _remove_stale(folder: Path) -> None:
    """Remove what other versions or killed runs left, once nobody can be using it any more."""
    for old in folder.glob("*") if folder.is_dir() else ():
        if time.time() - old.stat().st_mtime > STALE_AFTER:
            shutil.rmtree(old, ignore_errors=True)
