"""What every metric asks of its input: truth and scores of two classes or K, proportions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

CLASS_NAMES = ("healthy (0)", "sick (1)")
ROW_SUM_TOLERANCE = 1e-3  # how far a row of probabilities may be from 1

Check = Callable[[ArrayLike, ArrayLike], tuple[np.ndarray, np.ndarray]]


def check_binary(
    y_true: ArrayLike, y_score: ArrayLike, required: tuple[int, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return truth (int) and scores (float) as arrays of shape (N,), or say what is wrong.

    Raises
    ------
    ValueError
        If shapes differ, a score is not finite, the truth is not 0 or 1, or a ``required`` class
        has no image.
    """
    y, score = _as_vector(y_true, "y_true"), _as_vector(y_score, "y_score")
    check_aligned(y, score)
    odd = sorted(set(np.unique(y)) - {0, 1}, key=str)
    if odd:
        raise ValueError(f"expected true labels 0 (healthy) and 1 (sick), got also {odd[:5]}.")
    for label in required:
        if not (y == label).any():
            raise ValueError(
                f"expected at least one image that is {CLASS_NAMES[label]}, got none among "
                f"{len(y):,}. Is this one class's folder only, or a sample that is too small?"
            )
    return y.astype(int), score.astype(float)


def check_aligned(y: np.ndarray, score: np.ndarray) -> None:
    """Refuse scores that are not finite, or not as many rows as there are true labels."""
    if np.shape(y)[:1] != score.shape[:1]:
        raise ValueError(
            f"expected one score for each of {len(np.atleast_1d(y)):,} true labels, got "
            f"{len(score):,} scores. Take both from the same images in the same order."
        )
    if not len(y):
        raise ValueError("expected at least one image, got none. Is the split empty?")
    wrong = int((~np.isfinite(score)).sum())
    if wrong:
        raise ValueError(
            f"expected finite scores, got {wrong:,} NaN or infinite of {score.size:,}. "
            "Look for a loss that became NaN (a learning rate too large?)."
        )


