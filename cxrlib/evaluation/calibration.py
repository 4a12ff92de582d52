"""Whether scores mean what they say, and mending them where they do not.

Of all images scored 0.8, 80 % should be sick. Scores are probabilities in [0, 1] here; others are
refused. A temperature and another prevalence keep the order of the scores of two classes, so
the ROC curve stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from cxrlib.evaluation.checks import (
    check_count,
    check_multiclass,
    check_probabilities,
    check_proportion,
    check_scores_only,
    is_multiclass,
)
from cxrlib.evaluation.intervals.limits import wilson_interval

CLIP = 1e-7  # a network's float32 sigmoid cannot come closer to 1 than 6e-8 without being 1
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0


class CalibrationError(NamedTuple):
    """An expected calibration error, never without its number of bins: they change it."""

    value: float
    n_bins: int

    def __float__(self) -> float:
        return self.value

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec or '.3f'}} ({self.n_bins} bins)"


def calibration_curve(y_true: ArrayLike, y_score: ArrayLike, n_bins: int = 10) -> pd.DataFrame:
    """Sort images into bins by score, and compare the mean score with the proportion of sick.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and probabilities.
    n_bins : int
        Number of bins of equal width. A score on an edge belongs to the bin below it, as in
        scikit-learn's ``calibration_curve``.

    Returns
    -------
    DataFrame
        One row a bin: ``left``, ``right`` (edges), ``prob_pred`` (mean score), ``prob_true``
        (proportion of sick), ``n``, ``low``, ``high`` (Wilson's 95 % interval of the proportion,
        which takes each image for a patient of its own). An empty bin has ``n`` 0 and NaN.

    Raises
    ------
    ValueError
        If scores are no probabilities, or ``n_bins`` is no number of bins.
    """
    y, score = check_probabilities(y_true, y_score)
    n_bins = check_count(n_bins, "n_bins", "bins")
    edges = np.linspace(0, 1, n_bins + 1)
    place = np.searchsorted(edges[1:-1], score)
    n = np.bincount(place, minlength=n_bins)
    sick = np.bincount(place[y == 1], minlength=n_bins)
    with np.errstate(invalid="ignore"):
        prob_pred = np.bincount(place, weights=score, minlength=n_bins) / n
    intervals = [
        wilson_interval(k, m) if m else (np.nan,) * 3 for k, m in zip(sick, n, strict=True)
    ]
    table = pd.DataFrame({"left": edges[:-1], "right": edges[1:], "prob_pred": prob_pred})
    table[["prob_true", "low", "high"]] = np.array(intervals, dtype=float)
    table.insert(4, "n", n)
    return table


def expected_calibration_error(
    y_true: ArrayLike, y_score: ArrayLike, n_bins: int = 10
) -> CalibrationError:
    """Compute the expected calibration error: mean distance of score and proportion of sick.

    Σ nᵦ/N · ``|prob_true − prob_pred|`` over the bins of :func:`calibration_curve`, for the
    probability of "sick" (Naeini 2015; Guo 2017 uses that of the class called). It grows with the
    number of bins and is above 0 by chance even for perfect probabilities, so compare it at equal
    bins and equal N only.
    """
    table = calibration_curve(y_true, y_score, n_bins)
    distance = (table["prob_true"] - table["prob_pred"]).abs()
    return CalibrationError(float(np.average(distance.fillna(0), weights=table["n"])), n_bins)


def brier_score(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Brier score: mean squared distance of probability and truth. 0 is perfect, 0.25 says 0.5."""
    y, score = check_probabilities(y_true, y_score)
    return float(np.mean((score - y) ** 2))


