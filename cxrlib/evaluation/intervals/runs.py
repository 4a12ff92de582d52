"""Several trainings of one recipe: patients and trainings drawn again, for a metric's mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_either, is_many
from cxrlib.evaluation.intervals.bootstrap import Metric, patient_bootstrap, resampled
from cxrlib.evaluation.intervals.ends import bca_interval
from cxrlib.evaluation.intervals.shares import Interval
from cxrlib.evaluation.intervals.weighted import needs, on_counts


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
        classes = needs(each[i], score.shape[1] if is_many(score) else 2)
        start = [seed, i] if i else seed
        drawn, skew, worth = resampled(
            y, who[i], partial(_each_and_mean, by_counts), classes, n=n, seed=start, level=level
        )
        parts.append((drawn[:, :-1], skew[-1], worth))
    return _together(values, parts, seed, level)


def _each_and_mean(by_counts: Sequence[Callable], counts: np.ndarray) -> np.ndarray:
    each = np.stack([of(counts) for of in by_counts], axis=1)
    return np.column_stack([each, each.mean(axis=1)])


def _together(values: np.ndarray, parts: Sequence[tuple], seed: int, level: float) -> Interval:
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
        skew = (skews * of_parts**1.5).sum() / total**1.5  # few trainings tell no skewness
        # Satterthwaite: on how many independent things the sum of all variances rests
        patients = np.array([worth for _, _, worth in parts])
        within = (of_parts**2 / (patients - 1)).sum() + of_runs**2 / (count - 1)
        worth = 1 + total**2 / within
    worth = worth if np.isfinite(worth) else patients.min()
    return bca_interval(float(values.mean()), means, skew, worth, level)
