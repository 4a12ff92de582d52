"""The case table: one pandas DataFrame a data set, one row an image.

Columns that every table has:

=============  =====================================================================
``path``       where the image is (str)
``label``      class name (Categorical; the order of its categories is the class order)
``patient_id`` unique across all sources, or NA where the set does not know it
``split``      ``"train"``, ``"val"``, ``"test"``, or NA where nothing was assigned yet
``source``     the collection that the image came from
``width``      pixels
``height``     pixels
=============  =====================================================================

Sets add what else they know: ``subtype``, ``finding``, ``view``, ``age`` (years), ``sex``,
``license``, ``mask_path`` (lungs), ``lesion_path`` (phantoms). Unknown is NA, never a number.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

REQUIRED = ("path", "label", "patient_id", "split", "source", "width", "height")


class DataError(ValueError):
    """Something is wrong with the data; the message says what, where, and what to do."""


class Problem(NamedTuple):
    """One image that needs a person's attention."""

    path: str
    problem: str
    action: str  # "left out" or "kept"


class Problems(tuple):
    """Problems of a table, its own copy: pandas copies ``attrs`` deeply at each slice."""

    __slots__ = ()

    def __deepcopy__(self, memo: dict) -> Problems:
        return self


def build(
    rows: Iterable[dict], class_names: Sequence[str], *, name: str, problems: Iterable[Problem] = ()
) -> pd.DataFrame:
    """Make a case table from rows, sorted by path so that the order never depends on the disk.

    Parameters
    ----------
    rows : iterable of dict
        Each with the required columns (see the module's docstring).
    class_names : sequence of str
        The classes in their order; each must have at least one image.
    name : str
        Name of the data set, for messages.
    problems : iterable of Problem
        What was found while reading; kept in ``cases.attrs["problems"]``.

    Raises
    ------
    DataError
        If there is no image at all, a column is missing, or a class has no image.
    """
    table = pd.DataFrame(list(rows))
    problems = Problems(sorted(set(problems)))
    if table.empty:
        raise DataError(
            f"{name}: expected JPEG, PNG or DICOM images in one folder a class, got none that is "
            "readable. Look at the folder." + format_problems(problems)
        )
    check_columns(table, name)
    table["label"] = pd.Categorical(table["label"], categories=list(class_names))
    empty = [c for c in class_names if not (table["label"] == c).any()]
    if empty:
        raise DataError(
            f"{name}: expected a readable image for each of {', '.join(class_names)}, got none "
            f"for {', '.join(map(repr, empty))}. Add some." + format_problems(problems)
        )
    table = table[[*REQUIRED, *(c for c in table.columns if c not in REQUIRED)]]
    table = table.sort_values("path", ignore_index=True)
    table.attrs.update(name=name, problems=problems)
    return table


def check_columns(
    cases: pd.DataFrame, name: str = "case table", needed: Sequence[str] = REQUIRED
) -> None:
    """Raise :class:`DataError` naming the needed columns that a table lacks."""
    if missing := [c for c in needed if c not in cases.columns]:
        raise DataError(
            f"{name}: expected the columns {', '.join(needed)}, got "
            f"{', '.join(map(str, cases.columns))}. Add {', '.join(map(repr, missing))}."
        )


def classes(cases: pd.DataFrame) -> tuple[str, ...]:
    """Class names of a case table, in the order in which networks number them."""
    check_columns(cases, needed=["label"])
    if not isinstance(cases["label"].dtype, pd.CategoricalDtype):
        raise DataError(
            f"expected the column 'label' as Categorical, so that classes have an order, got "
            f"{cases['label'].dtype}. After pd.concat name the classes anew: "
            "cases.assign(label=pd.Categorical(cases['label'], names))."
        )
    return tuple(cases["label"].cat.categories)


def problems(cases: pd.DataFrame) -> pd.DataFrame:
    """List what was found wrong while reading: ``path``, ``problem``, ``action``."""
    if "problems" not in cases.attrs:
        raise DataError(
            "expected a table that knows its problems, got one made by hand or by pd.concat. Ask "
            "the tables that data.load gave."
        )
    return pd.DataFrame(list(cases.attrs["problems"]), columns=list(Problem._fields))


