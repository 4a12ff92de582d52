"""Scores of the test images: how a record keeps them, and the images they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath

import numpy as np
import pandas as pd

from cxrlib import data
from cxrlib.experiments.validation import RecordError


def image_names(cases: pd.DataFrame) -> list[str]:
    """Name images alike on every machine: the last folder and the file, ``NORMAL/1.jpeg``."""
    return ["/".join(PureWindowsPath(path).parts[-2:]) for path in cases["path"]]


def collect_scores(cases: pd.DataFrame, y_score: np.ndarray) -> dict:
    """Return a run's field ``scores``: the model's score of each test image.

    Parameters
    ----------
    cases : DataFrame
        The test images.
    y_score : array, shape (N,), (N, 1) or (N, K)
        One score an image for two classes, or one a class, in the order of ``cases``.

    Returns
    -------
    dict
        ``path`` (:func:`image_names`), ``patient`` (None where not known), ``y`` (class number),
        ``score``: lists of length N.

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
            "Predict the very same rows, in their order."
        )
    score = score[:, 0] if score.shape[1:] == (1,) else score
    codes = cases["label"].cat.codes.tolist()
    who = cases["patient_id"].astype(object)
    patient = who.where(who.notna(), None).tolist()
    return {"path": image_names(cases), "patient": patient, "y": codes, "score": score.tolist()}


def scores_frame(scores: dict[str, list], classes: Sequence[str]) -> pd.DataFrame:
    """Return a run's ``scores`` as :meth:`Record.scores_frame` does, given the classes' names."""
    columns = {"path": scores["path"], "patient_id": scores["patient"]}
    label = pd.Categorical.from_codes(scores["y"], list(classes))
    return pd.DataFrame(columns | {"label": label, "score": scores["score"]})


def scored_cases(scores: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a case table that scores belong to, in their order, with ``score``.

    Parameters
    ----------
    scores : DataFrame
        Of a record: :meth:`~cxrlib.experiments.record.Record.scores_frame`.
    cases : DataFrame
        A case table of the same set.

    Raises
    ------
    RecordError
        If the table lacks one of the images.
    """
    named = cases.assign(name=image_names(cases)).drop_duplicates("name").set_index("name")
    lacking = scores.loc[~scores["path"].isin(named.index), "path"]
    if len(lacking):
        raise RecordError(
            f"expected all {len(scores):,} images that have a score, got a table without "
            f"{len(lacking):,} of them, such as {lacking.iloc[0]}. Load the real images."
        )
    found = named.loc[scores["path"]].reset_index(drop=True)
    return found.assign(score=scores["score"].tolist())
