"""What a run says of the pictures, put as a record wants it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib.experiments.sampling import SHIFTED, read_first
from cxrlib.experiments.validation import RecordError

if TYPE_CHECKING:
    import keras

READ = "article's evaluator pictures"
READ_RIGHT = "article's evaluator accuracy"
SHARED = "whose patient is in train"


def judge_binary(
    parts: Mapping[str, data.ImageSet],
    scores: Mapping[str, np.ndarray],
    history: pd.DataFrame,
    seed: int,
    rule: float | Mapping[str, float] = 0.5,
) -> dict:
    """Judge each split by its scores, at one threshold.

    Parameters
    ----------
    parts : mapping of str to ImageSet
        Split → pictures as they are.
    scores : mapping of str to array, shape (N, 1)
        Split → probabilities of "sick".
    history : DataFrame
        Of :func:`cxrlib.models.fit`.
    seed : int
        Of the run.
    rule : float or {"sensitivity": share}
        The threshold itself, or what it must reach on the split ``"val"``, where it is chosen.

    Returns
    -------
    dict
        One of a record's ``runs``.
    """
    threshold = rule
    if isinstance(rule, Mapping):
        (target,) = rule.values()
        chosen = evaluation.for_sensitivity(parts["val"].labels, scores["val"], target).value
        threshold = max(0.0, chosen)  # minus infinity calls everybody sick, and so does 0
    found = {"kept epoch": history.attrs["kept"]} if "kept" in history.attrs else {}
    confusion = {}
    for split, part in parts.items():
        confusion[split] = evaluation.confusion(part.labels, scores[split], threshold)
        report = evaluation.report(part.labels, scores[split], threshold)
        found |= {f"{split} {name}": value for name, value in report.items()}
    kept = score_columns(parts["test"].cases, scores["test"])
    return _run(seed, history, found, confusion, float(threshold), kept)


def judge_multiclass(
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
    confusion = {"test": evaluation.confusion_many(y, score)}
    return _run(seed, history, found, confusion, None, score_columns(test, score))


def _run(
    seed: int,
    history: pd.DataFrame,
    metrics: dict,
    confusion: dict,
    threshold: float | None,
    scores: dict,
) -> dict:
    return {
        "seed": seed,
        "history": {name: column.tolist() for name, column in history.items()},
        "metrics": metrics,
        "confusion_matrix": confusion,
        "threshold": threshold,
        "scores": scores,
    }


def predict(network: keras.Model, parts: Mapping[str, data.ImageSet]) -> dict[str, np.ndarray]:
    """Score every split's pictures as they are."""
    return {
        split: network.predict(data.pipeline.dataset(part), verbose=0)
        for split, part in parts.items()
    }


def as_columns(score: np.ndarray) -> np.ndarray:
    """Return one probability a class, shape (N, K), also of a network with one sigmoid."""
    score = np.asarray(score)
    return np.hstack([1 - score, score]) if score.shape[1] == 1 else score


def picture_names(cases: pd.DataFrame) -> list[str]:
    """Name pictures alike on every machine: the last folder and the file, ``NORMAL/1.jpeg``."""
    return ["/".join(PureWindowsPath(path).parts[-2:]) for path in cases["path"]]


def score_columns(cases: pd.DataFrame, y_score: np.ndarray) -> dict:
    """Keep what a model said of each picture: a run's field ``scores``.

    Parameters
    ----------
    cases : DataFrame
        The test pictures.
    y_score : array, shape (N,), (N, 1) or (N, K)
        One score a picture for two classes, or one a class, in the order of ``cases``.

    Returns
    -------
    dict
        ``path`` (:func:`picture_names`), ``y`` (class number), ``score``: lists of length N.

    Raises
    ------
    RecordError
        If the shape does not fit the table.
    """
    score, k = np.asarray(y_score, dtype=float), len(data.classes(cases))
    shapes = [(len(cases), k)] + ([(len(cases),), (len(cases), 1)] if k == 2 else [])
    if score.shape not in shapes:
        raise RecordError(
            f"expected scores of shape {' or '.join(map(str, shapes))}, got {score.shape}. "
            "Score the very same rows, in their order."
        )
    score = score[:, 0] if score.shape[1:] == (1,) else score
    codes = cases["label"].cat.codes.tolist()
    return {"path": picture_names(cases), "y": codes, "score": score.tolist()}


def judge_shifted(strangers: np.ndarray, sick: np.ndarray, threshold: float) -> dict[str, float]:
    """Judge scores of the healthy that were left out against those of validation's sick."""
    y, score = _together(strangers, sick)
    return {
        f"{SHIFTED} ROC AUC": evaluation.roc_auc(y, score),
        f"{SHIFTED} specificity": evaluation.specificity(y, score, threshold),
    }


def shifted_calibration(
    strangers: np.ndarray,
    sick: np.ndarray,
    val: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
) -> dict[str, float]:
    """Calibration error in the test folder: as it is, and after a temperature learnt elsewhere.

    Parameters
    ----------
    strangers, sick : array
        Scores of the healthy that were left out, and of validation's sick.
    val, test : tuple of array
        Labels and scores of a split.

    Returns
    -------
    dict
        Expected calibration errors of the test set: with temperature 1, with validation's, and
        with that of the strangers and validation's sick. The temperatures are in it, too.
    """
    labels, scores = test
    found = {"test ECE": evaluation.ece(labels, scores).value}
    for split, learnt_on in {"val": val, SHIFTED: _together(strangers, sick)}.items():
        warmth = evaluation.temperature(*learnt_on)
        found[f"{split} temperature"] = warmth.value
        found[f"test ECE, {split} temperature"] = evaluation.ece(labels, warmth.apply(scores)).value
    return found


def _together(healthy: np.ndarray, sick: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and scores of the two."""
    return np.repeat([0, 1], [len(healthy), len(sick)]), np.concatenate([healthy, sick])
