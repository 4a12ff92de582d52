"""All checks of an audit, and those that need no model: counts, files, patients, sizes, greys."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency
from threadpoolctl import threadpool_limits

from cxrlib import data
from cxrlib.data.cases import Problem
from cxrlib.data.class_folders import NO_IMAGE
from cxrlib.evaluation.audit import duplicates, probes
from cxrlib.evaluation.audit.report import (
    Affected,
    Example,
    Finding,
    Report,
    affected,
    counted,
)

CHECKS = (
    "counts",
    "files",
    "two labels",
    "odd images",
    "duplicates",
    "patients",
    "folder shift",
    "shortcuts",
    "sizes",
    "brightness",
)
RARE_CLASS = 0.1  # proportion of a class below which accuracy says little
MAX_SHIFT = 0.05  # difference of a class's proportion between splits
BLOCK = 4096  # images that are turned into floats at once


def audit(cases: pd.DataFrame, *, seed: int = 0) -> Report:
    """Look for what would make a good result on this set worthless.

    Every file is read once, at 64 pixels.

    Parameters
    ----------
    cases : DataFrame
        A case table.
    seed : int
        Of folds and samples.

    Returns
    -------
    Report
        One finding for each of :data:`CHECKS`.

    Raises
    ------
    DataError
        If no image can be read.
    """
    started = time.perf_counter()
    with warnings.catch_warnings():  # what could not be read stands in the report
        warnings.filterwarnings("ignore", message=".*could not be read and are left out")
        images = data.read_images(cases, probes.SIDE, "stretch")
    rows, thumbnails = images.cases, images.images[:, :, :, 0]
    problems = (*cases.attrs.get("problems", ()), *images.problems)
    checks = (
        partial(check_counts, cases),
        partial(check_files, problems),
        partial(duplicates.check_contradicting_labels, problems),
        partial(check_odd_images, rows, thumbnails),
        partial(duplicates.check_duplicates, rows, thumbnails, problems),
        partial(check_patients, cases),
        partial(probes.check_folder_shift, rows, thumbnails, seed=seed),
        partial(probes.check_shortcuts, rows, thumbnails, seed=seed),
        partial(check_sizes, rows),
        partial(check_brightness, rows, thumbnails),
    )
    with threadpool_limits(1):  # many small matrices: more threads would only wait for each other
        found = [_run_check(name, check) for name, check in zip(CHECKS, checks, strict=True)]
    root = cases.attrs.get("root")
    found = [_with_relative_keys(finding, root) for finding in found] if root else found
    seconds = time.perf_counter() - started
    return Report(str(cases.attrs.get("name", "data")), len(cases), tuple(found), seconds)


def _run_check(name: str, check: Callable[[], Finding]) -> Finding:
    """Say that a check could not be made rather than stop the whole audit."""
    try:
        return check()
    except ValueError as error:
        return Finding(name, "not checked", str(error))
    except Exception as error:  # a fault in one check shall not take the others' answers along
        summary = f"the check itself broke: {type(error).__name__}: {error}"
        return Finding(name, "not checked", summary, "Please tell us what the data look like.")


def _with_relative_keys(finding: Finding, root: str) -> Finding:
    """Name files from the set's folder on, so that a baseline is good on another machine."""

    def relative(name: str) -> str:
        return os.path.relpath(name, root) if Path(name).is_relative_to(root) else name

    return replace(
        finding,
        affected=tuple(
            replace(each, key=tuple(relative(name).replace(os.sep, "/") for name in each.key))
            for each in finding.affected
        ),
    )


