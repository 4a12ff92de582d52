"""A study's summary: each metric's mean over the seeds, bootstrapped over patients and seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib.experiments.metrics import EVALUATOR_ACCURACY, EVALUATOR_IMAGES
from cxrlib.experiments.sampling import directory_order
from cxrlib.experiments.scores import scores_frame
from cxrlib.experiments.validation import RecordError

Intervals = dict[str, tuple[evaluation.Interval, str]]  # metric → interval, its method

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
BOOTSTRAP = "95 %, bootstrap: patients of the test {} resampled 2,000 times"
ALL_OR_NONE = "95 %, Wilson's interval for as many patients; resampled, all would be right or none"
BOOTSTRAP_OVER = "; mean over {} seeds, of which one fewer were resampled each time too"
OWN = "; each seed draws its test images, and those that several draw are taken for others"
WILSON = "95 %, Wilson's interval, as if each image were of another patient"
WILSON_OVER = "; mean over {} seeds, each of {} images counted once, fewer where seeds lie apart"
WILSON_EVALUATOR = "95 %, Wilson's interval for the {} images that the article's evaluator reads"


def summarize(runs: Sequence[dict], classes: Sequence[str]) -> dict:
    """Make a record's summary, from the scores that it keeps.

    Parameters
    ----------
    runs : sequence of dict
        A record's ``runs``. Those with one score an image are evaluated at their threshold, those
        with a score a class by the highest.
    classes : sequence of str
        Names, in the order of the scores.

    Returns
    -------
    dict
        Metric → ``mean``, ``low``, ``high``, ``method``.
    """
    tests = [scores_frame(run["scores"], classes) for run in runs]
    binary = np.ndim(runs[0]["scores"]["score"]) == 1
    found = _binary(runs) if binary else _multiclass(tests, runs)
    if EVALUATOR_IMAGES in runs[0]["metrics"]:
        found[EVALUATOR_ACCURACY] = _evaluator(tests, runs)
    return {
        name: {"mean": float(value), "low": float(low), "high": float(high), "method": method}
        for name, ((value, low, high), method) in found.items()
    }


def judged_runs(runs: Sequence[dict], name: str) -> evaluation.Runs:
    """Return truth, scores and patients of each run, with the metric of a name in the summary.

    Raises
    ------
    RecordError
        If the metric is none that is computed from scores.
    """
    metrics = AT_THRESHOLD | {"test ROC AUC": evaluation.roc_auc} | MULTICLASS
    if name not in metrics:
        raise RecordError(
            f"expected a metric among {', '.join(metrics)}, got {name!r}. Compare one of these."
        )
    scores = [run["scores"] for run in runs]
    if None in scores:
        raise RecordError(
            f"expected scores of the test set for {name!r}, got a run that never opened it. "
            "Run the study to its end."
        )
    metric: Callable[..., float] | list[Callable[..., float]] = metrics[name]
    if name in AT_THRESHOLD and runs[0]["threshold"] is not None:
        metric = [partial(AT_THRESHOLD[name], threshold=run["threshold"]) for run in runs]
    return evaluation.Runs(
        [np.array(each["y"]) for each in scores],
        [np.array(each["score"], dtype=float) for each in scores],
        [_patients(each) for each in scores],
        metric,
    )


def _patients(scores: dict[str, list]) -> np.ndarray:
    """Return the patient of each image; an unknown one is taken for a patient of its own."""
    pairs = zip(scores["patient"], scores["path"], strict=True)
    return np.array([path if who is None else who for who, path in pairs], dtype=object)


def _bootstrap_method(sampled: str, runs: Sequence[dict]) -> str:
    own = len({tuple(run["scores"]["path"]) for run in runs}) > 1
    over = BOOTSTRAP_OVER.format(len(runs)) if len(runs) > 1 else ""
    return BOOTSTRAP.format(sampled) + over + (OWN if own else "")


def _binary(runs: Sequence[dict]) -> Intervals:
    found: Intervals = {}
    for name in (*AT_THRESHOLD, "test ROC AUC"):
        interval = evaluation.runs_bootstrap(*judged_runs(runs, name))
        sure = interval.value in (0, 1) and interval.low < interval.high
        found[name] = interval, ALL_OR_NONE if sure else _bootstrap_method("folder", runs)
    return found


def _multiclass(tests: Sequence[pd.DataFrame], runs: Sequence[dict]) -> Intervals:
    method = _bootstrap_method("set", runs)
    found = {
        name: (evaluation.runs_bootstrap(*judged_runs(runs, name)), method) for name in MULTICLASS
    }
    truth, score, *_ = judged_runs(runs, "test accuracy")
    names = [np.array(run["scores"]["path"]) for run in runs]
    matrices = np.array(list(map(evaluation.confusion_matrix, truth, score)))
    correct, total = matrices.diagonal(axis1=1, axis2=2), matrices.sum(axis=2)
    found["test accuracy, Wilson"] = _wilson(
        correct.sum(axis=1).tolist(), total.sum(axis=1).tolist(), names
    )
    for k, name in enumerate(data.classes(tests[0])):
        own = [paths[y == k] for paths, y in zip(names, truth, strict=True)]
        found[f"test sensitivity of {name}"] = _wilson(
            correct[:, k].tolist(), total[:, k].tolist(), own
        )
    return found


def _evaluator(
    tests: Sequence[pd.DataFrame], runs: Sequence[dict]
) -> tuple[evaluation.Interval, str]:
    """Interval of article 4's evaluator's accuracy, from the images that it reads."""
    total = [run["metrics"][EVALUATOR_IMAGES] for run in runs]
    correct = [
        round(run["metrics"][EVALUATOR_ACCURACY] * n) for run, n in zip(runs, total, strict=True)
    ]
    read = [
        np.array(run["scores"]["path"])[directory_order(test)[:n]]
        for test, run, n in zip(tests, runs, total, strict=True)
    ]
    return _wilson(correct, total, read, WILSON_EVALUATOR)


def _wilson(
    correct: Sequence[int],
    total: Sequence[int],
    names: Sequence[np.ndarray],
    method: str = WILSON,
) -> tuple[evaluation.Interval, str]:
    """Wilson's interval of a proportion over all runs, from the images' names; and its text."""
    different = len(set().union(*map(set, names)))
    over = WILSON_OVER.format(len(correct), different) if len(correct) > 1 else ""
    interval = evaluation.wilson_interval_over_runs(correct, total, different)
    return interval, method.format(different) + over
