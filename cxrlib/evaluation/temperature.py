"""One number, the temperature, that makes probabilities less sure or surer (Guo 2017).

It keeps the order of the scores of two classes, so the ROC curve stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from cxrlib.evaluation.calibration import CLIP, logit
from cxrlib.evaluation.checks import (
    check_multiclass,
    check_probabilities,
    check_scores_only,
    is_multiclass,
)

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0


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
        return special.expit(logit(check_scores_only(check_probabilities, y_score)) / self.value)

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
        logits = np.stack([np.zeros(len(y)), logit(score)], axis=1)
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


def _log(score: np.ndarray) -> np.ndarray:
    return np.log(np.clip(score, CLIP, 1))
