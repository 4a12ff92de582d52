"""One metric, group by group: a good mean can hide a group that the network fails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.evaluation import metrics, multiclass
from cxrlib.evaluation.checks import check_either
from cxrlib.evaluation.intervals.bca import check_resamples
from cxrlib.evaluation.intervals.bootstrap import patient_bootstrap
from cxrlib.evaluation.intervals.resampling import check_enough, group, needs

MOST = 20  # different numbers in a column, above which it needs to be cut
UNKNOWN = "not known"


def subgroups(
    cases: pd.DataFrame,
    y_true: ArrayLike,
    y_score: ArrayLike,
    column: str,
    metric: Callable[[np.ndarray, np.ndarray], float] | None = None,
    patients: ArrayLike | None = None,
    *,
    n: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compute a metric with its interval in each group of pictures.

    Groups differ by chance too: of twenty without any difference, one will stand out.

    Parameters
    ----------
    cases : DataFrame
        Case table; its rows are the pictures of ``y_true`` and ``y_score`` in the same order.
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and scores; or for K classes as in
        :func:`cxrlib.evaluation.checks.check_many`.
    column : str
        What to group by. Categories keep their order, empty ones are listed; rows without a value
        form the group "not known".
    metric : callable, optional
        As in :func:`cxrlib.evaluation.patient_bootstrap`; by default the area under the ROC curve,
        for K classes the mean of theirs (``macro_auc``).
    patients : array, shape (N,), optional
        Patient of each picture; by default ``cases["patient_id"]``.
    n, seed, level
        Resamples, seed, and coverage.

    Returns
    -------
    DataFrame
        First row ``"all"``, then one a group: ``group``, ``n`` (pictures), ``patients``, ``sick``
        (pictures; for K classes ``rarest``, those of the class with the fewest), ``value``,
        ``low``, ``high``, and ``reason``: why a number or an interval is missing (NaN), else "".

    Raises
    ------
    ValueError
        If the column is unknown or holds more than 20 different numbers, lengths differ, or the
        scores cannot be used.
    """
    y, score = check_either(y_true, y_score)
    k = score.shape[1] if score.ndim == 2 else 2
    metric = metric or (metrics.roc_auc if score.ndim == 1 else multiclass.macro_auc)
    patients = cases["patient_id"] if patients is None else patients
    if len(cases) != len(y):
        raise ValueError(
            f"expected a row of `cases` for each of {len(y):,} pictures, got {len(cases):,}. "
            "Take all from the same pictures in the same order."
        )
    who = np.asarray(patients, dtype=object).reshape(-1)
    group(y, who)  # complains about patients that do not fit
    check_resamples(n, level)
    rows = []
    for name, chosen in _groups(cases, column):
        counts = {"n": int(chosen.sum()), "patients": pd.Series(who[chosen]).nunique()}
        each = np.bincount(y[chosen], minlength=k)
        counts |= {"sick": int(each[1])} if score.ndim == 1 else {"rarest": int(each.min())}
        found = _judge(y[chosen], score[chosen], who[chosen], metric, n, seed, level)
        rows.append({"group": name} | counts | found)
    return pd.DataFrame(rows)


def _groups(cases: pd.DataFrame, column: str) -> list[tuple[str, np.ndarray]]:
    if column not in cases:
        raise ValueError(
            f"expected a column of the case table, got {column!r}. It has "
            f"{', '.join(map(str, cases.columns))}."
        )
    values = cases[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        names = list(values.cat.categories)
    else:
        names = sorted(values.dropna().unique(), key=lambda v: (isinstance(v, str), v))
    if pd.api.types.is_numeric_dtype(values) and len(names) > MOST:
        raise ValueError(
            f"expected at most {MOST} groups, {column!r} holds {len(names):,} different numbers. "
            f"Cut it first: cases.assign({column}=pd.cut(cases[{column!r}], [...]))."
        )
    groups = [("all", np.ones(len(cases), bool))]
    groups += [(str(name), (values == name).fillna(False).to_numpy(bool)) for name in names]
    missing = values.isna().to_numpy(bool)
    return [*groups, (UNKNOWN, missing)] if missing.any() else groups


def _judge(
    y: np.ndarray,
    score: np.ndarray,
    who: np.ndarray,
    metric: Callable,
    n: int,
    seed: int,
    level: float,
) -> dict:
    """Give value, interval and reason; NaN where there is none."""
    found = {"value": np.nan, "low": np.nan, "high": np.nan, "reason": ""}
    if not len(y):
        return found | {"reason": "no pictures"}
    try:
        found["value"] = float(metric(y, score))
    except ValueError as error:
        if score.ndim == 1 and len(set(y)) == 1:
            return found | {"reason": f"no {('sick', 'healthy')[y[0]]} pictures"}
        return found | {"reason": _first_sentence(error)}
    try:
        check_enough(y, *group(y, who), needs(metric, score))
    except ValueError:
        return found | {"reason": "too few patients for an interval"}
    try:
        interval = patient_bootstrap(y, score, who, metric, n=n, seed=seed, level=level)
    except ValueError as error:
        return found | {"reason": _first_sentence(error)}
    if interval.low == interval.high:
        return found | {"reason": "resamples all the same: no interval"}
    return found | interval._asdict()


def _first_sentence(error: ValueError) -> str:
    return str(error).split(". ")[0]
