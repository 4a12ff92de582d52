"""What a run says of pictures of two classes and more, put as a record wants it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib import experiments as records
from cxrlib.evaluation.intervals import Interval
from cxrlib.experiments.sampling import in_order, read_first

OVER_ALONE = "; mean over {} seeds, each of {} pictures counted once, fewer where seeds lie apart"
READ = "article's evaluator pictures"
READ_RIGHT = "article's evaluator accuracy"
SHARED = "whose patient is in train"


def judged_many(
    cases: pd.DataFrame, score: np.ndarray, history: pd.DataFrame, seed: int, batch_size: int
) -> dict:
    """Judge the answers on all held-out pictures, and on those that article 4's evaluator reads.

    Parameters
    ----------
    cases : DataFrame
        With the splits ``"train"`` and ``"test"``.
    score : array, shape (N, K)
        Probabilities of each class for the N test pictures, in the order of ``cases``.
    history : DataFrame
        A row an epoch.
    seed : int
        Of the run.
    batch_size : int
        Of article 4's training, by which its evaluator counts its steps.

    Returns
    -------
    dict
        One of a record's ``runs``; the threshold is None, the highest column answers.
    """
    test, names = cases[cases["split"] == "test"], data.classes(cases)
    y = test["label"].cat.codes.to_numpy()
    found = {
        "test accuracy": evaluation.accuracy_many(y, score),
        "test macro sensitivity": evaluation.macro_sensitivity(y, score),
        "test macro F1": evaluation.macro_f1(y, score),
        "test macro ROC AUC": evaluation.macro_auc(y, score),
    }
    for name, row in evaluation.per_class(y, score, names).iterrows():
        found |= {f"test {what} of {name}": row[what] for what in ("sensitivity", "precision")}
    read = read_first(test, batch_size)
    found |= {READ_RIGHT: evaluation.accuracy_many(y[read], score[read]), READ: len(read)}
    known = set(cases.loc[cases["split"] == "train", "patient_id"])
    shared = test["patient_id"].isin(known).to_numpy()
    found[f"test pictures {SHARED}"] = int(shared.sum())
    found |= {
        f"test pictures of {n} {SHARED}": int(shared[y == k].sum()) for k, n in enumerate(names)
    }
    found[f"{READ} {SHARED}"] = int(shared[read].sum())
    return {
        "seed": seed,
        "history": {name: column.tolist() for name, column in history.items()},
        "metrics": found,
        "confusion_matrix": {"test": evaluation.confusion_many(y, score)},
        "threshold": None,
        "scores": records.score_columns(test, score),
    }


def as_columns(score: np.ndarray) -> np.ndarray:
    """Return one probability a class, shape (N, K), also of a network with one sigmoid."""
    score = np.asarray(score)
    return np.hstack([1 - score, score]) if score.shape[1] == 1 else score


def evaluators_interval(
    tests: Sequence[pd.DataFrame], runs: Sequence[dict]
) -> dict[str, tuple[Interval, str]]:
    """Give the interval of what article 4's evaluator says: metric → interval, how it was made.

    Parameters
    ----------
    tests : sequence of DataFrame
        Test pictures of each run, in the order of its scores.
    runs : sequence of dict
        A record's ``runs``.
    """
    counts = [run["metrics"][READ] for run in runs]
    right = [round(run["metrics"][READ_RIGHT] * n) for run, n in zip(runs, counts, strict=True)]
    read = [
        set(np.array(run["scores"]["path"])[in_order(test)[:n]])
        for test, run, n in zip(tests, runs, counts, strict=True)
    ]
    different = len(set.union(*read))
    how = f"95 %, Wilson's interval for the {different} pictures that the article's evaluator reads"
    how += OVER_ALONE.format(len(runs), different) if len(runs) > 1 else ""
    return {READ_RIGHT: (evaluation.wilson_over_runs(right, counts, different), how)}
