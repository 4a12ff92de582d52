"""What a record says of its data and of the machine."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PureWindowsPath

import pandas as pd

from cxrlib.data import DataError, cases as tables

PACKAGES = ("cxrlib", "keras", "numpy", "pandas", "pillow", "scikit-learn", "scipy", "tensorflow")
USUAL = ("train", "val", "test")


def describe_data(cases: pd.DataFrame) -> dict:
    """Describe the pictures of a run: the record's field ``data``.

    Parameters
    ----------
    cases : DataFrame
        The case table with every picture that the runs used, each with its split.

    Returns
    -------
    dict
        ``name``, ``source``, ``counts`` (split → class → pictures), ``fingerprint`` (sha256 over
        the sorted lines "split, class, file name"; the same on every machine), ``patients``
        (split → patients, None where not every picture's patient is known).

    Raises
    ------
    DataError
        If a picture has no split or label, or the table does not know its name and source.
    """
    tables.check_columns(cases, needed=["path", "label", "patient_id", "split", "source"])
    tables.labels(cases)  # each picture has one
    lost = [name for name in ("name", "source") if not cases.attrs.get(name)]
    if lost:
        raise DataError(
            f"expected a table that knows its name and source, got one without "
            f"{' and '.join(lost)}. Describe the table of data.load."
        )
    bare = cases["split"].isna()
    if bare.any():
        raise DataError(
            f"expected a split for every picture, got {bare.sum():,} of {len(cases):,} without "
            f"(first: {cases.loc[bare, 'path'].iloc[0]}). Leave out what the runs did not use, "
            'and name the rest: cases.assign(split="test").'
        )
    drawn = cases["source"].astype(str).str.startswith("phantom").any()
    order = sorted(set(cases["split"]), key=lambda s: (USUAL.index(s) if s in USUAL else 3, s))
    parts = {split: cases[cases["split"] == split] for split in order}
    return {
        "name": str(cases.attrs["name"]),
        "source": "phantoms" if drawn else str(cases.attrs["source"]),
        "counts": {
            split: {name: int((part["label"] == name).sum()) for name in tables.classes(cases)}
            for split, part in parts.items()
        },
        "fingerprint": _fingerprint(cases),
        "patients": {
            split: None if (who := part["patient_id"]).isna().any() else int(who.nunique())
            for split, part in parts.items()
        },
    }


def _fingerprint(cases: pd.DataFrame) -> str:
    names = (PureWindowsPath(path).name for path in cases["path"])  # knows both kinds of slash
    rows = zip(cases["split"], cases["label"], names, strict=True)
    return hashlib.sha256("\n".join(sorted("\t".join(row) for row in rows)).encode()).hexdigest()


def environment() -> dict:
    """Describe packages and machine: the record's ``versions``, ``device``, ``peak_memory_mb``."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    usable = getattr(os, "sched_getaffinity", None)  # not on every system
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    device = {"cpu_count": cores, "processor": _processor(), "accelerator": None}
    return {"versions": versions, "device": device, "peak_memory_mb": _peak_memory_mb()}


def _processor(table: Path = Path("/proc/cpuinfo")) -> str | None:
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, names), platform.processor()) or None


def _peak_memory_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
