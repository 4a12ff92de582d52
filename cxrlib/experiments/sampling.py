"""Which images a study trains on, and which it is evaluated on.

Article 4's samples, and a validation set that can see a distribution shift. Children cut from the
training folder at random look like those that stay in it, and a network that fails in another
folder passes there. So the healthy are clustered into groups that look alike, and one whole group
is left out. No image of the test folder takes part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from cxrlib import data, evaluation
from cxrlib.experiments import article_4
from cxrlib.models import features

SHIFTED = "shifted"
N_COMPONENTS = 50


def cut_validation(cases: pd.DataFrame, how: str | Mapping[str, float], seed: int) -> pd.DataFrame:
    """Cut a validation set from ``train``, by patient or as articles do it.

    Parameters
    ----------
    cases : DataFrame
        A case table with the splits ``train`` and ``test``.
    how : {"test"} or mapping
        ``"test"`` cuts none: the test set validates. ``{"patients": share}`` keeps patients apart.
        ``{"images": share or number}`` draws single images, the number split over the classes.
        ``{"reshuffled": number}`` trains on so many of one shuffle and validates on the rest of
        another, as ``ds.shuffle(n)`` does before ``take`` and ``skip``: most images that validate
        are trained on.
    seed : int
        Same seed, same images.

    Raises
    ------
    DataError
        If it is none of these.
    """
    if isinstance(how, str):
        if how != "test":
            raise data.DataError(f'expected "test" or a mapping, got {how!r}. Correct it.')
        return cases
    ((by, size),) = how.items()
    if by == "patients":
        return data.splits.train_val_split(cases, size, seed=seed)
    train = cases[cases["split"] == "train"]
    if by == "reshuffled":
        one, other = (train.sample(frac=1, random_state=2 * seed + i) for i in (0, 1))
        parts = [one[:size], other[size:].assign(split="val"), cases[cases["split"] == "test"]]
        table = pd.concat(parts, ignore_index=True)
        table.attrs.update(cases.attrs)
        return table
    if by != "images":
        raise data.DataError(
            f"expected one of patients, images and reshuffled, got {by!r}. Such as "
            '{"patients": 0.2}.'
        )
    by_label = train.groupby("label", observed=True)
    amount = {"n": size // by_label.ngroups} if size > 1 else {"frac": size}
    chosen = by_label.sample(**amount, random_state=seed)
    return cases.assign(split=cases["split"].mask(cases.index.isin(chosen.index), "val"))


def shares_patients(how: str | Mapping[str, float]) -> bool:
    """Say whether a way to cut the validation set lets patients stand on both sides."""
    return how != "test" and "patients" not in how


def ignore_patients(images: data.ImageSet) -> data.ImageSet:
    """Take each image for one of another patient, as many articles do."""
    who = images.cases["split"].astype(str) + " " + images.cases["path"]
    return replace(images, cases=images.cases.assign(patient_id=who))


def subsample(
    cases: pd.DataFrame, sizes: str, split_by: str, names: Sequence[str], seed: int
) -> pd.DataFrame:
    """Draw images of some classes and hold out a part of them as test set.

    Parameters
    ----------
    cases : DataFrame
        The table that ``data.load("covid")`` gives.
    sizes : {"article 4", "balanced"}
        The article's, or as many of each class as the smallest has.
    split_by : {"patient", "image"}
        What is held out as a whole. With single images, as in the article, a patient can stand
        on both sides.
    names : sequence of str
        Classes, in the order of the table's.
    seed : int
        Same seed, same images.

    Returns
    -------
    DataFrame
        The rows with a new ``split``, ``"train"`` or ``"test"``.
    """
    if sizes == "balanced":
        table = data.balanced_subset(_only(cases, names), seed=seed)
    else:
        table = _only(article_4.sample(cases, seed=seed), names)
        if split_by == "image":
            table = _by_image(_only(cases, names), table, seed)
    table.attrs.update(cases.attrs)
    return table


def _only(cases: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Keep some classes, and no other in the column's categories."""
    rows = cases[cases["label"].isin(list(names))]
    return rows.assign(label=pd.Categorical(rows["label"].astype(object), list(names)))


