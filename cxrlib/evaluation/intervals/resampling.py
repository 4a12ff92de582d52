"""Drawing patients again, class by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def group(y: np.ndarray, patients: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Give each picture the number of its patient, and each patient a stratum.

    Returns
    -------
    groups : ndarray of int, shape (N,)
    strata : ndarray of int, shape (patients,)
        Patients with pictures of the same classes share a stratum. Numbered from 0; of two
        classes, patients with healthy pictures only come first, then those with both. A patient
        whose classes nobody else has would be in each resample exactly once, as if this patient
        could not have been another: such a patient joins the stratum whose classes are most alike.
    """
    table = pd.DataFrame({"patient": np.asarray(patients, dtype=object).reshape(-1)})
    if len(table) != len(y):
        raise ValueError(
            f"expected a patient for each of {len(y):,} pictures, got {len(table):,}. "
            "Pass cases.patient_id of the very same rows."
        )
    missing = int(table["patient"].isna().sum())
    if missing:
        raise ValueError(
            f"expected a patient for every picture, got {missing:,} without. "
            "Leave those pictures out, or say that each is a patient of its own."
        )
    groups, names = pd.factorize(table["patient"])
    has = np.zeros((len(names), int(y.max()) + 1), bool)
    has[groups, y] = True
    has[:, 0] = ~has[:, 0]  # in this order two classes are always drawn as healthy, both, sick
    kinds, strata = np.unique(has, axis=0, return_inverse=True)
    kinds[:, 0] = ~kinds[:, 0]
    return groups, _pooled(kinds, strata.reshape(-1))


def _pooled(kinds: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Let patients who are alone in a stratum join the nearest one of several, if any is near.

    Near is a stratum with a class in common, nearest that in which fewest classes differ, and among
    several of these the largest.
    """
    sizes = np.bincount(strata)
    apart = (kinds[:, None] != kinds).sum(axis=2) - sizes / (sizes.sum() + 1)
    apart[(kinds[:, None] & kinds).sum(axis=2) == 0] = np.inf
    apart[:, sizes < 2] = np.inf
    joins = np.arange(len(sizes))
    alone = (sizes == 1) & np.isfinite(apart).any(axis=1)
    joins[alone] = apart[alone].argmin(axis=1)
    return np.unique(joins[strata], return_inverse=True)[1].reshape(-1)


def check_enough(
    y: np.ndarray, groups: np.ndarray, strata: np.ndarray, classes: tuple[int, ...]
) -> None:
    """Refuse a class that could be missing from a resample, or be the same in every one."""
    sizes = np.bincount(strata)
    for label in classes:
        members = np.unique(groups[y == label])
        have = np.bincount(strata[members], minlength=len(sizes))
        if len(members) and not ((have == sizes) & (sizes > 1)).any():
            both = len(np.intersect1d(members, groups[y != label]))
            own = len(members) - both
            raise ValueError(
                f"expected at least 2 patients of class {label} to draw from, got {own}"
                f"{f' and {both} with pictures of both it and another' if both else ''}: every "
                "resample would be the same, and the interval too narrow. Use more patients; for a "
                "share, evaluation.wilson works with any count of patients."
            )


def effective_patients(y: np.ndarray, groups: np.ndarray, classes: tuple[int, ...]) -> float:
    """How many patients with equally many pictures the smallest class is worth.

    The classes are drawn apart, so the one with the fewest patients limits how well the resamples'
    spread is known; and where few patients own most of the pictures, it rests on those few: Kish's
    (Σm)² / Σm² for patients with m pictures.

    Returns
    -------
    float
        At least 1; the number of patients if all have as many pictures. A class without pictures
        is left out.
    """
    pictures = [np.bincount(groups[y == label]) for label in classes if (y == label).any()]
    return min(float(m.sum() ** 2 / (m**2).sum()) for m in pictures)


def draw(strata: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each patient was drawn in each of ``n`` resamples: shape (n, patients)."""
    counts = np.zeros((n, len(strata)), np.int64)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        share = np.full(len(members), 1 / len(members))
        counts[:, members] = rng.multinomial(len(members), share, size=n)
    return counts


def leave_out(groups: np.ndarray, first: int, end: int) -> np.ndarray:
    """Count each picture once, but not those of one patient: shape (end - first, pictures)."""
    return (groups != np.arange(first, end)[:, None]).astype(np.int64)
