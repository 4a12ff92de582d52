"""Intervals of any metric, of the difference of two models, and of several trainings' mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_either
from cxrlib.evaluation.intervals.bca import Interval, bca_interval
from cxrlib.evaluation.intervals.resampling import Metric, needs, on_counts, resampled


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
    :func:`.bca.bca_interval`.

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
        :mod:`cxrlib.evaluation.multiclass` are computed for all resamples at once; any other is
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
    by_counts, classes = on_counts(metric, y, score), needs(metric, score)
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
        y, patients, lambda counts: of_a(counts) - of_b(counts), needs(metric, a),
        n=n, seed=seed, level=level,
    )  # fmt: skip
    return bca_interval(value, *found, level)


def runs_bootstrap(
    y_true: Sequence[ArrayLike],
    y_score: Sequence[ArrayLike],
    patients: Sequence[ArrayLike],
    metric: Metric | Sequence[Metric] = metrics.roc_auc,
    *,
    n: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Interval of a metric's mean over several trainings: patients and trainings are drawn again.

    The mean of each training's own interval would know nothing of how far the trainings lie apart.
    Here each resample draws patients, as :func:`.patient_bootstrap` does, and trainings: one fewer
    than there are, with replacement, so that the means drawn vary as means of all of them do (Rao
    and Wu). Trainings that are judged on the same pictures meet the same drawn patients. Where each
    has pictures of its own, patients are drawn for each apart; the trainings then lie apart by
    chance of their patients too, and the interval is rather too wide than too narrow.

    Parameters
    ----------
    y_true, y_score, patients : sequence of arrays
        One of each a training, as for :func:`.patient_bootstrap`.
    metric : callable, or a sequence of them
        One for all, or one a training where each has a threshold of its own.
    n, seed, level
        Resamples, seed, and coverage.

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
    count = len(y_true)
    each = list(metric) if isinstance(metric, Sequence) else [metric] * count
    if not count or {len(y_score), len(patients), len(each)} != {count}:
        raise ValueError(
            "expected truth, scores, patients and metric of each training, got "
            f"{count}, {len(y_score)}, {len(patients)} and {len(each)}. Pass lists of one length."
        )
    checked = [check_either(y, score) for y, score in zip(y_true, y_score, strict=True)]
    who = [np.asarray(ids, dtype=object).reshape(-1) for ids in patients]
    values = np.array([float(m(*one)) for m, one in zip(each, checked, strict=True)])
    same = all(
        np.array_equal(y, checked[0][0]) and np.array_equal(ids, who[0])
        for (y, _), ids in zip(checked, who, strict=True)
    )
    if count == 1:
        return patient_bootstrap(*checked[0], who[0], each[0], n=n, seed=seed, level=level)
    parts = []
    for i in [0] if same else range(count):
        (y, score), mine = checked[i], range(count) if same else [i]
        by_counts = [on_counts(each[k], y, checked[k][1]) for k in mine]
        classes = needs(each[i], score)
        start = [seed, i] if i else seed
        drawn, acceleration, n_effective = resampled(
            y, who[i], partial(_each_and_mean, by_counts), classes, n=n, seed=start, level=level
        )
        parts.append((drawn[:, :-1], acceleration[-1], n_effective))
    return _combined(values, parts, seed, level)


def _each_and_mean(by_counts: Sequence[Callable], counts: np.ndarray) -> np.ndarray:
    each = np.stack([of(counts) for of in by_counts], axis=1)
    return np.column_stack([each, each.mean(axis=1)])


def _combined(values: np.ndarray, parts: Sequence[tuple], seed: int, level: float) -> Interval:
    """Draw trainings, and take the ends of the mean from what was drawn of patients and of them.

    ``parts`` has one entry for all trainings or one for each: values on the drawn patients, one
    column a training; how skewed their mean is; how many patients it rests on.
    """
    count = len(values)
    drawn = np.concatenate([each for each, _, _ in parts], axis=1)
    rng = np.random.default_rng([seed, count])
    chosen = rng.integers(0, count, (len(drawn), count - 1))
    means = np.take_along_axis(drawn, chosen, axis=1).mean(axis=1)
    # Variances of the mean over all trainings: of each part's patients, and of the trainings.
    of_parts = np.array([each.mean(axis=1).var() for each, _, _ in parts]) / len(parts) ** 2
    of_runs = values.var(ddof=1) / count
    total = of_parts.sum() + of_runs
    skews = np.where(of_parts > 0, [skew for _, skew, _ in parts], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        acceleration = (skews * of_parts**1.5).sum() / total**1.5  # few trainings tell no skewness
        # Satterthwaite: on how many independent things the sum of all variances rests
        patients = np.array([n_effective for _, _, n_effective in parts])
        within = (of_parts**2 / (patients - 1)).sum() + of_runs**2 / (count - 1)
        n_effective = 1 + total**2 / within
    n_effective = n_effective if np.isfinite(n_effective) else patients.min()
    return bca_interval(float(values.mean()), means, acceleration, n_effective, level)
