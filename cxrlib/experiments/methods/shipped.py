"""A network from scratch that is kept: its file lies beside its record, with what that found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxrlib import data, models
from cxrlib.data import registry as datasets
from cxrlib.experiments import refusals
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.methods import from_scratch
from cxrlib.experiments.metrics import evaluate_binary, predict
from cxrlib.experiments.record import Record
from cxrlib.experiments.summary import summarize

if TYPE_CHECKING:
    import keras

prepare = from_scratch.prepare


def run(cases: pd.DataFrame, test: TestSet, config: dict, seed: int, backup_dir: Path) -> dict:
    """Train and evaluate once, and keep the network beside ``backup_dir``.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`.
    """
    network, history, parts = from_scratch.train(cases, test, config, seed, backup_dir)
    models.save(network, _kept(backup_dir), data.classes(cases))
    parts["test"] = data.read_images(test.open("final evaluation"), config["size"], "stretch")
    scores = predict(network, parts)
    return evaluate_binary(parts, scores, history, seed, config["threshold"])


def finish(cases: pd.DataFrame, record: Record, backup_dir: Path, folder: Path) -> None:
    """Write the first run's network to ``folder/ID.keras``, with what the record says of it.

    Parameters
    ----------
    cases : DataFrame
        From :func:`prepare`; images of ``train`` and ``val`` are read.
    record : Record
        Of the study.
    backup_dir : path
        That of its first run.
    folder : path
        Where the record lies.
    """
    trained, class_names = models.load(_kept(backup_dir))
    # Built anew, it comes without the optimizer, which is twice as large as the network.
    network = from_scratch.build(record.config, len(class_names), record.runs[0]["seed"])
    network.set_weights(trained.get_weights())
    known = _with_refusals(_metadata(cases, record, network), network, cases, record)
    models.save(network, folder / f"{record.id}.keras", class_names, known)
    for kept in backup_dir.parent.glob(f"{record.id}-*.keras"):  # those of other seeds, too
        kept.unlink()


def measure_again(cases: pd.DataFrame, record: Record, folder: Path) -> None:
    """Ask the kept network's detector anew which pictures it refuses, and write that to its file.

    Parameters
    ----------
    cases : DataFrame
        From :func:`prepare`; images of ``val`` are read.
    record : Record
        Of the study.
    folder : path
        Where its record and its network lie.
    """
    file = folder / f"{record.id}.keras"
    (network, class_names), known = models.load(file), models.read_metadata(file)
    assert known is not None  # `finish` wrote it
    models.save(network, file, class_names, _with_refusals(known, network, cases, record))


def _with_refusals(
    known: models.Metadata, network: keras.Model, cases: pd.DataFrame, record: Record
) -> models.Metadata:
    assert known.outliers is not None  # it is one of `finish`
    val = data.read_images(cases[cases["split"] == "val"], record.config["size"], known.resize)
    seed = record.runs[0]["seed"]
    found = refusals.measure(network, known.outliers, val, known.resize, seed=seed)
    return replace(known, refusals=found)


def _kept(backup_dir: Path) -> Path:
    return backup_dir.with_name(f"{backup_dir.name}.keras")


def _metadata(cases: pd.DataFrame, record: Record, network: keras.Model) -> models.Metadata:
    """Say what the first run's network can be held to, and what pictures it knows."""
    config, run = record.config, record.runs[0]
    found = summarize([run], data.classes(cases))
    sources = [datasets.SOURCES[key] for key in datasets.get(config["data"]).sources]
    (target,) = config["threshold"].values()
    rates = {
        name: _rate(found[f"test {name}"], run["confusion_matrix"]["test"][row], row)
        for row, name in enumerate(("specificity", "sensitivity"))
    }
    return models.Metadata(
        record=record.id,
        data=record.data["name"],
        fingerprint=record.data["fingerprint"],
        license="; ".join(source.license for source in sources),
        citation="; ".join(source.citation for source in sources),
        resize="stretch",
        threshold=run["threshold"],
        rule=f"the highest that finds {target:.0%} of the sick validation children",
        evaluated_on=f"the test folder of {record.data['name']}",
        sensitivity=rates["sensitivity"],
        specificity=rates["specificity"],
        outliers=_outliers(cases, config, network, run["seed"]),
    )


def _rate(summary: dict, row: list[int], right: int) -> models.Rate:
    return models.Rate(summary["mean"], summary["low"], summary["high"], row[right], sum(row))


def _outliers(
    cases: pd.DataFrame, config: dict, network: keras.Model, seed: int
) -> models.OutlierDetector:
    """Learn what pictures of training look like, as they are and as training changed them."""
    images = data.read_images(cases[cases["split"] != "test"], config["size"], "stretch")
    train = images.split("train")
    seen = [train.images]
    if config["augment"]:
        seen.append(from_scratch.augmented(train, config["augment"], seed).images)
    return models.OutlierDetector.fit(
        network,
        np.concatenate(seen),
        images.split("val").images,
        layers=[layer.name for layer in network.layers if layer.name.startswith("relu_")],
        false_refusals=config["false_refusals"],
    )
