"""Running a study, and what its record says of data and machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path, PureWindowsPath
from types import ModuleType
from typing import Any

import pandas as pd

from cxrlib import cluster, data, files
from cxrlib.data import cases as tables
from cxrlib.experiments import ledger, record as records
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.registry import get
from cxrlib.experiments.specification import Study
from cxrlib.experiments.summary import summarize
from cxrlib.extras import installed_versions, require

TOLERANCE = 5e-4  # less than one other prediction makes, of 624 images in one of three runs
SPLITS = ("train", "val", "test")


def reproduce(
    study: str | Study,
    *,
    seeds: Sequence[int] | None = None,
    folder: str | os.PathLike | None = None,
    address: str | None = None,
) -> records.Record:
    """Run a study on the real data and write its record.

    Parameters
    ----------
    study : str or Study
        An id in :data:`~cxrlib.experiments.registry.STUDIES`, or a study of your own.
    seeds : sequence of int, optional
        One run each; by default the study's own.
    folder : path, optional
        Where the record goes, see :func:`~cxrlib.experiments.record.output_folder`. What an
        interrupted run needs to go on lies below it, in ``.unfinished``.
    address : str, optional
        Of a Dask scheduler whose workers do the runs, see :func:`cxrlib.cluster.connect`.

    Raises
    ------
    DataError
        If there is no such study, or the real data are not at hand.
    ImportError
        If TensorFlow is not installed, or, with an address, Dask.
    RuntimeError
        If the cluster cannot be used, or breaks down. Runs that were done are kept.
    """
    require("train", "a study")  # before hours of preparation, not after
    study = get(study) if isinstance(study, str) else study
    id, config = study.id, study.config
    seeds = _checked(study.seeds if seeds is None else seeds)
    method = _method(study.method)
    cases = _load_real(config["data"])
    folder = records.output_folder(folder)
    unfinished, book = folder / ".unfinished", folder / ledger.FILE
    with cluster.connect(address, reads=cases["path"], writes=[folder]):
        first = method.prepare(cases, config, seed=min(seeds))

        def jobs() -> Iterator[tuple]:
            for seed in seeds:
                resample = study.resample and seed != min(seeds)
                drawn = method.prepare(cases, config, seed=seed) if resample else first
                test = TestSet(drawn[drawn["split"] == "test"], book, study=id, seed=seed)
                yield study.method, drawn, test, config, seed, unfinished / f"{id}-{seed}"

        done = list(cluster.starmap(_run_once, jobs()))
    runs = [each["run"] for each in done]
    machines = [each.get("environment", environment()) for each in done]
    peaks = [each["peak_memory_mb"] for each in machines if each["peak_memory_mb"]]
    record = records.Record.create(
        id=id,
        title=study.title,
        article=study.article,
        config=config,
        data=describe_data(first),
        **machines[-1] | {"peak_memory_mb": max(peaks, default=None)},
        seconds=sum(each["seconds"] for each in done),
        runs=runs,
        summary=summarize(runs, data.classes(first)),
        notes=list(study.notes),
    )
    if finish := getattr(method, "finish", None):
        finish(first, record, unfinished / f"{id}-{seeds[0]}", folder)
    record.write(folder)
    for seed in seeds:
        (unfinished / f"{id}-{seed}.json").unlink()
    with contextlib.suppress(OSError):  # another study's is left in it
        unfinished.rmdir()
    return record


def summarize_again(id: str, *, folder: str | os.PathLike = "results") -> records.Record:
    """Compute a record's summary again, from the scores that it keeps of each test image.

    Nothing is trained, and no image read: for records that were made when summaries were computed
    another way.

    Parameters
    ----------
    id : str
        The record's.
    folder : path
        Where it lies. It is replaced if its summary changed.

    Raises
    ------
    RecordError
        If the scores kept do not give the values that the run gave, since they are rounded.
    """
    record = records.read(id, folder)
    found = summarize(record.runs, list(record.data["counts"]["test"]))
    for name, row in found.items():
        before = record.summary.get(name, row)["mean"]
        if abs(row["mean"] - before) > TOLERANCE:
            raise records.RecordError(
                f"{id}, {name}: expected {before:g} from the rounded scores, got {row['mean']:g}: "
                "some are tied now, or on the other side of the threshold. Run the study again."
            )
        row["mean"] = before
    again = records.Record.create(**vars(record) | {"summary": found})
    if again != record:
        again.write(folder)
    return again


def measure_again(id: str, *, folder: str | os.PathLike) -> records.Record:
    """Ask a kept network's detector anew which pictures it refuses, without training.

    Parameters
    ----------
    id : str
        Of a study that keeps its network.
    folder : path
        Where its record and its network lie.

    Raises
    ------
    DataError
        If the study keeps none, or the real data are not at hand.
    """
    study, record = get(id), records.read(id, folder)
    method = _method(study.method)
    if not hasattr(method, "measure_again"):
        raise data.DataError(
            f"expected a study that keeps its network, got {id}. Such as study-small-network."
        )
    require("train", "a measurement")
    seed = min(made["seed"] for made in record.runs)
    cases = method.prepare(_load_real(record.config["data"]), record.config, seed=seed)
    method.measure_again(cases, record, Path(folder))
    return record


def _method(name: str) -> ModuleType:
    return import_module(f"cxrlib.experiments.methods.{name}")


def _load_real(name: str) -> pd.DataFrame:
    """Load real data, or say how to get them."""
    cases = data.load(name, quiet=True)
    if cases.attrs["source"] == "phantoms":
        raise data.DataError(
            f"expected real X-rays for a study, got phantoms: {name} is not here. "
            f"Run `cxr data fetch {name}` first, or set CXR_DATA."
        )
    return cases


def _checked(seeds: Sequence[int]) -> Sequence[int]:
    valid = [type(seed) is int and seed >= 0 for seed in seeds]
    if not seeds or not all(valid) or len(set(seeds)) < len(seeds):
        raise data.DataError(
            f"expected seeds as different whole numbers from 0, got {list(seeds)}. Such as 0 1 2."
        )
    return seeds


def _run_once(
    method: str, cases: pd.DataFrame, test: TestSet, config: dict, seed: int, state: Path
) -> dict[str, Any]:
    """Run with one seed, or take what an earlier, interrupted call has done of it."""
    done = state.with_name(f"{state.name}.json")
    same = {"config": config, "fingerprint": _fingerprint(cases)}
    if done.exists():
        kept = json.loads(done.read_text(encoding="utf-8"))
        if {name: kept.get(name) for name in same} == same:
            return kept
    started = time.perf_counter()
    run = _method(method).run(cases[cases["split"] != "test"], test, config, seed, state)
    run["test_evaluations"] = test.evaluations
    result = same | {"run": run, "seconds": time.perf_counter() - started}
    result["environment"] = environment()
    files.write_text(done, json.dumps(result, default=lambda array: array.tolist()))
    return result


def describe_data(cases: pd.DataFrame) -> dict[str, Any]:
    """Describe the images of a run: the record's field ``data``.

    Parameters
    ----------
    cases : DataFrame
        The case table with every image that the runs used, each with its split.

    Returns
    -------
    dict
        ``name``, ``source``, ``counts`` (split → class → images), ``fingerprint`` (sha256 over
        the sorted lines "split, class, file name"; the same on every machine), ``patients``
        (split → patients, None where not every image's patient is known).

    Raises
    ------
    DataError
        If an image has no split or label, or the table does not know its name and source.
    """
    tables.check_columns(cases, needed=["path", "label", "patient_id", "split", "source"])
    tables.labels(cases)  # each image has one
    missing = [name for name in ("name", "source") if not cases.attrs.get(name)]
    if missing:
        raise data.DataError(
            f"expected a table that knows its name and source, got one without "
            f"{' and '.join(missing)}. Describe the table of data.load."
        )
    unassigned = cases["split"].isna()
    if unassigned.any():
        raise data.DataError(
            f"expected a split for every image, got {unassigned.sum():,} of {len(cases):,} without "
            f"(first: {cases.loc[unassigned, 'path'].iloc[0]}). Leave out what the runs did not "
            'use, and name the rest: cases.assign(split="test").'
        )
    is_phantom = cases["source"].astype(str).str.startswith("phantom").any()
    order = sorted(set(cases["split"]), key=lambda s: (SPLITS.index(s) if s in SPLITS else 3, s))
    parts = {split: cases[cases["split"] == split] for split in order}
    return {
        "name": str(cases.attrs["name"]),
        "source": "phantoms" if is_phantom else str(cases.attrs["source"]),
        "counts": {
            split: {name: int((part["label"] == name).sum()) for name in tables.classes(cases)}
            for split, part in parts.items()
        },
        "fingerprint": _fingerprint(cases),
        "patients": {
            split: None if (who := part["patient_id"]).isna().any() else int(who.nunique())
            for split, part in parts.items()
        },
    }


def _fingerprint(cases: pd.DataFrame) -> str:
    names = (PureWindowsPath(path).name for path in cases["path"])  # knows both kinds of slash
    rows = zip(cases["split"], cases["label"], names, strict=True)
    return hashlib.sha256("\n".join(sorted("\t".join(row) for row in rows)).encode()).hexdigest()


def environment() -> dict[str, Any]:
    """Describe packages and machine: the record's ``versions``, ``device``, ``peak_memory_mb``."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    device = {"cpu_count": cores, "processor": _processor(), "accelerator": None}
    versions, memory = installed_versions(), _peak_memory_mb()
    return {"versions": versions, "device": device, "peak_memory_mb": memory}


def _processor(table: Path = Path("/proc/cpuinfo")) -> str | None:
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, names), platform.processor()) or None


def _peak_memory_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
