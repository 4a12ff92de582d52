"""Arguments that several modules take: shares, and scores that must be probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics


def check_probabilities(
    y_true: ArrayLike, y_score: ArrayLike, needs: tuple[int, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and scores as :func:`metrics.check_scores`; the scores must be in [0, 1].

    Raises
    ------
    ValueError
        If a score lies outside, or anything else is wrong with them.
    """
    y, score = metrics.check_scores(y_true, y_score, needs)
    _check_range(score)
    return y, score


def check_probabilities_alone(y_score: ArrayLike) -> np.ndarray:
    """Return scores without a truth as floats of shape (N,); they must be in [0, 1]."""
    score = check_scores_alone(y_score)
    _check_range(score)
    return score


def check_scores_alone(y_score: ArrayLike) -> np.ndarray:
    """Return scores without a truth as finite floats of shape (N,), or say what is wrong."""
    nobody = np.zeros(np.shape(y_score)[:1], int)
    return metrics.check_scores(nobody, np.atleast_1d(y_score))[1]


def check_share(share: float, name: str, *, ends: bool = False) -> float:
    """Return a share between 0 and 1 (with ``ends`` also 0 and 1), or say what is wrong."""
    inside = 0 <= share <= 1 if ends else 0 < share < 1
    if not inside:
        hint = f" Write {share / 100:g} for {share:g} %." if 2 <= share <= 100 else ""
        ends_named = ", ends included" if ends else ""
        raise ValueError(f"expected a {name} between 0 and 1{ends_named}, got {share}.{hint}")
    return float(share)


def _check_range(score: np.ndarray) -> None:
    outside = int(((score < 0) | (score > 1)).sum())
    if outside:
        raise ValueError(
            f"expected probabilities between 0 and 1, got {outside:,} of {len(score):,} scores "
            f"outside, from {score.min():.3g} to {score.max():.3g}. Put logits through a sigmoid "
            "first; numbers that only rank have no calibration."
        )
