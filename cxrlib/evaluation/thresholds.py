"""Where "sick" begins: choose a threshold on one set by a rule, freeze it, apply it to another.

Scores may be any finite numbers; those from the threshold on are called sick. What can be chosen is
listed by :func:`cxrlib.evaluation.threshold_table`: numbers midway between neighbouring scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.evaluation.checks import check_scores, check_share, without_truth
from cxrlib.evaluation.curves import threshold_table

SLACK = 1e-12  # for sums that would be equal on paper


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
        Name of the pictures it was chosen on.
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
        """Call each picture: 1 (sick) from the threshold on, else 0; int, shape (N,).

        Raises
        ------
        ValueError
            If a score is not finite, or the shape is not (N,) or (N, 1).
        """
        return (without_truth(check_scores, y_score) >= self.value).astype(int)

    def __str__(self) -> str:
        extreme = {-np.inf: " (everybody is called sick)", np.inf: " (nobody is called sick)"}
        return (
            f"{self.value:.3g}{extreme.get(self.value, '')}, by {self.rule} on {self.n:,} pictures "
            f"of {self.chosen_on}: sensitivity {self.sensitivity:.3f}, "
            f"specificity {self.specificity:.3f}"
        )


def youden(y_true: ArrayLike, y_score: ArrayLike, *, on: str = "validation") -> Threshold:
    """Choose the threshold with the largest sensitivity + specificity − 1 (Youden 1950).

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth and scores of the pictures to choose on, not those to judge by.
    on : str
        Name of these pictures, kept in the result.

    Returns
    -------
    Threshold
        Of several equally good ones the lowest, which misses the fewest sick.
    """
    rows = threshold_table(y_true, y_score)
    # Counts, so that equally good ones are equal to the last digit.
    sick, healthy = int(rows["found"].iloc[0]), int(rows["alarms"].iloc[0])
    gain = rows["found"] * healthy + rows["spared"] * sick
    return _freeze(rows, int(np.argmax(gain)), "Youden's index", on)


def for_sensitivity(
    y_true: ArrayLike, y_score: ArrayLike, target: float, *, on: str = "validation"
) -> Threshold:
    """Choose the highest threshold that still finds the share ``target`` of the sick.

    It is always reached, if need be by calling everybody sick (minus infinity). With ties or few
    sick the sensitivity can be well above the target: the next step would be below it.

    Raises
    ------
    ValueError
        If the target is not above 0 and at most 1, or the scores cannot be used.
    """
    _check_target(target, "sensitivity")
    rows = threshold_table(y_true, y_score)
    reached = np.flatnonzero(rows["sensitivity"] >= target - SLACK)
    return _freeze(rows, int(reached[-1]), f"sensitivity ≥ {target:g}", on)


def for_specificity(
    y_true: ArrayLike, y_score: ArrayLike, target: float, *, on: str = "validation"
) -> Threshold:
    """Choose the lowest threshold that still leaves the share ``target`` of the healthy alone.

    It is always reached, if need be by calling nobody sick (infinity). With ties or few healthy the
    specificity can be well above the target: the next step would be below it.

    Raises
    ------
    ValueError
        If the target is not above 0 and at most 1, or the scores cannot be used.
    """
    _check_target(target, "specificity")
    rows = threshold_table(y_true, y_score)
    reached = np.flatnonzero(rows["specificity"] >= target - SLACK)
    return _freeze(rows, int(reached[0]), f"specificity ≥ {target:g}", on)


def for_cost(
    y_true: ArrayLike,
    y_score: ArrayLike,
    cost_miss: float,
    cost_alarm: float,
    prevalence: float | None = None,
    *,
    on: str = "validation",
) -> Threshold:
    """Choose the threshold with the lowest mean cost of its errors.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
    cost_miss, cost_alarm : float
        What a missed sick person and a false alarm cost, in any one unit; only their ratio counts.
    prevalence : float, optional
        Share of the sick where the threshold is to be used, by default their share here.
    on : str
        Name of these pictures.

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
    costs = np.array([cost_miss, cost_alarm], dtype=float)
    if not np.isfinite(costs).all() or costs.min() < 0 or not costs.any():
        raise ValueError(
            "expected costs of at least 0, not both 0, got "
            f"cost_miss={cost_miss}, cost_alarm={cost_alarm}."
        )
    rows = threshold_table(y_true, y_score)
    share = rows["found"].iloc[0] / (rows["found"].iloc[0] + rows["alarms"].iloc[0])
    prevalence = float(share) if prevalence is None else check_share(prevalence, "prevalence")
    missed, alarms = 1 - rows["sensitivity"], 1 - rows["specificity"]
    cost = prevalence * costs[0] * missed + (1 - prevalence) * costs[1] * alarms
    cheap = np.flatnonzero(cost <= cost.min() + SLACK * costs.max())
    rule = f"cost {cost_miss:g} a miss, {cost_alarm:g} an alarm, {prevalence:.3g} sick"
    return _freeze(rows, int(cheap[0]), rule, on)


def _check_target(target: float, name: str) -> None:
    if check_share(target, name, ends=True) == 0:
        raise ValueError(f"expected a {name} above 0, got 0: every threshold reaches that.")


def _freeze(rows: pd.DataFrame, place: int, rule: str, on: str) -> Threshold:
    row = rows.iloc[place]
    return Threshold(
        value=float(row["threshold"]),
        rule=rule,
        chosen_on=on,
        n=int(row[["found", "missed", "alarms", "spared"]].sum()),
        sensitivity=float(row["sensitivity"]),
        specificity=float(row["specificity"]),
    )
