"""Running all checks on a case table."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial

import pandas as pd
from threadpoolctl import threadpool_limits

from cxrlib import data
from cxrlib.evaluation.audit import duplicates, probes, tables
from cxrlib.evaluation.audit.findings import Finding, Report

CHECKS = (
    "counts",
    "files",
    "two labels",
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
    problems = (*cases.attrs.get("problems", ()), *pictures.problems)
    checks = (
        partial(tables.counts, cases),
        partial(tables.broken, problems),
        partial(duplicates.contradictions, problems),
        partial(tables.odd_pictures, rows, thumbnails),
        partial(duplicates.check, rows, thumbnails, problems),
        partial(tables.patients, cases),
        partial(probes.folder_shift, rows, thumbnails, seed=seed),
        partial(probes.shortcuts, rows, thumbnails, seed=seed),
        partial(tables.sizes, rows),
        partial(probes.brightness, rows, thumbnails),
    )
    with threadpool_limits(1):  # many small matrices: more threads would only wait for each other
        found = [_guarded(name, check) for name, check in zip(CHECKS, checks, strict=True)]
    seconds = time.perf_counter() - started
    return Report(str(cases.attrs.get("name", "data")), len(cases), tuple(found), seconds)


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    """Say that a check could not be made rather than stop the whole audit."""
    try:
        return check()
    except ValueError as error:
        return Finding(name, "not checked", str(error))
    except Exception as error:  # a fault in one check shall not take the others' answers along
        says = f"the check itself broke: {type(error).__name__}: {error}"
        return Finding(name, "not checked", says, "Please tell us what the data look like.")
