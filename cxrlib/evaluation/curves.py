"""Every threshold at once: ROC curve, precision-recall curve, and the table behind them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from cxrlib.evaluation.checks import check_scores


class RocCurve(NamedTuple):
    """``false_alarms`` (1 − specificity), ``sensitivity`` and ``thresholds``, shape (K,) each."""

    false_alarms: np.ndarray
    sensitivity: np.ndarray
    thresholds: np.ndarray


class PrCurve(NamedTuple):
    """``sensitivity`` (recall), ``precision`` and ``thresholds``, shape (K,) each."""

    sensitivity: np.ndarray
    precision: np.ndarray
    thresholds: np.ndarray


def roc_curve(y_true: ArrayLike, y_score: ArrayLike) -> RocCurve:
    """Compute the ROC curve with scikit-learn: a point for each distinct score, and (0, 0).

    ``plots.plot_roc_curves({"test": roc_curve(y, score)[:2]})`` draws it. The thresholds are the
    scores themselves, the first infinity.
    """
    y, score = check_scores(y_true, y_score, needs=(0, 1))
    return RocCurve(*sk.roc_curve(y, score, drop_intermediate=False))


def pr_curve(y_true: ArrayLike, y_score: ArrayLike) -> PrCurve:
    """Compute the precision-recall curve with scikit-learn: a point for each distinct score.

    The last point, where nobody is called sick (threshold infinity), has precision 1 by convention.
    """
    y, score = check_scores(y_true, y_score, needs=(0, 1))
    precision, sensitivity, thresholds = sk.precision_recall_curve(y, score)
    return PrCurve(sensitivity, precision, np.append(thresholds, np.inf))


def threshold_table(y_true: ArrayLike, y_score: ArrayLike) -> pd.DataFrame:
    """List every threshold that tells the pictures apart, the lowest first.

    A threshold lies midway between two neighbouring scores, so that a score that comes out a hair
    different elsewhere does not change sides. Below the lowest score it is minus infinity
    (everybody is called sick), above the highest infinity (nobody is).

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and finite scores; those from the threshold on are called sick.

    Returns
    -------
    DataFrame
        Columns ``threshold``, ``found`` (sick called sick), ``missed``, ``alarms`` (healthy called
        sick), ``spared`` (healthy called healthy), ``sensitivity``, ``specificity``; equal scores
        change sides together.

    Raises
    ------
    ValueError
        As in :func:`cxrlib.evaluation.checks.check_scores`, or if a class is missing.
    """
    y, score = check_scores(y_true, y_score, needs=(0, 1))
    scores, place = np.unique(score, return_inverse=True)
    of_sick = np.bincount(place[y == 1], minlength=len(scores))
    of_healthy = np.bincount(place[y == 0], minlength=len(scores))
    missed = np.concatenate([[0], np.cumsum(of_sick)])
    spared = np.concatenate([[0], np.cumsum(of_healthy)])
    sick, healthy = int(missed[-1]), int(spared[-1])
    return pd.DataFrame(
        {
            "threshold": np.concatenate([[-np.inf], _midway(scores), [np.inf]]),
            "found": sick - missed,
            "missed": missed,
            "alarms": healthy - spared,
            "spared": spared,
            "sensitivity": (sick - missed) / sick,
            "specificity": spared / healthy,
        }
    )


def _midway(scores: np.ndarray) -> np.ndarray:
    """Return a number above each score but the last, and not above the next."""
    low, high = scores[:-1], scores[1:]
    middle = low + (high - low) / 2
    return np.where(middle > low, middle, high)  # neighbouring floats have no middle
