"""Which pictures the studies of article 4 learn from and are judged on, and which it reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cxrlib import data
from cxrlib.data.choosing import ARTICLE_4, ARTICLE_4_TEST


def drawn(
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
        table = data.make_up(only(cases, names), seed=seed)
    else:
        table = only(data.article_4(cases, seed=seed), names)
        if apart == "pictures":
            table = _by_picture(only(cases, names), table, seed)
    table.attrs.update(cases.attrs)
    return table


def only(cases: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
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
        rows = rng.permutation(pool.index[pool["label"] == name])[: ARTICLE_4[name]]
        split |= {row: "test" if i < ARTICLE_4_TEST else "train" for i, row in enumerate(rows)}
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
