"""Intervals of any metric, and of the difference of two models on the same images."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_scores
from cxrlib.evaluation.intervals.limits import (
    Interval,
    bca_interval,
    check_resampling,
    wilson_interval_over_runs,
)
from cxrlib.evaluation.intervals.resampling import (
    Metric,
    effective_sample_size,
    required_classes,
    resample,
    stratify,
    vectorize,
)


def patient_bootstrap(
    y_true: ArrayLike,
    y_score: ArrayLike,
    patients: ArrayLike,
    metric: Metric = metrics.roc_auc,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Interval:
    """Interval of a metric when whole patients are drawn again, class by class.

    Images of one patient resemble each other, so they come and go together; drawing single
    images would give an interval that is too narrow. The ends are quantiles of the resamples,
    corrected for bias and skewness and a little further out where there are few patients: see
    :func:`cxrlib.evaluation.intervals.limits.bca_interval`.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and scores; or for K classes as in
        :func:`cxrlib.evaluation.checks.check_multiclass`, with a metric from there.
    patients : array, shape (N,)
        Patient of each image.
    metric : callable
        ``metric(y_true, y_score) -> float``. Those of :mod:`cxrlib.evaluation.metrics`, also with
        another threshold as ``functools.partial(metrics.sensitivity, threshold=0.3)``, and of
        :mod:`cxrlib.evaluation.multiclass` are computed for all resamples at once; any other is
        called ``n_resamples`` times, and once without each patient.
    n_resamples, seed, confidence_level
        Confidence level 0.95: the interval is to hold the truth in 95 of 100 samples.

    Returns
    -------
    Interval
        The metric on the images as they are, and the interval's ends. Where no sick image is
        missed, or each of them, drawing again finds nothing else: a sensitivity of 1 or 0, and a
        specificity likewise, gets Wilson's interval for as many patients. Where any other metric
        is the same in every resample, as the AUC of scores in perfect order is, the interval has
        no width: that says "too few errors to resample", not "certain". With only a few errors
        among few patients it still lies too high more often than too low: benchmarks/coverage.py
        counts how often.

    Raises
    ------
    ValueError
        If a class has too few patients to draw from, the metric gives no finite number, or an
        argument is out of its range.

    Examples
    --------
    Eight images of four patients:

    >>> sick, patients = [1, 1, 1, 1, 0, 0, 0, 0], ["a", "a", "b", "b", "c", "c", "d", "d"]
    >>> scores = [0.9, 0.8, 0.4, 0.3, 0.6, 0.5, 0.2, 0.1]
    >>> found = patient_bootstrap(sick, scores, patients)
    >>> f"{found.value:.2f}"
    '0.75'
    """
    y, score = check_scores(y_true, y_score)
    check_resampling(n_resamples, confidence_level)
    value, classes = float(metric(y, score)), required_classes(metric, score)
    statistic = vectorize(metric, y, score)
    parts = resample(y, patients, statistic, classes, n_resamples=n_resamples, seed=seed)
    rate = all_or_none(value, y, patients, classes, confidence_level)
    return rate or bca_interval(value, *parts, confidence_level)


def paired_difference(
    y_true: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    patients: ArrayLike,
    metric: Metric = metrics.roc_auc,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Interval:
    """Interval of ``metric`` of model A minus that of model B, on the very same images.

    Both models are judged on the same drawn patients each time. What is hard for both then cancels,
    and the interval is narrower than two separate ones would suggest.

    Parameters
    ----------
    y_true : array, shape (N,) or (N, 1)
    score_a, score_b : array, shape (N,) or (N, 1)
        Scores of the two models for the same images in the same order; also for K classes, as in
        :func:`patient_bootstrap`. To compare at a threshold of each model's own, pass its calls:
        ``threshold_a.apply(score_a)``.
    patients, metric, n_resamples, seed, confidence_level
        As in :func:`patient_bootstrap`.

    Returns
    -------
    Interval
        Above 0, A is better. An interval that holds 0 does not show that the models are equal.

    Raises
    ------
    ValueError
        As in :func:`patient_bootstrap`.

    Examples
    --------
    >>> sick, patients = [1, 1, 1, 1, 0, 0, 0, 0], ["a", "a", "b", "b", "c", "c", "d", "d"]
    >>> one = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]
    >>> other = [0.9, 0.8, 0.4, 0.3, 0.6, 0.5, 0.2, 0.1]
    >>> f"{paired_difference(sick, one, other, patients).value:+.2f}"
    '+0.25'
    """
    y, a = check_scores(y_true, score_a)
    _, b = check_scores(y_true, score_b)
    if a.shape != b.shape:
        raise ValueError(
            f"expected scores of two models for the same classes, got shapes {a.shape} and "
            f"{b.shape}. Compare one class with the rest: one_vs_rest."
        )
    check_resampling(n_resamples, confidence_level)
    value, classes = float(metric(y, a)) - float(metric(y, b)), required_classes(metric, a)
    of_a, of_b = (vectorize(metric, y, score) for score in (a, b))
    parts = resample(
        y, patients, lambda counts: of_a(counts) - of_b(counts), classes,
        n_resamples=n_resamples, seed=seed,
    )  # fmt: skip
    return bca_interval(value, *parts, confidence_level)


def all_or_none(
    value: float, y: np.ndarray, patients: ArrayLike, classes: tuple[int, ...], level: float
) -> Interval | None:
    """Wilson's interval of a rate among the images of one class that is 0 or 1; else nothing.

    Patients drawn again would give the same rate each time, and an interval without width.
    """
    if len(classes) != 1 or value not in (0, 1):
        return None
    groups, _ = stratify(y, patients)
    n, n_patients = int((y == classes[0]).sum()), effective_sample_size(y, groups, classes)
    return wilson_interval_over_runs([int(value) * n], [n], n_patients, level)
