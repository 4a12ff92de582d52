"""Running a study and writing its record."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from cxrlib import data
from cxrlib import experiments as records
from cxrlib.experiments.registry import get
from cxrlib.experiments.study import Study
from cxrlib.experiments.summary import summary

ROUNDED = 5e-4  # less than one other answer makes, of 624 pictures in one of three runs


def reproduce(
    id: str, *, seeds: Sequence[int] | None = None, folder: str | os.PathLike | None = None
) -> records.Record:
    """Run a study on the real data and write its record.

    Parameters
    ----------
    id : str
        A key of :data:`~cxrlib.experiments.registry.STUDIES`.
    seeds : sequence of int, optional
        One run each; by default the study's own.
    folder : path, optional
        Where the record goes, see :func:`~cxrlib.experiments.folder_to_write`. What an
        interrupted run needs to go on lies below it, in ``.unfinished``.

    Raises
    ------
    DataError
        If there is no such study, or the real data are not at hand.
    """
    study = get(id)
    method = import_module(f"cxrlib.experiments.methods.{study.method}")
    cases = _real(study)
    seeds = study.seeds if seeds is None else seeds
    first = method.prepare(cases, study.config, seed=min(seeds))
    tables, done = [], []
    folder = records.folder_to_write(folder)
    unfinished = folder / ".unfinished"
    for seed in seeds:
        anew = study.redraw and seed != min(seeds)
        tables.append(method.prepare(cases, study.config, seed=seed) if anew else first)
        done.append(_once(method, tables[-1], study.config, seed, unfinished / f"{id}-{seed}"))
    runs = [each["run"] for each in done]
    record = records.make(
        id=id,
        title=study.title,
        article=study.article,
        config=study.config,
        data=records.describe_data(first),
        **records.environment(),
        seconds=sum(each["seconds"] for each in done),
        peak_memory_mb=_peak_memory_mb(),
        runs=runs,
        summary=summary(tables, runs, getattr(method, "intervals", None)),
        test_touches=method.touches(study.config, runs),
        notes=list(study.notes),
    )
    records.write(record, folder)
    for seed in seeds:
        (unfinished / f"{id}-{seed}.json").unlink()
    with contextlib.suppress(OSError):  # another study's is left in it
        unfinished.rmdir()
    return record


def summarise_again(id: str, *, folder: str | os.PathLike = "results") -> records.Record:
    """Compute a record's summary again, from the scores that it keeps of each test picture.

    Nothing is trained: for records that were made when summaries were computed another way.

    Parameters
    ----------
    id : str
        A key of :data:`~cxrlib.experiments.registry.STUDIES`.
    folder : path
        Where the record lies. It is replaced if its summary changed.

    Raises
    ------
    DataError
        If the real data are not at hand, or lack a picture of the record.
    RecordError
        If the scores kept do not give the values that the run gave, since they are rounded.
    """
    study, record = get(id), records.read(id, folder)
    method = import_module(f"cxrlib.experiments.methods.{study.method}")
    cases = _real(study)
    tables = [_of_run(cases, list(record.data["counts"]["test"]), run) for run in record.runs]
    found = summary(tables, record.runs, getattr(method, "intervals", None))
    for name, row in found.items():
        before = record.summary.get(name, row)["mean"]
        if abs(row["mean"] - before) > ROUNDED:
            raise records.RecordError(
                f"{id}, {name}: expected {before:g} from the scores kept, got {row['mean']:g}: "
                "they are rounded, and some are alike now, or on the other side of the threshold. "
                "Run the study again."
            )
        row["mean"] = before
    again = records.make(**vars(record) | {"summary": found})
    if again != record:
        records.write(again, folder)
    return again


def _real(study: Study) -> pd.DataFrame:
    """Load a study's real data, or say how to get them."""
    cases = data.load(study.config["data"], quiet=True)
    if cases.attrs["source"] == "phantoms":
        raise data.DataError(
            f"a study runs on real X-rays, and {study.config['data']} is not here. "
            f"Run `cxr data fetch {study.config['data']}` first, or set CXR_DATA."
        )
    return cases


def _of_run(cases: pd.DataFrame, classes: Sequence[str], run: dict) -> pd.DataFrame:
    """Find the test pictures of a run in the case table, in the order of its scores."""
    place = {name: row for row, name in enumerate(records.picture_names(cases))}
    missing = [name for name in run["scores"]["path"] if name not in place]
    if missing:
        raise data.DataError(
            f"expected every picture of the record in {cases.attrs['name']}, got {len(missing):,} "
            f"that are not there (first: {missing[0]}). Fetch the data set again."
        )
    rows = cases.iloc[[place[name] for name in run["scores"]["path"]]]
    label = pd.Categorical(rows["label"].astype(object), list(classes))
    rows = rows.assign(label=label, split="test")
    if rows["label"].cat.codes.tolist() != list(run["scores"]["y"]):
        raise data.DataError(
            f"expected the labels of the record in {cases.attrs['name']}, got others. "
            "Fetch the data set again."
        )
    return rows


def _once(method, cases: pd.DataFrame, config: dict, seed: int, state: Path) -> dict:
    """Run with one seed, or take what an earlier, interrupted call has done of it."""
    done = state.with_name(f"{state.name}.json")
    if done.exists():
        kept = json.loads(done.read_text(encoding="utf-8"))
        if kept["config"] == config:
            return kept
    started = time.perf_counter()
    run = method.run(cases, config, seed, state)
    result = {"config": config, "run": run, "seconds": time.perf_counter() - started}
    state.parent.mkdir(parents=True, exist_ok=True)
    part = done.with_suffix(".part")
    part.write_text(json.dumps(result, default=_plain), encoding="utf-8")
    part.replace(done)
    return result


def _plain(value: np.ndarray | np.generic) -> object:
    return value.tolist()


def _peak_memory_mb() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
