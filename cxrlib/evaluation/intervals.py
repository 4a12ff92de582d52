"""How sure is a number? Intervals for shares, and for metrics by resampling patients."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from cxrlib.evaluation import metrics

CHUNK = 250  # resamples held in memory at once


class Interval(NamedTuple):
    """A number with its interval. ``f"{interval:.2f}"`` gives ``0.91 (0.88 to 0.93)``."""

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        spec = spec or ".3g"
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's interval for a share such as "93 of 100 found".

    Raises
    ------
    ValueError
        If the counts are not whole numbers, ``n`` is below 1, ``successes`` is not between 0 and
        ``n``, or ``level`` is not between 0 and 1.
    """
    whole = all(float(count).is_integer() for count in (successes, n))
    if not whole or n < 1 or not 0 <= successes <= n:
        raise ValueError(
            "expected whole numbers with 0 ≤ successes ≤ n and n ≥ 1, got "
            f"successes={successes}, n={n}. Count the cases, do not pass the share itself."
        )
    _check_level(level)
    found = stats.binomtest(int(successes), int(n)).proportion_ci(level, method="wilson")
    return Interval(successes / n, float(found.low), float(found.high))


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        hint = f" Write {level / 100:g} for {level:g} %." if 1 < level < 100 else ""
        raise ValueError(f"expected a level between 0 and 1, such as 0.95, got {level}.{hint}")


def patient_bootstrap(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patients: ArrayLike,
    metric: Callable[[np.ndarray, np.ndarray], float] = metrics.roc_auc,
    *,
    n: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Percentile interval of a metric when whole patients are drawn again, class by class.

    Pictures of one patient resemble each other, so they come and go together; drawing single
    pictures would give an interval that is too narrow.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and scores.
    patients : array, shape (N,)
        Patient of each picture.
    metric : callable
        ``metric(y_true, y_score) -> float``. Those of :mod:`cxrlib.evaluation.metrics` at their
        default threshold are computed for all resamples at once; any other is called ``n`` times.
    n, seed, level
        Resamples, seed, and coverage.

    Returns
    -------
    Interval
        The metric on the pictures as they are, and the interval's ends.

    Raises
    ------
    ValueError
        If a class has too few patients to draw from, the metric gives no finite number, or an
        argument is out of its range.
    """
    _check_level(level)
    if n < 1 or n != int(n):
        raise ValueError(f"expected a whole number of resamples, at least 1, got n={n}.")
    y, score = metrics.check_scores(y_true, y_score)
    groups, strata = _group(y, patients)
    _check_enough(strata, _NEEDS.get(metric, (0, 1)))
    value = float(metric(y, score))
    quick = _QUICK.get(metric)
    rng = np.random.default_rng(seed)
    results = []
    for start in range(0, n, CHUNK):
        counts = _draw(strata, min(CHUNK, n - start), rng)[:, groups]
        if quick:
            results.append(quick(counts, y, score))
        else:
            rows = (np.repeat(np.arange(len(y)), c) for c in counts)
            results.append([metric(y[r], score[r]) for r in rows])
    tail = 100 * (1 - level) / 2
    resampled = np.concatenate(results)
    bad = int((~np.isfinite(resampled)).sum())
    if bad or not np.isfinite(value):
        raise ValueError(
            f"expected a finite number from the metric, got {value:g} for the pictures as they are "
            f"and {bad:,} of {n:,} resamples without one. Use more patients, or a metric that is "
            "defined whenever both classes are there."
        )
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Interval(value, float(low), float(high))


def _group(y: np.ndarray, patients: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Give each picture the number of its patient, and each patient a stratum."""
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
    # A patient with pictures of both classes belongs to a stratum of its own.
    lowest, highest = np.ones(len(names), int), np.zeros(len(names), int)
    np.minimum.at(lowest, groups, y)
    np.maximum.at(highest, groups, y)
    return groups, lowest + highest


def _check_enough(strata: np.ndarray, classes: tuple[int, ...]) -> None:
    """Refuse a class whose patients would be the same in every resample."""
    sizes = np.bincount(strata, minlength=3)  # patients of class 0 alone, of both, of 1 alone
    for label in classes:
        own, both = int(sizes[2 * label]), int(sizes[1])
        if own + both and max(own, both) < 2:
            raise ValueError(
                f"expected at least 2 patients of class {label} to draw from, got {own}"
                f"{f' and {both} with pictures of both classes' if both else ''}: every resample "
                "would be the same, and the interval too narrow. Use more patients; for a share, "
                "evaluation.wilson works with any count of patients."
            )


def _draw(strata: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each patient was drawn in each of ``n`` resamples: shape (n, patients)."""
    counts = np.zeros((n, len(strata)), np.int64)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        share = np.full(len(members), 1 / len(members))
        counts[:, members] = rng.multinomial(len(members), share, size=n)
    return counts


def _auc(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Weighted AUC of each row of counts: pairs in the right order, ties by half."""
    order = np.argsort(score, kind="stable")
    _, tie = np.unique(score[order], return_inverse=True)
    sick, healthy = counts[:, order] * y[order], counts[:, order] * (1 - y[order])
    starts = np.flatnonzero(np.diff(tie, prepend=-1))
    sick, healthy = (np.add.reduceat(c, starts, axis=1) for c in (sick, healthy))
    below = np.cumsum(healthy, axis=1) - healthy / 2
    return (sick * below).sum(axis=1) / (sick.sum(axis=1) * healthy.sum(axis=1))


def _share(of: Callable[[np.ndarray], np.ndarray]) -> Callable:
    """Make a weighted share of right answers among the pictures that ``of(y)`` picks."""

    def share(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
        chosen = of(y)
        right = (score >= 0.5) == (y == 1)
        return counts @ (right & chosen) / (counts @ chosen.astype(int))

    return share


def _precision(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
    called = score >= 0.5
    return counts @ (called & (y == 1)) / np.maximum(counts @ called.astype(int), 1)


def _balanced(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
    shares = (_QUICK[metric](counts, y, score) for metric in _HALVES)
    return sum(shares) / 2


_HALVES = (metrics.sensitivity, metrics.specificity)
_QUICK: dict[Hashable, Callable] = {
    metrics.roc_auc: _auc,
    metrics.accuracy: _share(lambda y: y >= 0),
    metrics.sensitivity: _share(lambda y: y == 1),
    metrics.specificity: _share(lambda y: y == 0),
    metrics.balanced_accuracy: _balanced,
    metrics.precision: _precision,
}
# Classes that a metric looks at; any other metric is taken to look at both.
_NEEDS: dict[Hashable, tuple[int, ...]] = {metrics.sensitivity: (1,), metrics.specificity: (0,)}
