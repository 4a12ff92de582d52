"""A head on a frozen backbone for two classes and more: article 4's, and a linear probe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from cxrlib import data, models
from cxrlib.data.augmentation import augment_images
from cxrlib.experiments import sampling
from cxrlib.experiments.metrics import class_probabilities, evaluate_multiclass
from cxrlib.models import features, transfer

LAST_EPOCHS = 10


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Draw the study's images, in train and test."""
    return sampling.subsample(cases, config["sizes"], config["split_by"], config["classes"], seed)


def run(cases: pd.DataFrame, config: dict, seed: int, backup_dir: Path) -> dict:
    """Train and evaluate once.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`; a run takes about a minute and
        keeps nothing at ``backup_dir``.
    """
    images = data.read_images(cases, config["size"], "stretch")
    train, test = images.split("train"), images.split("test")
    predict = _linear_probe if config["head"] == "probe" else _article_head
    score, history, more = predict(train, test, config, seed)
    batch_size = config["evaluator_batch_size"]
    result = evaluate_multiclass(images.cases, score, history, seed, batch_size)
    result["metrics"] |= more
    return result


def _linear_probe(
    train: data.ImageSet, test: data.ImageSet, config: dict, seed: int
) -> tuple[np.ndarray, pd.DataFrame, dict]:
    """Fit a logistic regression on pooled features of augmented copies."""
    preprocessing = {"standardize": config["standardize"]}
    augmentation = {"augment": config["augment"], "copies": config["augmented_copies"]}
    copies = features.extract(train, config["network"], **augmentation, seed=seed, **preprocessing)
    probe = features.fit_linear_probe(
        copies, config["C"], class_weight=config["class_weight"], seed=seed
    )
    plain = features.extract(_concat(train, test), config["network"], **preprocessing)
    score = class_probabilities(features.predict_scores(probe, plain))
    y = train.cases["label"].cat.codes
    loss = log_loss(y, score[: len(train)], labels=range(score.shape[1]))
    return score[len(train) :], pd.DataFrame({"loss": [loss]}), {"C": float(probe[-1].C)}


def _article_head(
    train: data.ImageSet, test: data.ImageSet, config: dict, seed: int
) -> tuple[np.ndarray, pd.DataFrame, dict]:
    """Train article 4's head, on another augmented copy of each image in each epoch."""
    n, n_copies = len(train), config["augmented_copies"]
    seeds = np.random.default_rng(seed).integers(2**31, size=n_copies)
    copies = [
        replace(train, images=augment_images(train.images, config["augment"], seed=int(each)))
        for each in seeds
    ]
    together = _concat(*copies, test)
    rescaled = replace(together, images=_rescale(together.images))
    maps = features.extract(rescaled, config["network"], pooled=False).values
    validation = sampling.validation_split(train.cases, config["validation_split"])
    n_classes = len(data.classes(train.cases))
    head = transfer.build_head(maps.shape[1:], config["head"], classes=n_classes, seed=seed)
    models.training.compile_classifier(head, config["optimizer"], config["learning_rate"])
    histories = []
    for epoch in range(config["epochs"]):
        start = epoch % n_copies * n
        copy = maps[start : start + n]
        histories.append(
            models.fit(
                head,
                _own_patients(train, copy, ~validation),
                _own_patients(train, copy, validation),
                epochs=1,
                batch_size=config["batch_size"],
                class_weight=config["class_weight"],
                seed=1000 * seed + epoch,
            )
        )
    score = class_probabilities(head.predict(maps[-len(test) :], verbose=0))
    history = pd.concat(histories, ignore_index=True)
    accuracy = history["val_accuracy"].tail(LAST_EPOCHS).mean()
    return score, history, {f"val accuracy, mean of the last {LAST_EPOCHS} epochs": float(accuracy)}


def _rescale(images: np.ndarray) -> np.ndarray:
    """Change grey levels so that the network gets x / 255, as the article's does.

    Its first layer makes x / 127.5 - 1 of them.
    """
    return images / np.float32(2) + np.float32(127.5)


def _concat(*parts: data.ImageSet) -> data.ImageSet:
    return data.ImageSet(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        pd.concat([part.cases for part in parts], ignore_index=True),
    )


def _own_patients(images: data.ImageSet, maps: np.ndarray, rows: np.ndarray) -> data.ImageSet:
    """Take some rows' maps as images, each of another patient, as the article does."""
    cases = images.cases[rows]
    return data.ImageSet(maps[rows], images.labels[rows], cases.assign(patient_id=cases["path"]))
