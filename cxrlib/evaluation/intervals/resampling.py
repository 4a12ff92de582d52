"""Patients drawn again, class by class, and the metrics on what was drawn.

A resample is how often each image counts in it, so that one matrix holds many, and the course's
own metrics are computed for all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics, multiclass
from cxrlib.evaluation.intervals.limits import jackknife_acceleration

BATCH = 250  # resamples held in memory at once
MAX_JACKKNIFE = 2000  # patients of a stratum that are left out one by one
JACKKNIFE_GROUPS = 500  # into which more of them are put: a group is left out at once

Metric = Callable[[np.ndarray, np.ndarray], float]
Statistic = Callable[[np.ndarray], np.ndarray]  # of counts (resamples, N)
OnCounts = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # (counts, y, score)


def resample(
    y: np.ndarray,
    patients: ArrayLike,
    statistic: Statistic,
    classes: tuple[int, ...],
    *,
    n_resamples: int,
    seed: int | list[int],
) -> tuple[np.ndarray, np.ndarray, float]:
    """Compute a statistic for draws of the patients, and without each of them.

    Parameters
    ----------
    y : array of int, shape (N,)
    patients : array, shape (N,)
    statistic : callable
        Takes counts of shape (resamples, N), how often each image was drawn, and returns one
        number, or a row of numbers, for each resample.
    classes : tuple of int
        Classes the statistic looks at: each needs two patients or more.
    n_resamples, seed
        As in :func:`.patient_bootstrap`.

    Returns
    -------
    resampled : ndarray, shape (n_resamples,) or (n_resamples, K)
    acceleration : ndarray, shape () or (K,)
        How skewed the statistic's error is: :func:`.limits.jackknife_acceleration`.
    n_effective : float
        How many patients the statistic rests on: :func:`effective_sample_size`.
    """
    groups, strata = stratify(y, patients)
    check_patients(y, groups, strata, classes)
    rng = np.random.default_rng(seed)
    n = int(n_resamples)
    sizes = [min(BATCH, n - start) for start in range(0, n, BATCH)]
    resampled = [statistic(draw_patients(strata, size, rng)[:, groups]) for size in sizes]
    blocks, strata = jackknife_groups(strata, rng)
    estimates = _jackknife(statistic, blocks[groups], len(strata))
    acceleration = jackknife_acceleration(estimates, strata)
    return np.concatenate(resampled), acceleration, effective_sample_size(y, groups, classes)


def stratify(y: np.ndarray, patients: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Give each image the number of its patient, and each patient a stratum.

    Returns
    -------
    groups : ndarray of int, shape (N,)
    strata : ndarray of int, shape (patients,)
        Patients with images of the same classes share a stratum. Numbered from 0; of two
        classes, patients with healthy images only come first, then those with both. A patient
        whose classes nobody else has would be in each resample exactly once, as if this patient
        could not have been another: such a patient joins the stratum whose classes are most alike.
    """
    table = pd.DataFrame({"patient": np.asarray(patients, dtype=object).reshape(-1)})
    if len(table) != len(y):
        raise ValueError(
            f"expected a patient for each of {len(y):,} images, got {len(table):,}. "
            "Pass cases.patient_id of the very same rows."
        )
    missing = int(table["patient"].isna().sum())
    if missing:
        raise ValueError(
            f"expected a patient for every image, got {missing:,} without. "
            "Leave those images out, or say that each is a patient of its own."
        )
    groups, names = pd.factorize(table["patient"])
    has = np.zeros((len(names), int(y.max()) + 1), bool)
    has[groups, y] = True
    has[:, 0] = ~has[:, 0]  # in this order two classes are always drawn as healthy, both, sick
    kinds, strata = np.unique(has, axis=0, return_inverse=True)
    kinds[:, 0] = ~kinds[:, 0]
    return groups, _merge_singletons(kinds, strata.reshape(-1))


def _merge_singletons(kinds: np.ndarray, strata: np.ndarray) -> np.ndarray:
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


def check_patients(
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
                f"{f' and {both} with images of both it and another' if both else ''}: every "
                "resample would be the same, and the interval too narrow. Use more patients; for a "
                "proportion, evaluation.wilson_interval works with any count of patients."
            )


