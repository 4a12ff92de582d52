"""Folders on disk → rows of a case table, one reader a layout.

Each reader takes the folders of its collections and returns rows and problems. Images are opened
once, for all layouts, in :mod:`cxrlib.data.validation`; a reader looks only into files of which
the name does not say what they are.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from cxrlib.data import splits
from cxrlib.data.cases import DataError, Problem, format_problems
from cxrlib.data.class_folders import class_folder, list_files, new_row
from cxrlib.data.registry import DatasetInfo
from cxrlib.data.validation import read_metadata

Rows = tuple[list[dict], list[Problem]]
PERSON = re.compile(r"^person(\d+)_(bacteria|virus)_\d+")
HEALTHY = re.compile(r"^(?:(NORMAL2)-)?IM-(\d+)-\d+")
RENAMED = re.compile(r"^(BACTERIA|VIRUS|NORMAL)-(\d+)-\d+")  # names in the set's later edition
SUBTYPES = {"bacteria": "bacterial", "virus": "viral", "normal": "normal"}
FRONTAL = ("PA", "AP", "AP Supine", "AP Erect", "AP semi erect")
OTHER_VIEWS = ("L", "Axial", "Coronal")  # known, and of no use here
OTHER_MODALITIES = ("CT",)
UNKNOWN = ("", "todo", "unknown")  # findings that say nothing


def read(
    folders: Sequence[Path], dataset: DatasetInfo | None, patient: str | None = None
) -> tuple[list[dict], list[Problem], Sequence[str]]:
    """Read a registered set, or (``dataset`` is None) any folder: rows, problems, class names."""
    if dataset is None:
        return class_folder(folders[0], patient)
    return *READERS[dataset.reader](folders, dataset.classes), dataset.classes


def pneumonia(folders: Sequence[Path], class_names: Sequence[str]) -> Rows:
    """Read ``chest_xray/{train,test}/{NORMAL,PNEUMONIA}``; a folder ``val`` is not used."""
    (root,) = folders
    rows, problems = [], []
    for split, label in itertools.product(("train", "test"), class_names):
        for path in list_files(root / split / label.upper()):
            found = kermany_patient(path.name)
            if found is None:
                text = "the file name does not tell the patient (expected personN_…, IM-N-…)"
                problems.append(Problem(str(path), text, "left out"))
                continue
            who = f"kermany:{found[1]}"
            rows.append(new_row(path, label, who, split, "kermany", root, subtype=found[0]))
    return rows, problems


def kermany_patient(filename: str) -> tuple[str, str] | None:
    """Subtype and patient id, or None, from a name such as ``person16_bacteria_47.jpeg``.

    The key is the subtype *and* the number: ``person16_bacteria_47.jpeg`` and
    ``person16_virus_47.jpeg`` are two children. The two numberings of the healthy children,
    ``IM-0016-…`` and ``NORMAL2-IM-0016-…``, are kept apart too. The answer is, for instance,
    ``("bacterial", "bacteria-16")``.
    """
    if person := PERSON.match(filename):
        return SUBTYPES[person[2]], f"{person[2]}-{person[1]}"
    if healthy := HEALTHY.match(filename):
        return "normal", f"{(healthy[1] or 'normal').lower()}-{healthy[2]}"
    if renamed := RENAMED.match(filename):
        kind = renamed[1].lower()
        return SUBTYPES[kind], f"{kind}-{renamed[2]}"
    return None


def adults(folders: Sequence[Path], class_names: Sequence[str]) -> Rows:
    """Read ``nih-adult/{NORMAL,PNEUMONIA}``; the number before ``_`` is the patient."""
    (root,) = folders
    rows = [
        new_row(path, label, f"nih:{path.name.split('_')[0]}", pd.NA, "nih", root)
        for label in class_names
        for path in list_files(root / label.upper())
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
            f"lists and the folder holds, got none. Fetch it again.{format_problems(more)}"
        )
    cut = splits.patient_split(pd.DataFrame(rows), {"train": 0.8, "test": 0.2}, stratify=["view"])
    for row, split in zip(rows, cut["split"], strict=True):
        row["split"] = split
    return children + rows, problems + more


def collection(folders: Sequence[Path], class_names: Sequence[str] = ()) -> Rows:
    """Frontal X-rays of the collection, every finding, from its ``metadata.csv``.

    The label is ``"covid"`` where the finding contains COVID-19, else ``"other"``. The collection
    has no splits. A patient may have images of both: some had a healthy one before.
    """
    (root,) = folders
    meta = read_metadata(root / "metadata.csv")
    text = "metadata.csv has no row for it, so its finding and patient are not known"
    listed = set(meta["filename"].astype(str))
    problems = [
        Problem(str(path), text, "left out")
        for path in list_files(root / "images", deep=False)
        if path.name not in listed
    ]
    unwanted = meta["modality"].isin(OTHER_MODALITIES) | meta["view"].isin(OTHER_VIEWS)
    meta, twice = _once(meta[~unwanted], root)
    rows = []
    for record in meta.to_dict("records"):
        path = root / "images" / str(record["filename"])
        if text := _unusable(record, path):
            problems.append(Problem(str(path), text, "left out"))
            continue
        known = {c: record.get(c, pd.NA) for c in ("finding", "view", "age", "sex", "license")}
        label = "covid" if "COVID-19" in known["finding"] else "other"
        mask = root / "masks" / str(record.get("mask", f"{path.stem}_mask.png"))
        known["mask_path"] = str(mask) if mask.is_file() else pd.NA
        patient = f"collection:{record['patientid']}"
        rows.append(new_row(path, label, patient, pd.NA, "collection", root, **known))
    return rows, problems + twice


def _unusable(record: dict, path: Path) -> str:
    """Say what is wrong with a row of the listing, or nothing."""
    if record["modality"] != "X-ray":
        known = ", ".join(("X-ray", *OTHER_MODALITIES))
        return f"unknown modality {record['modality']!r} in metadata.csv; expected one of {known}"
    if record["view"] not in FRONTAL:
        known = ", ".join(FRONTAL)
        return f"unknown view {record['view']!r} in metadata.csv; expected one of {known}"
    if not path.exists():
        return "listed in metadata.csv, but there is no such file"
    if pd.isna(record["patientid"]):
        return "metadata.csv does not tell the patient"
    if record["finding"].strip().lower() in UNKNOWN:
        return f"unknown finding {record['finding']!r} in metadata.csv, so it has no label"
    return ""


def _once(meta: pd.DataFrame, root: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Keep the first of several rows for one file, or none if they contradict each other."""
    problems = []
    for name, same in meta[meta["filename"].duplicated(keep=False)].groupby("filename"):
        several = same["finding"].nunique() > 1
        who = zip(same["patientid"].fillna("?"), same["finding"], strict=True)
        text = "listed more than once: " + "; ".join(f"patient {p}, {f!r}" for p, f in who)
        text += "; nobody can tell which is right" if several else "; the first row is used"
        action = "left out" if several else "kept"
        problems.append(Problem(str(root / "images" / str(name)), text, action))
        meta = meta.drop(same.index if several else same.index[1:])
    return meta, problems


def pneumoniamnist(folders: Sequence[Path], class_names: Sequence[str]) -> Rows:
    """Read the PNG files that :func:`cxrlib.data.download.unpack_npz` wrote; no patient ids."""
    (root,) = folders
    rows = [
        new_row(path, label, pd.NA, split, "pneumoniamnist", root)
        for split in ("train", "val", "test")
        for label in class_names
        for path in list_files(root / split / label.upper())
    ]
    return rows, []


READERS: dict[str, Callable[[Sequence[Path], Sequence[str]], Rows]] = {
    "pneumonia": pneumonia,
    "covid": covid,
    "covid-collection": collection,
    "adults": adults,
    "pneumoniamnist": pneumoniamnist,
}
