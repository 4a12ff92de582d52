"""What all readers share: the files below a folder, and a row for one of them."""

from __future__ import annotations

import os
from pathlib import Path

from cxrlib.data.cases import DataError, Problem

Rows = tuple[list[dict], list[Problem]]


def new_row(path: Path, label: str, patient: object, split: object, source: str, **known) -> dict:
    """Return a row of the case table, but for the picture's size."""
    row = {"path": str(path), "label": label, "patient_id": patient, "split": split}
    return row | {"source": source} | known


def files(folder: Path, deep: bool = True) -> list[Path]:
    """List files below a folder, links followed; a dead link is listed, so that it gets named."""
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


def need(path: Path) -> Path:
    """Hand a path back, or raise :class:`DataError` if there is nothing."""
    if not path.exists():
        raise DataError(f"{path} is missing. Fetch the data set again, or mend the folder.")
    return path


def phantom_masks(root: Path, path: Path) -> dict:
    """Lung and lesion masks that phantom sets carry in a mirror tree beside the pictures."""
    mirror = root.with_name(root.name + "_masks")
    if not mirror.is_dir():
        return {}
    base = mirror / path.relative_to(root).with_suffix("")
    found = {}
    for column, ending in (("mask_path", ".lungs.png"), ("lesion_path", ".lesion.png")):
        mask = base.with_name(base.name + ending)
        if mask.is_file():
            found[column] = str(mask)
    return found
