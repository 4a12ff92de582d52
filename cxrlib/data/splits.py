"""Splits by patient: nobody stands on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cxrlib.data.cases import DataError, check_columns, require_patients, strata


class PatientLeakError(DataError):
    """A patient stands on both sides of a split."""


def check_leakage(cases: pd.DataFrame) -> None:
    """Refuse a table in which a patient stands on both sides.

    Raises
    ------
    PatientLeakError
        With the number of patients and images concerned, and the first patient's files.
    """
    check_columns(cases, needed=["path", "patient_id", "split"])
    placed = cases[cases["split"].notna() & cases["patient_id"].notna()]
    sides = placed.groupby("patient_id")["split"].nunique()
    leaked = sides.index[sides > 1]
    if not len(leaked):
        return
    rows = placed[placed["patient_id"].isin(leaked)]
    first = rows[rows["patient_id"] == leaked[0]].drop_duplicates("split")
    where = "; ".join(f"{r.split}: {r.path}" for r in first.itertuples())
    raise PatientLeakError(
        f"expected each patient in one split, got {len(leaked):,} patients with {len(rows):,} "
        f"images in several. First: {leaked[0]} ({where}). Split again with "
        "splits.patient_split, or look at the patient ids: a wrong key makes strangers look like "
        "one person."
    )


def patient_split(
    cases: pd.DataFrame,
    fractions: Mapping[str, float],
    *,
    seed: int = 0,
    stratify: Sequence[str] = ("label", "subtype"),
) -> pd.DataFrame:
    """Give every patient to one split, each class in its proportion.

    Within each stratum the patients are shuffled, then dealt out one by one to the split that
    is emptiest. Large families go first, so that one child with thirty images does not
    come when all splits are full.

    Parameters
    ----------
    cases : DataFrame
        A case table with a patient id in every row.
    fractions : mapping of str to float
        Share of the images for each split, e.g. ``{"train": 0.8, "val": 0.2}``; sums to 1.
    seed : int
        Same seed, same split.
    stratify : sequence of str
        Columns whose proportions are kept. Columns that the table lacks are passed over.

    Returns
    -------
    DataFrame
        A copy with a new ``split`` column.

    Raises
    ------
    DataError
        If fractions are not positive or do not sum to 1, a patient id is missing, or a split
        would stay without a patient of some class.

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({"path": list("123456"), "patient_id": list("aabcdd")})
    >>> cases["label"] = pd.Categorical(["normal"] * 3 + ["sick"] * 3)
    >>> split = patient_split(cases, {"train": 0.5, "val": 0.5})
    >>> int(split.groupby("patient_id")["split"].nunique().max())
    1
    """
    check_columns(cases, needed=["path", "label", "patient_id"])
    require_patients(cases)
    share = np.array(list(fractions.values()), float)
    if (share <= 0).any() or not np.isclose(share.sum(), 1):
        raise DataError(
            f"expected positive fractions that sum to 1, got {dict(fractions)}. Correct them."
        )
    names = list(fractions)
    stratum = strata(cases, [c for c in stratify if c in cases])
    label = strata(cases, ["label"])
    rare = stratum.map(stratum.value_counts()) < len(names)  # too few to have one on each side
    stratum = stratum.mask(rare, label)
    sizes = cases.groupby("patient_id").size()
    size_of = sizes.to_dict()
    rng = np.random.default_rng(seed)
    place = {}
    over = {name: np.zeros(len(names)) for name in label}  # what a class's earlier strata left
    for _, patients in stratum.groupby(stratum, sort=True):
        ids = rng.permutation(patients.index.to_numpy())
        ids = ids[np.argsort(-sizes.loc[ids].to_numpy(), kind="stable")]
        room = share * sizes.loc[ids].sum() + over[label[ids[0]]]
        for patient in ids:
            side = int(np.argmax(room / share))
            place[patient] = names[side]
            room[side] -= size_of[patient]
        over[label[ids[0]]] = room
    result = cases.assign(split=cases["patient_id"].map(place))
    _check_no_empty_split(result, names)
    return result


def train_val_split(cases: pd.DataFrame, val_size: float = 0.2, *, seed: int = 0) -> pd.DataFrame:
    """Cut a split ``"val"`` from the training rows, by patient; other rows stay as they are.

    Parameters
    ----------
    cases : DataFrame
        A case table with rows whose ``split`` is ``"train"``.
    val_size : float
        Share of the training images, between 0 and 1.
    seed : int
        Same seed, same split.
    """
    check_columns(cases, needed=["path", "label", "patient_id", "split"])
    train = (cases["split"] == "train").fillna(False)
    if not train.any():
        have = ", ".join(map(str, cases["split"].unique()))
        raise DataError(
            f"expected rows of split 'train', got those of {have}. Name them, or use patient_split."
        )
    cut = patient_split(cases[train], {"train": 1 - val_size, "val": val_size}, seed=seed)
    result = cases.assign(split=cases["split"].astype(object))
    result.loc[train, "split"] = cut["split"]
    check_leakage(result)
    return result


def _check_no_empty_split(cases: pd.DataFrame, names: Sequence[str]) -> None:
    count = pd.crosstab(cases["split"], cases["label"].astype(str))
    count = count.reindex(names, fill_value=0)
    for side, label in zip(*np.nonzero(count.to_numpy() == 0), strict=True):
        patients = cases.loc[cases["label"] == count.columns[label], "patient_id"].nunique()
        raise DataError(
            f"expected {count.columns[label]!r} images in each of {len(names)} splits, got none "
            f"for {names[side]!r}: the class has only {patients} patient(s). Ask for fewer splits "
            "or larger fractions, or leave the class out."
        )
