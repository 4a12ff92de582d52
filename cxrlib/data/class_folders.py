"""Folders that nobody registered: one sub-folder a class, and what all readers need.

A row names a file, its label, patient and split; its image is opened later, in
:mod:`cxrlib.data.validation`.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cxrlib.data.cases import DataError, Problem
from cxrlib.data.validation import is_image

SPLIT_FOLDERS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
NO_IMAGE = "expected a JPEG, PNG or DICOM image, got none, neither by name nor by content"


def class_folder(root: Path, patient: str | None = None) -> tuple[list[dict], list[Problem], list]:
    """Any folder with one sub-folder a class, or ``train``/``val``/``test`` of such folders.

    What is no image, such as a README or a table, is left alone outside the class folders, and
    named inside.

    Parameters
    ----------
    root : Path
        The folder.
    patient : str, optional
        Regular expression; its group (or the whole match) in the file name is the patient.

    Raises
    ------
    DataError
        If there are fewer than two classes, a class is missing from a split, folders of splits
        and other folders lie side by side or further down, or the expression cannot be used or
        finds no patient at all.
    """
    pattern, inside = _patient_pattern(patient), _subfolders(root)
    parts = {p: SPLIT_FOLDERS[p.name.lower()] for p in inside if p.name.lower() in SPLIT_FOLDERS}
    odd = [p.name for p in inside if p not in parts]
    if odd and parts:
        raise DataError(
            f"{root}: expected all sub-folders among {', '.join(SPLIT_FOLDERS)} beside "
            f"{', '.join(p.name for p in parts)}, got {', '.join(odd)}. Rename or move it."
        )
    if not parts:
        _check_level(root, inside)
    tops = parts or {root: pd.NA}
    names = sorted({p.name for top in tops for p in _subfolders(top)})
    if len(names) < 2:
        raise DataError(
            f"{root}: expected at least two class folders with images, got "
            f"{', '.join(names) or 'no sub-folder'}. Make one sub-folder a class."
        )
    source = "/".join(root.resolve().parts[-2:]).strip("/")
    rows: list[dict] = []
    problems = [
        Problem(str(p), "lies outside the class folders, so it has no label", "left out")
        for top in {root, *tops}
        for p in list_files(top, deep=False)
        if is_image(p)
    ]
    nameless = []
    for (top, split), name in itertools.product(tops.items(), names):
        for path in list_files(top / name):
            if not is_image(path):
                problems.append(Problem(str(path), NO_IMAGE, "left out"))
                continue
            found = pattern.search(path.name) if pattern else None
            who = found[pattern.groups] if pattern and found else None
            if pattern and who is None:
                nameless.append(path)
                continue
            who = f"{source}:{who}" if pattern else pd.NA
            rows.append(new_row(path, name, who, split, source))
    if nameless and not rows:
        raise DataError(
            f"{root}: expected a patient in each file's name by the pattern {patient!r}, got none "
            f"in {len(nameless):,} names, such as {nameless[0].name}. Correct it (--patient), or "
            "leave it out."
        )
    text = f"the pattern {patient!r} finds no patient in the file name"
    problems += [Problem(str(path), text, "left out") for path in nameless]
    return rows, problems, names


def _check_level(root: Path, inside: Sequence[Path]) -> None:
    """Raise :class:`DataError` if what look like classes are sets with splits of their own."""
    for folder in inside:
        own = [p for p in _subfolders(folder) if p.name.lower() in SPLIT_FOLDERS]
        if len(own) > 1 and all(map(_subfolders, own)):
            raise DataError(
                f"{root}: expected one sub-folder a class, got {folder.name}, which has "
                f"{' and '.join(p.name for p in own)} inside. Did you mean {folder}?"
            )


def _patient_pattern(patient: str | None) -> re.Pattern | None:
    try:
        pattern = re.compile(patient) if patient else None
    except re.error as error:
        raise DataError(
            f"expected `patient` as a regular expression, got {patient!r} ({error}). Correct it."
        ) from None
    if pattern and pattern.groups > 1:
        raise DataError(
            f"expected one group at most in `patient`, got {pattern.groups} in {patient!r}. "
            "Write (?:...) for the others."
        )
    return pattern


def new_row(
    path: Path, label: str, patient: object, split: object, source: str, root: Path | None = None,
    **known: object,
) -> dict:  # fmt: skip
    """Return a row of the case table, but for the image's size; ``root`` may have masks."""
    row = {"path": str(path), "label": label, "patient_id": patient, "split": split}
    return row | {"source": source} | known | (_phantom_masks(root, path) if root else {})


def list_files(folder: Path, deep: bool = True) -> list[Path]:
    """List files below a folder, links followed; a dead link is listed, so that it gets named."""
    if not folder.exists():
        raise DataError(f"{folder}: no such folder. Fetch the data set again, or mend it.")
    found, seen = [], set()
    for place, inside, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if not deep or real in seen:  # a link that leads back up would go on for ever
            inside.clear()
        if real not in seen:
            found += [Path(place, name) for name in names if not name.startswith(".")]
        inside[:] = [name for name in inside if not name.startswith(".")]
        seen.add(real)
    return sorted(found)


def _subfolders(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith(".")]


def _phantom_masks(root: Path, path: Path) -> dict:
    """Lung and lesion masks that phantom sets carry in a mirror tree beside the images."""
    mirror = root.with_name(root.name + "_masks")
    if not mirror.is_dir():
        return {}
    base = mirror / path.relative_to(root).with_suffix("")
    masks = {"mask_path": f"{base}.lungs.png", "lesion_path": f"{base}.lesion.png"}
    return {column: mask for column, mask in masks.items() if os.path.isfile(mask)}