def check_counts(cases: pd.DataFrame) -> Finding:
    """Count images by split and class; name imbalance and shares that differ by split."""
    names = list(data.classes(cases))
    table = pd.crosstab(cases["split"].astype("string").fillna("no split"), cases["label"])
    table = table.reindex(columns=names, fill_value=0)
    proportions = table.div(table.sum(axis=1), axis=0)
    numbers = {split: {c: int(n) for c, n in row.items()} for split, row in table.iterrows()}
    total = table.sum()
    commonest = total.idxmax()
    summary = f"{total[commonest] / total.sum():.0%} of the images are {commonest!r}"
    shift = float((proportions.max() - proportions.min()).max())
    advice = []
    if total[commonest] / total.sum() > 0.6 or total.min() / total.sum() < RARE_CLASS:
        advice.append(
            f"Answering {commonest!r} to everything is right that often: report sensitivity and "
            "specificity instead of accuracy."
        )
    if len(table) > 1 and shift > MAX_SHIFT and chi2_contingency(table).pvalue < 0.01:
        summary += f"; a class's share differs by {shift:.0%} between splits"
        advice.append(
            "Precision and accuracy move with the share of the sick: do not compare them across "
            "splits, and choose no threshold by them."
        )
    verdict = "look" if advice else "fine"
    return Finding("counts", verdict, summary, " ".join(advice), numbers)


def check_files(problems: Sequence[Problem]) -> Finding:
    """List images that could not be used and files that are odd; copies have their own checks."""
    named = [p for p in problems if not p.problem.startswith(duplicates.SAME_FILE)]
    listed = tuple(sorted(affected(named), key=lambda each: each.verdict != "fail"))
    unusable = sum(each.verdict == "fail" for each in listed)
    no_images = sum(p.problem == NO_IMAGE for p in named)
    odd = len(named) - unusable - no_images
    numbers = {"left out": unusable, "without an image": no_images, "odd but kept": odd}
    if not listed:
        return Finding("files", "fine", "every file could be read", numbers=numbers)
    summary = ", ".join(f"{counted(n, 'file')} {what}" for what, n in numbers.items() if n)
    advice = "Replace, rename or remove them."
    if unusable:
        advice += " What is left out is not left out at random."
    return Finding("files", listed[0].verdict, summary, advice, numbers, affected=listed)


def check_patients(cases: pd.DataFrame) -> Finding:
    """Look for patients on both sides of a split, also under a key that reads only the number."""
    known = cases[cases["patient_id"].notna() & cases["split"].notna()]
    missing = len(cases) - int(cases["patient_id"].notna().sum())
    if known.empty or known["split"].nunique() < 2:
        what = "no patient ids" if missing else "one split only"
        advice = ""
        if missing:
            advice = (
                "Without patient ids nobody can tell whether a split is honest. A pattern finds "
                "them in the files' names (--patient), or a table names them."
            )
        return Finding("patients", "not checked", what, advice, {"without id": missing})
    leaked = _in_two_splits(known, known["patient_id"])
    numbers = {
        "patients": int(known["patient_id"].nunique()),
        "on both sides": len(leaked),
        "without id": missing,
    }
    note = _shared_numbers(known[~known["patient_id"].isin(leaked)])
    if leaked:
        rows = known[known["patient_id"].isin(leaked)].sort_values(["patient_id", "split"])
        advice = (
            "Split again: data.splits.patient_split. A network may know these patients by heart."
        )
        both = f"{counted(len(leaked), 'patient')} with {counted(len(rows), 'image')}"
        summary = f"on both sides of a split: {both}"
        who = tuple(_on_both_sides(str(name), own) for name, own in rows.groupby("patient_id"))
        return Finding("patients", "fail", summary, advice, numbers, who, note=note)
    summary = f"none of {numbers['patients']:,} patients stands on both sides"
    if missing:
        summary += f"; {counted(missing, 'image')} without an id"
        advice = "Fill the ids, or leave these images out."
        return Finding("patients", "look", summary, advice, numbers, note=note)
    return Finding("patients", "fine", summary, numbers=numbers, note=note)


def _shared_numbers(cases: pd.DataFrame) -> str:
    """Say how many numbers stand on both sides under two prefixes, as of ``a-7`` and ``b-7``."""
    bare = cases["patient_id"].astype(str).str.extract(r"(\d+)\D*$", expand=False)
    if bare.isna().any() or not (shared := _in_two_splits(cases, bare)):
        return ""
    return (
        f"Numbers that stand on both sides of a split with another prefix: {len(shared):,}. That "
        "is no fault if the prefix is part of the patient."
    )


