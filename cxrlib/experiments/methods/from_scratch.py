"""Training one of the course's own networks from its first weights, and judging it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cxrlib import data, models
from cxrlib.experiments.metrics import judge_binary, predict

if TYPE_CHECKING:
    import keras


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the rows that are used, with the split that the setting ``watched`` asks for."""
    return data.splits.train_val_split(cases, seed=seed) if config["watched"] == "val" else cases


def run(cases: pd.DataFrame, config: dict, seed: int, resume: Path) -> dict:
    """Train and judge once.

    Parameters
    ----------
    cases : DataFrame
        From :func:`prepare`.
    config : dict
        Of a :class:`~cxrlib.experiments.registry.Study`.
    seed : int
        Of first weights, order, augmentation and dropout.
    resume : path
        Where an interrupted training is kept.

    Returns
    -------
    dict
        One of a record's ``runs``.
    """
    pictures = data.read_images(cases, config["size"], "stretch")
    parts = {split: pictures.split(split) for split in cases["split"].unique()}
    watched = parts[config["watched"]]
    if config["watched_augment"]:
        changed = data.augmentation.augment_images(
            watched.images, config["watched_augment"], seed=seed
        )
        watched = replace(watched, images=changed.round().astype("uint8"))
    network = _network(config, len(parts["train"]), len(data.classes(cases)), seed)
    history = models.fit(
        network,
        parts["train"],
        watched,
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        augment=config["augment"],
        class_weight=config["class_weight"],
        patience=config["patience"],
        resume=resume,
        seed=seed,
    )
    return judge_binary(parts, predict(network, parts), history, seed)


def _network(config: dict, pictures: int, classes: int, seed: int) -> keras.Model:
    size, rate = config["size"], config["learning_rate"]
    network = getattr(models, config["network"])(
        (size, size, 1), classes=classes, preprocess=config["preprocess"], seed=seed
    )
    if config["each_epoch"] < 1:
        rate = models.exponential_decay(
            rate,
            pictures=pictures,
            batch_size=config["batch_size"],
            each_epoch=config["each_epoch"],
        )
    return models.training.compiled(network, config["optimizer"], rate)
