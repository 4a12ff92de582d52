"""Curves: ROC and precision-recall, the table of all thresholds, and learning curves averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from cxrlib.evaluation.checks import check_binary


class RocCurve(NamedTuple):
    """``fpr`` (1 − specificity), ``tpr`` (sensitivity) and ``thresholds``, shape (K,) each."""

    fpr: np.ndarray
    tpr: np.ndarray
    thresholds: np.ndarray


class PrecisionRecallCurve(NamedTuple):
    """``recall`` (sensitivity), ``precision`` and ``thresholds``, shape (K,) each."""

    recall: np.ndarray
    precision: np.ndarray
    thresholds: np.ndarray


def roc_curve(y_true: ArrayLike, y_score: ArrayLike) -> RocCurve:
    """Compute the ROC curve with scikit-learn: a point for each distinct score, and (0, 0).

    ``plots.plot_roc_curves({"test": roc_curve(y, score)[:2]})`` draws it. The thresholds are the
    scores themselves, the first infinity.
    """
    y, score = check_binary(y_true, y_score, required=(0, 1))
    return RocCurve(*sk.roc_curve(y, score, drop_intermediate=False))


def precision_recall_curve(y_true: ArrayLike, y_score: ArrayLike) -> PrecisionRecallCurve:
    """Compute the precision-recall curve with scikit-learn: a point for each distinct score.

    The last point, where nobody is called sick (threshold infinity), has precision 1 by convention.
    """
    y, score = check_binary(y_true, y_score, required=(0, 1))
    precision, recall, thresholds = sk.precision_recall_curve(y, score)
    return PrecisionRecallCurve(recall, precision, np.append(thresholds, np.inf))


def threshold_table(y_true: ArrayLike, y_score: ArrayLike) -> pd.DataFrame:
    """List every threshold that tells the images apart, the lowest first.

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
        Columns ``threshold``, ``tp`` (sick called sick), ``fn``, ``fp`` (healthy called sick),
        ``tn``, ``sensitivity``, ``specificity``; equal scores change sides together.

    Raises
    ------
    ValueError
        As in :func:`cxrlib.evaluation.checks.check_binary`, or if a class is missing.
    """
    y, score = check_binary(y_true, y_score, required=(0, 1))
    scores, place = np.unique(score, return_inverse=True)
    fn, tn = (
        np.concatenate([[0], np.cumsum(np.bincount(place[y == k], minlength=len(scores)))])
        for k in (1, 0)
    )
    sick, healthy = int(fn[-1]), int(tn[-1])
    return pd.DataFrame(
        {
            "threshold": np.concatenate([[-np.inf], _midpoints(scores), [np.inf]]),
            "tp": sick - fn,
            "fn": fn,
            "fp": healthy - tn,
            "tn": tn,
            "sensitivity": (sick - fn) / sick,
            "specificity": tn / healthy,
        }
    )


def _midpoints(scores: np.ndarray) -> np.ndarray:
    """Return a number above each score but the last, and not above the next."""
    low, high = scores[:-1], scores[1:]
    middle = low + (high - low) / 2
    return np.where(middle > low, middle, high)  # neighbouring floats have no middle


def average_histories(histories: Sequence[pd.DataFrame], metric: str) -> pd.DataFrame:
    """Average a metric over several runs, epoch by epoch: learning curves that differ in the seed.

    Parameters
    ----------
    histories : sequence of DataFrame
        One a run: one row an epoch, columns as in Keras's ``History.history``.
    metric : str
        Column, such as ``"loss"`` or ``"val_loss"``.

    Returns
    -------
    DataFrame
        Columns ``mean``, ``low`` (lowest), ``high`` (highest) and ``n`` (runs), indexed by epoch
        from 1. Where runs stop early, an epoch counts those still training: the mean may jump
        because a run left, and late epochs speak for fewer runs. A NaN in a run stays a NaN.

    Raises
    ------
    ValueError
        If there is no run, or one without that column or without epochs.
    """
    if not len(histories):
        raise ValueError("expected at least one history, got none. Train once for each seed.")
    runs = [_column(history, metric, i) for i, history in enumerate(histories, start=1)]
    rows = []
    for epoch in range(max(len(run) for run in runs)):
        values = np.array([run[epoch] for run in runs if len(run) > epoch])
        rows.append((values.mean(), values.min(), values.max(), len(values)))
    epochs = pd.RangeIndex(1, len(rows) + 1, name="epoch")
    return pd.DataFrame(rows, epochs, columns=["mean", "low", "high", "n"])


def _column(history: pd.DataFrame, metric: str, number: int) -> np.ndarray:
    if not isinstance(history, pd.DataFrame):
        raise ValueError(
            f"expected DataFrames, got {type(history).__name__} as run {number}. "
            "Make it pd.DataFrame(model.fit(...).history), and give a list of them."
        )
    if metric not in history:
        raise ValueError(
            f"expected a column {metric!r} in every history, got "
            f"{', '.join(map(str, history.columns))} in run {number}. "
            "Compile all runs with the same metrics."
        )
    if history.empty:
        raise ValueError(
            f"expected at least one epoch in every history, got none in run {number}. "
            "Train each run for an epoch or more."
        )
    return history[metric].to_numpy(dtype=float)
