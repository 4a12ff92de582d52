"""Whether scores mean what they say, and mending them where they do not.

Of all pictures scored 0.8, 80 % should be sick. Scores are probabilities in [0, 1] here; others are
refused. A temperature and another share of the sick keep the order of the scores of two classes, so
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
    check_many,
    check_probabilities,
    check_share,
    is_many,
    without_truth,
)
from cxrlib.evaluation.intervals.proportions import wilson

CLIP = 1e-7  # a network's float32 sigmoid cannot come closer to 1 than 6e-8 without being 1
COLDEST, HOTTEST = 0.05, 20.0


class CalibrationError(NamedTuple):
    """An expected calibration error, never without its number of bins: they change it."""

    value: float
    bins: int

    def __float__(self) -> float:
        return self.value

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec or '.3f'}} ({self.bins} bins)"


def reliability(y_true: ArrayLike, y_score: ArrayLike, bins: int = 10) -> pd.DataFrame:
    """Sort pictures into bins by score, and compare the mean score with the share of sick.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and probabilities.
    bins : int
        Number of bins of equal width. A score on an edge belongs to the bin below it, as in
        scikit-learn's ``calibration_curve``.

    Returns
    -------
    DataFrame
        One row a bin: ``left``, ``right`` (edges), ``mean_score``, ``share_sick``, ``n``, ``low``,
        ``high`` (Wilson's 95 % interval of the share, which takes each picture for a patient of its
        own). An empty bin has ``n`` 0 and NaN.

    Raises
    ------
    ValueError
        If scores are no probabilities, or ``bins`` is no number of bins.
    """
    y, score = check_probabilities(y_true, y_score)
    if bins < 1 or bins != int(bins):
        raise ValueError(f"expected a whole number of bins, at least 1, got bins={bins}.")
    bins = int(bins)
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], score)
    n = np.bincount(place, minlength=bins)
    sick = np.bincount(place[y == 1], minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_score = np.bincount(place, weights=score, minlength=bins) / n
    shares = [wilson(k, m) if m else (np.nan,) * 3 for k, m in zip(sick, n, strict=True)]
    found = pd.DataFrame({"left": edges[:-1], "right": edges[1:], "mean_score": mean_score})
    found[["share_sick", "low", "high"]] = np.array(shares, dtype=float)
    found.insert(4, "n", n)
    return found


def ece(y_true: ArrayLike, y_score: ArrayLike, bins: int = 10) -> CalibrationError:
    """Compute the expected calibration error: mean distance of score and share of sick.

    Σ nᵦ/N · |share sick − mean score| over the bins of :func:`reliability`, for the probability of
    "sick" (Naeini 2015; Guo 2017 uses that of the class called). It grows with the number of bins
    and is above 0 by chance even for perfect probabilities, so compare it at equal bins and
    equal N only.
    """
    table = reliability(y_true, y_score, bins)
    distance = (table["share_sick"] - table["mean_score"]).abs()
    return CalibrationError(float(np.average(distance.fillna(0), weights=table["n"])), bins)


def brier(y_true: ArrayLike, y_score: ArrayLike) -> float:
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
        Mean negative log-likelihood of the pictures it was learnt on.
    n : int
        How many those were.
    at_limit : bool
        Whether the best temperature lies beyond [0.05, 20]: with scores all on the right side of
        0.5, or in the wrong order, there is no best one, and this set cannot calibrate.
    columns : int
        Of the scores it was learnt on: 1, or K.
    """

    value: float
    loss_before: float
    loss_after: float
    n: int
    at_limit: bool
    columns: int = 1

    def apply(self, y_score: ArrayLike) -> np.ndarray:
        """Return calibrated probabilities, shape (N,), or (N, K) for K columns.

        Scores closer to 0 or 1 than 1e-7 are taken for that first: their logit is not finite.

        Raises
        ------
        ValueError
            If a score is no probability, or there are more or fewer columns than it was learnt on.
        """
        if (np.shape(y_score)[1] if is_many(y_score) else 1) != self.columns:
            wanted = "(N,) or (N, 1)" if self.columns == 1 else f"(N, {self.columns})"
            raise ValueError(
                f"expected scores of shape {wanted}, as this temperature was learnt on, got "
                f"{np.shape(y_score)}. Learn one on validation scores of the same network."
            )
        if is_many(y_score):
            return special.softmax(_log(without_truth(check_many, y_score)) / self.value, axis=1)
        return special.expit(_logit(without_truth(check_probabilities, y_score)) / self.value)

    def __str__(self) -> str:
        limit = " (at its limit: these pictures cannot calibrate)" if self.at_limit else ""
        return (
            f"T = {self.value:.3g}{limit}, from {self.n:,} pictures: "
            f"loss {self.loss_before:.3f} → {self.loss_after:.3f}"
        )


