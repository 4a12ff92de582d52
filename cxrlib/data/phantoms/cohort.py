"""Whole sets on disk, in the file layout of the real ones, written completely or not at all.

Layout under ``folder``: ``pneumonia`` has chest_xray/{train,test}/{NORMAL,PNEUMONIA}; ``covid``
has the same and covid-chestxray-dataset/{images,masks,metadata.csv}; ``adults`` has
nih-adult/{NORMAL,PNEUMONIA}. Beside each picture tree lies a tree of masks with the same relative
names: chest_xray_masks/train/NORMAL/IM-0007-0001.lungs.png and ….lesion.png.
"""

from __future__ import annotations

import csv
import errno
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from .phantom import draw
from .plans import plan

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
    folder,
    name,
    *,
    size=224,
    n=None,
    seed=0,
    difficulty=0.5,
    markers=None,
    workers=None,
    progress=None,
):
    """Draw a set and write it.

    Parameters
    ----------
    folder : path
        Must not exist yet, or be empty; its parents are made.
    name : {"pneumonia", "covid", "adults"}
    size, n, seed, difficulty, markers
        As for ``plans.plan``: nominal pixels, number of pictures (default 1200, 800, 300), seed,
        0 to 1, kind -> marker.
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
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise _explain(error, folder, len(jobs), size) from error
    finally:
        if partial is not None and partial.exists():
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def write_jobs(jobs, root, tick=None):
    """Draw and save pictures and masks of ``jobs`` below ``root``; ``tick()`` after each."""
    root = Path(root)
    for job in jobs:
        arguments = dict(job.arguments)
        phantom = draw(arguments.pop("kind"), **arguments)
        picture, masks = root / job.path, root / job.masks
        picture.parent.mkdir(parents=True, exist_ok=True)
        masks.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(phantom.image).save(picture, quality=QUALITY)
        _save_mask(phantom.lung_mask, masks.with_name(masks.name + ".lungs.png"))
        _save_mask(phantom.lesion_mask, masks.with_name(masks.name + ".lesion.png"))
        if job.lung_path:
            (root / job.lung_path).parent.mkdir(parents=True, exist_ok=True)
            _save_mask(phantom.lung_mask, root / job.lung_path)
        if tick is not None:
            tick()


def _save_mask(mask, path):
    Image.fromarray(mask.astype("uint8") * 255).save(path, compress_level=3)


def _write_table(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _draw_all(jobs, root, workers, progress):
    total = len(jobs)
    workers = min(os.cpu_count() or 1, 4) if workers is None else workers
    workers = min(workers, -(-total // 40))
    if workers > 1 and sys.executable:
        _in_processes(jobs, root, workers, progress)
        return
    done = 0

    def tick():
        nonlocal done
        done += 1
        if progress is not None and (done % 10 == 0 or done == total):
            progress(done, total)

    write_jobs(jobs, root, tick)


def _in_processes(jobs, root, workers, progress):
    """Share the jobs among fresh interpreters.

    Not a process pool: its start would run an unguarded script of the user a second time, and a
    fork is not safe once TensorFlow's threads are running.
    """
    control = Path(tempfile.mkdtemp(prefix="phantom-jobs-"))
    running = []
    try:
        environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        environment.setdefault("MALLOC_MMAP_THRESHOLD_", "67108864")  # glibc: reuse big arrays
        environment.setdefault("MALLOC_TRIM_THRESHOLD_", "268435456")
        package_root = str(Path(__file__).resolve().parents[3])
        environment["PYTHONPATH"] = os.pathsep.join(
            [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
        )
        for k in range(workers):
            (control / f"{k}.jobs").write_bytes(pickle.dumps((jobs[k::workers], str(root))))
            command = [sys.executable, "-m", f"{__package__}.worker", str(control / str(k))]
            silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
            running.append(subprocess.Popen(command, env=environment, **silent))
        while any(process.poll() is None for process in running):
            if any(process.poll() for process in running):
                break
            if progress is not None:
                progress(_ticks(control), len(jobs))
            time.sleep(0.1)
        failed = [k for k, process in enumerate(running) if process.poll() not in (0, None)]
        if not failed and progress is not None:
            progress(len(jobs), len(jobs))
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
            process.wait()
        failures = [pickle.loads(path.read_bytes()) for path in control.glob("*.failed")]
        shutil.rmtree(control, ignore_errors=True)
    if failures:
        raise failures[0]
    if failed:
        write_jobs(jobs, root)


def _ticks(control):
    return sum(path.stat().st_size for path in control.glob("*.ticks"))


def _explain(error, folder, count, size):
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
