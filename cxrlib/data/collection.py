"""The COVID-19 image collection: one folder of pictures and one listing that tells all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cxrlib.data.cases import DataError, Problem, check_columns
from cxrlib.data.layout import Rows, files, need, new_row, phantom_masks

FRONTAL = ("PA", "AP", "AP Supine", "AP Erect", "AP semi erect")
OTHER_VIEWS = ("L", "Axial", "Coronal")  # known, and of no use here
OTHER_MODALITIES = ("CT",)
UNKNOWN = ("", "todo", "unknown")  # findings that say nothing
COLUMNS = ("patientid", "finding", "view", "modality", "filename")


def collection(folders: Sequence[Path], class_names: Sequence[str] = ()) -> Rows:
    """Frontal X-rays of the collection, every finding, from its ``metadata.csv``.

    The label is ``"covid"`` where the finding contains COVID-19, else ``"other"``. The collection
    has no splits. A patient may have pictures of both: some had a healthy one before.
    """
    (root,) = folders
    meta = read_listing(root / "metadata.csv")
    problems = _unlisted(need(root / "images"), meta)
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
        rows.append(
            new_row(path, label, patient, pd.NA, "collection", **known) | phantom_masks(root, path)
        )
    return rows, problems + twice


def read_listing(path: Path) -> pd.DataFrame:
    """Read the collection's ``metadata.csv``; patients as text, an unknown finding as ``""``.

    Raises
    ------
    DataError
        Naming the file if it is missing or no table, and the column that it lacks.
    """
    if not need(path).is_file():  # a pipe would be waited for, without end
        raise DataError(
            f"{path} is no regular file, so it is not opened. Fetch the data set again."
        )
    try:
        meta = pd.read_csv(path, dtype={"patientid": "string"})
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no readable table ({error}). Fetch it again.") from None
    check_columns(meta, str(path), COLUMNS)
    return meta.assign(finding=meta["finding"].fillna("").astype(str))


def _unusable(record: dict, path: Path) -> str:
    """Say what is wrong with a row of the listing, or nothing."""
    if record["modality"] != "X-ray":
        modality = "" if pd.isna(record["modality"]) else record["modality"]
        known = ", ".join(("X-ray", *OTHER_MODALITIES))
        return f"unknown modality {modality!r} in metadata.csv; expected one of {known}"
    if record["view"] not in FRONTAL:
        view = "" if pd.isna(record["view"]) else record["view"]
        return f"unknown view {view!r} in metadata.csv; expected one of {', '.join(FRONTAL)}"
    if not path.exists():
        return "listed in metadata.csv, but there is no such file"
    if pd.isna(record["patientid"]):
        return "metadata.csv does not tell the patient"
    if record["finding"].strip().lower() in UNKNOWN:
        return f"unknown finding {record['finding']!r} in metadata.csv, so it has no label"
    return ""


def _unlisted(images: Path, meta: pd.DataFrame) -> list[Problem]:
    names = set(meta["filename"].astype(str))
    text = "metadata.csv has no row for it, so its finding and patient are not known"
    found = files(images, deep=False)
    return [Problem(str(path), text, "left out") for path in found if path.name not in names]


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
