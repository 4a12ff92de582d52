"""Whether scores mean what they say, and carrying them over to another prevalence.

Of all images scored 0.8, 80 % should be sick. Scores are probabilities in [0, 1] here; others are
refused. Another prevalence keeps their order, so the ROC curve stays as it was.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from cxrlib.evaluation.checks import (
    check_count,
    check_probabilities,
    check_proportion,
    check_scores_only,
)
from cxrlib.evaluation.intervals.limits import wilson_interval

CLIP = 1e-7  # a network's float32 sigmoid cannot come closer to 1 than 6e-8 without being 1


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


def calibration_intercept(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Compute calibration in the large: how much all logits have to move for the mean to be right.

    The a of logit P(sick) = a + logit(score), by maximum likelihood: the slope is held at 1. Below
    0 the scores are too high on average, above 0 too low; 0 is perfect.

    Raises
    ------
    ValueError
        If a class is missing, or a score is no probability.
    """
    y, score = check_probabilities(y_true, y_score, required=(0, 1))
    logits, share = logit(score), y.mean()

    def excess(shift: float) -> float:
        return float(special.expit(shift + logits).mean() - share)

    middle, room = special.logit(share), 1e-6  # the ends may be one
    ends = middle - logits.max() - room, middle - logits.min() + room
    return float(optimize.brentq(excess, *ends, xtol=1e-10))


def calibration_slope(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Compute the calibration slope: how much all logits have to be stretched (Cox 1958).

    The b of logit P(sick) = a + b · logit(score), a logistic regression of the truth on the scores'
    logits by maximum likelihood. Below 1 the scores are too far apart, too sure; above 1 not far
    enough; below 0 the order is wrong. 1 is perfect, with a :func:`calibration_intercept` of 0
    (D. R. Cox, Biometrika 45, 562-565; Steyerberg et al. 2010, Epidemiology 21, 128-138). An
    interval of either: :func:`cxrlib.evaluation.patient_bootstrap`, with this function as metric.

    Raises
    ------
    ValueError
        If a class is missing, a score is no probability, or all sick score at least, or at most,
        as high as all healthy: then no slope is steep enough.

    Examples
    --------
    Half of those scored 0.1 are sick, and half of those scored 0.9: the scores say nothing.

    >>> round(abs(calibration_slope([0, 1, 0, 1], [0.1, 0.1, 0.9, 0.9])), 6)
    0.0
    """
    y, score = check_probabilities(y_true, y_score, required=(0, 1))
    logits = logit(score)
    sick, healthy = logits[y == 1], logits[y == 0]
    if sick.min() >= healthy.max() or sick.max() <= healthy.min():
        raise ValueError(
            "expected scores of the sick and the healthy that overlap, got a cut that parts them: "
            "no slope is steep enough. Use more images; calibration_intercept still works."
        )
    x = np.stack([np.ones_like(logits), logits / logits.std()])
    weights, step = np.array([0.0, logits.std()]), np.ones(2)  # the scores as they are
    before = _loss(y, logits)
    while abs(step).max() > 1e-10:
        p = special.expit(weights @ x)
        step = np.linalg.solve(x * (p * (1 - p)) @ x.T, x @ (y - p))  # Newton's
        while (after := _loss(y, (weights + step) @ x)) > before + 1e-15:
            step = step / 2
        weights, before = weights + step, after
    return float(weights[1] / logits.std())


def brier_score(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Brier score: mean squared distance of probability and truth. 0 is perfect, 0.25 says 0.5."""
    y, score = check_probabilities(y_true, y_score)
    return float(np.mean((score - y) ** 2))


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


def _loss(y: np.ndarray, logits: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0, logits) - y * logits))


def logit(score: np.ndarray) -> np.ndarray:
    """Return log(p / (1 − p)), finite for 0 and 1, too: they are taken for 1e-7 and 1 − 1e-7."""
    return special.logit(np.clip(score, CLIP, 1 - CLIP))
