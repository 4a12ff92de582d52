"""Intervals over several trainings: of a metric's mean, and of the difference of two means."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_scores
from cxrlib.evaluation.intervals.bootstrap import all_or_none
from cxrlib.evaluation.intervals.limits import Interval, bca_interval, check_resampling
from cxrlib.evaluation.intervals.resampling import (
    Metric,
    Statistic,
    required_classes,
    resample,
    vectorize,
)


class Runs(NamedTuple):
    """Several trainings of one recipe, and how each is judged: a list has one entry a training.

    Parameters
    ----------
    y_true, y_score, patients : sequence of arrays
        As for :func:`.patient_bootstrap`.
    metric : callable, or a sequence of them
        One for all, or one a training where each has a threshold of its own.
    """

    y_true: Sequence[ArrayLike]
    y_score: Sequence[ArrayLike]
    patients: Sequence[ArrayLike]
    metric: Metric | Sequence[Metric] = metrics.roc_auc


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
    chance of their patients too, and the interval is rather too wide. But where patients of one
    training are also another's, with other images beside them or in another order, they are taken
    for strangers, and the interval is too narrow.

    Parameters
    ----------
    y_true, y_score, patients, metric
        As in :class:`Runs`. Images are the same where truth and patients are, in the same order.
    n_resamples, seed, confidence_level
        Confidence level 0.95: the interval is to hold the truth in 95 of 100 samples.

    Returns
    -------
    Interval
        The mean of the trainings' values, and its ends. Of one training it is that of
        :func:`.patient_bootstrap`; how much another seed would change stays unknown. Where all
        trainings have a sensitivity of 1, say, it is Wilson's for as many patients as one of them
        was judged on, of several the fewest.

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
    check_resampling(n_resamples, confidence_level)
    runs = _judge(Runs(y_true, y_score, patients, metric))
    found = _interval([runs], n_resamples, seed, confidence_level)
    rates = [all_or_none(r.value, r.y, r.patients, r.classes, confidence_level) for r in runs]
    sure = [rate for rate in rates if rate and rate.value == found.value]
    return max(sure, key=lambda rate: rate.high - rate.low) if len(sure) == len(runs) else found


def runs_difference(
    a: Runs,
    b: Runs,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> Interval:
    """Interval of the mean metric of trainings A minus that of B: of two recipes, say.

    Patients and trainings are drawn as in :func:`runs_bootstrap`, the trainings of A and those of B
    apart. Trainings of both that are judged on the same images meet the same drawn patients, so
    that what is hard for both cancels, as in :func:`.paired_difference`. Where each training of A
    has images of its own, and one of B has the very same (one split a seed), the two are a pair:
    pairs are drawn, for what is hard in one split cancels too.

    Patients who are in both but with other images, or in another order, are drawn for each apart,
    as if they were strangers. The interval is then rather too wide.

    Parameters
    ----------
    a, b : Runs
        They may differ in how many trainings they have.
    n_resamples, seed, confidence_level
        As in :func:`runs_bootstrap`.

    Returns
    -------
    Interval
        Above 0, A is better. An interval that holds 0 does not show that the recipes are equal.
        Where A or B is one training, it is taken as it is: how much another seed of it would
        change stays unknown, and the interval says nothing of that. With one each, on the same
        images, it is that of :func:`.paired_difference`. Two trainings each tell little of how
        far trainings lie apart: benchmarks/coverage.py counts how often the truth is held.

    Raises
    ------
    ValueError
        If the trainings' scores are for different classes, or as in :func:`runs_bootstrap`.

    Examples
    --------
    ::

        repaired = Runs([y] * 3, scores_of_three_seeds, [patients] * 3)
        published = Runs([y], [score], [patients])
        runs_difference(repaired, published)
    """
    check_resampling(n_resamples, confidence_level)
    of_a, of_b = _judge(a), _judge(b)
    columns = sorted({run.columns for run in of_a + of_b})
    if len(columns) > 1:
        raise ValueError(
            "expected scores for the same classes from every training, got scores of "
            f"{' and '.join(map(str, columns))} columns. Compare one class with the rest: "
            "one_vs_rest."
        )
    pairs = _pairs(of_a, of_b)
    return _interval([pairs] if pairs else [of_a, of_b], n_resamples, seed, confidence_level)


class _Run(NamedTuple):
    """A training on its images: its metric, as a value and as a function of what is drawn."""

    y: np.ndarray
    patients: np.ndarray
    images: tuple  # equal where truth and patients are
    columns: int  # of the scores
    classes: tuple[int, ...]  # that the metric looks at
    value: float
    statistic: Statistic


def _judge(runs: Runs) -> list[_Run]:
    """Check a group of trainings, and compute the metric of each."""
    y_true, y_score, patients, metric = runs
    n_runs = len(y_true)
    each = list(metric) if isinstance(metric, Sequence) else [metric] * n_runs
    if not n_runs or {len(y_score), len(patients), len(each)} != {n_runs}:
        raise ValueError(
            "expected truth, scores, patients and metric of each training, got "
            f"{n_runs}, {len(y_score)}, {len(patients)} and {len(each)}. Pass lists of one length."
        )
    judged = []
    for truth, scores, of_run, of in zip(y_true, y_score, patients, each, strict=True):
        y, score = check_scores(truth, scores)
        ids = np.asarray(of_run, dtype=object).reshape(-1)
        classes, value = required_classes(of, score), float(of(y, score))
        columns = score.shape[1] if score.ndim == 2 else 1
        images = (tuple(y), tuple(ids))
        judged.append(_Run(y, ids, images, columns, classes, value, vectorize(of, y, score)))
    return judged


def _pairs(a: Sequence[_Run], b: Sequence[_Run]) -> list[_Run]:
    """Each training of A less the one of B on its images; nothing unless they match one to one."""
    partner = {run.images: run for run in b}
    matched = len(a) == len(b) == len(partner) and {run.images for run in a} == partner.keys()
    return [_minus(run, partner[run.images]) for run in a] if matched else []


def _minus(a: _Run, b: _Run) -> _Run:
    return a._replace(
        classes=_all_classes([a, b]),
        value=a.value - b.value,
        statistic=lambda counts: a.statistic(counts) - b.statistic(counts),
    )


def _all_classes(runs: Sequence[_Run]) -> tuple[int, ...]:
    return tuple(sorted({label for run in runs for label in run.classes}))


def _interval(
    groups: Sequence[Sequence[_Run]], n_resamples: int, seed: int, confidence_level: float
) -> Interval:
    """Interval of the mean over one group of trainings, or over the first less over the second."""
    runs = [run for group in groups for run in group]
    if len(runs) == 1:  # only patients are drawn
        y, patients, _, _, classes, value, statistic = runs[0]
        found = resample(y, patients, statistic, classes, n_resamples=n_resamples, seed=seed)
        return bca_interval(value, *found, confidence_level)
    signs, sizes = [1, -1][: len(groups)], [len(group) for group in groups]
    # With these weights a difference of two means is one mean over all trainings.
    weights = [s * (len(runs) / n) for s, n in zip(signs, sizes, strict=True) for _ in range(n)]
    resampled, of_patients = _draw_patients(runs, np.array(weights), n_resamples, seed)
    value, drawn, of_runs = 0.0, np.zeros(len(resampled)), []
    rng = np.random.default_rng([seed, len(runs)])
    members = np.split(np.arange(len(runs)), np.cumsum(sizes)[:-1])
    for sign, own, n in zip(signs, members, sizes, strict=True):
        values = np.array([runs[k].value for k in own])
        chosen = own[rng.integers(0, n, (len(drawn), max(n - 1, 1)))]
        value += sign * float(values.mean())
        drawn += sign * np.take_along_axis(resampled, chosen, axis=1).mean(axis=1)
        if n > 1:
            of_runs.append(_Source(values.var(ddof=1) / n, n))
    return bca_interval(value, drawn, *_combine(of_patients, of_runs), confidence_level)


class _Source(NamedTuple):
    """What an estimate varies by: the patients of one set of images, or a group's trainings."""

    variance: float  # of the estimate
    n: float  # how many patients or trainings
    acceleration: float = 0.0  # few trainings tell no skewness


