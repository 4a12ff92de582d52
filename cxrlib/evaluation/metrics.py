"""Numbers that say how well scores fit the truth. Positive (1) is the second class: sick.

All functions take ``y_true`` (0 or 1) and ``y_score`` (higher means "rather sick") as arrays of
shape (N,) or (N, 1), and compute with scikit-learn. Scores from the threshold on are called sick.
For K classes see :mod:`cxrlib.evaluation.multiclass`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from cxrlib.evaluation.checks import check_binary, check_count, check_scores, is_multiclass


def accuracy(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of images that are called right. Says little if one class is rare.

    Of K classes, ``y_score`` (N, K), the one with the highest probability is called; the threshold
    is for two.
    """
    return float(sk.accuracy_score(*_predict(y_true, y_score, threshold)))


def balanced_accuracy(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Mean of sensitivity and specificity: 0.5 for calling everybody the same, however rare."""
    y, score = check_binary(y_true, y_score, required=(0, 1))
    return float(sk.balanced_accuracy_score(y, score >= threshold))


def precision(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of those called sick that are sick; 1 minus it is the share of alarms that are false.

    This is the positive predictive value on these images: where the sick are rarer, the same
    network has a lower one. 0 if nobody is called sick, as in Keras.
    """
    y, score = check_binary(y_true, y_score)
    return float(sk.precision_score(y, score >= threshold, zero_division=0))


def sensitivity(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the sick that are called sick; 1 minus it is the share of missed patients.

    Also named recall.
    """
    y, score = check_binary(y_true, y_score, required=(1,))
    return float(sk.recall_score(y, score >= threshold))


def specificity(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the healthy that are called healthy; 1 minus it is the share of false alarms."""
    y, score = check_binary(y_true, y_score, required=(0,))
    return float(sk.recall_score(y, score >= threshold, pos_label=0))


def f1_score(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Harmonic mean of precision and sensitivity: low if alarms are false or the sick are missed.

    It does not look at the healthy who are left alone, and moves with the share of the sick.
    """
    y, score = check_binary(y_true, y_score, required=(1,))
    return float(sk.f1_score(y, score >= threshold))


def weighted_f1(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """F1 of the sick and F1 of the healthy, averaged by how many there are of each."""
    y, score = check_binary(y_true, y_score)
    return float(sk.f1_score(y, score >= threshold, average="weighted", zero_division=0))


def roc_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve: how often a sick image scores above a healthy one.

    0.5 is a coin, 1 a perfect order. It needs no threshold, and says nothing about one.
    """
    y, score = check_binary(y_true, y_score, required=(0, 1))
    return float(sk.roc_auc_score(y, score))


def average_precision(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the precision-recall curve, as average precision: how clean the top scores are.

    A coin has the share of the sick, not 0.5; so compare it between sets of the same share only.
    """
    y, score = check_binary(y_true, y_score, required=(0, 1))
    return float(sk.average_precision_score(y, score))


def binary_report(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> pd.Series:
    """Give the usual seven numbers at once; several side by side make a table.

    Returns
    -------
    Series of float
        accuracy, precision, sensitivity, specificity, F1, ROC AUC, PR AUC.

    Examples
    --------
    ``pd.DataFrame({"validation": binary_report(y_val, p_val), "test": ...})``
    """
    at_threshold = {
        "accuracy": accuracy,
        "precision": precision,
        "sensitivity": sensitivity,
        "specificity": specificity,
        "F1": f1_score,
    }
    numbers = {name: of(y_true, y_score, threshold) for name, of in at_threshold.items()}
    numbers |= {"ROC AUC": roc_auc(y_true, y_score), "PR AUC": average_precision(y_true, y_score)}
    return pd.Series(numbers)


def confusion_matrix(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> np.ndarray:
    """Count images by truth and call; ``plots.confusion_matrix_grid`` draws it.

    Of K classes, ``y_score`` (N, K), the one with the highest probability is called.

    Returns
    -------
    ndarray of int, shape (2, 2) or (K, K)
        Truth in rows, calls in columns: ``[[tn, fp], [fn, tp]]`` for two classes.

    Examples
    --------
    >>> confusion_matrix([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1])
    array([[1, 1],
           [1, 1]])
    """
    y, called = _predict(y_true, y_score, threshold)
    n_classes = np.shape(y_score)[1] if is_multiclass(y_score) else 2
    return sk.confusion_matrix(y, called, labels=range(n_classes))


def top_losses(
    y_true: ArrayLike, y_score: ArrayLike, n: int = 8, threshold: float = 0.5
) -> np.ndarray:
    """Find the errors that are farthest on the wrong side of the threshold.

    Parameters
    ----------
    n : int
        Errors to find, half of them false positives and half false negatives; where one kind runs
        out, the other takes its places. Fewer come back if there are fewer.

    Returns
    -------
    ndarray of int
        Places in ``y_true``, the worst error first; of equal ones the earlier.
    """
    y, score = check_binary(y_true, y_score)
    n = check_count(n, "n", "errors")
    distance, called = np.abs(score - threshold), score >= threshold
    worst = np.argsort(-distance, kind="stable")
    kinds = [worst[error[worst]] for error in (called & (y == 0), ~called & (y == 1))]
    errors = np.concatenate(kinds)
    rank = np.concatenate([np.arange(len(places)) for places in kinds])
    chosen = errors[np.lexsort((errors, -distance[errors], rank))[:n]]
    return chosen[np.lexsort((chosen, -distance[chosen]))]


def _predict(
    y_true: ArrayLike, y_score: ArrayLike, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and the called class, both (N,)."""
    y, score = check_scores(y_true, y_score)
    return y, score.argmax(axis=1) if score.ndim == 2 else (score >= threshold).astype(int)
