"""A study's summary: each metric's mean over the seeds, patients and seeds drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib.experiments.metrics import READ, READ_RIGHT
from cxrlib.experiments.sampling import in_order

Intervals = dict[str, tuple[evaluation.Interval, str]]  # metric → interval, how it was made

AT_THRESHOLD = {
    "test accuracy": evaluation.accuracy,
    "test sensitivity": evaluation.sensitivity,
    "test specificity": evaluation.specificity,
    "test balanced accuracy": evaluation.balanced_accuracy,
    "test weighted F1": evaluation.weighted_f1,
}
MULTICLASS = {
    "test accuracy": evaluation.accuracy,
    "test macro sensitivity": evaluation.macro_sensitivity,
    "test macro F1": evaluation.macro_f1,
    "test macro ROC AUC": evaluation.macro_auc,
}
BOOTSTRAP = "95 %, patients of the test {} drawn again 2,000 times"
BOOTSTRAP_OVER = "; mean over {} seeds, of which one fewer were drawn again each time too"
OWN = "; each seed has test pictures of its own"
WILSON = "95 %, Wilson's interval, as if each picture were of another patient"
WILSON_OVER = "; mean over {} seeds, each of {} pictures counted once, fewer where seeds lie apart"
WILSON_READ = "95 %, Wilson's interval for the {} pictures that the article's evaluator reads"


def summarize(tables: Sequence[pd.DataFrame], runs: Sequence[dict]) -> dict:
    """Make a record's summary.

    Parameters
    ----------
    tables : sequence of DataFrame
        The case table of each run; its test pictures in the order of the run's scores.
    runs : sequence of dict
        A record's ``runs``. Those with one score a picture are judged at their threshold, those
        with a score a class by the highest.

    Returns
    -------
    dict
        Metric → ``mean``, ``low``, ``high``, ``how``.
    """
    tests = [table[table["split"] == "test"] for table in tables]
    binary = np.ndim(runs[0]["scores"]["score"]) == 1
    found = _binary(tests, runs) if binary else _multiclass(tests, runs)
    if READ in runs[0]["metrics"]:
        found[READ_RIGHT] = _evaluators(tests, runs)
    return {
        name: {"mean": float(value), "low": float(low), "high": float(high), "how": how}
        for name, ((value, low, high), how) in found.items()
    }


def _columns(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> tuple[list, list, list]:
    """Truth, scores and patients of each run."""
    truth = [np.array(run["scores"]["y"]) for run in runs]
    score = [np.array(run["scores"]["score"], dtype=float) for run in runs]
    return truth, score, [test["patient_id"] for test in tests]


def _bootstrap(what: str, runs: Sequence[dict]) -> str:
    own = len({tuple(run["scores"]["path"]) for run in runs}) > 1
    over = BOOTSTRAP_OVER.format(len(runs)) if len(runs) > 1 else ""
    return BOOTSTRAP.format(what) + over + (OWN if own else "")


def _binary(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> Intervals:
    columns, how = _columns(tests, runs), _bootstrap("folder", runs)
    each = {
        name: [partial(metric, threshold=run["threshold"]) for run in runs]
        for name, metric in AT_THRESHOLD.items()
    }
    each["test ROC AUC"] = [evaluation.roc_auc] * len(runs)
    return {
        name: (evaluation.runs_bootstrap(*columns, metrics), how) for name, metrics in each.items()
    }


def _multiclass(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> Intervals:
    columns, how = _columns(tests, runs), _bootstrap("set", runs)
    found = {
        name: (evaluation.runs_bootstrap(*columns, metric), how)
        for name, metric in MULTICLASS.items()
    }
    truth, score, _ = columns
    names = [np.array(run["scores"]["path"]) for run in runs]
    matrices = np.array(list(map(evaluation.confusion_matrix, truth, score)))
    right, total = matrices.diagonal(axis1=1, axis2=2), matrices.sum(axis=2)
    found["test accuracy, Wilson"] = _wilson(right.sum(axis=1), total.sum(axis=1), names)
    for k, name in enumerate(data.classes(tests[0])):
        own = [paths[y == k] for paths, y in zip(names, truth, strict=True)]
        found[f"test sensitivity of {name}"] = _wilson(right[:, k], total[:, k], own)
    return found


def _evaluators(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> tuple:
    """Interval of what article 4's evaluator says, from the pictures that it reads."""
    counts = [run["metrics"][READ] for run in runs]
    right = [round(run["metrics"][READ_RIGHT] * n) for run, n in zip(runs, counts, strict=True)]
    read = [
        np.array(run["scores"]["path"])[in_order(test)[:n]]
        for test, run, n in zip(tests, runs, counts, strict=True)
    ]
    return _wilson(right, counts, read, WILSON_READ)


def _wilson(
    right: Sequence[int], total: Sequence[int], names: Sequence[np.ndarray], how: str = WILSON
) -> tuple[evaluation.Interval, str]:
    """Wilson's interval of a share over all runs, from the pictures' names; and its text."""
    different = len(set().union(*map(set, names)))
    over = WILSON_OVER.format(len(right), different) if len(right) > 1 else ""
    return evaluation.wilson_interval_over_runs(right, total, different), how.format(
        different
    ) + over
