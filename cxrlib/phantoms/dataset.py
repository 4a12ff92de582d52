"""Whole sets on disk, in the file layout of the real ones, written completely or not at all.

Layout under ``folder``: ``pneumonia`` has chest_xray/{train,test}/{NORMAL,PNEUMONIA}; ``covid``
has the same and covid-chestxray-dataset/{images,masks,metadata.csv}; ``adults`` has
nih-adult/{NORMAL,PNEUMONIA}; ``pneumoniamnist`` has pneumoniamnist-SIZE/{train,val,test}/… with
square images. Beside each image tree lies a tree of masks with the same relative
names: chest_xray_masks/train/NORMAL/IM-0007-0001.lungs.png and ….lesion.png.
"""

from __future__ import annotations

import csv
import errno
import json
import os
from collections.abc import Sequence
from pathlib import Path

import joblib
import numpy as np
from PIL import Image

from cxrlib import files
from cxrlib.phantoms.phantom import draw
from cxrlib.phantoms.plans import MANIFEST, Job, plan

COLUMNS = (  # of the real collection's metadata.csv
    *("patientid", "offset", "sex", "age", "finding"),
    *("survival", "intubated", "intubation_present", "went_icu", "in_icu"),
    *("needed_supplemental_O2", "extubated", "temperature", "pO2_saturation"),
    *("leukocyte_count", "neutrophil_count", "lymphocyte_count"),
    *("view", "modality", "date", "location", "folder", "filename", "doi", "url", "license"),
    *("source_filename", "mask"),
)
QUALITY = 90


def write(
    folder: str | os.PathLike, name: str, *, size: int = 224, n: int | None = None, seed: int = 0
) -> Path:
    """Draw a set and write it, in as many processes as there are processors, at most 4.

    Parameters
    ----------
    folder : path
        Must not exist yet, or be empty; its parents are made.
    name : {"pneumonia", "covid", "adults", "pneumoniamnist"}
    size : int
        Nominal size; heights and widths vary around it, but for ``pneumoniamnist``.
    n : int, optional
        Number of images, at least 20; default 1200, 800, 300, 1200.
    seed : int
        Another seed, other patients.

    Returns
    -------
    pathlib.Path
        ``folder``, complete.

    Raises
    ------
    ValueError
        For an unknown name or a number out of range.
    FileExistsError
        When ``folder`` holds something already.
    OSError
        When the disk is full or the place cannot be written; nothing is left behind.
    """
    folder = Path(folder)
    jobs, rows = plan(name, size=size, n=n, seed=seed)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"expected a new or empty folder for the phantom set {name!r}, got {folder}, which is "
            "not empty. Name another folder, or delete this one first."
        )
    try:
        with files.atomic_folder(folder) as work:
            _draw_all(jobs, work)
            if rows:
                _write_table(work / "covid-chestxray-dataset" / "metadata.csv", rows)
            note = {"drawn by": "cxrlib.phantoms", "name": name, "seed": seed, "size": size}
            (work / MANIFEST).write_text(json.dumps(note), encoding="utf-8")
    except OSError as error:
        why = f"{error.strerror or error}. Check the folder, or choose another one"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            need = max(round(len(jobs) * size * size * 0.4 / 1e6), 1)
            why = f"the disk is full. Free about {need} MB, or choose another folder"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            why = "the place is not writable. Choose a folder of your own"
        message = f"Could not write the phantom set to {folder}: {why}. Nothing was left behind."
        raise type(error)(error.errno, message) from error
    return folder


def _draw_all(jobs: Sequence[Job], root: Path) -> None:
    workers = min(os.cpu_count() or 1, 4, -(-len(jobs) // 60))
    shares = [jobs[i : i + 20] for i in range(0, len(jobs), 20)]
    # joblib's workers are fresh interpreters: they need no guarded script, and no fork, which is
    # not safe once TensorFlow's threads are running. On this machine, whose folder it is.
    joblib.Parallel(workers, "loky")(joblib.delayed(_write_jobs)(share, root) for share in shares)


def _write_jobs(jobs: Sequence[Job], root: Path) -> None:
    for job in jobs:
        phantom, masks = draw(**job.arguments), root / job.masks
        _save(phantom.image, root / job.path, job.square)
        _save(phantom.lung_mask, masks.with_name(f"{masks.name}.lungs.png"), job.square)
        _save(phantom.lesion_mask, masks.with_name(f"{masks.name}.lesion.png"), job.square)
        if job.lung_path:
            _save(phantom.lung_mask, root / job.lung_path, job.square)


def _save(pixels: np.ndarray, path: Path, square: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = pixels.dtype == bool
    image = Image.fromarray(pixels.astype(np.uint8) * (255 if mask else 1))
    if square:
        how = Image.Resampling.NEAREST if mask else Image.Resampling.BOX
        image = image.resize((square, square), how)
    image.save(path, quality=QUALITY, compress_level=3)  # a JPEG and a PNG take one each


def _write_table(path: Path, rows: list[dict]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
