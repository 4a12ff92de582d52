"""Exercises of chapter 01: who is in the image, and who stands on which side."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pandas as pd

from cxrlib.teaching.exercises.base import (
    CustomExercise,
    Result,
    check_is_function,
    fail,
    is_missing,
    try_call,
)

# Pairs of file names: are they the same child? And what does a wrong answer point to?
PAIRS = (
    ("person16_bacteria_47.jpeg", "person16_bacteria_49.jpeg", True,
     "the last number is a running number of the image; leave it out of the key."),
    ("IM-0011-0001-0001.jpeg", "IM-0011-0001-0002.jpeg", True,
     "only the first number after `IM-` is the child; the others count images."),
    ("person16_bacteria_47.jpeg", "person16_virus_47.jpeg", False,
     "did you forget the subtype? The bacterial and the viral cases are numbered separately, so "
     "person 16 exists twice. The key is subtype *and* number."),
    ("IM-0011-0001.jpeg", "NORMAL2-IM-0011-0001.jpeg", False,
     "did you drop the prefix `NORMAL2-`? It is a second numbering; keep it in the key."),
    ("person16_bacteria_47.jpeg", "person17_bacteria_47.jpeg", False,
     "the number after `person` must be in the key."),
    ("person1_bacteria_1.jpeg", "person11_bacteria_1.jpeg", False,
     "take the whole number, not its first digit."),
    ("IM-0011-0001.jpeg", "IM-0012-0001.jpeg", False,
     "the number after `IM-` must be in the key."),
    ("IM-0016-0001.jpeg", "person16_virus_47.jpeg", False,
     "a healthy and a sick child may carry the same number; keep the group in the key."),
)  # fmt: skip


@functools.partial(
    CustomExercise,
    task="Write a function that turns a file name into the key of its patient.",
    level="medium",
    minutes=10,
)
def check_patient_key(key: Callable[[str], object]) -> Result:
    """Check a function from file name to patient key."""
    if early := check_is_function(key, check_patient_key.task):
        return early
    names = sorted({name for pair in PAIRS for name in pair[:2]})
    keys = {}
    for name in names:
        keys[name], failed = try_call(key, name)
        if failed:
            return failed._replace(text=f"For `{name}`: {failed.text}")
    if all(map(is_missing, keys.values())):
        return Result(None, check_patient_key.task)
    for name, value in keys.items():
        if is_missing(value):
            return fail(f"a key for `{name}`", "`None`", "is there a `return` for every form?")
        try:
            hash(value)
        except TypeError:
            return fail("a text or a tuple", f"`{value!r}`", "a list cannot be a key; use a tuple.")
    for first, second, same, hint in PAIRS:
        if (keys[first] == keys[second]) != same:
            expected = "one key" if same else "two keys"
            got = f"`{keys[first]!r}` and `{keys[second]!r}`"
            return fail(f"{expected} for `{first}` and `{second}`", got, hint)
    return Result(
        True, f"All {len(PAIRS)} pairs of file names are told apart, or put together, rightly."
    )


@functools.partial(
    CustomExercise,
    task="Give every row a `split` so that no patient stands on both sides.",
    level="medium",
    minutes=10,
)
def check_split(cases: pd.DataFrame) -> Result:
    """Check that no patient of a case table stands in more than one split."""
    if is_missing(cases):
        return Result(None, check_split.task)
    if not isinstance(cases, pd.DataFrame):
        return fail("a case table", type(cases).__name__, "return the whole table.")
    absent = [c for c in ("patient_id", "split", "label") if c not in cases]
    if absent:
        return fail("the columns of a case table", f"none named {', '.join(absent)}",
                     "add a column to the table, do not make a new table.")  # fmt: skip
    empty = int(cases["split"].isna().sum())
    if empty:
        return fail("a split in every row", f"{empty:,} rows without", "did a patient get lost?")
    if cases["split"].nunique() < 2:
        return fail("two splits or more", f"{cases['split'].nunique()}",
                     "nothing is held out yet.")  # fmt: skip
    sides = cases.groupby("patient_id")["split"].nunique()
    torn = sides.index[sides > 1]
    if len(torn):
        rows = cases[cases["patient_id"].isin(torn)]
        held_out = cases["split"].value_counts().idxmin()
        leaks = int((rows["split"] == held_out).sum())
        example = rows[rows["patient_id"] == torn[0]]
        where = ", ".join(f"{n} in {side}" for side, n in example["split"].value_counts().items())
        return fail(
            "every patient on one side", f"{len(torn):,} patients on both",
            f"you dealt out images; deal out patients. `{torn[0]}` has {where}. In all, "
            f"{leaks:,} images of `{held_out}` show somebody whom the other side knows.",
        )  # fmt: skip
    gone = [
        (side, label)
        for side, part in cases.groupby("split")
        for label in set(cases["label"]) - set(part["label"])
    ]
    if gone:
        return fail("every class on every side", f"no {gone[0][1]} in {gone[0][0]}",
                     "split each class by itself.")  # fmt: skip
    share = cases["split"].value_counts(normalize=True)
    parts = ", ".join(f"{side} {100 * part:.0f} %" for side, part in share.items())
    return Result(True, f"Nobody stands on both sides ({parts} of the images).")
