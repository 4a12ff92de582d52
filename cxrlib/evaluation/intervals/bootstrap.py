"""Patients drawn again: the interval of any metric, and of the difference of two models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_either
from cxrlib.evaluation.intervals.drawing import (
    check_enough,
    draw,
    effective_patients,
    group,
    leave_out,
)
from cxrlib.evaluation.intervals.ends import acceleration, bca_interval
from cxrlib.evaluation.intervals.shares import Interval, check_level
from cxrlib.evaluation.intervals.weighted import needs, on_counts

CHUNK = 250  # resamples held in memory at once

Metric = Callable[[np.ndarray, np.ndarray], float]


def patient_bootstrap(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patients: ArrayLike,
    metric: Metric = metrics.roc_auc,
    *,
    n: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Interval of a metric when whole patients are drawn again, class by class.

    Pictures of one patient resemble each other, so they come and go together; drawing single
    pictures would give an interval that is too narrow. The ends are quantiles of the resamples,
    corrected for bias and skewness and a little further out where there are few patients: see
    :func:`.ends.bca_interval`.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and scores; or for K classes as in
        :func:`cxrlib.evaluation.checks.check_many`, with a metric from there.
    patients : array, shape (N,)
        Patient of each picture.
    metric : callable
        ``metric(y_true, y_score) -> float``. Those of :mod:`cxrlib.evaluation.metrics`, also with
        another threshold as ``functools.partial(metrics.sensitivity, threshold=0.3)``, and of
        :mod:`cxrlib.evaluation.many_classes` are computed for all resamples at once; any other is
        called ``n`` times, and once without each patient.
    n, seed, level
        Resamples, seed, and coverage.

    Returns
    -------
    Interval
        The metric on the pictures as they are, and the interval's ends. Where every resample gives
        the same number, as with scores in perfect order, the interval has no width: that says
        "too few errors to resample", not "certain". With only a few errors among few patients
        it still lies too high more often than too low: benchmarks/coverage.py counts how often.

    Raises
    ------
    ValueError
        If a class has too few patients to draw from, the metric gives no finite number, or an
        argument is out of its range.
    """
    y, score = check_either(y_true, y_score)
    value = float(metric(y, score))
    by_counts, classes = on_counts(metric, y, score), needs(metric, _classes(score))
    found = resampled(y, patients, by_counts, classes, n=n, seed=seed, level=level)
    return bca_interval(value, *found, level)


def paired_difference(
    y_true: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    patients: ArrayLike,
    metric: Metric = metrics.roc_auc,
    *,
    n: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Interval of ``metric`` of model A minus that of model B, on the very same pictures.

    Both models are judged on the same drawn patients each time. What is hard for both then cancels,
    and the interval is narrower than two separate ones would suggest.

    Parameters
    ----------
    y_true : array, shape (N,) or (N, 1)
    score_a, score_b : array, shape (N,) or (N, 1)
        Scores of the two models for the same pictures in the same order; also for K classes, as in
        :func:`patient_bootstrap`. To compare at a threshold of each model's own, pass its calls:
        ``threshold_a.apply(score_a)``.
    patients, metric, n, seed, level
        As in :func:`patient_bootstrap`.

    Returns
    -------
    Interval
        Above 0, A is better. An interval that holds 0 does not show that the models are equal.

    Raises
    ------
    ValueError
        As in :func:`patient_bootstrap`.
    """
    y, a = check_either(y_true, score_a)
    _, b = check_either(y_true, score_b)
    if a.shape != b.shape:
        raise ValueError(
            f"expected scores of two models for the same classes, got shapes {a.shape} and "
            f"{b.shape}. Compare one class with the rest: one_against_rest."
        )
    value = float(metric(y, a)) - float(metric(y, b))
    of_a, of_b = (on_counts(metric, y, score) for score in (a, b))
    found = resampled(
        y, patients, lambda counts: of_a(counts) - of_b(counts), needs(metric, _classes(a)),
        n=n, seed=seed, level=level,
    )  # fmt: skip
    return bca_interval(value, *found, level)


def resampled(
    y: np.ndarray,
    patients: ArrayLike,
    statistic: Callable[[np.ndarray], np.ndarray],
    classes: tuple[int, ...],
    *,
    n: int,
    seed: int,
    level: float,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Compute a statistic for ``n`` draws of the patients, and without each of them.

    Parameters
    ----------
    y : array of int, shape (N,)
    patients : array, shape (N,)
    statistic : callable
        Takes counts of shape (resamples, N), how often each picture was drawn, and returns one
        number, or a row of numbers, for each resample.
    classes : tuple of int
        Classes the statistic looks at: each needs two patients or more.
    n, seed, level
        As in :func:`patient_bootstrap`; the level is only checked.

    Returns
    -------
    drawn : ndarray, shape (n,) or (n, K)
    skew : ndarray, shape () or (K,)
        How skewed the statistic's error is: :func:`.ends.acceleration`.
    worth : float
        How many patients the statistic rests on: :func:`.drawing.effective_patients`.
    """
    check_resamples(n, level)
    groups, strata = group(y, patients)
    check_enough(y, groups, strata, classes)
    rng = np.random.default_rng(seed)
    sizes = [min(CHUNK, int(n) - start) for start in range(0, int(n), CHUNK)]
    drawn = [statistic(draw(strata, size, rng)[:, groups]) for size in sizes]
    skew = acceleration(_left_out(statistic, groups, len(strata)), strata)
    return np.concatenate(drawn), skew, effective_patients(y, groups, classes)


def _classes(score: np.ndarray) -> int:
    return score.shape[1] if score.ndim == 2 else 2


def _left_out(
    statistic: Callable[[np.ndarray], np.ndarray], groups: np.ndarray, patients: int
) -> np.ndarray:
    """Compute a statistic without each patient; NaN where a metric refuses what is left."""
    starts = range(0, patients, CHUNK)
    without = (leave_out(groups, start, min(start + CHUNK, patients)) for start in starts)
    try:
        return np.concatenate([statistic(counts) for counts in without])
    except (ValueError, ArithmeticError):  # each resample went well, so this is no broken metric
        return np.full(patients, np.nan)


def check_resamples(n: int, level: float) -> None:
    """Refuse a number of resamples or a coverage out of its range."""
    check_level(level)
    if n < 1 or n != int(n):
        raise ValueError(f"expected a whole number of resamples, at least 1, got n={n}.")
