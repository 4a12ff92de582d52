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


def leave_group_out(
    cases: pd.DataFrame, found: features.Features, *, groups: int = 4, seed: int = 0
) -> pd.DataFrame:
    """Move one group of healthy children from ``train`` and ``val`` to the split ``"shifted"``.

    It is the group on which a linear probe that was trained without it does worst.

    Parameters
    ----------
    cases : DataFrame
        With the splits ``train`` and ``val``, of two classes, the healthy first.
    found : Features
        Pooled, of the pictures of ``cases`` or some of them; those of the test set are not used.
    groups : int
        How many groups to sort the healthy into (k-means on 50 principal components).
    seed : int
        Of the k-means.

    Returns
    -------
    DataFrame
        The same rows with a new ``split``. A patient is in one split.
    """
    healthy = data.classes(cases)[0]
    rows = found.cases["split"].isin(["train", "val"]).to_numpy(dtype=bool)
    table, values = found.cases[rows], found.values[rows]
    is_healthy = (table["label"] == healthy).to_numpy(dtype=bool)
    few = min(COMPONENTS, *values[is_healthy].shape)
    short = PCA(few, svd_solver="full").fit_transform(values[is_healthy])
    group = KMeans(groups, n_init=5, random_state=seed).fit_predict(short)
    of_patient = pd.Series(group).groupby(table["patient_id"][is_healthy].to_numpy())
    of_patient = of_patient.agg(lambda each: each.mode().iloc[0])
    where = table["patient_id"].map(of_patient).where(is_healthy)
    known = features.Features(values, found.labels[rows], table)
    worst = min(range(groups), key=lambda g: _auc_without(known, (where == g).to_numpy()))
    out = table["patient_id"][(where == worst).to_numpy()]
    moved = cases["patient_id"].isin(out) & (cases["label"] == healthy)
    return cases.assign(split=cases["split"].astype(object).mask(moved, SHIFTED))


def _auc_without(known: features.Features, group: np.ndarray) -> float:
    """Train a probe without a group; tell it from the sick of validation."""
    split, sick = known.cases["split"].to_numpy(), known.labels[:, 0] == 1
    scores = features.scores(features.probe(_rows(known, (split == "train") & ~group)), known)
    judged = group | (sick & (split == "val"))
    return evaluation.roc_auc(known.labels[judged], scores[judged])


def _rows(known: features.Features, mask: np.ndarray) -> features.Features:
    return features.Features(known.values[mask], known.labels[mask], known.cases[mask])


def report(
    parts: dict[str, data.Pictures], scores: dict[str, np.ndarray], threshold: float
) -> dict[str, float]:
    """Judge the group that was left out against the sick of validation."""
    sick = parts["val"].labels[:, 0] == 1
    y = np.concatenate([parts[SHIFTED].labels[:, 0], parts["val"].labels[sick, 0]])
    score = np.concatenate([scores[SHIFTED][:, 0], scores["val"][sick, 0]])
    return {
        f"{SHIFTED} ROC AUC": evaluation.roc_auc(y, score),
        f"{SHIFTED} specificity": evaluation.specificity(y, score, threshold),
    }
