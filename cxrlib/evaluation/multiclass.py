"""Numbers for three classes and more: who is taken for whom, and each class against the rest.

All functions take ``y_true`` as class numbers (N,) or (N, 1), or one-hot (N, K), and ``y_score`` as
probabilities (N, K), one column a class; the answer is the class with the highest (of equal ones
the first). They compute with scikit-learn. *Macro* is the mean over the classes, in which a rare
class counts as much as a frequent one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_many, check_names


def accuracy_many(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Share of pictures answered with their own class. The most frequent class weighs most."""
    y, score = check_many(y_true, y_score)
    return float(sk.accuracy_score(y, score.argmax(axis=1)))


def macro_sensitivity(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Share of a class that is found, averaged over classes: 1 / K for one answer to everything.

    With two classes it is the balanced accuracy.
    """
    y, score = check_many(y_true, y_score, needs_all=True)
    return float(sk.recall_score(y, score.argmax(axis=1), average="macro"))


def macro_f1(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """F1 of each class against the rest, averaged over classes; 0 for a class never answered."""
    y, score = check_many(y_true, y_score, needs_all=True)
    return float(sk.f1_score(y, score.argmax(axis=1), average="macro", zero_division=0))


def macro_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve of each class against the rest, averaged over classes.

    It asks of each column apart whether it orders the pictures; which column is the highest, and so
    the answer, it does not see.
    """
    y, score = check_many(y_true, y_score, needs_all=True)
    return float(sk.roc_auc_score(np.eye(score.shape[1])[y], score, average="macro"))


def confusion_many(y_true: ArrayLike, y_score: ArrayLike) -> np.ndarray:
    """Count pictures by truth and answer; ``plots.confusion_matrix_grid`` draws it.

    Returns
    -------
    ndarray of int, shape (K, K)
        Truth in rows, answers in columns.
    """
    y, score = check_many(y_true, y_score)
    return sk.confusion_matrix(y, score.argmax(axis=1), labels=range(score.shape[1]))


def top_confusions(
    y_true: ArrayLike, y_score: ArrayLike, names: Sequence[str], n: int = 5
) -> pd.DataFrame:
    """List which class is most often taken for which other.

    Parameters
    ----------
    y_true, y_score : array
        As for :func:`.checks.check_many`.
    names : sequence of K str
    n : int
        Pairs to list; fewer come back if there are fewer.

    Returns
    -------
    DataFrame
        ``truth``, ``answered``, ``n`` (pictures) and ``share`` (of the truth's pictures, 0 to 1),
        the most frequent first; of equal ones the larger share first.
    """
    counts = confusion_many(y_true, y_score)
    names = check_names(names, len(counts))
    if n < 1 or n != int(n):
        raise ValueError(f"expected a whole number of pairs, at least 1, got n={n}.")
    truth, answered = np.nonzero(counts * (1 - np.eye(len(counts), dtype=int)))
    wrong = counts[truth, answered]
    table = pd.DataFrame(
        {
            "truth": [names[k] for k in truth],
            "answered": [names[k] for k in answered],
            "n": wrong,
            "share": wrong / counts.sum(axis=1)[truth],
        }
    )
    ordered = table.sort_values(["n", "share"], ascending=False, kind="stable", ignore_index=True)
    return ordered.head(int(n))


def per_class(y_true: ArrayLike, y_score: ArrayLike, names: Sequence[str]) -> pd.DataFrame:
    """Give the usual numbers of each class against the rest.

    Returns
    -------
    DataFrame
        A row a class, by its name: ``n`` (its pictures), ``precision``, ``sensitivity``,
        ``specificity`` and ``F1`` of the answers, ``ROC AUC`` of its column. A class that is never
        answered has precision 0.
    """
    y, score = check_many(y_true, y_score, needs_all=True)
    names = check_names(names, score.shape[1])
    called = score.argmax(axis=1)
    of_answers = {
        "precision": metrics.precision,
        "sensitivity": metrics.sensitivity,
        "specificity": metrics.specificity,
        "F1": metrics.f1,
    }
    rows = []
    for k in range(len(names)):
        mine = y == k
        numbers = {name: of(mine, called == k) for name, of in of_answers.items()}
        area = metrics.roc_auc(mine, score[:, k])
        rows.append({"n": int(mine.sum())} | numbers | {"ROC AUC": area})
    return pd.DataFrame(rows, index=pd.Index(names, name="class"))


def one_against_rest(
    y_true: ArrayLike, y_score: ArrayLike, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Turn the question into "class k or not?", for everything that takes two classes.

    ``roc_curve(*one_against_rest(y, score, 2))``, and the same with ``reliability``, ``pr_curve``,
    ``report`` or ``patient_bootstrap``. A threshold on this score is not the answer of the
    network: with three classes the highest of them may lie below 0.5.

    Parameters
    ----------
    y_true, y_score : array
        As for :func:`.checks.check_many`.
    k : int
        Number of the class, from 0.

    Returns
    -------
    labels : ndarray of int, shape (N,)
        1 for class k, 0 for the rest.
    score : ndarray of float, shape (N,)
        Probability of class k.
    """
    y, score = check_many(y_true, y_score)
    if k != int(k) or not 0 <= k < score.shape[1]:
        raise ValueError(
            f"expected a class from 0 to {score.shape[1] - 1}, got k={k}. "
            "Pass its number: class_names.index(name)."
        )
    return (y == int(k)).astype(int), score[:, int(k)]


def top_label(y_true: ArrayLike, y_score: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Turn the question into "is the answer right?", to see how sure a network may be.

    ``ece(*top_label(y, score))`` is the calibration error of Guo et al. (2017), and
    ``reliability(*top_label(y, score))`` its diagram: of all answers given with 0.8, 80 % should
    be right. It says nothing about the classes that were not answered: see
    :func:`one_against_rest`.

    Parameters
    ----------
    y_true, y_score : array
        As for :func:`.checks.check_many`.

    Returns
    -------
    right : ndarray of int, shape (N,)
        1 where the class with the highest probability is the true one.
    score : ndarray of float, shape (N,)
        That probability, at least 1 / K.
    """
    y, score = check_many(y_true, y_score)
    return (score.argmax(axis=1) == y).astype(int), score.max(axis=1)
