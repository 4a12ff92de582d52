"""Whether scores mean what they say: of all pictures scored 0.8, 80 % should be sick.

Here scores are probabilities in [0, 1] of being sick; others are refused.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.evaluation.checks import check_probabilities
from cxrlib.evaluation.intervals.shares import wilson

STRATEGIES = ("uniform", "quantile")


class CalibrationError(NamedTuple):
    """An expected calibration error, never without its bins: they change the number."""

    value: float
    bins: int
    strategy: str

    def __float__(self) -> float:
        return self.value

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec or '.3f'}} ({self.bins} {self.strategy} bins)"


def reliability(
    y_true: ArrayLike, y_score: ArrayLike, bins: int = 10, strategy: str = "uniform"
) -> pd.DataFrame:
    """Sort pictures into bins by score, and compare the mean score with the share of sick.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and probabilities.
    bins : int
        Number of bins.
    strategy : "uniform" or "quantile"
        Bins of equal width, or with about equally many pictures. A score on an edge belongs to the
        bin below it, as in scikit-learn's ``calibration_curve``.

    Returns
    -------
    DataFrame
        One row a bin: ``left``, ``right`` (edges), ``mean_score``, ``share_sick``, ``n``, ``low``,
        ``high`` (Wilson's 95 % interval of the share, which takes each picture for a patient of its
        own). An empty uniform bin has ``n`` 0 and NaN. Quantile bins that ties leave empty are
        dropped: there may be fewer rows than ``bins``.

    Raises
    ------
    ValueError
        If scores are no probabilities, or ``bins`` or ``strategy`` is unknown.
    """
    y, score = check_probabilities(y_true, y_score)
    edges = _edges(score, bins, strategy)
    bins = len(edges) - 1
    place = np.searchsorted(edges[1:-1], score)
    n = np.bincount(place, minlength=bins)
    sick = np.bincount(place[y == 1], minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_score = np.bincount(place, weights=score, minlength=bins) / n
    shares = [wilson(k, m) if m else (np.nan,) * 3 for k, m in zip(sick, n, strict=True)]
    found = pd.DataFrame({"left": edges[:-1], "right": edges[1:], "mean_score": mean_score})
    found[["share_sick", "low", "high"]] = np.array(shares, dtype=float)
    found.insert(4, "n", n)
    return found if strategy == "uniform" else found[found["n"] > 0].reset_index(drop=True)


def ece(
    y_true: ArrayLike, y_score: ArrayLike, bins: int = 10, strategy: str = "uniform"
) -> CalibrationError:
    """Compute the expected calibration error: mean distance of score and share of sick.

    Σ nᵦ/N · |share sick − mean score| over the bins of :func:`reliability`, for the probability of
    "sick" (Naeini 2015; Guo 2017 uses that of the class called). It grows with the number of bins
    and is above 0 by chance even for perfect probabilities, so compare it at equal bins and
    equal N only.
    """
    table = reliability(y_true, y_score, bins, strategy)
    distance = (table["share_sick"] - table["mean_score"]).abs()
    value = float(np.average(distance.fillna(0), weights=table["n"]))
    return CalibrationError(value, bins, strategy)


def brier(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Brier score: mean squared distance of probability and truth. 0 is perfect, 0.25 says 0.5."""
    y, score = check_probabilities(y_true, y_score)
    return float(np.mean((score - y) ** 2))


def brier_parts(y_true: ArrayLike, y_score: ArrayLike, bins: int = 10) -> pd.Series:
    """Take the Brier score apart (Murphy 1973) over uniform bins.

    Returns
    -------
    Series
        ``brier`` = ``miscalibration`` (lower is better; Murphy's reliability) − ``resolution``
        (higher is better: how far the bins' shares of sick lie apart) + ``uncertainty`` (share of
        sick × share of healthy, the set's own) + ``within_bins`` (what bins hide because the scores
        in them differ; 0 if they do not, Stephenson 2008).
    """
    y, score = check_probabilities(y_true, y_score)
    table = reliability(y, score, bins).query("n > 0")
    weight, share = table["n"] / len(y), table["share_sick"]
    parts = {
        "brier": brier(y, score),
        "miscalibration": float((weight * (table["mean_score"] - share) ** 2).sum()),
        "resolution": float((weight * (share - y.mean()) ** 2).sum()),
        "uncertainty": float(y.mean() * (1 - y.mean())),
    }
    explained = parts["miscalibration"] - parts["resolution"] + parts["uncertainty"]
    return pd.Series(parts | {"within_bins": parts["brier"] - explained})


def _edges(score: np.ndarray, bins: int, strategy: str) -> np.ndarray:
    if bins < 1 or bins != int(bins):
        raise ValueError(f"expected a whole number of bins, at least 1, got bins={bins}.")
    if strategy not in STRATEGIES:
        raise ValueError(f"expected `strategy` as one of {STRATEGIES}, got {strategy!r}.")
    steps = np.linspace(0, 1, int(bins) + 1)
    return steps if strategy == "uniform" else np.quantile(score, steps)
