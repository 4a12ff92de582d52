"""A run's metrics, confusion matrices and scores: one of a record's ``runs``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib.experiments.sampling import SHIFTED, evaluator_subset
from cxrlib.experiments.scores import collect_scores

if TYPE_CHECKING:
    import keras

EVALUATOR_IMAGES = "article's evaluator images"
EVALUATOR_ACCURACY = "article's evaluator accuracy"
OVERLAP = "with patient overlap"  # whose patient is in train, too


def evaluate_binary(
    parts: Mapping[str, data.ImageSet],
    scores: Mapping[str, np.ndarray],
    history: pd.DataFrame,
    seed: int,
    threshold: float | Mapping[str, float] = 0.5,
) -> dict:
    """Evaluate each split by its scores, at one threshold.

    Parameters
    ----------
    parts : mapping of str to ImageSet
        Split → images as they are.
    scores : mapping of str to array, shape (N, 1)
        Split → probabilities of "sick".
    history : DataFrame
        Of :func:`cxrlib.models.fit`.
    seed : int
        Of the run.
    threshold : float or {"sensitivity": share}
        The threshold itself, or what it must reach on the split ``"val"``, where it is chosen.

    Returns
    -------
    dict
        One of a record's ``runs``.
    """
    if isinstance(threshold, Mapping):
        (target,) = threshold.values()
        chosen = evaluation.threshold_at_sensitivity(
            parts["val"].labels, scores["val"], target
        ).value
        threshold = max(0.0, chosen)  # minus infinity calls everybody sick, and so does 0
    metrics = {"best epoch": history.attrs["best_epoch"]} if "best_epoch" in history.attrs else {}
    matrices = {}
    for split, part in parts.items():
        matrices[split] = evaluation.confusion_matrix(part.labels, scores[split], threshold)
        report = evaluation.binary_report(part.labels, scores[split], threshold)
        metrics |= {f"{split} {name}": value for name, value in report.items()}
    return {
        "seed": seed,
        "history": history.to_dict("list"),
        "metrics": metrics,
        "confusion_matrix": matrices,
        "threshold": float(threshold),
        "scores": collect_scores(parts["test"].cases, scores["test"]),
    }


def evaluate_multiclass(
    train: pd.DataFrame,
    test: pd.DataFrame,
    score: np.ndarray,
    history: pd.DataFrame,
    seed: int,
    batch_size: int,
) -> dict:
    """Evaluate predictions on all test images, and on those that article 4's evaluator reads.

    Parameters
    ----------
    train, test : DataFrame
        Rows of the case table.
    score : array, shape (N, K)
        Probabilities of each class for the N test images, in the order of ``test``.
    history : DataFrame
        A row an epoch.
    seed : int
        Of the run.
    batch_size : int
        Of article 4's training, by which its evaluator counts its steps.

    Returns
    -------
    dict
        One of a record's ``runs``; the threshold is None, the highest score predicts.
    """
    names = data.classes(test)
    y = test["label"].cat.codes.to_numpy()
    metrics = {
        "test accuracy": evaluation.accuracy(y, score),
        "test macro sensitivity": evaluation.macro_sensitivity(y, score),
        "test macro F1": evaluation.macro_f1(y, score),
        "test macro ROC AUC": evaluation.macro_auc(y, score),
    }
    for name, row in evaluation.classification_report(y, score, names).iterrows():
        metrics |= {f"test {what} of {name}": row[what] for what in ("sensitivity", "precision")}
    read = evaluator_subset(test, batch_size)
    overlap = test["patient_id"].isin(train["patient_id"]).to_numpy()
    metrics |= {
        EVALUATOR_ACCURACY: evaluation.accuracy(y[read], score[read]),
        EVALUATOR_IMAGES: len(read),
        f"test images {OVERLAP}": int(overlap.sum()),
        **{
            f"test images of {n} {OVERLAP}": int(overlap[y == k].sum()) for k, n in enumerate(names)
        },
        f"{EVALUATOR_IMAGES} {OVERLAP}": int(overlap[read].sum()),
    }
    return {
        "seed": seed,
        "history": history.to_dict("list"),
        "metrics": metrics,
        "confusion_matrix": {"test": evaluation.confusion_matrix(y, score)},
        "threshold": None,
        "scores": collect_scores(test, score),
    }


def predict(network: keras.Model, parts: Mapping[str, data.ImageSet]) -> dict[str, np.ndarray]:
    """Predict every split's images as they are."""
    return {
        split: network.predict(data.pipeline.dataset(part), verbose=0)
        for split, part in parts.items()
    }


def class_probabilities(score: np.ndarray) -> np.ndarray:
    """Return one probability a class, shape (N, K), also of a network with one sigmoid output."""
    return np.hstack([1 - score, score]) if score.shape[1] == 1 else score


def evaluate_shift(shifted: np.ndarray, sick: np.ndarray, threshold: float) -> dict[str, float]:
    """Evaluate scores of the healthy that were left out against those of validation's sick."""
    y, score = _concatenate(shifted, sick)
    return {
        f"{SHIFTED} ROC AUC": evaluation.roc_auc(y, score),
        f"{SHIFTED} specificity": evaluation.specificity(y, score, threshold),
    }


def calibration_under_shift(
    shifted: np.ndarray,
    sick: np.ndarray,
    val: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
) -> dict[str, float]:
    """Calibration error in the test folder: as it is, and after a temperature fitted elsewhere.

    Parameters
    ----------
    shifted, sick : array
        Scores of the healthy that were left out, and of validation's sick.
    val, test : tuple of array
        Labels and scores of a split.

    Returns
    -------
    dict
        Expected calibration errors of the test set: with temperature 1, with validation's, and
        with that of the left-out healthy and validation's sick. The temperatures are in it, too.
    """
    labels, scores = test
    metrics = {"test ECE": evaluation.expected_calibration_error(labels, scores).value}
    for split, fitted_on in {"val": val, SHIFTED: _concatenate(shifted, sick)}.items():
        scaling = evaluation.fit_temperature(*fitted_on)
        scaled = evaluation.expected_calibration_error(labels, scaling.apply(scores))
        metrics |= {
            f"{split} temperature": scaling.value,
            f"test ECE, {split} temperature": scaled.value,
        }
    return metrics


def _concatenate(healthy: np.ndarray, sick: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and scores of the two."""
    return np.repeat([0, 1], [len(healthy), len(sick)]), np.concatenate([healthy, sick])
