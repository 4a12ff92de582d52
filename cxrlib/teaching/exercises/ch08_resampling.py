"""The exercise of chapter 08 in which patients are drawn: judged by what holds for any draw."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from cxrlib.teaching.exercises.base import (
    CustomExercise,
    Result,
    check_is_function,
    fail,
    is_missing,
    try_call,
)

DRAWS = 200
SIZES = (1, 2, 3, 4) * 3  # images of each child
NAMES = tuple(f"child {letter}" for letter in "abcdefghijkl")
PATIENTS = np.random.default_rng(8).permutation(np.repeat(NAMES, SIZES))  # in no order
ROWS = [np.flatnonzero(name == PATIENTS) for name in NAMES]
# At 200 draws a child's mean is off by 0.07; drawn by images, some children's are by 0.6.
UNFAIR = 0.35

Resample = Callable[[np.ndarray, np.random.Generator], Sequence[int]]


@functools.partial(
    CustomExercise,
    task="Return the row numbers of one sample: children drawn again, with all their images.",
    level="hard",
    minutes=15,
)
def check_resample(rule: Resample) -> Result:
    """Check ``rule(patients, rng)``: the row numbers of one bootstrap sample by patient.

    ``patients`` names the patient of each row, shape (N,). As many patients as there are come out
    of ``rng``, with replacement, each with all rows each time. No answer is the right one, so
    it is judged by what must hold for any, over many draws.
    """
    if early := check_is_function(rule, check_resample.task):
        return early
    twins = [np.random.default_rng(1), np.random.default_rng(1)]
    drawn: list[np.ndarray] = []
    for rng in twins + [np.random.default_rng(8)] * DRAWS:
        rows, failed = try_call(lambda patients, rng=rng: rule(patients, rng), PATIENTS)
        if failed:
            return failed
        if is_missing(rows) and not drawn:
            return Result(None, check_resample.task)
        problem = _no_rows(rows)
        if problem:
            return problem
        drawn.append(np.bincount(np.asarray(rows, dtype=int), minlength=len(PATIENTS)))
    counts = np.array(drawn)
    problem = _torn(counts)
    if problem:
        return problem
    times = counts[:, [rows[0] for rows in ROWS]]  # each child's rows are drawn equally often
    return (
        _wrong_number(times)
        or _not_random(times)
        or _unequal(times)
        or Result(
            True,
            "Whole children, as many as there are; some twice, some not at all. Do it two thousand "
            "times, and you see how far a number wanders.",
        )
    )


def _no_rows(rows: object) -> Result | None:
    """Say why these are no row numbers, if they are none."""
    expected, find = "row numbers", "`np.flatnonzero(patients == name)` gives a child's rows."
    try:
        array = np.asarray(rows)
    except ValueError:  # lists of different lengths
        array = np.array(None)
    if array.ndim != 1 or array.dtype.kind not in "biufUS":
        several = array.ndim > 1 or isinstance(rows, list | tuple)
        came = "several lists in one" if several else f"`{rows!r}`"
        return fail(f"one list of {expected}", came, "`np.concatenate` makes one of many.")
    if array.dtype == bool:
        hint = f"a mask cannot take anybody twice. {find}"
        return fail(expected, "a mask of True and False", hint)
    if array.dtype.kind in "US":
        hint = f"you have drawn children; now look where their images stand. {find}"
        return fail(expected, f"names, such as `{array[0]}`", hint)
    last = len(PATIENTS) - 1
    outside = array[~((array >= 0) & (array <= last) & (array == np.floor(array)))]
    if outside.size:
        hint = f"whole numbers, the first row is 0. {find}"
        return fail(f"{expected} from 0 to {last}", f"`{outside[0]}`", hint)
    return None


def _torn(counts: np.ndarray) -> Result | None:
    """Find a child of whom some images were drawn more often than others."""
    for name, rows in zip(NAMES, ROWS, strict=True):
        own = counts[:, rows]
        torn = np.flatnonzero(own.min(axis=1) != own.max(axis=1))
        if not torn.size:
            continue
        times = ", ".join(map(str, own[torn[0]]))
        hint = "you drew images. Draw children, and take all images of each."
        others = np.concatenate([rows[1:] for rows in ROWS])
        if not counts[:, others].any():
            hint = "each child came with one image only. All of them belong in the sample."
        return fail(
            f"all images of `{name}` equally often", f"its {len(rows)} images {times} times",
            hint,
        )  # fmt: skip
    return None


def _wrong_number(times: np.ndarray) -> Result | None:
    """Judge how many children were drawn; ``times``: how often each was, shape (DRAWS, K)."""
    number = times.sum(axis=1)
    if (number == len(NAMES)).all():
        return None
    hint = "draw as many as there are *different* names: `len(np.unique(patients))`."
    if times.max() == 1 and len(set(number)) > 1:
        hint = (
            "whoever is drawn twice counts once here. `np.isin` only asks *whether* somebody was "
            "drawn: go through the drawn names one by one."
        )
    elif (number == len(PATIENTS)).all():
        hint = "that is the number of images. Draw as many children as there are children."
    other = number[number != len(NAMES)][0]
    return fail(f"{len(NAMES)} children in a sample", f"{other}", hint)


def _not_random(times: np.ndarray) -> Result | None:
    """Judge whether draws differ, and come from the generator that was given."""
    if (times == 1).all():
        hint = (
            "this is without replacement, so it is always the same sample. "
            "`rng.choice(names, size=len(names))` may take a name again."
        )
        return fail("some children twice, and some not at all", "everybody once", hint)
    if (times[2:] == times[2]).all():
        hint = "draw with the `rng` that is given. A seed of its own begins anew each time."
        return fail("another sample each time", "always the same", hint)
    if (times[0] != times[1]).any():
        hint = "draw with the `rng` that is given, and with no other."
        return fail("the same sample from the same seed", "two that differ", hint)
    return None


def _unequal(times: np.ndarray) -> Result | None:
    """Judge whether all children have the same chance."""
    mean = times[2:].mean(axis=0)
    if (np.abs(mean - 1) < UNFAIR).all():
        return None
    hint = "who has many images comes more often. Draw *different* names: `np.unique(patients)`."
    odd = int(np.argmax(np.abs(mean - 1)))
    if not mean.all():
        odd, hint = int(np.argmin(mean)), "one name can never be drawn. The first, or the last?"
    came = f"`{NAMES[odd]}` (of {SIZES[odd]} images) {mean[odd]:.1f} times"
    return fail("every child once in a sample, on average", came, hint)
