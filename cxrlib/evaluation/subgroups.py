"""One metric, group by group: a good mean can hide a group that the network fails."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.data.cases import did_you_mean
from cxrlib.evaluation import metrics, multiclass
from cxrlib.evaluation.checks import check_scores
from cxrlib.evaluation.intervals.bootstrap import patient_bootstrap
from cxrlib.evaluation.intervals.limits import Interval, check_resampling
from cxrlib.evaluation.intervals.resampling import (
    Metric,
    check_patients,
    required_classes,
    stratify,
)

MAX_GROUPS = 20  # different numbers in a column, above which it needs to be cut
UNKNOWN = "not known"


def subgroups(
    cases: pd.DataFrame,
    y_true: ArrayLike,
    y_score: ArrayLike,
    column: str,
    metric: Metric | None = None,
    patients: ArrayLike | None = None,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence_level: float = 0.95,
) -> pd.DataFrame:
    """Compute a metric with its interval in each group of images.

    Groups differ by chance too: of twenty without any difference, one will stand out.

    Parameters
    ----------
    cases : DataFrame
        Case table; its rows are the images of ``y_true`` and ``y_score`` in the same order.
    y_true, y_score : array, shape (N,) or (N, 1)
        Truth (0 or 1) and scores; or for K classes as in
        :func:`cxrlib.evaluation.checks.check_multiclass`.
    column : str
        What to group by. Categories keep their order, empty ones are listed; rows without a value
        form the group "not known".
    metric : callable, optional
        As in :func:`cxrlib.evaluation.patient_bootstrap`; by default the area under the ROC curve,
        for K classes the mean of theirs (``macro_auc``).
    patients : array, shape (N,), optional
        Patient of each image; by default ``cases["patient_id"]``.
    n_resamples, seed, confidence_level
        As in :func:`cxrlib.evaluation.patient_bootstrap`.

    Returns
    -------
    DataFrame
        First row ``"all"``, then one a group: ``group``, ``n`` (images), ``n_patients``,
        ``n_positive`` (for K classes ``n_rarest``, images of the class with the fewest),
        ``value``, ``low``, ``high``, and ``reason``: why a number or an interval is missing (NaN),
        else "".

    Raises
    ------
    ValueError
        If the column is unknown or holds more than 20 different numbers, lengths differ, or the
        scores cannot be used.
    """
    y, score = check_scores(y_true, y_score)
    n_classes = score.shape[1] if score.ndim == 2 else 2
    metric = metric or (metrics.roc_auc if score.ndim == 1 else multiclass.macro_auc)
    patients = cases["patient_id"] if patients is None else patients
    if len(cases) != len(y):
        raise ValueError(
            f"expected a row of `cases` for each of {len(y):,} images, got {len(cases):,}. "
            "Take all from the same images in the same order."
        )
    ids = np.asarray(patients, dtype=object).reshape(-1)
    stratify(y, ids)  # complains about patients that do not fit
    check_resampling(n_resamples, confidence_level)
    bootstrap = partial(
        patient_bootstrap, metric=metric, n_resamples=n_resamples, seed=seed,
        confidence_level=confidence_level,
    )  # fmt: skip
    rows = []
    for name, chosen in _groups(cases, column):
        counts = {"n": int(chosen.sum()), "n_patients": pd.Series(ids[chosen]).nunique()}
        each = np.bincount(y[chosen], minlength=n_classes)
        counts |= {"n_positive": each[1]} if score.ndim == 1 else {"n_rarest": each.min()}
        value = _value(y[chosen], score[chosen], ids[chosen], metric, bootstrap)
        rows.append({"group": name} | counts | value)
    return pd.DataFrame(rows)


def _groups(cases: pd.DataFrame, column: str) -> list[tuple[str, np.ndarray]]:
    if column not in cases:
        raise ValueError(
            f"expected a column of the case table ({', '.join(map(str, cases.columns))}), got "
            f"{column!r}.{did_you_mean(column, map(str, cases.columns))}"
        )
    values = cases[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        names = list(values.cat.categories)
    else:
        names = sorted(values.dropna().unique(), key=lambda v: (isinstance(v, str), v))
    if pd.api.types.is_numeric_dtype(values) and len(names) > MAX_GROUPS:
        raise ValueError(
            f"expected at most {MAX_GROUPS} groups, got {len(names):,} different numbers in "
            f"{column!r}. Cut it first: cases.assign({column}=pd.cut(cases[{column!r}], [...]))."
        )
    groups = [("all", np.ones(len(cases), bool))]
    groups += [(str(name), (values == name).fillna(False).to_numpy(bool)) for name in names]
    missing = values.isna().to_numpy(bool)
    return [*groups, (UNKNOWN, missing)] if missing.any() else groups


def _value(
    y: np.ndarray, score: np.ndarray, ids: np.ndarray, metric: Metric, bootstrap: partial[Interval]
) -> dict[str, float | str]:
    """Give value, interval and reason; NaN where there is none."""
    row: dict[str, float | str] = {"value": np.nan, "low": np.nan, "high": np.nan, "reason": ""}
    if not len(y):
        return row | {"reason": "no images"}
    try:
        row["value"] = float(metric(y, score))
    except ValueError as error:
        if score.ndim == 1 and len(set(y)) == 1:
            return row | {"reason": f"no {('sick', 'healthy')[y[0]]} images"}
        return row | {"reason": _first_sentence(error)}
    try:
        check_patients(y, *stratify(y, ids), required_classes(metric, score))
    except ValueError:
        return row | {"reason": "too few patients for an interval"}
    try:
        interval = bootstrap(y, score, ids)
    except ValueError as error:
        return row | {"reason": _first_sentence(error)}
    if interval.low == interval.high:
        return row | {"reason": "resamples all the same: no interval"}
    return row | interval._asdict()


def _first_sentence(error: ValueError) -> str:
    return str(error).split(". ")[0]
