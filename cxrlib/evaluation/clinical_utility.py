"""What acting on the scores would mean: predictive values and net benefit.

Sensitivity and specificity go with the network, predictive values with the place as well: where
fewer are sick, more of the positives are false.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.evaluation.checks import check_probabilities, check_proportion

THRESHOLDS = tuple(np.arange(1, 100) / 100)


class PredictiveValues(NamedTuple):
    """``ppv``: proportion of those called sick that are; ``npv``: of those called healthy."""

    ppv: float | np.ndarray
    npv: float | np.ndarray


def predictive_values(
    sensitivity: ArrayLike, specificity: ArrayLike, prevalence: ArrayLike
) -> PredictiveValues:
    """Compute predictive values at a stated prevalence, by Bayes' rule.

    Parameters
    ----------
    sensitivity, specificity, prevalence : float or array
        In [0, 1], ends included; arrays broadcast.

    Returns
    -------
    PredictiveValues
        Floats, or arrays of the common shape. NaN where nobody is called sick (PPV) or nobody
        healthy (NPV).

    Raises
    ------
    ValueError
        If one is not between 0 and 1.

    Examples
    --------
    A good test where one in a hundred is sick: most alarms are false.

    >>> found = predictive_values(sensitivity=0.9, specificity=0.9, prevalence=0.01)
    >>> f"{found.ppv:.2f}"
    '0.08'
    """
    given = {"sensitivity": sensitivity, "specificity": specificity, "prevalence": prevalence}
    proportions = [np.asarray(value, dtype=float) for value in given.values()]
    for name, values in zip(given, proportions, strict=True):
        inside = (values >= 0) & (values <= 1)  # NaN is not
        if not inside.all():
            check_proportion(float(values[~inside].flat[0]), name, inclusive=True)
    sens, spec, prior = np.broadcast_arrays(*proportions)
    tp, fp = sens * prior, (1 - spec) * (1 - prior)
    tn, fn = spec * (1 - prior), (1 - sens) * prior
    with np.errstate(invalid="ignore"):
        ppv, npv = tp / (tp + fp), tn / (tn + fn)
    return PredictiveValues(ppv, npv) if ppv.ndim else PredictiveValues(float(ppv), float(npv))


def net_benefit(
    y_true: ArrayLike,
    y_score: ArrayLike,
    thresholds: ArrayLike = THRESHOLDS,
    prevalence: float | None = None,
) -> pd.DataFrame:
    """Weigh true against false positives, at each threshold probability: the decision curve.

    Someone who acts from probability t on holds one false negative to be as bad as (1 − t) / t
    false positives: nine at t = 0.1. Net benefit is TP / N less t / (1 − t) times FP / N (Vickers
    and Elkin 2006). A network is of use at t only if it lies above both acting on everybody and
    acting on nobody.

    Parameters
    ----------
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and calibrated probabilities.
    thresholds : array of float
        Between 0 and 1, ends left out; by default 0.01 to 0.99.
    prevalence : float, optional
        Proportion of sick where the network is to be used, by default that of ``y_true``. Another
        one weighs the classes anew and leaves the scores alone: pass
        :func:`cxrlib.evaluation.prior_shift_correction` of them.

    Returns
    -------
    DataFrame
        Columns ``threshold``, ``model``, ``treat_all``, ``treat_none`` (always 0).

    Raises
    ------
    ValueError
        If a class is missing, scores are no probabilities, or an argument is out of its range.
    """
    y, score = check_probabilities(y_true, y_score, required=(0, 1))
    t = np.atleast_1d(np.asarray(thresholds, dtype=float))
    if not t.size:
        raise ValueError(
            "expected at least one threshold, got none. Leave it out for 0.01 to 0.99."
        )
    for value in t[~((t > 0) & (t < 1))]:
        check_proportion(value, "threshold probability")
    prior = y.mean() if prevalence is None else check_proportion(prevalence, "prevalence")
    sick, healthy = np.sort(score[y == 1]), np.sort(score[y == 0])
    tpr = 1 - np.searchsorted(sick, t) / len(sick)
    fpr = 1 - np.searchsorted(healthy, t) / len(healthy)
    weight = (1 - prior) * t / (1 - t)
    return pd.DataFrame(
        {
            "threshold": t,
            "model": tpr * prior - fpr * weight,
            "treat_all": prior - weight,
            "treat_none": np.zeros_like(t),
        }
    )