def labels(cases: pd.DataFrame) -> np.ndarray:
    """Targets for a network.

    Returns
    -------
    ndarray of float32
        Shape (N, 1) with 0 or 1 for two classes, one-hot (N, K) for more.
    """
    names = classes(cases)
    codes = cases["label"].cat.codes.to_numpy()
    if (codes < 0).any():
        first = cases["path"].iloc[int(np.argmax(codes < 0))]
        raise DataError(
            f"expected one of {', '.join(names)} as label in each row, got none for {first}. "
            "Give it one."
        )
    k = len(names)
    return (codes[:, None] if k == 2 else np.eye(k)[codes]).astype("float32")


def strata(cases: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """One stratum name a patient: all values of ``columns`` that occur among their images."""
    first, *others = (cases[column].astype("string").fillna("?") for column in columns)
    text = first.str.cat(others, sep="/") if others else first
    pairs = pd.DataFrame({"patient_id": cases["patient_id"].to_numpy(), "text": text.to_numpy()})
    pairs = pairs.dropna(subset="patient_id").drop_duplicates().sort_values("text")
    several = pairs["patient_id"].duplicated(keep=False)
    joined = pairs[several].groupby("patient_id")["text"].agg("+".join)
    alone = pairs[~several].set_index("patient_id")["text"]
    return pd.concat([alone, joined]).sort_index().rename(None)


def require_patients(cases: pd.DataFrame) -> None:
    """Raise :class:`DataError` unless every row has a patient id."""
    if (unknown := cases["patient_id"].isna()).any():
        raise DataError(
            f"expected a patient_id in each row, got none for {unknown.sum():,} of {len(cases):,} "
            f"images (first: {cases.loc[unknown, 'path'].iloc[0]}). Without it nobody can tell "
            "whether a patient stands on both sides of a split. Give load(..., patient=REGEX) a "
            "pattern that finds the patient in the file name, or fill the column yourself."
        )


def sample(cases: pd.DataFrame, n: int, seed: int = 0) -> pd.DataFrame:
    """Draw about ``n`` images: whole patients, splits and labels in their proportions.

    Parameters
    ----------
    cases : DataFrame
        A case table. Rows without a patient id count as a patient each.
    n : int
        Number of images wanted. The answer is off by less than one patient a stratum.
    seed : int
        Same seed, same patients.
    """
    if n < 1:
        raise DataError(f"expected `n` of at least 1, got {n}. Ask for more images.")
    if n >= len(cases):
        return cases
    table = cases.assign(patient_id=cases["patient_id"].fillna(cases["path"]))
    table = table.set_axis(range(len(table)))
    columns = [c for c in ("split", "label", "subtype") if c in table]
    stratum = table["patient_id"].map(strata(table, columns))
    rng = np.random.default_rng(seed)
    keep = []
    for _, rows in table.groupby(stratum, sort=True):
        sizes = rows.groupby("patient_id").size()
        order = rng.permutation(len(sizes))
        reach = np.cumsum(sizes.to_numpy()[order])
        wanted = max(1, round(len(rows) * n / len(cases)))
        chosen = sizes.index[order[: int(np.searchsorted(reach, wanted)) + 1]]
        keep.append(rows.index[rows["patient_id"].isin(chosen)])
    return cases.iloc[np.sort(np.concatenate(keep))]


def format_problems(problems: Sequence[Problem], most: int = 5) -> str:
    """Write the first few problems below an error's message, or nothing if there are none."""
    if not problems:
        return ""
    lines = [f"\n  {p.path}: {p.problem}" for p in problems[:most]]
    more = f"\n  … and {len(problems) - most} more" if len(problems) > most else ""
    return f"\n{len(problems)} images could not be used:" + "".join(lines) + more


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """Return " Did you mean …?" with the nearest known name, whatever its capitals, or nothing."""
    small = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(wanted.casefold(), small, n=1, cutoff=0.5)
    return f" Did you mean {small[near[0]]!r}?" if near else ""
