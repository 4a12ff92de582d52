"""A study's summary: each metric's mean over the seeds, patients and seeds drawn again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib import experiments as records
from cxrlib.evaluation.intervals import Interval
from cxrlib.experiments.judging_many import OVER_ALONE

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
OVER = "; mean over {} seeds, of which one fewer were drawn again each time too"
OWN = "; each seed has test pictures of its own"


def summary(
    tables: Sequence[pd.DataFrame],
    runs: Sequence[dict],
    further: Callable[[Sequence[pd.DataFrame], Sequence[dict]], Intervals] | None = None,
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
        Gives more intervals, from the same two.

    Returns
    -------
    dict
        Metric → ``mean``, ``low``, ``high``, ``how``.
    """
    tests = [table[table["split"] == "test"] for table in tables]
    if np.ndim(runs[0]["scores"]["score"]) == 1:
        found = _of_two(tests, runs)
    else:
        found = _of_many(tests, runs)
    found |= further(tests, runs) if further else {}
    return records.summarise(
        {name: interval for name, (interval, _) in found.items()},
        {name: how for name, (_, how) in found.items()},
    )


def over_runs(right: Sequence[int], total: Sequence[int], names: Sequence[Sequence[str]]) -> tuple:
    """Give Wilson's interval of a share over all runs, from the pictures' names: and its text."""
    different = len(set().union(*map(set, names)))
    how = ALONE + (OVER_ALONE.format(len(right), different) if len(right) > 1 else "")
    return evaluation.wilson_over_runs(right, total, different), how


def _columns(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> tuple[list, list, list]:
    """Truth, scores and patients of each run."""
    truth = [np.array(run["scores"]["y"]) for run in runs]
    score = [np.array(run["scores"]["score"], dtype=float) for run in runs]
    return truth, score, [test["patient_id"] for test in tests]


def _drawn_again(what: str, runs: Sequence[dict]) -> str:
    own = len({tuple(run["scores"]["path"]) for run in runs}) > 1
    how = DRAWN_AGAIN.format(what)
    return how + (OVER.format(len(runs)) if len(runs) > 1 else "") + (OWN if own else "")


def _of_two(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> Intervals:
    columns, how = _columns(tests, runs), _drawn_again("folder", runs)
    found = {}
    for name, metric in HEADLINES.items():
        each = [
            partial(metric, threshold=run["threshold"]) if name in AT_THRESHOLD else metric
            for run in runs
        ]
        found[name] = evaluation.runs_bootstrap(*columns, each), how
    return found


def _of_many(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> Intervals:
    columns, how = _columns(tests, runs), _drawn_again("set", runs)
    found = {
        name: (evaluation.runs_bootstrap(*columns, metric), how) for name, metric in MANY.items()
    }
    matrices = np.array(
        [evaluation.confusion_many(y, score) for y, score, _ in zip(*columns, strict=True)]
    )
    right, total = matrices.diagonal(axis1=1, axis2=2), matrices.sum(axis=2)
    names = [np.array(run["scores"]["path"]) for run in runs]
    found["test accuracy, Wilson"] = over_runs(right.sum(axis=1), total.sum(axis=1), names)
    for k, name in enumerate(data.classes(tests[0])):
        own = [paths[y == k] for paths, y in zip(names, columns[0], strict=True)]
        found[f"test sensitivity of {name}"] = over_runs(right[:, k], total[:, k], own)
    return found