@dataclass(frozen=True)
class Temperature:
    """A temperature, and what it did to the loss where it was learnt.

    Attributes
    ----------
    value : float
        Logits are divided by it. Above 1 the scores were too sure, below 1 not sure enough.
    loss_before, loss_after : float
        Mean negative log-likelihood of the images it was learnt on.
    n : int
        How many those were.
    at_limit : bool
        Whether the best temperature lies beyond [0.05, 20]: with scores all on the right side of
        0.5, or in the wrong order, there is no best one, and this set cannot calibrate.
    n_columns : int
        Of the scores it was learnt on: 1, or K.
    """

    value: float
    loss_before: float
    loss_after: float
    n: int
    at_limit: bool
    n_columns: int = 1

    def apply(self, y_score: ArrayLike) -> np.ndarray:
        """Return calibrated probabilities, shape (N,), or (N, K) for K columns.

        Scores closer to 0 or 1 than 1e-7 are taken for that first: their logit is not finite.

        Raises
        ------
        ValueError
            If a score is no probability, or there are more or fewer columns than it was learnt on.
        """
        if (np.shape(y_score)[1] if is_multiclass(y_score) else 1) != self.n_columns:
            wanted = "(N,) or (N, 1)" if self.n_columns == 1 else f"(N, {self.n_columns})"
            raise ValueError(
                f"expected scores of shape {wanted}, as this temperature was learnt on, got "
                f"{np.shape(y_score)}. Learn one on validation scores of the same network."
            )
        if is_multiclass(y_score):
            return special.softmax(
                _log(check_scores_only(check_multiclass, y_score)) / self.value, axis=1
            )
        return special.expit(_logit(check_scores_only(check_probabilities, y_score)) / self.value)

    def __str__(self) -> str:
        limit = " (at its limit: these images cannot calibrate)" if self.at_limit else ""
        return (
            f"T = {self.value:.3g}{limit}, from {self.n:,} images: "
            f"loss {self.loss_before:.3f} → {self.loss_after:.3f}"
        )


def fit_temperature(y_true: ArrayLike, y_score: ArrayLike) -> Temperature:
    """Learn one number that makes probabilities neither too sure nor too unsure (Guo 2017).

    Logits, log(p / (1 − p)), or log(p) of K classes, are divided by the temperature that gives
    the lowest negative log-likelihood. The decision at 0.5, or the highest of K classes, never
    changes, nor does a shift of the scores go away.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth and probabilities of validation images; not those to judge by. For K classes
        probabilities (N, K) with class numbers or one-hot labels.

    Raises
    ------
    ValueError
        If a class is missing, or a score is no probability.
    """
    if is_multiclass(y_score):
        y, score = check_multiclass(y_true, y_score, all_required=True)
        logits = _log(score)
    else:
        y, score = check_probabilities(y_true, y_score, required=(0, 1))
        logits = np.stack([np.zeros(len(y)), _logit(score)], axis=1)
    # Counted from the true class, so that what is left to add up stays near 0.
    logits = logits - logits[np.arange(len(y)), y][:, None]

    def loss(inverse: float) -> float:
        return float(special.logsumexp(inverse * logits, axis=1).mean())

    def slope(inverse: float) -> float:
        return float((special.softmax(inverse * logits, axis=1) * logits).sum(axis=1).mean())

    # The loss is convex in 1/T, so its slope has one root, or none between the limits.
    inverse, at_limit = 1.0, False
    if logits.any():
        if slope(1 / MAX_TEMPERATURE) >= 0:
            inverse, at_limit = 1 / MAX_TEMPERATURE, True
        elif slope(1 / MIN_TEMPERATURE) <= 0:
            inverse, at_limit = 1 / MIN_TEMPERATURE, True
        else:
            inverse = optimize.brentq(slope, 1 / MAX_TEMPERATURE, 1 / MIN_TEMPERATURE, xtol=1e-12)
    n_columns = logits.shape[1] if is_multiclass(y_score) else 1
    return Temperature(1 / inverse, loss(1.0), loss(inverse), len(y), at_limit, n_columns)


def prior_shift_correction(
    y_score: ArrayLike, train_prevalence: float, target_prevalence: float
) -> np.ndarray:
    """Carry probabilities over to a place with another prevalence, by Bayes' rule.

    The odds are multiplied by the ratio of the new prior odds to the old (Saerens, Latinne and
    Decaestecker 2002, Neural Computation 14, 21-41). That is right where the sick and the healthy
    look as they did in training and only the prevalence differs; it does not mend another scanner.

    Parameters
    ----------
    y_score : array, shape (N,) or (N, 1)
        Probabilities, calibrated for the images trained on.
    train_prevalence : float
        Proportion of sick that training saw; 0.5 if the classes were weighted to be equal.
    target_prevalence : float
        Proportion of sick where the scores are to be used.

    Returns
    -------
    ndarray, shape (N,)
        0 stays 0 and 1 stays 1: who was certain is not moved.

    Raises
    ------
    ValueError
        If a score is no probability or a prevalence not between 0 and 1.
    """
    score = check_scores_only(check_probabilities, y_score)
    old = check_proportion(train_prevalence, "training prevalence")
    new = check_proportion(target_prevalence, "target prevalence")
    sick, healthy = score * new / old, (1 - score) * (1 - new) / (1 - old)
    return sick / (sick + healthy)


def _logit(score: np.ndarray) -> np.ndarray:
    return special.logit(np.clip(score, CLIP, 1 - CLIP))


def _log(score: np.ndarray) -> np.ndarray:
    return np.log(np.clip(score, CLIP, 1))
