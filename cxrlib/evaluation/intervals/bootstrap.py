"""Intervals of any metric, of the difference of two models, and of several trainings' mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_scores
from cxrlib.evaluation.intervals.limits import Interval, bca_interval, check_resampling
from cxrlib.evaluation.intervals.resampling import (
    Metric,
    Statistic,
    required_classes,
    resample,
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
    :func:`.limits.bca_interval`.

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
        The metric on the images as they are, and the interval's ends. Where every resample gives
        the same number, as with scores in perfect order, the interval has no width: that says
        "too few errors to resample", not "certain". With only a few errors among few patients
        it still lies too high more often than too low: benchmarks/coverage.py counts how often.

    Raises
    ------
    ValueError
        If a class has too few patients to draw from, the metric gives no finite number, or an
        argument is out of its range.
    """
    y, score = check_scores(y_true, y_score)
    check_resampling(n_resamples, confidence_level)
    value, classes = float(metric(y, score)), required_classes(metric, score)
    statistic = vectorize(metric, y, score)
    parts = resample(y, patients, statistic, classes, n_resamples=n_resamples, seed=seed)
    return bca_interval(value, *parts, confidence_level)


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


def runs_bootstrap(
    y_true: Sequence[ArrayLike],
    y_score: Sequence[ArrayLike],
    patients: Sequence[ArrayLike],
    metric: Metric | Sequence[Metric] = metrics.roc_auc,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Interval:
    """Interval of a metric's mean over several trainings: patients and trainings are drawn again.

    The mean of each training's own interval would know nothing of how far the trainings lie apart.
    Here each resample draws patients, as :func:`.patient_bootstrap` does, and trainings: one fewer
    than there are, with replacement, so that the means drawn vary as means of all of them do (Rao
    and Wu). Trainings that are judged on the same images meet the same drawn patients. Where each
    has images of its own, patients are drawn for each apart; the trainings then lie apart by
    chance of their patients too, and the interval is rather too wide than too narrow.

    Parameters
    ----------
    y_true, y_score, patients : sequence of arrays
        One of each a training, as for :func:`.patient_bootstrap`.
    metric : callable, or a sequence of them
        One for all, or one a training where each has a threshold of its own.
    n_resamples, seed, confidence_level
        Confidence level 0.95: the interval is to hold the truth in 95 of 100 samples.

    Returns
    -------
    Interval
        The mean of the trainings' values, and its ends. Of one training it is that of
        :func:`.patient_bootstrap`: how much another seed would change stays unknown.

    Raises
    ------
    ValueError
        If the trainings' lists differ in length, or as in :func:`.patient_bootstrap`.

    References
    ----------
    Rao and Wu (1988), Journal of the American Statistical Association 83, 231-241,
    doi:10.1080/01621459.1988.10478591. Satterthwaite (1946), Biometrics Bulletin 2, 110-114,
    doi:10.2307/3002019.
    """
    n_runs = len(y_true)
    each = list(metric) if isinstance(metric, Sequence) else [metric] * n_runs
    if not n_runs or {len(y_score), len(patients), len(each)} != {n_runs}:
        raise ValueError(
            "expected truth, scores, patients and metric of each training, got "
            f"{n_runs}, {len(y_score)}, {len(patients)} and {len(each)}. Pass lists of one length."
        )
    check_resampling(n_resamples, confidence_level)
    checked = [check_scores(y, score) for y, score in zip(y_true, y_score, strict=True)]
    ids = [np.asarray(of_run, dtype=object).reshape(-1) for of_run in patients]
    values = np.array([float(m(*one)) for m, one in zip(each, checked, strict=True)])
    same = all(
        np.array_equal(y, checked[0][0]) and np.array_equal(of_run, ids[0])
        for (y, _), of_run in zip(checked, ids, strict=True)
    )
    if n_runs == 1:
        return patient_bootstrap(
            *checked[0], ids[0], each[0], n_resamples=n_resamples, seed=seed,
            confidence_level=confidence_level,
        )  # fmt: skip
    parts = []
    for i in [0] if same else range(n_runs):
        (y, score), runs = checked[i], range(n_runs) if same else [i]
        statistics = [vectorize(each[k], y, checked[k][1]) for k in runs]
        resampled, acceleration, n_effective = resample(
            y, ids[i], partial(_each_and_mean, statistics), required_classes(each[i], score),
            n_resamples=n_resamples, seed=[seed, i] if i else seed,
        )  # fmt: skip
        parts.append((resampled[:, :-1], float(acceleration[-1]), n_effective))
    return _combine(values, parts, seed, confidence_level)


def _each_and_mean(statistics: Sequence[Statistic], counts: np.ndarray) -> np.ndarray:
    each = np.stack([of(counts) for of in statistics], axis=1)
    return np.column_stack([each, each.mean(axis=1)])


def _combine(
    values: np.ndarray,
    parts: Sequence[tuple[np.ndarray, float, float]],
    seed: int,
    confidence_level: float,
) -> Interval:
    """Draw trainings, and take the limits of the mean from what was drawn of patients and of them.

    ``parts`` has one entry for all trainings or one for each: values on the drawn patients, one
    column a training; the acceleration of their mean; how many patients it rests on.
    """
    n_runs = len(values)
    resampled = np.concatenate([each for each, _, _ in parts], axis=1)
    rng = np.random.default_rng([seed, n_runs])
    chosen = rng.integers(0, n_runs, (len(resampled), n_runs - 1))
    means = np.take_along_axis(resampled, chosen, axis=1).mean(axis=1)
    # Variances of the mean over all trainings: of each part's patients, and of the trainings.
    of_parts = np.array([each.mean(axis=1).var() for each, _, _ in parts]) / len(parts) ** 2
    of_runs = values.var(ddof=1) / n_runs
    total = of_parts.sum() + of_runs
    accelerations = np.where(of_parts > 0, [a for _, a, _ in parts], 0)
    patients = np.array([n_effective for _, _, n_effective in parts])
    with np.errstate(divide="ignore", invalid="ignore"):
        # few trainings tell no skewness
        acceleration = (accelerations * of_parts**1.5).sum() / total**1.5
        # Satterthwaite: on how many independent things the sum of all variances rests
        within = (of_parts**2 / (patients - 1)).sum() + of_runs**2 / (n_runs - 1)
        n_effective = 1 + total**2 / within
    n_effective = n_effective if np.isfinite(n_effective) else patients.min()
    return bca_interval(float(values.mean()), means, acceleration, n_effective, confidence_level)