def effective_sample_size(y: np.ndarray, groups: np.ndarray, classes: tuple[int, ...]) -> float:
    """How many patients with equally many images the smallest class is worth.

    The classes are drawn apart, so the one with the fewest patients limits how well the resamples'
    spread is known; and where few patients own most of the images, it rests on those few: Kish's
    (Σm)² / Σm² for patients with m images.

    Returns
    -------
    float
        At least 1; the number of patients if all have as many images. A class without images
        is left out.
    """
    images = [np.bincount(groups[y == label]) for label in classes if (y == label).any()]
    return min(float(m.sum() ** 2 / (m**2).sum()) for m in images)


def draw_patients(strata: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each patient was drawn in each of ``n`` resamples: shape (n, patients)."""
    counts = np.zeros((n, len(strata)), np.int64)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        uniform = np.full(len(members), 1 / len(members))
        counts[:, members] = rng.multinomial(len(members), uniform, size=n)
    return counts


def jackknife_groups(strata: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Say which patients are left out together: each alone, or in a large stratum a random group.

    All patients of all images would be the square of their number. A group's influence is the sum
    of its patients', so that the sums of squares and of cubes, all that is taken from it, are
    expected to be the same: the delete-a-group jackknife of Kott (2001).

    Parameters
    ----------
    strata : ndarray of int, shape (patients,)
        As of :func:`stratify`.

    Returns
    -------
    groups : ndarray of int, shape (patients,)
    strata : ndarray of int, shape (groups,)
        The stratum of each group.
    """
    groups = np.empty(len(strata), int)
    of_groups: list[int] = []
    for stratum, size in enumerate(np.bincount(strata)):
        members = np.flatnonzero(strata == stratum)
        count = size if size <= MAX_JACKKNIFE else JACKKNIFE_GROUPS
        order = np.arange(size) if count == size else rng.permutation(size)
        groups[members] = len(of_groups) + order % count
        of_groups += [stratum] * count
    return groups, np.array(of_groups)


def _jackknife(statistic: Statistic, groups: np.ndarray, n_groups: int) -> np.ndarray:
    """Compute a statistic without each group; NaN where a metric refuses what is left."""
    each = np.arange(n_groups)[:, None]
    parts = (each[start : start + BATCH] for start in range(0, n_groups, BATCH))
    try:
        return np.concatenate([statistic((groups != part).astype(np.int64)) for part in parts])
    except (ValueError, ArithmeticError):  # each resample went well, so this is no broken metric
        return np.full(n_groups, np.nan)


def required_classes(metric: Metric, score: np.ndarray) -> tuple[int, ...]:
    """Which classes of the scores a metric looks at; an unknown one is taken to look at all."""
    n_classes = score.shape[1] if score.ndim == 2 else 2
    one: dict[Metric, tuple[int, ...]] = {metrics.sensitivity: (1,), metrics.specificity: (0,)}
    return one.get(_split_threshold(metric)[0], tuple(range(n_classes)))


def vectorize(metric: Metric, y: np.ndarray, score: np.ndarray) -> Statistic:
    """Turn ``metric(y, score)`` into a function of counts, shape (resamples, N) -> (resamples,).

    A metric that is in none of the tables below is called for each resample, which takes a hundred
    times as long.
    """
    base, threshold = _split_threshold(metric)
    if score.ndim == 2 and base in MULTICLASS:
        return lambda counts: MULTICLASS[base](counts, y, score)
    if score.ndim == 1 and base in AT_THRESHOLD:
        return lambda counts: AT_THRESHOLD[base](counts, y, score >= threshold)
    if score.ndim == 1 and base in OF_SCORES:
        return lambda counts: OF_SCORES[base](counts, y, score)
    rows = np.arange(len(y))
    return lambda counts: np.array(
        [metric(y[r], score[r]) for r in (np.repeat(rows, c) for c in counts)], dtype=float
    )


def _split_threshold(metric: Metric) -> tuple[Metric, float]:
    """Return a metric and its threshold, also for ``partial(metric, threshold=...)``."""
    if isinstance(metric, partial) and not metric.args and set(metric.keywords) == {"threshold"}:
        return metric.func, metric.keywords["threshold"]
    return metric, 0.5


def _auc(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Pairs in the right order, ties by half."""
    sick, healthy = _counts_by_score(counts, y, score)
    below = np.cumsum(healthy, axis=1) - healthy / 2
    return (sick * below).sum(axis=1) / (sick.sum(axis=1) * healthy.sum(axis=1))


def _average_precision(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Precision at each score, weighted by the sick that are found there."""
    sick, healthy = (c[:, ::-1] for c in _counts_by_score(counts, y, score))
    tp = np.cumsum(sick, axis=1)
    called = np.maximum(tp + np.cumsum(healthy, axis=1), 1)
    return (sick * tp / called).sum(axis=1) / sick.sum(axis=1)


def _counts_by_score(
    counts: np.ndarray, y: np.ndarray, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Count the sick and the healthy at each distinct score, the lowest first."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    counts = counts[:, order]
    sick, healthy = counts * y[order], counts * (1 - y[order])
    if len(starts) == len(score):  # no ties, nothing to add up
        return sick, healthy
    return np.add.reduceat(sick, starts, axis=1), np.add.reduceat(healthy, starts, axis=1)


def _from_confusion(of: Callable[..., np.ndarray]) -> OnCounts:
    """Turn a function of tp, fp, fn and tn, one of each a resample, into one of the calls."""

    def on_counts(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
        sick = y == 1
        cells = np.stack([sick & called, ~sick & called, sick & ~called, ~sick & ~called], axis=1)
        return of(*(counts @ cells.astype(int)).T)

    return on_counts


def _ratio(part: np.ndarray, rest: np.ndarray) -> np.ndarray:
    return part / np.maximum(part + rest, 1)


def _balanced_accuracy(
    tp: np.ndarray, fp: np.ndarray, fn: np.ndarray, tn: np.ndarray
) -> np.ndarray:
    return (_ratio(tp, fn) + _ratio(tn, fp)) / 2


def _weighted_f1(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray, tn: np.ndarray) -> np.ndarray:
    sick, wrong = (tp + fn) / (tp + fp + fn + tn), fp + fn
    return sick * _ratio(2 * tp, wrong) + (1 - sick) * _ratio(2 * tn, wrong)


def _macro(of: OnCounts) -> OnCounts:
    """Take each class with its column against the rest, and the mean over classes."""
    return lambda counts, y, columns: np.mean(
        [of(counts, (y == k).astype(int), column) for k, column in enumerate(columns.T)], axis=0
    )


def _at_argmax(of: OnCounts) -> OnCounts:
    """Take the answers, marked as bool of shape (N, K), in place of the probabilities."""
    return lambda counts, y, score: of(
        counts, y, score.argmax(axis=1)[:, None] == np.arange(score.shape[1])
    )


AT_THRESHOLD: dict[Metric, OnCounts] = {
    metrics.accuracy: _from_confusion(lambda tp, fp, fn, tn: _ratio(tp + tn, fp + fn)),
    metrics.sensitivity: _from_confusion(lambda tp, fp, fn, tn: _ratio(tp, fn)),
    metrics.specificity: _from_confusion(lambda tp, fp, fn, tn: _ratio(tn, fp)),
    metrics.balanced_accuracy: _from_confusion(_balanced_accuracy),
    metrics.precision: _from_confusion(lambda tp, fp, fn, tn: _ratio(tp, fp)),
    metrics.f1_score: _from_confusion(lambda tp, fp, fn, tn: _ratio(2 * tp, fp + fn)),
    metrics.weighted_f1: _from_confusion(_weighted_f1),
}
OF_SCORES: dict[Metric, OnCounts] = {
    metrics.roc_auc: _auc,
    metrics.average_precision: _average_precision,
}
MULTICLASS: dict[Metric, OnCounts] = {
    metrics.accuracy: lambda counts, y, score: (
        counts @ (score.argmax(axis=1) == y).astype(int) / counts.sum(axis=1)
    ),
    multiclass.macro_auc: _macro(_auc),
    multiclass.macro_sensitivity: _at_argmax(_macro(AT_THRESHOLD[metrics.sensitivity])),
    multiclass.macro_f1: _at_argmax(_macro(AT_THRESHOLD[metrics.f1_score])),
}
