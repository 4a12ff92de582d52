"""Numbers that say how well scores fit the truth. Positive (1) is the second class: sick.

All functions take ``y_true`` (0 or 1) and ``y_score`` (higher means "rather sick") as arrays of
shape (N,) or (N, 1), and compute with scikit-learn.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from cxrlib.evaluation.checks import check_scores


def accuracy(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of pictures on the right side of the threshold. Says little if one class is rare."""
    y, score = check_scores(y_true, y_score)
    return float(sk.accuracy_score(y, score >= threshold))


def balanced_accuracy(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Mean of sensitivity and specificity: 0.5 for calling everybody the same, however rare."""
    y, score = check_scores(y_true, y_score, needs=(0, 1))
    return float(sk.balanced_accuracy_score(y, score >= threshold))


def precision(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of those called sick that are sick; 1 minus it is the share of alarms that are false.

    This is the positive predictive value on these pictures: where the sick are rarer, the same
    network has a lower one. 0 if nobody is called sick, as in Keras.
    """
    y, score = check_scores(y_true, y_score)
    return float(sk.precision_score(y, score >= threshold, zero_division=0))


def sensitivity(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the sick that are called sick; 1 minus it is the share of missed patients.

    Also named recall.
    """
    y, score = check_scores(y_true, y_score, needs=(1,))
    return float(sk.recall_score(y, score >= threshold))


def specificity(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the healthy that are called healthy; 1 minus it is the share of false alarms."""
    y, score = check_scores(y_true, y_score, needs=(0,))
    return float(sk.recall_score(y, score >= threshold, pos_label=0))


def f1(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Harmonic mean of precision and sensitivity: low if alarms are false or the sick are missed.

    It does not look at the healthy who are left alone, and moves with the share of the sick.
    """
    y, score = check_scores(y_true, y_score, needs=(1,))
    return float(sk.f1_score(y, score >= threshold))


def weighted_f1(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """F1 of the sick and F1 of the healthy, averaged by how many there are of each."""
    y, score = check_scores(y_true, y_score)
    return float(sk.f1_score(y, score >= threshold, average="weighted", zero_division=0))


def roc_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve: how often a sick picture scores above a healthy one.

    0.5 is a coin, 1 a perfect order. It needs no threshold, and says nothing about one.
    """
    y, score = check_scores(y_true, y_score, needs=(0, 1))
    return float(sk.roc_auc_score(y, score))


def pr_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the precision-recall curve, as average precision: how clean the top scores are.

    A coin has the share of the sick, not 0.5; so compare it between sets of the same share only.
    """
    y, score = check_scores(y_true, y_score, needs=(0, 1))
    return float(sk.average_precision_score(y, score))


def report(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> pd.Series:
    """Give the usual seven numbers at once; several side by side make a table.

    Returns
    -------
    Series of float
        accuracy, precision, sensitivity, specificity, F1, ROC AUC, PR AUC.

    Examples
    --------
    ``pd.DataFrame({"validation": report(y_val, p_val), "test": report(y_test, p_test)})``
    """
    at_threshold = {
        "accuracy": accuracy,
        "precision": precision,
        "sensitivity": sensitivity,
        "specificity": specificity,
        "F1": f1,
    }
    numbers = {name: of(y_true, y_score, threshold) for name, of in at_threshold.items()}
    numbers |= {"ROC AUC": roc_auc(y_true, y_score), "PR AUC": pr_auc(y_true, y_score)}
    return pd.Series(numbers)


def confusion(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> np.ndarray:
    """Count pictures by truth and answer.

    Returns
    -------
    ndarray of int
        ``[[healthy called healthy, healthy called sick], [sick called healthy, sick called sick]]``
    """
    y, score = check_scores(y_true, y_score)
    return sk.confusion_matrix(y, score >= threshold, labels=[0, 1])


def most_wrong(
    y_true: ArrayLike, y_score: ArrayLike, n: int = 8, threshold: float = 0.5
) -> np.ndarray:
    """Find the errors that are farthest on the wrong side of the threshold.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
    n : int
        Errors to find, half of them false alarms and half missed; where one kind runs out, the
        other takes its places. Fewer come back if there are fewer.
    threshold : float
        Scores from here on are called sick.

    Returns
    -------
    ndarray of int
        Places in ``y_true``, the worst error first; of equal ones the earlier.
    """
    y, score = check_scores(y_true, y_score)
    if n < 1 or n != int(n):
        raise ValueError(f"expected a whole number of errors, at least 1, got n={n}.")
    distance, called = np.abs(score - threshold), score >= threshold
    worst = np.argsort(-distance, kind="stable")
    kinds = [worst[error[worst]] for error in (called & (y == 0), ~called & (y == 1))]
    found = np.concatenate(kinds)
    rank = np.concatenate([np.arange(len(places)) for places in kinds])
    chosen = found[np.lexsort((found, -distance[found], rank))[: int(n)]]
    return chosen[np.lexsort((chosen, -distance[chosen]))]
