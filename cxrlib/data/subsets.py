"""Drawing so many images of each class from a case table, by patient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cxrlib.data.cases import DataError, check_columns, classes, did_you_mean, require_patients
from cxrlib.data.splits import check_leakage


def balanced_subset(
    cases: pd.DataFrame,
    n_per_class: Mapping[str, int] | int | None = None,
    *,
    test_size: int | float = 0.2,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw so many images of each class, and split them by patient into train and test.

    Whole patients are drawn by lot, each that still fits. Where they do not add up to the wanted
    number, one more gives a part of the images; the others of that patient are in neither split.

    Parameters
    ----------
    cases : DataFrame
        A case table with a patient id in every row. Its own ``split`` is not used.
    n_per_class : mapping of str to int, or int, optional
        Images of each class, or one number for all. A class that the mapping does not name is
        left out. By default as many of each as the smallest class has: the largest size in
        which all classes are equal.
    test_size : int or float
        Images of each class that are held out, or their share between 0 and 1. If all
        images of a class are drawn, whole patients are held out: a few less, if need be.
    seed : int
        Same seed, same images.

    Returns
    -------
    DataFrame
        The drawn rows with a new ``split``, ``"train"`` or ``"test"``. The classes are those
        of ``cases`` that were asked for, in their order.

    Raises
    ------
    DataError
        If a class is unknown or has too few images or patients, or a patient has images of
        two classes.
    """
    check_columns(cases, needed=["path", "label", "patient_id"])
    require_patients(cases)
    cases = cases.set_axis(range(len(cases)))
    counts = cases["label"].value_counts()
    wanted = _class_sizes(counts, classes(cases), n_per_class)
    cases = cases[cases["label"].isin(list(wanted))]
    several = cases.groupby("patient_id")["label"].nunique()
    if (several > 1).any():
        raise DataError(
            f"expected each patient in one class, got {several.idxmax()} with images of "
            f"{several.max()} classes. Leave that patient out of one, or use splits.patient_split."
        )
    rng = np.random.default_rng(seed)
    place: dict[int, str] = {}
    for name, n in wanted.items():
        rows = cases[cases["label"] == name].sort_values("path")
        place |= _draw(rows, name, n, _test_count(test_size, n), rng)
    result = cases.loc[sorted(place)].assign(split=pd.Series(place, dtype=object))
    result["label"] = pd.Categorical(result["label"].astype(object), list(wanted))
    check_leakage(result)
    return result


def _class_sizes(
    counts: pd.Series, names: tuple[str, ...], n_per_class: Mapping[str, int] | int | None
) -> dict[str, int]:
    """Images of each class, in the order of the classes, checked."""
    empty = [name for name in names if not counts.get(name, 0)]
    if empty and not isinstance(n_per_class, Mapping):
        some = {name: int(counts[name]) for name in names if name not in empty}
        raise DataError(
            f"expected images of each class, {', '.join(names)}, got none of "
            f"{', '.join(map(repr, empty))}. Name the others with so many images as you want, "
            f"at most {some}: balanced_subset(cases, n_per_class)."
        )
    n = int(counts.min()) if n_per_class is None else n_per_class
    sizes = n if isinstance(n, Mapping) else dict.fromkeys(names, n)
    unknown = [str(name) for name in sizes if name not in names]
    if unknown or not sizes:
        raise DataError(
            f"expected `n_per_class` to name classes among {', '.join(names)}, "
            f"got {', '.join(unknown) or 'none'}.{did_you_mean(''.join(unknown[:1]), names)} "
            "Name at least one."
        )
    for name, size in sizes.items():
        have = int(counts[name]) if name in counts else 0
        whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
        if not whole or not 2 <= size <= have:
            raise DataError(
                f"expected a size from 2 to {have:,} for class {name!r}, which has {have:,} "
                f"images, got {size!r}. Ask for another."
            )
    return {name: int(sizes[name]) for name in names if name in sizes}


def _test_count(test_size: int | float, n: int) -> int:
    count = test_size if isinstance(test_size, int | np.integer) else round(test_size * n)
    whole = count == test_size or test_size < 1
    if isinstance(test_size, bool) or not (0 < test_size < n and whole):
        raise DataError(
            f"expected `test_size` as a number of images below {n} or a share between 0 and 1, "
            f"got {test_size!r}. Hold out fewer."
        )
    return max(1, min(int(count), n - 1))


def _draw(
    rows: pd.DataFrame, name: str, n: int, test: int, rng: np.random.Generator
) -> dict[int, str]:
    """Row → split for ``n`` images of one class, whole patients first."""
    families = {who: list(index) for who, index in rows.groupby("patient_id").groups.items()}
    if len(families) < 2:
        raise DataError(
            f"expected at least two patients in class {name!r}, one for each side of a split, got "
            f"{len(families)}. Leave the class out, or add patients."
        )
    order = [list(families)[i] for i in rng.permutation(len(families))]
    spare = len(rows) - n
    place: dict[int, str] = {}
    for split, wanted in (("test", test), ("train", n - test)):
        left = [who for who in order if who in families]
        wanted = n - len(place) if split == "train" else wanted
        drawn: list[int] = []
        for who in left:
            if len(drawn) + len(families[who]) <= wanted:
                drawn += families.pop(who)
        rest = [who for who in left if who in families]
        if len(drawn) < wanted and rest:
            part = min(rest, key=lambda who: len(families[who]))  # loses the fewest images
            lost = len(families[part]) - (wanted - len(drawn))
            if lost <= spare:
                spare -= lost
                drawn += families.pop(part)[: wanted - len(drawn)]
        place |= dict.fromkeys(drawn, split)
    sides = set(place.values())
    if len(place) < n or len(sides) < 2:
        raise DataError(
            f"expected patients in class {name!r} who can be parted to hold out {test} of {n} "
            f"images, got {len(order)} who cannot. Ask for fewer images, or hold out more."
        )
    return place
