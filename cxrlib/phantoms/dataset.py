"""Whole sets on disk, in the file layout of the real ones, written completely or not at all.

Layout under ``folder``: ``pneumonia`` has chest_xray/{train,test}/{NORMAL,PNEUMONIA}; ``covid``
has the same and covid-chestxray-dataset/{images,masks,metadata.csv}; ``adults`` has
nih-adult/{NORMAL,PNEUMONIA}; ``pneumoniamnist`` has pneumoniamnist-SIZE/{train,val,test}/… with
square pictures. Beside each picture tree lies a tree of masks with the same relative
names: chest_xray_masks/train/NORMAL/IM-0007-0001.lungs.png and ….lesion.png.
"""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import joblib
import numpy as np
from PIL import Image

from .phantom import draw
from .plans import NOTE, Job, plan

COLUMNS = [
    "patientid",
    "offset",
    "sex",
    "age",
    "finding",
    *("survival", "intubated", "intubation_present", "went_icu", "in_icu"),
    *("needed_supplemental_O2", "extubated", "temperature", "pO2_saturation"),
    *("leukocyte_count", "neutrophil_count", "lymphocyte_count"),
    *("view", "modality", "date", "location", "folder", "filename", "doi", "url", "license"),
    *("source_filename", "mask"),
]
QUALITY = 90


def write(
    folder: str | os.PathLike,
    name: str,
    *,
    size: int = 224,
    n: int | None = None,
    seed: int = 0,
    difficulty: float = 0.5,
    markers: Mapping | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Draw a set and write it.

    Parameters
    ----------
    folder : path
        Must not exist yet, or be empty; its parents are made.
    name : {"pneumonia", "covid", "adults", "pneumoniamnist"}
    size, n, seed, difficulty, markers
        As for ``plans.plan``: nominal pixels, number of pictures (default 1200, 800, 300, 1200),
        seed, 0 to 1, kind -> marker.
    workers : int, optional
        Processes; by default one a processor, at most 4; 1 draws in this process.
    progress : callable, optional
        Called now and then as ``progress(done, total)``.

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
    jobs, rows = plan(name, size=size, n=n, seed=seed, difficulty=difficulty, markers=markers)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"Expected a new or empty folder for the phantom set {name!r}. Received: {folder}, "
            "which is not empty. Name another folder, or delete this one first."
        )
    partial = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        partial.chmod(0o755)
        _draw_all(jobs, partial, workers, progress)
        if rows:
            _write_table(partial / "covid-chestxray-dataset" / "metadata.csv", rows)
        note = {"drawn by": "cxrlib.phantoms", "name": name, "seed": seed, "size": size}
        (partial / NOTE).write_text(json.dumps(note), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise _explain(error, folder, len(jobs), size) from error
    finally:
        if partial is not None and partial.exists():
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def write_jobs(jobs: list[Job], root: Path) -> int:
    """Draw and save pictures and masks of ``jobs`` below ``root``; return their number."""
    for job in jobs:
        arguments = dict(job.arguments)
        phantom = draw(arguments.pop("kind"), **arguments)
        masks = root / job.masks
        _save(phantom.image, root / job.path, job.square)
        _save(phantom.lung_mask, masks.with_name(f"{masks.name}.lungs.png"), job.square)
        _save(phantom.lesion_mask, masks.with_name(f"{masks.name}.lesion.png"), job.square)
        if job.lung_path:
            _save(phantom.lung_mask, root / job.lung_path, job.square)
    return len(jobs)


def _save(pixels: np.ndarray, path: Path, square: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = pixels.dtype == bool
    picture = Image.fromarray(pixels.astype(np.uint8) * (255 if mask else 1))
    if square:
        how = Image.Resampling.NEAREST if mask else Image.Resampling.BOX
        picture = picture.resize((square, square), how)
    picture.save(path, **({"quality": QUALITY} if path.suffix != ".png" else {"compress_level": 3}))


def _write_table(path: Path, rows: list[dict]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _draw_all(
    jobs: list[Job], root: Path, workers: int | None, progress: Callable[[int, int], object] | None
) -> None:
    workers = min(workers or os.cpu_count() or 1, 4, -(-len(jobs) // 40))
    shares = [jobs[i : i + 20] for i in range(0, len(jobs), 20)]
    # joblib's workers are fresh interpreters: they need no guarded script, and no fork, which is
    # not safe once TensorFlow's threads are running.
    pool = joblib.Parallel(workers, return_as="generator_unordered")
    done = 0
    for count in pool(joblib.delayed(write_jobs)(share, root) for share in shares):
        done += count
        if progress is not None:
            progress(done, len(jobs))


def _explain(error: OSError, folder: Path, count: int, size: int) -> OSError:
    """Return the same OSError with words that say what to do."""
    need = max(round(count * size * size * 0.4 / 1e6), 1)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = f"the disk is full. Free about {need} MB, or choose another folder"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why = "the place is not writable. Choose a folder of your own"
    else:
        why = f"{error.strerror or error}. Check the folder, or choose another one"
    message = f"Could not write the phantom set to {folder}: {why}. Nothing was left behind."
    return type(error)(error.errno, message)
