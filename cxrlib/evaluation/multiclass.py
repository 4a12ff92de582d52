"""Numbers for three classes and more: who is taken for whom, and each class against the rest.

All functions take ``y_true`` as class numbers (N,) or (N, 1), or one-hot (N, K), and ``y_score`` as
probabilities (N, K), one column a class; the answer is the class with the highest (of equal ones
the first). They compute with scikit-learn. *Macro* is the mean over the classes, in which a rare
class counts as much as a frequent one. ``accuracy`` and ``confusion_matrix`` of
:mod:`cxrlib.evaluation.metrics` take K classes, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from cxrlib.evaluation import metrics
from cxrlib.evaluation.checks import check_class_names, check_count, check_multiclass


def macro_sensitivity(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Share of a class that is found, averaged over classes: 1 / K for one answer to everything.

    With two classes it is the balanced accuracy.
    """
    y, score = check_multiclass(y_true, y_score, all_required=True)
    return float(sk.recall_score(y, score.argmax(axis=1), average="macro"))


def macro_f1(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """F1 of each class against the rest, averaged over classes; 0 for a class never answered."""
    y, score = check_multiclass(y_true, y_score, all_required=True)
    return float(sk.f1_score(y, score.argmax(axis=1), average="macro", zero_division=0))


def macro_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve of each class against the rest, averaged over classes.

    It asks of each column apart whether it orders the images; which column is the highest, and so
    the answer, it does not see.
    """
    y, score = check_multiclass(y_true, y_score, all_required=True)
    return float(sk.roc_auc_score(np.eye(score.shape[1])[y], score, average="macro"))


def most_confused(
    y_true: ArrayLike, y_score: ArrayLike, names: Sequence[str], n: int = 5
) -> pd.DataFrame:
    """List which class is most often taken for which other.

    Parameters
    ----------
    names : sequence of K str
    n : int
        Pairs to list; fewer come back if there are fewer.

    Returns
    -------
    DataFrame
        ``true``, ``predicted``, ``n`` (images) and ``proportion`` (of the true class's images,
        0 to 1), the most frequent first; of equal ones the larger proportion first.
    """
    check_multiclass(y_true, y_score)
    counts = metrics.confusion_matrix(y_true, y_score)
    names, n = check_class_names(names, len(counts)), check_count(n, "n", "pairs")
    true, predicted = np.nonzero(counts * (1 - np.eye(len(counts), dtype=int)))
    wrong = counts[true, predicted]
    table = pd.DataFrame(
        {
            "true": [names[k] for k in true],
            "predicted": [names[k] for k in predicted],
            "n": wrong,
            "proportion": wrong / counts.sum(axis=1)[true],
        }
    )
    order = ["n", "proportion"]
    return table.sort_values(order, ascending=False, kind="stable", ignore_index=True).head(n)


def classification_report(
    y_true: ArrayLike, y_score: ArrayLike, names: Sequence[str]
) -> pd.DataFrame:
    """Give the usual numbers of each class against the rest.

    Returns
    -------
    DataFrame
        A row a class, by its name: ``n`` (its images), ``precision``, ``sensitivity``,
        ``specificity`` and ``F1`` of the answers, ``ROC AUC`` of its column. A class that is never
        answered has precision 0.
    """
    y, score = check_multiclass(y_true, y_score, all_required=True)
    names = check_class_names(names, score.shape[1])
    called = score.argmax(axis=1)
    at_argmax = {
        "precision": metrics.precision,
        "sensitivity": metrics.sensitivity,
        "specificity": metrics.specificity,
        "F1": metrics.f1_score,
    }
    rows = []
    for k in range(len(names)):
        is_k = y == k
        numbers = {name: of(is_k, called == k) for name, of in at_argmax.items()}
        auc = metrics.roc_auc(is_k, score[:, k])
        rows.append({"n": int(is_k.sum())} | numbers | {"ROC AUC": auc})
    return pd.DataFrame(rows, index=pd.Index(names, name="class"))


def one_vs_rest(
    y_true: ArrayLike, y_score: ArrayLike, class_index: int
) -> tuple[np.ndarray, np.ndarray]:
    """Turn the question into "this class or not?", for everything that takes two classes.

    ``roc_curve(*one_vs_rest(y, score, 2))``, and the same with ``calibration_curve``,
    ``binary_report`` or ``patient_bootstrap``. A threshold on this score is not the answer of the
    network: with three classes the highest of them may lie below 0.5.

    Parameters
    ----------
    class_index : int
        Number of the class, from 0.

    Returns
    -------
    labels : ndarray of int, shape (N,)
        1 for that class, 0 for the rest.
    score : ndarray of float, shape (N,)
        Its probability.
    """
    y, score = check_multiclass(y_true, y_score)
    if class_index != int(class_index) or not 0 <= class_index < score.shape[1]:
        raise ValueError(
            f"expected a class from 0 to {score.shape[1] - 1}, got class_index={class_index}. "
            "Pass its number: class_names.index(name)."
        )
    return (y == int(class_index)).astype(int), score[:, int(class_index)]


def top_label_confidence(y_true: ArrayLike, y_score: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Turn the question into "is the answer right?", to see how sure a network may be.

    ``expected_calibration_error(*top_label_confidence(y, score))`` is that of Guo et al. (2017),
    and ``calibration_curve`` of the same its diagram: of all answers given with 0.8, 80 % should
    be right. It says nothing about the classes that were not answered: see :func:`one_vs_rest`.

    Returns
    -------
    correct : ndarray of int, shape (N,)
        1 where the class with the highest probability is the true one.
    confidence : ndarray of float, shape (N,)
        That probability, at least 1 / K.
    """
    y, score = check_multiclass(y_true, y_score)
    return (score.argmax(axis=1) == y).astype(int), score.max(axis=1)
