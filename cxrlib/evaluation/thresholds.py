"""Where "sick" begins: choose a threshold on one set by a rule, freeze it, apply it to another.

Scores may be any finite numbers; those from the threshold on are called sick. What can be chosen is
listed by :func:`cxrlib.evaluation.threshold_table`: numbers midway between neighbouring scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.evaluation.checks import check_binary, check_proportion, check_scores_only
from cxrlib.evaluation.curves import threshold_table

TOLERANCE = 1e-12  # for sums that would be equal on paper


@dataclass(frozen=True)
class Threshold:
    """A threshold, and where it comes from. It cannot be changed after it was chosen.

    Attributes
    ----------
    value : float
        Scores from here on are called sick.
    rule : str
        How it was chosen, such as ``"sensitivity ≥ 0.95"``.
    chosen_on : str
        Name of the images it was chosen on.
    n : int
        How many those were.
    sensitivity, specificity : float
        How it did on them. Chosen to look well there, so rather too good.
    """

    value: float
    rule: str
    chosen_on: str
    n: int
    sensitivity: float
    specificity: float

    def apply(self, y_score: ArrayLike) -> np.ndarray:
        """Call each image: 1 (sick) from the threshold on, else 0; int, shape (N,).

        Raises
        ------
        ValueError
            If a score is not finite, or the shape is not (N,) or (N, 1).
        """
        return (check_scores_only(check_binary, y_score) >= self.value).astype(int)

    def __str__(self) -> str:
        extreme = {-np.inf: " (everybody is called sick)", np.inf: " (nobody is called sick)"}
        return (
            f"{self.value:.3g}{extreme.get(self.value, '')}, by {self.rule} on {self.n:,} images "
            f"of {self.chosen_on}: sensitivity {self.sensitivity:.3f}, "
            f"specificity {self.specificity:.3f}"
        )


def youden_threshold(y_true: ArrayLike, y_score: ArrayLike, *, on: str = "validation") -> Threshold:
    """Choose the threshold with the largest sensitivity + specificity − 1 (Youden 1950).

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth and scores of the images to choose on, not those to judge by.
    on : str
        Name of these images, kept in the result.

    Returns
    -------
    Threshold
        Of several equally good ones the lowest, which misses the fewest sick.
    """
    rows = threshold_table(y_true, y_score)
    # Counts, so that equally good ones are equal to the last digit.
    sick, healthy = int(rows["tp"].iloc[0]), int(rows["fp"].iloc[0])
    gain = rows["tp"] * healthy + rows["tn"] * sick
    return _freeze(rows, int(np.argmax(gain)), "Youden's index", on)


def threshold_at_sensitivity(
    y_true: ArrayLike, y_score: ArrayLike, target: float, *, on: str = "validation"
) -> Threshold:
    """Choose the highest threshold that still reaches the sensitivity ``target``.

    It is always reached, if need be by calling everybody sick (minus infinity). With ties or few
    sick the sensitivity can be well above the target: the next step would be below it.

    Raises
    ------
    ValueError
        If the target is not above 0 and at most 1, or the scores cannot be used.

    Examples
    --------
    >>> found = threshold_at_sensitivity([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], 0.95)
    >>> float(found.value) <= 0.4
    True
    """
    return _at_target(y_true, y_score, target, "sensitivity", -1, on)


def threshold_at_specificity(
    y_true: ArrayLike, y_score: ArrayLike, target: float, *, on: str = "validation"
) -> Threshold:
    """Choose the lowest threshold that still reaches the specificity ``target``.

    It is always reached, if need be by calling nobody sick (infinity). With ties or few healthy the
    specificity can be well above the target: the next step would be below it.

    Raises
    ------
    ValueError
        If the target is not above 0 and at most 1, or the scores cannot be used.
    """
    return _at_target(y_true, y_score, target, "specificity", 0, on)


def min_cost_threshold(
    y_true: ArrayLike,
    y_score: ArrayLike,
    cost_fn: float,
    cost_fp: float,
    prevalence: float | None = None,
    *,
    on: str = "validation",
) -> Threshold:
    """Choose the threshold with the lowest mean cost of its errors.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
    cost_fn, cost_fp : float
        What a false negative and a false positive cost, in any one unit; only their ratio counts.
    prevalence : float, optional
        Proportion of sick where the threshold is to be used, by default that of ``y_true``.
    on : str
        Name of these images.

    Returns
    -------
    Threshold
        Of several equally cheap ones the lowest, which misses the fewest sick.

    Raises
    ------
    ValueError
        If a cost is negative or not finite, both are 0, the prevalence is not between 0 and 1, or
        the scores cannot be used.
    """
    costs = np.array([cost_fn, cost_fp], dtype=float)
    if not np.isfinite(costs).all() or costs.min() < 0 or not costs.any():
        raise ValueError(
            "expected costs of at least 0, not both 0, got "
            f"cost_fn={cost_fn}, cost_fp={cost_fp}. Only their ratio counts: 5 and 1, say."
        )
    rows = threshold_table(y_true, y_score)
    sick, healthy = int(rows["tp"].iloc[0]), int(rows["fp"].iloc[0])
    prior = sick / (sick + healthy)
    prior = prior if prevalence is None else check_proportion(prevalence, "prevalence")
    fnr, fpr = 1 - rows["sensitivity"], 1 - rows["specificity"]
    cost = prior * costs[0] * fnr + (1 - prior) * costs[1] * fpr
    cheap = np.flatnonzero(cost <= cost.min() + TOLERANCE * costs.max())
    rule = f"cost {cost_fn:g} a miss, {cost_fp:g} an alarm, {prior:.3g} sick"
    return _freeze(rows, int(cheap[0]), rule, on)


def _at_target(
    y_true: ArrayLike, y_score: ArrayLike, target: float, name: str, place: int, on: str
) -> Threshold:
    """Choose the first (``place`` 0) or the last (-1) threshold that reaches the target."""
    if check_proportion(target, name, inclusive=True) == 0:
        raise ValueError(
            f"expected a {name} above 0, got 0: every threshold reaches that. Take 0.9, say."
        )
    rows = threshold_table(y_true, y_score)
    reached = np.flatnonzero(rows[name] >= target - TOLERANCE)
    return _freeze(rows, int(reached[place]), f"{name} ≥ {target:g}", on)


def _freeze(rows: pd.DataFrame, place: int, rule: str, on: str) -> Threshold:
    row = rows.iloc[place]
    return Threshold(
        value=float(row["threshold"]),
        rule=rule,
        chosen_on=on,
        n=int(row[["tp", "fn", "fp", "tn"]].sum()),
        sensitivity=float(row["sensitivity"]),
        specificity=float(row["specificity"]),
    )
