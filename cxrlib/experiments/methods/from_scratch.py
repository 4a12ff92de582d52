"""Training one of the course's own networks from scratch, and evaluating it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cxrlib import data, models
from cxrlib.data.augmentation import Recipe, augment_images
from cxrlib.experiments.metrics import evaluate_binary, predict

if TYPE_CHECKING:
    import keras


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the rows that are used, with the split that the setting ``validate_on`` names."""
    cut = config["validate_on"] == "val"
    return data.splits.train_val_split(cases, seed=seed) if cut else cases


def run(cases: pd.DataFrame, config: dict, seed: int, backup_dir: Path) -> dict:
    """Train and evaluate once.

    Parameters
    ----------
    cases : DataFrame
        From :func:`prepare`.
    config : dict
        Of a :class:`~cxrlib.experiments.registry.Study`.
    seed : int
        Of initial weights, order, augmentation and dropout.
    backup_dir : path
        Where an interrupted training is kept.

    Returns
    -------
    dict
        One of a record's ``runs``.
    """
    images = data.read_images(cases, config["size"], "stretch")
    parts = {split: images.split(split) for split in cases["split"].unique()}
    validation = parts[config["validate_on"]]
    if config["validation_augment"]:
        validation = augmented(validation, config["validation_augment"], seed)
    network = _network(config, len(parts["train"]), len(data.classes(cases)), seed)
    history = models.fit(
        network,
        parts["train"],
        validation,
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        augment=config["augment"],
        class_weight=config["class_weight"],
        patience=config["patience"],
        backup_dir=backup_dir,
        seed=seed,
    )
    return evaluate_binary(parts, predict(network, parts), history, seed)


def augmented(images: data.ImageSet, recipe: Recipe, seed: int) -> data.ImageSet:
    """Change each image once, as in training, to whole grey levels."""
    changed = augment_images(images.images, recipe, seed=seed).round().astype("uint8")
    return replace(images, images=changed)


def _network(config: dict, n_images: int, n_classes: int, seed: int) -> keras.Model:
    size, rate = config["size"], config["learning_rate"]
    network = getattr(models, config["network"])(
        (size, size, 1), classes=n_classes, preprocess=config["preprocess"], seed=seed
    )
    if config["decay_rate"] < 1:
        decay = {name: config[name] for name in ("batch_size", "decay_rate")}
        rate = models.exponential_decay(rate, n_images=n_images, **decay)
    return models.training.compile_classifier(network, config["optimizer"], rate)