def _by_image(cases: pd.DataFrame, article: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw single images in the article's sizes; its COVID images are the same with each seed."""
    covid = article.loc[article["label"] == "covid", "path"]
    pool = cases[(cases["label"] != "covid") | cases["path"].isin(covid)].sort_values("path")
    pool = pool.set_axis(range(len(pool)))
    rng, split = np.random.default_rng(seed), dict[int, str]()
    for name in data.classes(pool):
        wanted = article.loc[article["label"] == name, "split"]
        n_test = (wanted == "test").sum()
        rows = rng.permutation(pool.index[pool["label"] == name])[: len(wanted)]
        split |= {row: "test" if i < n_test else "train" for i, row in enumerate(rows)}
    return pool.loc[sorted(split)].assign(split=pd.Series(split, dtype=object))


def evaluator_subset(cases: pd.DataFrame, batch_size: int) -> np.ndarray:
    """Find the images that article 4's evaluator reads: the first ``ceil(n / batch_size)``.

    It makes as many steps as its n images would need in batches, but reads one image a step.
    Its generator goes through class folders and files in the order of their names.

    Returns
    -------
    ndarray of int
        Their positions in ``cases``, in the order in which they are read.
    """
    return directory_order(cases)[: math.ceil(len(cases) / batch_size)]


def validation_split(cases: pd.DataFrame, fraction: float) -> np.ndarray:
    """Mark the first files of each class, as Keras's generator with ``validation_split`` does.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    first = np.zeros(len(cases), bool)
    labels = cases["label"].to_numpy()
    for name in data.classes(cases):
        rows = [row for row in directory_order(cases) if labels[row] == name]
        first[rows[: int(fraction * len(rows))]] = True
    return first


def directory_order(cases: pd.DataFrame) -> np.ndarray:
    """Positions of the images by class and file name, as ``flow_from_directory`` lists them."""
    files = [Path(path).name for path in cases["path"]]
    return np.lexsort((files, cases["label"].astype(str)))


def cluster_groups(
    cases: pd.DataFrame, found: features.Features, n_groups: int = 4, *, seed: int = 0
) -> pd.Series:
    """Cluster the healthy of ``train`` and ``val`` into groups that look alike, by patient.

    Parameters
    ----------
    cases : DataFrame
        With the splits ``train`` and ``val``, of two classes, the healthy first.
    found : Features
        Pooled, of the images of ``cases`` or some of them; those of the test set are not used.
    n_groups : int
        Clusters of k-means on 50 principal components.
    seed : int
        Of the k-means.

    Returns
    -------
    Series
        For each row of ``cases`` the number of its group; NaN for the sick and other splits.
    """
    healthy = _rows(found, _is_healthy(found.cases))
    n_components = min(N_COMPONENTS, *healthy.values.shape)
    components = PCA(n_components, svd_solver="full").fit_transform(healthy.values)
    cluster = KMeans(n_groups, n_init=5, random_state=seed).fit_predict(components)
    by_patient = pd.Series(cluster).groupby(healthy.cases["patient_id"].to_numpy())
    of_patient = by_patient.agg(lambda clusters: clusters.mode().iloc[0])
    return cases["patient_id"].map(of_patient).where(_is_healthy(cases))


def mark_shifted(cases: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Move some rows to the split ``"shifted"``."""
    return cases.assign(split=cases["split"].astype(object).mask(rows, SHIFTED))


def leave_one_group_out(
    cases: pd.DataFrame, found: features.Features, n_groups: int = 4, *, seed: int = 0
) -> pd.DataFrame:
    """Move the group on which a probe that was trained without it does worst to ``"shifted"``.

    Parameters and errors as of :func:`cluster_groups`. A patient is in one split.
    """
    group = cluster_groups(cases, found, n_groups, seed=seed)
    inside = found.cases["split"].isin(["train", "val"]).to_numpy(dtype=bool)
    known = _rows(found, inside)
    of_known = group.set_axis(cases["path"]).reindex(known.cases["path"]).to_numpy()
    worst = min(range(n_groups), key=lambda i: _auc_without(known, of_known == i))
    return mark_shifted(cases, (group == worst).to_numpy(dtype=bool, na_value=False))


def _is_healthy(cases: pd.DataFrame) -> np.ndarray:
    inside = cases["split"].isin(["train", "val"]) & (cases["label"] == data.classes(cases)[0])
    return inside.to_numpy(dtype=bool, na_value=False)


def _auc_without(known: features.Features, group: np.ndarray) -> float:
    """Train a probe without a group; its AUC for telling that group from validation's sick."""
    split, sick = known.cases["split"].to_numpy(), known.labels[:, 0] == 1
    scores = features.predict_scores(
        features.fit_linear_probe(_rows(known, (split == "train") & ~group)), known
    )
    evaluated = group | (sick & (split == "val"))
    return evaluation.roc_auc(known.labels[evaluated], scores[evaluated])


def _rows(known: features.Features, mask: np.ndarray) -> features.Features:
    return features.Features(known.values[mask], known.labels[mask], known.cases[mask])