def _draw_patients(
    runs: Sequence[_Run], weights: np.ndarray, n_resamples: int, seed: int
) -> tuple[np.ndarray, list[_Source]]:
    """Compute each training's metric on drawn patients, once for all trainings on the same images.

    Returns
    -------
    resampled : ndarray, shape (n_resamples, runs)
    sources : list of _Source
        Patients of each set of images, as to the weighted mean over all trainings.
    """
    parts: dict[tuple, list[int]] = {}
    for k, run in enumerate(runs):
        parts.setdefault(run.images, []).append(k)
    resampled, sources = np.empty((int(n_resamples), len(runs))), []
    for i, part in enumerate(parts.values()):
        own = [runs[k] for k in part]
        statistic = partial(_each_and_mean, [run.statistic for run in own], weights[part])
        found, acceleration, n = resample(
            own[0].y, own[0].patients, statistic, _all_classes(own),
            n_resamples=n_resamples, seed=[seed, i] if i else seed,
        )  # fmt: skip
        resampled[:, part] = found[:, :-1]
        variance = found[:, -1].var() / (len(runs) / len(part)) ** 2
        sources.append(_Source(variance, n, acceleration[-1]))
    return resampled, sources


def _each_and_mean(
    statistics: Sequence[Statistic], weights: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    each = np.stack([of(counts) for of in statistics], axis=1)
    return np.column_stack([each, (each * weights).mean(axis=1)])


def _combine(of_patients: Sequence[_Source], of_runs: Sequence[_Source]) -> tuple[float, float]:
    """Return the estimate's acceleration, and on how many independent things its spread rests.

    The latter by Satterthwaite: 1 + (Σ variance)² / Σ (variance² / (n - 1)) over all sources.
    """
    variances, n, accelerations = np.array(of_patients).T
    between, n_runs, _ = np.array(of_runs).reshape(-1, 3).T
    total = variances.sum() + between.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        skewed = np.where(variances > 0, accelerations, 0) * variances**1.5
        acceleration = float(skewed.sum() / total**1.5)
        within = (variances**2 / (n - 1)).sum() + (between**2 / (n_runs - 1)).sum()
        n_effective = float(1 + total**2 / within)
    return acceleration, n_effective if np.isfinite(n_effective) else float(n.min())