def temperature(y_val: ArrayLike, score_val: ArrayLike) -> Temperature:
    """Learn one number that makes probabilities neither too sure nor too unsure (Guo 2017).

    Logits, log(p / (1 − p)), or log(p) of K classes, are divided by the temperature that gives
    the lowest negative log-likelihood. The decision at 0.5, or the highest of K classes, never
    changes, nor does a shift of the scores go away.

    Parameters
    ----------
    y_val, score_val : array, shape (N,) or (N, 1)
        Truth and probabilities of validation pictures; not those to judge by. For K classes
        probabilities (N, K) with class numbers or one-hot labels.

    Raises
    ------
    ValueError
        If a class is missing, or a score is no probability.
    """
    if is_many(score_val):
        y, score = check_many(y_val, score_val, needs_all=True)
        logits = _log(score)
    else:
        y, score = check_probabilities(y_val, score_val, needs=(0, 1))
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
        if slope(1 / HOTTEST) >= 0:
            inverse, at_limit = 1 / HOTTEST, True
        elif slope(1 / COLDEST) <= 0:
            inverse, at_limit = 1 / COLDEST, True
        else:
            inverse = optimize.brentq(slope, 1 / HOTTEST, 1 / COLDEST, xtol=1e-12)
    columns = logits.shape[1] if is_many(score_val) else 1
    return Temperature(1 / inverse, loss(1.0), loss(inverse), len(y), at_limit, columns)


def prior_correction(
    y_score: ArrayLike, trained_prevalence: float, new_prevalence: float
) -> np.ndarray:
    """Carry probabilities over to a place with another share of the sick, by Bayes' rule.

    The odds are multiplied by the ratio of the new prior odds to the old (Saerens, Latinne and
    Decaestecker 2002, Neural Computation 14, 21-41). That is right where the sick and the healthy
    look as they did in training and only their shares differ; it does not mend another scanner.

    Parameters
    ----------
    y_score : array, shape (N,) or (N, 1)
        Probabilities, calibrated for the pictures trained on.
    trained_prevalence : float
        Share of the sick that training saw; 0.5 if the classes were weighted to be equal.
    new_prevalence : float
        Share of the sick where the scores are to be used.

    Returns
    -------
    ndarray, shape (N,)
        0 stays 0 and 1 stays 1: who was certain is not moved.

    Raises
    ------
    ValueError
        If a score is no probability or a prevalence not between 0 and 1.
    """
    score = without_truth(check_probabilities, y_score)
    old = check_share(trained_prevalence, "trained prevalence")
    new = check_share(new_prevalence, "new prevalence")
    sick, healthy = score * new / old, (1 - score) * (1 - new) / (1 - old)
    return sick / (sick + healthy)


def _logit(score: np.ndarray) -> np.ndarray:
    return special.logit(np.clip(score, CLIP, 1 - CLIP))


def _log(score: np.ndarray) -> np.ndarray:
    return np.log(np.clip(score, CLIP, 1))
