"""Folders on disk → rows of a case table, one reader a layout.

Each reader takes the folders of its collections and returns rows and problems. It never opens a
picture: that is done once, for all layouts, in :mod:`cxrlib.data.validation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from cxrlib.data import splits
from cxrlib.data.cases import DataError, Problem, examples
from cxrlib.data.collection import collection
from cxrlib.data.layout import Rows, files, need, new_row, phantom_masks

SPLIT_FOLDERS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
PERSON = re.compile(r"^person(\d+)_(bacteria|virus)_\d+")
HEALTHY = re.compile(r"^(?:(NORMAL2)-)?IM-(\d+)-\d+")
RENAMED = re.compile(r"^(BACTERIA|VIRUS|NORMAL)-(\d+)-\d+")  # names in the set's later edition
SUBTYPES = {"bacteria": "bacterial", "virus": "viral", "normal": "normal"}


def kermany_patient(filename: str) -> tuple[str, str] | None:
    """Subtype and patient id from a file name of the paediatric set.

    The key is the subtype *and* the number: ``person16_bacteria_47.jpeg`` and
    ``person16_virus_47.jpeg`` are two children. The two numberings of the healthy children,
    ``IM-0016-…`` and ``NORMAL2-IM-0016-…``, are kept apart too.

    Returns
    -------
    tuple of str, or None
        ``("bacterial", "bacteria-16")``; None for a name of another form.
    """
    if person := PERSON.match(filename):
        return SUBTYPES[person[2]], f"{person[2]}-{person[1]}"
    if healthy := HEALTHY.match(filename):
        return "normal", f"{(healthy[1] or 'normal').lower()}-{healthy[2]}"
    if renamed := RENAMED.match(filename):
        kind = renamed[1].lower()
        return SUBTYPES[kind], f"{kind}-{renamed[2]}"
    return None


def pneumonia(folders: Sequence[Path], class_names: Sequence[str]) -> Rows:
    """Read ``chest_xray/{train,test}/{NORMAL,PNEUMONIA}``; a folder ``val`` is not used."""
    (root,) = folders
    rows, problems = [], []
    for split in ("train", "test"):
        for label in class_names:
            for path in files(need(root / split / label.upper())):
                found = kermany_patient(path.name)
                if found is None:
                    text = "the file name does not tell the patient (expected personN_…, IM-N-…)"
                    problems.append(Problem(str(path), text, "left out"))
                    continue
                subtype, patient = found
                rows.append(
                    new_row(path, label, f"kermany:{patient}", split, "kermany", subtype=subtype)
                    | phantom_masks(root, path)
                )
    return rows, problems


def adults(folders: Sequence[Path], class_names: Sequence[str]) -> Rows:
    """Read ``nih-adult/{NORMAL,PNEUMONIA}``; the number before ``_`` is the patient."""
    (root,) = folders
    rows = [
        new_row(path, label, f"nih:{path.name.split('_')[0]}", pd.NA, "nih")
        | phantom_masks(root, path)
        for label in class_names
        for path in files(need(root / label.upper()))
    ]
    return rows, []


def covid(folders: Sequence[Path], class_names: Sequence[str]) -> Rows:
    """Healthy, bacterial and viral children, and the COVID-19 views of the collection.

    The children keep their folders as splits. The collection has none: a fifth of its COVID
    patients, drawn once with a fixed seed, are the test set.
    """
    children, problems = pneumonia(folders[:1], ("normal", "pneumonia"))
    for row in children:
        row["label"] = row["subtype"]
    rows, more = collection(folders[1:], class_names)
    rows = [row for row in rows if row["label"] == "covid"]
    if not rows:
        raise DataError(
            f"{folders[1]}: expected frontal X-rays with a finding of COVID-19 that metadata.csv "
            f"lists and the folder holds, got none.{examples(more)}"
        )
    cut = splits.by_patient(pd.DataFrame(rows), {"train": 0.8, "test": 0.2}, stratify=["view"])
    for row, split in zip(rows, cut["split"], strict=True):
        row["split"] = split
    return children + rows, problems + more


def pneumoniamnist(folders: Sequence[Path], class_names: Sequence[str]) -> Rows:
    """Read the PNG files that :func:`unpack_npz` wrote; the set has no patient ids."""
    (root,) = folders
    rows = [
        new_row(path, label, pd.NA, split, "pneumoniamnist") | phantom_masks(root, path)
        for split in ("train", "val", "test")
        for label in class_names
        for path in files(need(root / split / label.upper()))
    ]
    return rows, []


def class_folder(root: Path, patient: str | None = None) -> tuple[list[dict], list[Problem], list]:
    """Any folder with one sub-folder a class, or ``train``/``val``/``test`` of such folders.

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
        and other folders lie side by side, or the expression cannot be used.
    """
    pattern = _patient_pattern(patient)
    inside = [p for p in sorted(root.iterdir()) if p.is_dir() and not p.name.startswith(".")]
    parts = {p: SPLIT_FOLDERS.get(p.name.lower()) for p in inside}
    odd = [p.name for p, split in parts.items() if not split]
    if odd and len(odd) < len(parts):
        raise DataError(
            f"{root}: {', '.join(p.name for p in parts if parts[p])} are splits, but "
            f"{', '.join(odd)} is not one of {', '.join(SPLIT_FOLDERS)}. Rename or move it."
        )
    splitted = bool(inside) and not odd
    tops = parts if splitted else {root: pd.NA}
    label_folders = {
        (top, p.name): p
        for top in tops
        for p in sorted(top.iterdir())
        if p.is_dir() and not p.name.startswith(".")
    }
    names = sorted({name for _, name in label_folders})
    if len(names) < 2:
        got = f"got {', '.join(names) or 'no sub-folder'}"
        raise DataError(f"{root}: expected at least two class folders with pictures, {got}.")
    source = "/".join(root.resolve().parts[-2:]).strip("/")
    rows: list[dict] = []
    problems = [
        Problem(str(p), "lies outside the class folders, so it has no label", "left out")
        for top in {root, *tops}
        for p in files(top, deep=False)
    ]
    for top, split in tops.items():
        for name in names:
            paths = list(files(need(label_folders.get((top, name), top / name))))
            for path in paths:
                found = pattern.search(path.name) if pattern else None
                who = found[pattern.groups] if found else None
                if pattern and who is None:
                    text = f"the pattern {patient!r} finds no patient in the file name"
                    problems.append(Problem(str(path), text, "left out"))
                    continue
                who = f"{source}:{who}" if pattern else pd.NA
                rows.append(new_row(path, name, who, split, source))
    return rows, problems, names


def _patient_pattern(patient: str | None) -> re.Pattern | None:
    try:
        pattern = re.compile(patient) if patient else None
    except re.error as error:
        raise DataError(f"`patient` is no regular expression ({error}): {patient!r}") from None
    if pattern and pattern.groups > 1:
        raise DataError(
            f"`patient` must have one group at most, got {pattern.groups}: {patient!r}. "
            "Write (?:...) for the others."
        )
    return pattern


def unpack_npz(archive: Path, folder: Path) -> None:
    """Write the pictures of a MedMNIST ``.npz`` as ``folder/{split}/{CLASS}/NNNN.png``."""
    with np.load(archive, allow_pickle=False) as arrays:
        for split in ("train", "val", "test"):
            try:
                pictures, targets = arrays[f"{split}_images"], arrays[f"{split}_labels"].ravel()
            except KeyError as error:
                raise DataError(f"{archive}: missing array {error}. Fetch it again.") from None
            for i, (pixels, target) in enumerate(zip(pictures, targets, strict=True)):
                place = folder / split / ("PNEUMONIA" if target else "NORMAL")
                place.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(place / f"{i:05d}.png", compress_level=1)


READERS: dict[str, Callable[[Sequence[Path], Sequence[str]], Rows]] = {
    "pneumonia": pneumonia,
    "covid": covid,
    "covid-collection": collection,
    "adults": adults,
    "pneumoniamnist": pneumoniamnist,
}
