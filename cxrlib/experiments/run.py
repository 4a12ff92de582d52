"""Running a study and writing its record."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from cxrlib import data, files
from cxrlib.experiments import record as records
from cxrlib.experiments.metadata import describe_data, environment
from cxrlib.experiments.metrics import picture_names
from cxrlib.experiments.registry import get
from cxrlib.experiments.summary import summarize

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
        Where the record goes, see :func:`~cxrlib.experiments.record.folder_to_write`. What an
        interrupted run needs to go on lies below it, in ``.unfinished``.

    Raises
    ------
    DataError
        If there is no such study, or the real data are not at hand.
    """
    study = get(id)
    config, seeds = study.config, study.seeds if seeds is None else seeds
    method = import_module(f"cxrlib.experiments.methods.{study.method}")
    cases = _real(config["data"])
    first = method.prepare(cases, config, seed=min(seeds))
    folder = records.folder_to_write(folder)
    unfinished = folder / ".unfinished"
    tables, done = [], []
    for seed in seeds:
        anew = study.redraw and seed != min(seeds)
        tables.append(method.prepare(cases, config, seed=seed) if anew else first)
        done.append(_once(method, tables[-1], config, seed, unfinished / f"{id}-{seed}"))
    runs = [each["run"] for each in done]
    record = records.Record.create(
        id=id,
        title=study.title,
        article=study.article,
        config=config,
        data=describe_data(first),
        **environment(),
        seconds=sum(each["seconds"] for each in done),
        runs=runs,
        summary=summarize(tables, runs),
        test_touches=_test_touches(config, runs),
        notes=list(study.notes),
    )
    records.write(record, folder)
    for seed in seeds:
        (unfinished / f"{id}-{seed}.json").unlink()
    with contextlib.suppress(OSError):  # another study's is left in it
        unfinished.rmdir()
    return record


def summarize_again(id: str, *, folder: str | os.PathLike = "results") -> records.Record:
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
    cases = _real(study.config["data"])
    tables = [_of_run(cases, list(record.data["counts"]["test"]), run) for run in record.runs]
    found = summarize(tables, record.runs)
    for name, row in found.items():
        before = record.summary.get(name, row)["mean"]
        if abs(row["mean"] - before) > ROUNDED:
            raise records.RecordError(
                f"{id}, {name}: expected {before:g} from the scores kept, got {row['mean']:g}: "
                "they are rounded, and some are alike now, or on the other side of the threshold. "
                "Run the study again."
            )
        row["mean"] = before
    again = records.Record.create(**vars(record) | {"summary": found})
    if again != record:
        records.write(again, folder)
    return again


def _real(name: str) -> pd.DataFrame:
    """Load real data, or say how to get them."""
    cases = data.load(name, quiet=True)
    if cases.attrs["source"] == "phantoms":
        raise data.DataError(
            f"expected real X-rays for a study, got phantoms: {name} is not here. "
            f"Run `cxr data fetch {name}` first, or set CXR_DATA."
        )
    return cases


def _of_run(cases: pd.DataFrame, classes: Sequence[str], run: dict) -> pd.DataFrame:
    """Find the test pictures of a run in the case table, in the order of its scores."""
    place = {name: row for row, name in enumerate(picture_names(cases))}
    missing = [name for name in run["scores"]["path"] if name not in place]
    if missing:
        raise data.DataError(
            f"expected every picture of the record in {cases.attrs['name']}, got {len(missing):,} "
            f"that are not there (first: {missing[0]}). Fetch the data set again."
        )
    rows = cases.iloc[[place[name] for name in run["scores"]["path"]]]
    label = pd.Categorical(rows["label"].astype(object), classes)
    rows = rows.assign(label=label, split="test")
    if rows["label"].cat.codes.tolist() != run["scores"]["y"]:
        raise data.DataError(
            f"expected the labels of the record in {cases.attrs['name']}, got others. "
            "Fetch the data set again."
        )
    return rows


def _once(method: ModuleType, cases: pd.DataFrame, config: dict, seed: int, state: Path) -> dict:
    """Run with one seed, or take what an earlier, interrupted call has done of it."""
    done = state.with_name(f"{state.name}.json")
    if done.exists():
        kept = json.loads(done.read_text(encoding="utf-8"))
        if kept["config"] == config:
            return kept
    started = time.perf_counter()
    run = method.run(cases, config, seed, state)
    result = {"config": config, "run": run, "seconds": time.perf_counter() - started}
    files.write_text(done, json.dumps(result, default=_plain))
    return result


def _plain(value: np.ndarray | np.generic) -> object:
    return value.tolist()


def _test_touches(config: dict, runs: Sequence[dict]) -> int:
    """Count how often each run looked at the test set: at its end, and after epochs it watched."""
    watched = config.get("watched") == "test"
    return 1 + (max(len(run["history"]["loss"]) for run in runs) if watched else 0)
