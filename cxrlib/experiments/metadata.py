"""What goes into a record, and a run's history out of it again."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxrlib.data import DataError
from cxrlib.data import cases as tables
from cxrlib.experiments.record import Record
from cxrlib.experiments.refusals import RecordError

if TYPE_CHECKING:
    from cxrlib.evaluation.intervals import Interval

PACKAGES = ("cxrlib", "keras", "numpy", "pandas", "pillow", "scikit-learn", "scipy", "tensorflow")


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
    classes = tables.classes(cases)
    tables.labels(cases)  # each picture has one
    lost = [name for name in ("name", "source") if not cases.attrs.get(name)]
    if lost:
        raise DataError(
            f"expected a table that knows its name and source, got one without "
            f"{' and '.join(lost)}. Describe the table of data.load or data.combine."
        )
    bare = cases["split"].isna()
    if bare.any():
        raise DataError(
            f"expected a split for every picture, got {bare.sum():,} of {len(cases):,} without "
            f"(first: {cases.loc[bare, 'path'].iloc[0]}). Leave out what the runs did not use, "
            'and name the rest: cases.assign(split="test").'
        )
    drawn = cases["source"].astype(str).str.startswith("phantom").any()
    splits = sorted(set(cases["split"]), key=_split_order)
    parts = {split: cases[cases["split"] == split] for split in splits}
    return {
        "name": str(cases.attrs["name"]),
        "source": "phantoms" if drawn else str(cases.attrs["source"]),
        "counts": {s: {c: int((p["label"] == c).sum()) for c in classes} for s, p in parts.items()},
        "fingerprint": _fingerprint(cases),
        "patients": {s: _patients(part) for s, part in parts.items()},
    }


def _split_order(split: str) -> tuple:
    usual = ("train", "val", "test")
    return (usual.index(split) if split in usual else len(usual), split)


def _patients(part: pd.DataFrame) -> int | None:
    return None if part["patient_id"].isna().any() else int(part["patient_id"].nunique())


def _fingerprint(cases: pd.DataFrame) -> str:
    names = (PureWindowsPath(path).name for path in cases["path"])  # knows both kinds of slash
    rows = zip(cases["split"], cases["label"], names, strict=True)
    return hashlib.sha256("\n".join(sorted("\t".join(row) for row in rows)).encode()).hexdigest()


def picture_names(cases: pd.DataFrame) -> list[str]:
    """Name pictures alike on every machine: the last folder and the file, ``NORMAL/1.jpeg``."""
    return ["/".join(PureWindowsPath(path).parts[-2:]) for path in cases["path"]]


def score_columns(cases: pd.DataFrame, y_score: np.ndarray) -> dict:
    """Keep what a model said of each picture: a run's field ``scores``.

    Parameters
    ----------
    cases : DataFrame
        The test pictures.
    y_score : array, shape (N,), (N, 1) or (N, K)
        One score a picture for two classes, or one a class, in the order of ``cases``.

    Returns
    -------
    dict
        ``path`` (:func:`picture_names`), ``y`` (class number), ``score``: lists of length N.

    Raises
    ------
    RecordError
        If the shape does not fit the table.
    """
    score, k = np.asarray(y_score, dtype=float), len(tables.classes(cases))
    shapes = [(len(cases), k)] + ([(len(cases),), (len(cases), 1)] if k == 2 else [])
    if score.shape not in shapes:
        raise RecordError(
            f"expected scores of shape {' or '.join(map(str, shapes))}, got {score.shape}. "
            "Score the very same rows, in their order."
        )
    tables.labels(cases)
    codes = cases["label"].cat.codes.tolist()
    score = score[:, 0] if score.shape[1:] == (1,) else score
    return {"path": picture_names(cases), "y": codes, "score": score.tolist()}


def environment(accelerator: str | None = None) -> dict:
    """Describe packages and machine: the record's fields ``versions`` and ``device``.

    Parameters
    ----------
    accelerator : str, optional
        Name of the GPU or TPU that the runs used.
    """
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    usable = getattr(os, "sched_getaffinity", None)  # not on every system
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    device = {"cpu_count": cores, "processor": _processor(), "accelerator": accelerator}
    return {"versions": versions, "device": device}


def _processor(table: Path = Path("/proc/cpuinfo")) -> str | None:
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, names), platform.processor()) or None


def summarise(intervals: Mapping[str, Interval], how: str | Mapping[str, str]) -> dict:
    """Turn intervals into the record's field ``summary``.

    Parameters
    ----------
    intervals : mapping
        Metric → ``(value, low, high)``; the first is the headline.
    how : str or mapping
        How the intervals were made, such as ``"95 %, patients of the test set drawn again"``;
        one text for all, or metric → text.
    """
    if not isinstance(how, str) and set(how) != set(intervals):
        raise RecordError(
            f"`how`: expected one text, or one for each of {', '.join(intervals)}, "
            f"got {', '.join(how) or 'none'}. Say of every interval how it was made."
        )
    texts = dict.fromkeys(intervals, how) if isinstance(how, str) else how
    return {
        name: {"mean": float(value), "low": float(low), "high": float(high), "how": texts[name]}
        for name, (value, low, high) in intervals.items()
    }


def history_frame(record: Record, run: int = 0) -> pd.DataFrame:
    """Return a run's history as a table: a row an epoch, counted from 1.

    Parameters
    ----------
    record : Record
        A record.
    run : int
        Its position among the record's runs, from 0.
    """
    if not 0 <= run < len(record.runs):
        raise RecordError(
            f"expected `run` from 0 to {len(record.runs) - 1} for {record.id}, got {run}. "
            f"Its seeds: {', '.join(str(r['seed']) for r in record.runs)}."
        )
    table = pd.DataFrame(record.runs[run]["history"], dtype=float)
    return table.set_axis(pd.RangeIndex(1, len(table) + 1, name="epoch"))
