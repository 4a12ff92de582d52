"""A validation set that can see a shift: healthy children of a kind that training never saw.

Children cut from the training folder at random look like those that stay in it, and a network that
fails in another folder passes there. So the healthy ones are sorted into groups that look alike,
and one whole group is left out. No picture of the test folder takes part.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from cxrlib import data, evaluation
from cxrlib.models import features

SHIFTED = "shifted"
COMPONENTS = 50


def groups(
    cases: pd.DataFrame, found: features.Features, n: int = 4, *, seed: int = 0
) -> pd.Series:
    """Sort the healthy of ``train`` and ``val`` into groups that look alike, patients as a whole.

    Parameters
    ----------
    cases : DataFrame
        With the splits ``train`` and ``val``, of two classes, the healthy first.
    found : Features
        Pooled, of the pictures of ``cases`` or some of them; those of the test set are not used.
    n : int
        How many groups (k-means on 50 principal components).
    seed : int
        Of the k-means.

    Returns
    -------
    Series
        For each row of ``cases`` the number of its group; NaN for the sick and other splits.
    """
    known = _rows(found, _healthy(found.cases))
    few = min(COMPONENTS, *known.values.shape)
    short = PCA(few, svd_solver="full").fit_transform(known.values)
    group = KMeans(n, n_init=5, random_state=seed).fit_predict(short)
    of_patient = pd.Series(group).groupby(known.cases["patient_id"].to_numpy())
    of_patient = of_patient.agg(lambda each: each.mode().iloc[0])
    return cases["patient_id"].map(of_patient).where(_healthy(cases))


def leave_out(cases: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Move some rows to the split ``"shifted"``."""
    return cases.assign(split=cases["split"].astype(object).mask(rows, SHIFTED))


def leave_group_out(
    cases: pd.DataFrame, found: features.Features, n: int = 4, *, seed: int = 0
) -> pd.DataFrame:
    """Move the group on which a probe that was trained without it does worst to ``"shifted"``.

    Parameters and errors as of :func:`groups`. A patient is in one split.
    """
    group = groups(cases, found, n, seed=seed)
    inside = found.cases["split"].isin(["train", "val"]).to_numpy(dtype=bool)
    known = _rows(found, inside)
    where = group.set_axis(cases["path"]).reindex(known.cases["path"]).to_numpy()
    worst = min(range(n), key=lambda i: _auc_without(known, where == i))
    return leave_out(cases, (group == worst).to_numpy(dtype=bool, na_value=False))


def _healthy(cases: pd.DataFrame) -> np.ndarray:
    inside = cases["split"].isin(["train", "val"]) & (cases["label"] == data.classes(cases)[0])
    return inside.to_numpy(dtype=bool, na_value=False)


def _auc_without(known: features.Features, group: np.ndarray) -> float:
    """Train a probe without a group; tell it from the sick of validation."""
    split, sick = known.cases["split"].to_numpy(), known.labels[:, 0] == 1
    scores = features.scores(features.probe(_rows(known, (split == "train") & ~group)), known)
    judged = group | (sick & (split == "val"))
    return evaluation.roc_auc(known.labels[judged], scores[judged])


def _rows(known: features.Features, mask: np.ndarray) -> features.Features:
    return features.Features(known.values[mask], known.labels[mask], known.cases[mask])


def report(strangers: np.ndarray, sick: np.ndarray, threshold: float) -> dict[str, float]:
    """Judge scores of the healthy that were left out against those of validation's sick."""
    y, score = _side_by_side(strangers, sick)
    return {
        f"{SHIFTED} ROC AUC": evaluation.roc_auc(y, score),
        f"{SHIFTED} specificity": evaluation.specificity(y, score, threshold),
    }


def calibration(
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
    y, score = _side_by_side(strangers, sick)
    warmths = {
        "val": evaluation.temperature(*val),
        SHIFTED: evaluation.temperature(y, score),
    }
    labels, scores = test
    found = {"test ECE": evaluation.ece(labels, scores).value}
    for split, warmth in warmths.items():
        found[f"{split} temperature"] = warmth.value
        found[f"test ECE, {split} temperature"] = evaluation.ece(labels, warmth.apply(scores)).value
    return found


def _side_by_side(healthy: np.ndarray, sick: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and scores of the two together."""
    return np.repeat([0, 1], [len(healthy), len(sick)]), np.concatenate([healthy, sick])
