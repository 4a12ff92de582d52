"""Which pictures a study learns from, and which it is judged on.

Article 4's draws, and a validation set that can see a shift. Children cut from the training folder
at random look like those that stay in it, and a network that fails in another folder passes there.
So the healthy are sorted into groups that look alike, and one whole group is left out. No picture
of the test folder takes part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from cxrlib import data, evaluation
from cxrlib.models import features

SHIFTED = "shifted"
COMPONENTS = 50


def draw(
    cases: pd.DataFrame, sizes: str, apart: str, names: Sequence[str], seed: int
) -> pd.DataFrame:
    """Draw pictures of some classes and hold out a part of them.

    Parameters
    ----------
    cases : DataFrame
        The table that ``data.load("covid")`` gives.
    sizes : {"article 4", "largest"}
        The article's, or as many of each class as the smallest has.
    apart : {"patients", "pictures"}
        What is held out as a whole. With single pictures, as in the article, a patient can stand
        on both sides.
    names : sequence of str
        Classes, in the order of the table's.
    seed : int
        Same seed, same pictures.

    Returns
    -------
    DataFrame
        The rows with a new ``split``, ``"train"`` or ``"test"``.
    """
    if sizes == "largest":
        table = data.balanced_subset(_only(cases, names), seed=seed)
    else:
        table = _only(data.article_4(cases, seed=seed), names)
        if apart == "pictures":
            table = _by_picture(_only(cases, names), table, seed)
    table.attrs.update(cases.attrs)
    return table


def _only(cases: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Keep some classes, and no other in the column's categories."""
    rows = cases[cases["label"].isin(list(names))]
    return rows.assign(label=pd.Categorical(rows["label"].astype(object), list(names)))


def _by_picture(cases: pd.DataFrame, article: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw single pictures in the article's sizes; its COVID films are the same in each draw."""
    films = article.loc[article["label"] == "covid", "path"]
    pool = cases[(cases["label"] != "covid") | cases["path"].isin(films)].sort_values("path")
    pool = pool.set_axis(range(len(pool)))
    rng, split = np.random.default_rng(seed), {}
    for name in data.classes(pool):
        asked = article.loc[article["label"] == name, "split"]
        test = (asked == "test").sum()
        rows = rng.permutation(pool.index[pool["label"] == name])[: len(asked)]
        split |= {row: "test" if i < test else "train" for i, row in enumerate(rows)}
    return pool.loc[sorted(split)].assign(split=pd.Series(split, dtype=object))


def read_first(cases: pd.DataFrame, batch_size: int) -> np.ndarray:
    """Find the pictures that article 4's evaluator reads: the first ``ceil(n / batch_size)``.

    It makes as many steps as its n pictures would need in batches, but reads one picture a step.
    Its generator goes through class folders and files in the order of their names.

    Returns
    -------
    ndarray of int
        Their positions in ``cases``, in the order in which they are read.
    """
    return in_order(cases)[: math.ceil(len(cases) / batch_size)]


def first_share(cases: pd.DataFrame, share: float) -> np.ndarray:
    """Mark the first files of each class, as the generator's ``validation_split`` takes them.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    first = np.zeros(len(cases), bool)
    labels = cases["label"].to_numpy()
    for name in data.classes(cases):
        mine = [row for row in in_order(cases) if labels[row] == name]
        first[mine[: int(share * len(mine))]] = True
    return first


def in_order(cases: pd.DataFrame) -> np.ndarray:
    """Positions of the pictures by class and file name, as article 4's generator lists them."""
    files = [Path(path).name for path in cases["path"]]
    return np.lexsort((files, cases["label"].astype(str)))


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
