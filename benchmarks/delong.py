"""DeLong's interval for the AUC: a check on the bootstrap where each patient has one picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cxrlib.evaluation import metrics
from cxrlib.evaluation.intervals.shares import Interval, check_level


def delong(y_true: ArrayLike, y_score: ArrayLike, level: float = 0.95) -> Interval:
    """DeLong's interval for the area under the ROC curve.

    It takes every picture for a patient of its own. Where patients have several, it is too narrow:
    use :func:`cxrlib.evaluation.patient_bootstrap`, and this one to check it on single pictures.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and finite scores; at least 2 pictures of each class.
    level : float
        Coverage.

    Returns
    -------
    Interval
        The AUC plus and minus a multiple of its standard error, cut at 0 and 1. Scores in perfect
        order have no width: the method sees no error to learn from.

    Raises
    ------
    ValueError
        If a class has fewer than 2 pictures, or an argument is out of its range.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; computed by midranks as in
    Sun and Xu (2014), IEEE Signal Processing Letters 21, 1389-1393.
    """
    check_level(level)
    y, score = _checked(y_true, y_score)
    areas, covariance = _areas(y, score[None])
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt(covariance[0, 0])
    value = float(areas[0])
    return Interval(value, max(0.0, float(value - reach)), min(1.0, float(value + reach)))


def delong_difference(
    y_true: ArrayLike, score_a: ArrayLike, score_b: ArrayLike, level: float = 0.95
) -> Interval:
    """DeLong's interval for the AUC of model A minus that of model B on the same pictures.

    See :func:`delong` for what it assumes, and for errors.
    """
    check_level(level)
    y, a = _checked(y_true, score_a)
    _, b = _checked(y_true, score_b)
    areas, covariance = _areas(y, np.stack([a, b]))
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt(max(0.0, variance))
    value = float(areas[0] - areas[1])
    return Interval(value, max(-1.0, float(value - reach)), min(1.0, float(value + reach)))


def _checked(y_true: ArrayLike, y_score: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y, score = metrics.check_scores(y_true, y_score, needs=(0, 1))
    sick = int(y.sum())
    if min(sick, len(y) - sick) < 2:
        raise ValueError(
            "expected at least 2 pictures of each class for DeLong's interval, got "
            f"{len(y) - sick:,} healthy and {sick:,} sick. Use more pictures."
        )
    return y, score


def _areas(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUC of each row of scores, and their covariance matrix."""
    sick, healthy = scores[:, y == 1], scores[:, y == 0]
    m, n = sick.shape[1], healthy.shape[1]
    ranks = stats.rankdata(np.concatenate([sick, healthy], axis=1), axis=1)
    # For each sick picture the share of healthy ones below it, for each healthy the sick above it.
    of_sick = (ranks[:, :m] - stats.rankdata(sick, axis=1)) / n
    of_healthy = 1 - (ranks[:, m:] - stats.rankdata(healthy, axis=1)) / m
    covariance = np.atleast_2d(np.cov(of_sick)) / m + np.atleast_2d(np.cov(of_healthy)) / n
    return of_sick.mean(axis=1), covariance
