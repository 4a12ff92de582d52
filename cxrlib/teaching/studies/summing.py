"""A study's summary: each metric's mean over the seeds, and the mean of its intervals' ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib.evaluation.intervals import Interval
from cxrlib.teaching import records

Intervals = dict[str, tuple[Interval, str]]  # metric → interval, how it was made

AT_THRESHOLD = {
    "test accuracy": evaluation.accuracy,
    "test sensitivity": evaluation.sensitivity,
    "test specificity": evaluation.specificity,
    "test balanced accuracy": evaluation.balanced_accuracy,
    "test weighted F1": evaluation.weighted_f1,
}
HEADLINES = AT_THRESHOLD | {"test ROC AUC": evaluation.roc_auc}
MANY = {
    "test accuracy": evaluation.accuracy_many,
    "test macro sensitivity": evaluation.macro_sensitivity,
    "test macro F1": evaluation.macro_f1,
    "test macro ROC AUC": evaluation.macro_auc,
}
DRAWN_AGAIN = "95 %, patients of the test {} drawn again 2,000 times"
ALONE = "95 %, Wilson's interval, as if each picture were of another patient"


def summary(
    tables: Sequence[pd.DataFrame],
    runs: Sequence[dict],
    further: Callable[[dict], Intervals] | None = None,
) -> dict:
    """Make a record's summary.

    Parameters
    ----------
    tables : sequence of DataFrame
        The case table of each run.
    runs : sequence of dict
        A record's ``runs``. Those with one score a picture are judged at their threshold, those
        with a score a class by the highest.
    further : callable, optional
        Gives more intervals of a run.

    Returns
    -------
    dict
        Metric → ``mean``, ``low``, ``high``, ``how``.
    """
    each = [
        _intervals(table, run) | (further(run) if further else {})
        for table, run in zip(tables, runs, strict=True)
    ]
    ends = {name: [found[name][0] for found in each] for name in each[0]}
    over = f"; value and ends are means over {len(runs)} seeds" if len(runs) > 1 else ""
    return records.summarise(
        {name: Interval(*np.mean(several, axis=0)) for name, several in ends.items()},
        {name: how + over for name, (_, how) in each[0].items()},
    )


def _intervals(cases: pd.DataFrame, run: dict) -> Intervals:
    test = cases[cases["split"] == "test"]
    y, score = np.array(run["scores"]["y"]), np.array(run["scores"]["score"], dtype=float)
    if score.ndim == 1:
        return _of_two(y, score, test["patient_id"], run["threshold"])
    return _of_many(y, score, test["patient_id"], data.classes(test))


def _of_two(y: np.ndarray, score: np.ndarray, patients: pd.Series, threshold: float) -> Intervals:
    found, how = {}, DRAWN_AGAIN.format("folder")
    for name, metric in HEADLINES.items():
        at = partial(metric, threshold=threshold) if name in AT_THRESHOLD else metric
        found[name] = evaluation.patient_bootstrap(y, score, patients, at), how
    return found


def _of_many(
    y: np.ndarray, score: np.ndarray, patients: pd.Series, names: Sequence[str]
) -> Intervals:
    how = DRAWN_AGAIN.format("set")
    found = {
        name: (evaluation.patient_bootstrap(y, score, patients, metric), how)
        for name, metric in MANY.items()
    }
    matrix = evaluation.confusion_many(y, score)
    right, total = matrix.diagonal(), matrix.sum(axis=1)
    found["test accuracy, Wilson"] = evaluation.wilson(right.sum(), total.sum()), ALONE
    for name, some, n in zip(names, right, total, strict=True):
        found[f"test sensitivity of {name}"] = evaluation.wilson(some, n), ALONE
    return found
