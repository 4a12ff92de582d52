"""A head on a frozen backbone for two classes and more: article 4's, and a linear probe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from cxrlib import data, models
from cxrlib.data.augmentation import augment_images
from cxrlib.experiments import sampling
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.metrics import class_probabilities, evaluate_multiclass
from cxrlib.models import features, transfer

LAST_EPOCHS = 10
# predicts images; training history; further metrics
Fitted = tuple[Callable[[data.ImageSet], np.ndarray], pd.DataFrame, dict[str, float]]


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Draw the study's images, in train and test."""
    return sampling.subsample(cases, config["sizes"], config["split_by"], config["classes"], seed)


def run(cases: pd.DataFrame, test: TestSet, config: dict, seed: int, backup_dir: Path) -> dict:
    """Train and evaluate once.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`; a run takes about a minute and
        keeps nothing at ``backup_dir``.
    """
    train = data.read_images(cases, config["size"], "stretch")
    fit = _linear_probe if config["head"] == "probe" else _article_head
    predict, history, more = fit(train, config, seed)
    images = data.read_images(test.open("final evaluation"), config["size"], "stretch")
    score, batch_size = class_probabilities(predict(images)), config["evaluator_batch_size"]
    result = evaluate_multiclass(train.cases, images.cases, score, history, seed, batch_size)
    result["metrics"] |= more
    return result


def _linear_probe(train: data.ImageSet, config: dict, seed: int) -> Fitted:
    """Fit a logistic regression on pooled features of augmented copies."""
    network, preprocessing = config["network"], {"standardize": config["standardize"]}
    augmentation = {"augment": config["augment"], "copies": config["augmented_copies"]}
    copies = features.extract(train, network, **augmentation, seed=seed, **preprocessing)
    probe = features.fit_linear_probe(
        copies, config["C"], class_weight=config["class_weight"], seed=seed
    )

    def predict(images: data.ImageSet) -> np.ndarray:
        return features.predict_scores(probe, features.extract(images, network, **preprocessing))

    y, score = train.cases["label"].cat.codes, class_probabilities(predict(train))
    loss = log_loss(y, score, labels=range(score.shape[1]))
    return predict, pd.DataFrame({"loss": [loss]}), {"C": float(probe[-1].C)}


def _article_head(train: data.ImageSet, config: dict, seed: int) -> Fitted:
    """Train article 4's head, on another augmented copy of each image in each epoch."""
    n_copies, recipe = config["augmented_copies"], config["augment"]
    seeds = np.random.default_rng(seed).integers(2**31, size=n_copies)
    copies = [
        _maps(replace(train, images=augment_images(train.images, recipe, seed=int(each))), config)
        for each in seeds
    ]
    validation = sampling.validation_split(train.cases, config["validation_split"])
    n_classes = len(data.classes(train.cases))
    head = transfer.build_head(copies[0].shape[1:], config["head"], classes=n_classes, seed=seed)
    models.training.compile_classifier(head, config["optimizer"], config["learning_rate"])
    histories = []
    for epoch in range(config["epochs"]):
        copy = replace(sampling.ignore_patients(train), images=copies[epoch % n_copies])
        histories.append(
            models.fit(
                head,
                _rows(copy, ~validation),
                _rows(copy, validation),
                epochs=1,
                batch_size=config["batch_size"],
                class_weight=config["class_weight"],
                seed=1000 * seed + epoch,
            )
        )
    history = pd.concat(histories, ignore_index=True)
    accuracy = float(history["val_accuracy"].tail(LAST_EPOCHS).mean())
    more = {f"val accuracy, mean of the last {LAST_EPOCHS} epochs": accuracy}
    return lambda images: head.predict(_maps(images, config), verbose=0), history, more


def _maps(images: data.ImageSet, config: dict) -> np.ndarray:
    rescaled = replace(images, images=_rescale(images.images))
    return features.extract(rescaled, config["network"], pooled=False).values


def _rescale(images: np.ndarray) -> np.ndarray:
    """Change grey levels so that the network gets x / 255, as the article's does.

    Its first layer makes x / 127.5 - 1 of them.
    """
    return images / np.float32(2) + np.float32(127.5)


def _rows(images: data.ImageSet, mask: np.ndarray) -> data.ImageSet:
    return data.ImageSet(images.images[mask], images.labels[mask], images.cases[mask])