def _in_two_splits(cases: pd.DataFrame, key: pd.Series) -> list:
    sides = cases["split"].astype(str).groupby(key).nunique()
    return list(sides.index[sides > 1])


def _on_both_sides(patient: str, rows: pd.DataFrame) -> Affected:
    """Name a patient with the number of images in each split, and one image of each."""
    counts = ", ".join(f"{n:,} in {split}" for split, n in rows.groupby("split").size().items())
    one_each = rows.drop_duplicates("split")
    shown = zip(one_each["path"], one_each["split"], strict=True)
    images = tuple(Example(path, f"{patient}, {split}") for path, split in shown)
    return Affected((patient,), f"{patient}: {counts}", examples=images)


def check_sizes(cases: pd.DataFrame) -> Finding:
    """Ask whether width, height or aspect ratio alone tells the label."""
    width, height = (cases[side].to_numpy(float) for side in ("width", "height"))
    values = {"width": width, "height": height, "aspect ratio": width / height}
    advice = (
        "Read all images at one size with padding, and see whether the padding tells the label. "
        "Squashing keeps the trace of the shape."
    )
    found = probes.check_single_feature("sizes", cases, values, advice)
    if len(set(zip(width, height, strict=True))) == 1:
        same = f"all images are {width[0]:.0f} × {height[0]:.0f} pixels, so sizes tell nothing"
        return replace(found, summary=same, note="")
    return found


def check_brightness(cases: pd.DataFrame, thumbnails: np.ndarray) -> Finding:
    """Ask whether mean grey or contrast alone tells the label."""
    mean, spread = _by_blocks(thumbnails, lambda x: (x.mean(axis=1), x.std(axis=1)))
    values = {"mean grey": mean, "contrast": spread}
    advice = "Standardise each image by itself and vary the exposure in training."
    return probes.check_single_feature("brightness", cases, values, advice)


def check_odd_images(cases: pd.DataFrame, thumbnails: np.ndarray) -> Finding:
    """Look for inverted and for nearly blank images."""
    typical = np.median(_standardized(thumbnails[:: 1 + len(thumbnails) // BLOCK]), axis=0)
    typical = (typical - typical.mean()) / max(float(typical.std()), 1e-6)
    correlation, spread = _by_blocks(
        thumbnails, lambda x: (_standardized(x) @ typical / typical.size, x.std(axis=1))
    )
    blank = spread < 4
    inverted = (correlation < -0.25) & ~blank
    numbers = {"inverted": int(inverted.sum()), "nearly blank": int(blank.sum())}
    if not (inverted | blank).any():
        return Finding("odd images", "fine", "none inverted, none blank", numbers=numbers)
    rows = np.flatnonzero(inverted | blank)
    captions = ["inverted?" if inverted[i] else "nearly blank" for i in rows]
    paths = cases["path"].iloc[rows]
    named = tuple(
        Affected((path,), f"{path}: {caption}", examples=(Example(path, caption),))
        for path, caption in zip(paths, captions, strict=True)
    )
    summary = ", ".join(f"{count:,} {what}" for what, count in numbers.items() if count)
    advice = "Look at them. Invert or remove them, in all classes alike."
    return Finding("odd images", "fail", summary, advice, numbers, named)


def _standardized(thumbnails: np.ndarray) -> np.ndarray:
    """Give each image (N, ...) a mean of 0 and a spread of 1, but for those nearly blank."""
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    return (flat - flat.mean(axis=1, keepdims=True)) / np.maximum(flat.std(axis=1), 1)[:, None]


def _by_blocks(
    thumbnails: np.ndarray, measure: Callable[[np.ndarray], tuple[np.ndarray, ...]]
) -> tuple[np.ndarray, ...]:
    """Take measures of all images; as floats, a large set would need four times its memory."""
    blocks = (thumbnails[i : i + BLOCK] for i in range(0, len(thumbnails), BLOCK))
    flat = (block.reshape(len(block), -1).astype(np.float32) for block in blocks)
    return tuple(np.concatenate(each) for each in zip(*map(measure, flat), strict=True))
