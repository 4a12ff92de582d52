"""DeLong's interval for the AUC: a check on the bootstrap where each patient has one image."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cxrlib.evaluation import Interval


def delong(
    y_true: ArrayLike, y_score: ArrayLike, other: ArrayLike | None = None, level: float = 0.95
) -> Interval:
    """Interval of the AUC, or of the AUC less that of ``other`` scores of the same images.

    It takes every image for a patient of its own; there must be two of each class.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; computed by midranks as in
    Sun and Xu (2014), IEEE Signal Processing Letters 21, 1389-1393.
    """
    y = np.asarray(y_true)
    of_sick, of_healthy = _shares(y, np.asarray(y_score, dtype=float))
    least = 0.0
    if other is not None:
        less = _shares(y, np.asarray(other, dtype=float))
        of_sick, of_healthy, least = of_sick - less[0], of_healthy - less[1], -1.0
    value = float(of_sick.mean())
    error = np.sqrt(of_sick.var(ddof=1) / len(of_sick) + of_healthy.var(ddof=1) / len(of_healthy))
    reach = float(stats.norm.ppf(0.5 + level / 2) * error)
    return Interval(value, max(least, value - reach), min(1.0, value + reach))


def _shares(y: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each sick image the share of healthy ones below it, for each healthy the sick above."""
    sick, healthy = score[y == 1], score[y == 0]
    m, n = len(sick), len(healthy)
    ranks = stats.rankdata(np.concatenate([sick, healthy]))
    below = (ranks[:m] - stats.rankdata(sick)) / n
    return below, 1 - (ranks[m:] - stats.rankdata(healthy)) / m
