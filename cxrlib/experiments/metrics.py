"""What a run says of the pictures, put as a record wants it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cxrlib import data, evaluation
from cxrlib import experiments as records
from cxrlib.evaluation import metrics, thresholds


def judged(
    parts: Mapping[str, data.Pictures],
    scores: Mapping[str, np.ndarray],
    history: pd.DataFrame,
    seed: int,
    rule: float | Mapping[str, float] = 0.5,
) -> dict:
    """Judge each split by its scores, at one threshold.

    Parameters
    ----------
    parts : mapping of str to Pictures
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
        chosen = thresholds.for_sensitivity(parts["val"].labels, scores["val"], target).value
        threshold = max(0.0, chosen)  # minus infinity calls everybody sick, and so does 0
    found, confusion = {}, {}
    if "kept" in history.attrs:
        found["kept epoch"] = history.attrs["kept"]
    for split, part in parts.items():
        confusion[split] = evaluation.confusion(part.labels, scores[split], threshold)
        report = metrics.report(part.labels, scores[split], threshold)
        found |= {f"{split} {name}": value for name, value in report.items()}
    return {
        "seed": seed,
        "history": {name: column.tolist() for name, column in history.items()},
        "metrics": found,
        "confusion_matrix": confusion,
        "threshold": float(threshold),
        "scores": records.score_columns(parts["test"].cases, scores["test"]),
    }


def score_parts(network, parts: Mapping[str, data.Pictures]) -> dict[str, np.ndarray]:
    """Score every split's pictures as they are."""
    return {
        split: network.predict(data.pipeline.dataset(part), verbose=0)
        for split, part in parts.items()
    }