def check_probabilities(
    y_true: ArrayLike, y_score: ArrayLike, required: tuple[int, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and scores as :func:`check_binary`; the scores must be in [0, 1].

    Raises
    ------
    ValueError
        If a score lies outside, or anything else is wrong with them.
    """
    y, score = check_binary(y_true, y_score, required)
    outside = int(((score < 0) | (score > 1)).sum())
    if outside:
        raise ValueError(
            f"expected probabilities between 0 and 1, got {outside:,} of {len(score):,} scores "
            f"outside, from {score.min():.3g} to {score.max():.3g}. Put logits through a sigmoid "
            "first; numbers that only rank have no calibration."
        )
    return y, score


def check_scores_only(check: Check, y_score: ArrayLike) -> np.ndarray:
    """Return scores as ``check``, one of this module's, does where there is no truth yet."""
    return check(np.zeros(np.shape(y_score)[:1], int), np.atleast_1d(y_score))[1]


def check_proportion(value: float, name: str, *, inclusive: bool = False) -> float:
    """Return a number between 0 and 1 (``inclusive``: also 0 and 1), or say what is wrong."""
    inside = 0 <= value <= 1 if inclusive else 0 < value < 1
    if not inside:
        hint = f" Write {value / 100:g} for {value:g} %." if 2 <= value <= 100 else ""
        ends = ", ends included" if inclusive else ""
        raise ValueError(f"expected a {name} between 0 and 1{ends}, got {value}.{hint}")
    return float(value)


def check_count(value: float, name: str, of: str) -> int:
    """Return the argument ``name`` as a whole number of at least 1, or say what is wrong."""
    if value < 1 or value != int(value):
        raise ValueError(f"expected a whole number of {of}, at least 1, got {name}={value}.")
    return int(value)


def check_multiclass(
    y_true: ArrayLike, y_score: ArrayLike, *, all_required: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return class numbers (N,) and probabilities (N, K), or say what is wrong.

    Parameters
    ----------
    y_true : array, shape (N,), (N, 1) or (N, K)
        Class numbers from 0 to K - 1, or one-hot rows.
    y_score : array, shape (N, K)
        Probabilities, K ≥ 2; each row sums to 1 within 0.001.
    all_required : bool
        Whether each class must have an image.

    Raises
    ------
    ValueError
        If a shape, a label or a score is not as above, or a class has no image.
    """
    y, score = np.asarray(y_true), np.asarray(y_score, dtype=float)
    if score.ndim != 2 or score.shape[1] < 2:
        raise ValueError(
            f"expected `y_score` of shape (N, K), one column for each of K ≥ 2 classes, got "
            f"{score.shape}. For one score an image use evaluation.metrics."
        )
    check_aligned(y, score)
    _check_rows(score)
    y = _class_indices(y, score.shape[1])
    absent = sorted(set(range(score.shape[1])) - set(y.tolist()))
    if all_required and absent:
        raise ValueError(
            f"expected images of each of {score.shape[1]} classes, got none of class "
            f"{', '.join(map(str, absent))} among {len(y):,}. Without images nothing can be said "
            "of a class: take a larger sample, or judge the others with one_vs_rest."
        )
    return y, score


def check_scores(y_true: ArrayLike, y_score: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check one score an image as two classes, several columns as so many classes."""
    return (check_multiclass if is_multiclass(y_score) else check_binary)(y_true, y_score)


def is_multiclass(y_score: ArrayLike) -> bool:
    """Whether scores have a column for each class."""
    return np.ndim(y_score) == 2 and np.shape(y_score)[1] > 1


def check_class_names(names: Sequence[str], n_classes: int) -> list[str]:
    """Return the names of the classes as a list, or say that there are too few or too many."""
    if len(names) != n_classes:
        raise ValueError(
            f"expected a name for each of {n_classes} classes, got {len(names)}: "
            f"{', '.join(names)}. Give them in the order of the score's columns."
        )
    return list(names)


def _as_vector(values: ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(
            f"expected `{name}` of shape (N,) or (N, 1), got {array.shape}. "
            "For more than two classes compare one class with the rest (one_vs_rest), or take "
            "a function of evaluation.multiclass."
        )
    return array


def _check_rows(score: np.ndarray) -> None:
    """Refuse rows that are no probabilities."""
    sums = score.sum(axis=1)
    odd = (np.abs(sums - 1) > ROW_SUM_TOLERANCE) | (score < 0).any(axis=1)
    if odd.any():
        raise ValueError(
            f"expected probabilities, none below 0, that sum to 1 in each row, got "
            f"{int(odd.sum()):,} of {len(score):,} rows that do not, the first "
            f"{score[odd][0].round(3).tolist()} with sum {sums[odd][0]:.4g}. "
            "Put logits through a softmax first; several findings at once are not classes."
        )


def _class_indices(y: np.ndarray, n_classes: int) -> np.ndarray:
    """Return labels as numbers of shape (N,), from class numbers or one-hot rows."""
    if y.ndim == 2 and y.shape[1] == n_classes:
        if not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
            raise ValueError(
                "expected one-hot labels, a single 1 in each row and 0 elsewhere, got other rows. "
                "Pass the labels as they were before smoothing or mixing, or class numbers."
            )
        return y.argmax(axis=1)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1:
        raise ValueError(
            f"expected `y_true` of shape (N,) with class numbers or (N, {n_classes}) one-hot, got "
            f"{y.shape}. Are scores and labels from networks with as many classes?"
        )
    odd = sorted(set(np.unique(y).tolist()) - set(range(n_classes)), key=str)
    if odd:
        raise ValueError(
            f"expected class numbers from 0 to {n_classes - 1}, got also {odd[:5]}. "
            "Number the classes in the order of the score's columns."
        )
    return y.astype(int)
