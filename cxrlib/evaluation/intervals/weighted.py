"""The metrics for many resamples at once: each picture counts as often as it was drawn."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

import numpy as np

from cxrlib.evaluation import many_classes, metrics

Weighted = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # (counts, y, score)


def on_counts(metric: Callable, y: np.ndarray, score: np.ndarray) -> Callable:
    """Turn ``metric(y, score)`` into a function of counts, shape (resamples, N) -> (resamples,)."""
    base, threshold = _taken_apart(metric)
    if is_called(metric):
        rows = np.arange(len(y))
        return lambda counts: np.array(
            [metric(y[r], score[r]) for r in (np.repeat(rows, c) for c in counts)], dtype=float
        )
    if base in AREAS:
        return lambda counts: AREAS[base](counts, y, score)
    if base in SHARES:
        return lambda counts: SHARES[base](counts, y, score >= threshold)
    return lambda counts: MACROS[base](counts, y, score)


def is_called(metric: Callable) -> bool:
    """Whether a metric has to be called for each resample, which takes a hundred times as long."""
    base, _ = _taken_apart(metric)
    return base not in AREAS and base not in SHARES and base not in MACROS


def needs(metric: Callable, k: int = 2) -> tuple[int, ...]:
    """Which of ``k`` classes a metric looks at; an unknown metric is taken to look at all."""
    return _NEEDS.get(_taken_apart(metric)[0], tuple(range(k)))


def _taken_apart(metric: Callable) -> tuple[Hashable, float]:
    """Return a metric and its threshold, also for ``partial(metric, threshold=...)``."""
    if isinstance(metric, partial) and not metric.args and set(metric.keywords) == {"threshold"}:
        return metric.func, metric.keywords["threshold"]
    return metric, 0.5


def _auc(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Pairs in the right order, ties by half."""
    sick, healthy = _by_score(counts, y, score)
    below = np.cumsum(healthy, axis=1) - healthy / 2
    return (sick * below).sum(axis=1) / (sick.sum(axis=1) * healthy.sum(axis=1))


def _average_precision(counts: np.ndarray, y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Precision at each score, weighted by the sick that are found there."""
    sick, healthy = (c[:, ::-1] for c in _by_score(counts, y, score))
    found = np.cumsum(sick, axis=1)
    called = np.maximum(found + np.cumsum(healthy, axis=1), 1)
    return (sick * found / called).sum(axis=1) / sick.sum(axis=1)


def _by_score(
    counts: np.ndarray, y: np.ndarray, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Count the sick and the healthy at each distinct score, the lowest first."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    counts = counts[:, order]
    groups = (counts * y[order], counts * (1 - y[order]))
    if len(starts) == len(score):  # no ties, nothing to add up
        return groups
    return tuple(np.add.reduceat(c, starts, axis=1) for c in groups)


def _share(chosen: np.ndarray, among: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return counts @ (chosen & among).astype(int) / np.maximum(counts @ among.astype(int), 1)


def _accuracy(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
    return _share(called == (y == 1), y >= 0, counts)


def _sensitivity(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
    return _share(called, y == 1, counts)


def _specificity(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
    return _share(~called, y == 0, counts)


def _precision(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
    return _share(y == 1, called, counts)


def _balanced(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
    return (_sensitivity(counts, y, called) + _specificity(counts, y, called)) / 2


def _f1(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
    found = counts @ (called & (y == 1)).astype(int)
    return 2 * found / np.maximum(counts @ (called.astype(int) + (y == 1)), 1)


def _weighted_f1(counts: np.ndarray, y: np.ndarray, called: np.ndarray) -> np.ndarray:
    sick = counts @ (y == 1).astype(int) / counts.sum(axis=1)
    return sick * _f1(counts, y, called) + (1 - sick) * _f1(counts, 1 - y, ~called)


def _macro(of: Weighted, counts: np.ndarray, y: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Take each class with its column against the rest, and the mean over classes."""
    each = [of(counts, (y == k).astype(int), column) for k, column in enumerate(columns.T)]
    return np.mean(each, axis=0)


def _answers(score: np.ndarray) -> np.ndarray:
    """Mark the class that was answered: bool, shape (N, K)."""
    return score.argmax(axis=1)[:, None] == np.arange(score.shape[1])


AREAS: dict[Hashable, Weighted] = {metrics.roc_auc: _auc, metrics.pr_auc: _average_precision}
SHARES: dict[Hashable, Weighted] = {
    metrics.accuracy: _accuracy,
    metrics.sensitivity: _sensitivity,
    metrics.specificity: _specificity,
    metrics.balanced_accuracy: _balanced,
    metrics.precision: _precision,
    metrics.f1: _f1,
    metrics.weighted_f1: _weighted_f1,
}
MACROS: dict[Hashable, Weighted] = {
    many_classes.accuracy_many: lambda counts, y, score: _share(
        score.argmax(axis=1) == y, y >= 0, counts
    ),
    many_classes.macro_auc: lambda counts, y, score: _macro(_auc, counts, y, score),
    many_classes.macro_sensitivity: lambda counts, y, score: _macro(
        _sensitivity, counts, y, _answers(score)
    ),
    many_classes.macro_f1: lambda counts, y, score: _macro(_f1, counts, y, _answers(score)),
}
_NEEDS: dict[Hashable, tuple[int, ...]] = {metrics.sensitivity: (1,), metrics.specificity: (0,)}
