"""Numbers that say how well scores fit the truth. Positive (1) is the second class: sick.

All functions take ``y_true`` (0 or 1) and ``y_score`` (higher means "rather sick") as arrays of
shape (N,) or (N, 1), and compute with scikit-learn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from sklearn import metrics as sk

NAMES = ("healthy (0)", "sick (1)")


def accuracy(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of pictures on the right side of the threshold. Says little if one class is rare."""
    y, score = check_scores(y_true, y_score)
    return float(sk.accuracy_score(y, score >= threshold))


def sensitivity(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the sick that are called sick; 1 minus it is the share of missed patients."""
    y, score = check_scores(y_true, y_score, needs=(1,))
    return float(sk.recall_score(y, score >= threshold))


def specificity(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the healthy that are called healthy; 1 minus it is the share of false alarms."""
    y, score = check_scores(y_true, y_score, needs=(0,))
    return float(sk.recall_score(y, score >= threshold, pos_label=0))


def roc_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve: how often a sick picture scores above a healthy one.

    0.5 is a coin, 1 a perfect order. It needs no threshold, and says nothing about one.
    """
    y, score = check_scores(y_true, y_score, needs=(0, 1))
    return float(sk.roc_auc_score(y, score))


def confusion(y_true: ArrayLike, y_score: ArrayLike, threshold: float = 0.5) -> np.ndarray:
    """Count pictures by truth and answer.

    Returns
    -------
    ndarray of int
        ``[[healthy called healthy, healthy called sick], [sick called healthy, sick called sick]]``
    """
    y, score = check_scores(y_true, y_score)
    return sk.confusion_matrix(y, score >= threshold, labels=[0, 1])


def check_scores(
    y_true: ArrayLike, y_score: ArrayLike, needs: tuple[int, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return truth (int) and scores (float) as arrays of shape (N,), or say what is wrong.

    Raises
    ------
    ValueError
        If shapes differ, a score is not finite, the truth is not 0 or 1, or a class in ``needs``
        has no picture.
    """
    y, score = _flat(y_true, "y_true"), _flat(y_score, "y_score")
    if len(y) != len(score):
        raise ValueError(
            f"expected one score for each of {len(y):,} true labels, got {len(score):,} scores. "
            "Take both from the same pictures in the same order."
        )
    if not len(y):
        raise ValueError("expected at least one picture, got none. Is the split empty?")
    wrong = int((~np.isfinite(score)).sum())
    if wrong:
        raise ValueError(
            f"expected finite scores, got {wrong:,} NaN or infinite of {len(score):,}. "
            "Look for a loss that became NaN (a learning rate too large?)."
        )
    odd = sorted(set(np.unique(y)) - {0, 1}, key=str)
    if odd:
        raise ValueError(f"expected true labels 0 (healthy) and 1 (sick), got also {odd[:5]}.")
    for label in needs:
        if not (y == label).any():
            raise ValueError(
                f"expected at least one picture that is {NAMES[label]}, got none among {len(y):,}. "
                "Is this one class's folder only, or a sample that is too small?"
            )
    return y.astype(int), score.astype(float)


def _flat(values: ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(
            f"expected `{name}` of shape (N,) or (N, 1), got {array.shape}. "
            "For more than two classes compare one class with the rest."
        )
    return array
