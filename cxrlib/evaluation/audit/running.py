"""Running all checks on a case table."""

from __future__ import annotations

import time
import warnings

import pandas as pd
from threadpoolctl import threadpool_limits

from cxrlib import data
from cxrlib.evaluation.audit import duplicates, probes, tables
from cxrlib.evaluation.audit.findings import Finding, Report

CHECKS = (
    "counts",
    "files",
    "odd pictures",
    "duplicates",
    "patients",
    "folder shift",
    "shortcuts",
    "sizes",
    "brightness",
)


def audit(cases: pd.DataFrame, *, seed: int = 0) -> Report:
    """Look for what would make a good result on this set worthless.

    Every file is read once, at 64 pixels.

    Parameters
    ----------
    cases : DataFrame
        A case table.
    seed : int
        Of folds and samples.

    Returns
    -------
    Report
        One finding for each of :data:`CHECKS`.

    Raises
    ------
    DataError
        If no picture can be read.
    """
    started = time.perf_counter()
    with warnings.catch_warnings():  # what could not be read stands in the report
        warnings.filterwarnings("ignore", message=".*could not be read and are left out")
        pictures = data.read_pictures(cases, probes.SIDE, "squash")
    rows, thumbnails = pictures.cases, pictures.images[:, :, :, 0]
    found = [
        tables.counts(cases),
        tables.broken(cases, pictures.problems),
        tables.odd_pictures(rows, thumbnails),
        duplicates.check(rows, thumbnails),
        tables.patients(cases),
    ]
    with threadpool_limits(1):  # many small matrices: more threads would only wait for each other
        found += [
            _guarded("folder shift", probes.folder_shift, rows, thumbnails, seed),
            _guarded("shortcuts", probes.shortcuts, rows, thumbnails, seed),
        ]
    found += [tables.sizes(rows), probes.brightness(rows, thumbnails)]
    seconds = time.perf_counter() - started
    return Report(str(cases.attrs.get("name", "data")), len(cases), tuple(found), seconds)


def _guarded(name, check, cases, thumbnails, seed) -> Finding:
    """Say that a probe could not be trained rather than stop the whole audit."""
    try:
        return check(cases, thumbnails, seed=seed)
    except ValueError as error:
        return Finding(name, "not checked", str(error))
