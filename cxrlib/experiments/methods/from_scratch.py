"""Training one of the course's own networks from scratch, and evaluating it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cxrlib import data, models
from cxrlib.data.augmentation import Recipe, augment_images
from cxrlib.experiments import sampling
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.metrics import evaluate_binary, predict

if TYPE_CHECKING:
    import keras


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the rows that are used, with the validation set that the settings ask for."""
    return sampling.cut_validation(cases, config["validation"], seed)


def run(cases: pd.DataFrame, test: TestSet, config: dict, seed: int, backup_dir: Path) -> dict:
    """Train and evaluate once.

    Parameters
    ----------
    cases : DataFrame
        From :func:`prepare`, without the test set.
    test : TestSet
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
    network, history, parts = train(cases, test, config, seed, backup_dir)
    parts["test"] = data.read_images(test.open("final evaluation"), config["size"], "stretch")
    return evaluate_binary(parts, predict(network, parts), history, seed)


def train(
    cases: pd.DataFrame, test: TestSet, config: dict, seed: int, backup_dir: Path
) -> tuple[keras.Model, pd.DataFrame, dict[str, data.ImageSet]]:
    """Train a network; also return its history, and the images of each split of ``cases``.

    Parameters as of :func:`run`.
    """
    size = config["size"]
    images = data.read_images(cases, size, "stretch")
    parts = {split: images.split(split) for split in cases["split"].unique()}
    if config["validation"] == "test":
        watched = test.open("validation after each epoch", times=config["epochs"])
        validation = data.read_images(watched, size, "stretch")
    else:
        validation = parts["val"]
    train = parts["train"]
    if sampling.shares_patients(config["validation"]):
        train, validation = map(sampling.ignore_patients, (train, validation))
    if config["validation_augment"]:
        validation = augmented(validation, config["validation_augment"], seed)
    network = _compiled(build(config, len(data.classes(cases)), seed), config, len(train))
    history = models.fit(
        network,
        train,
        validation,
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        augment=config["augment"],
        class_weight=config["class_weight"],
        patience=config["patience"],
        backup_dir=backup_dir,
        seed=seed,
    )
    return network, history, parts


def augmented(images: data.ImageSet, recipe: Recipe, seed: int) -> data.ImageSet:
    """Change each image once, as in training, to whole grey levels."""
    changed = augment_images(images.images, recipe, seed=seed).round().astype("uint8")
    return replace(images, images=changed)


def build(config: dict, n_classes: int, seed: int) -> keras.Model:
    """Build a study's network with its first weights."""
    size = config["size"]
    own = {"filters": config["filters"]} if "filters" in config else {}
    return getattr(models, config["network"])(
        (size, size, 1), classes=n_classes, preprocess=config["preprocess"], seed=seed, **own
    )


def _compiled(network: keras.Model, config: dict, n_images: int) -> keras.Model:
    rate = config["learning_rate"]
    if config["decay_rate"] < 1:
        decay = {name: config[name] for name in ("batch_size", "decay_rate")}
        rate = models.exponential_decay(rate, n_images=n_images, **decay)
    return models.training.compile_classifier(network, config["optimizer"], rate)
