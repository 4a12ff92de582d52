"""A head on a frozen backbone for two classes and more: article 4's, and a linear probe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from cxrlib import data, models
from cxrlib.experiments import sampling
from cxrlib.experiments.metrics import as_columns, judge_multiclass
from cxrlib.models import features, transfer

LAST = 10


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Draw the study's pictures, in train and test."""
    return sampling.draw(cases, config["sizes"], config["apart"], config["classes"], seed)


def run(cases: pd.DataFrame, config: dict, seed: int, resume: Path) -> dict:
    """Train and judge once.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`; a run takes about a minute and
        keeps nothing at ``resume``.
    """
    pictures = data.read_images(cases, config["size"], "stretch")
    train, test = pictures.split("train"), pictures.split("test")
    answer = _probed if config["head"] == "probe" else _trained
    score, history, more = answer(train, test, config, seed)
    result = judge_multiclass(pictures.cases, score, history, seed, config["evaluator"])
    result["metrics"] |= more
    return result


def _probed(
    train: data.ImageSet, test: data.ImageSet, config: dict, seed: int
) -> tuple[np.ndarray, pd.DataFrame, dict]:
    """Fit a logistic regression on averaged maps of changed copies."""
    inside = {"standardise": config["standardise"], "cache": False}
    changes = {"augment": config["augment"], "copies": config["copies"], "seed": seed}
    copies = features.compute(train, config["network"], **changes, **inside)
    weights = {"class_weight": config["class_weight"]}
    probe = features.probe(copies, config["strength"], **weights, seed=seed)
    plain = features.compute(_one_after_another(train, test), config["network"], **inside)
    score = as_columns(features.scores(probe, plain))
    y = train.cases["label"].cat.codes
    loss = log_loss(y, score[: len(train)], labels=range(score.shape[1]))
    more = {"strength C": float(probe[-1].C)}
    return score[len(train) :], pd.DataFrame({"loss": [loss]}), more


def _trained(
    train: data.ImageSet, test: data.ImageSet, config: dict, seed: int
) -> tuple[np.ndarray, pd.DataFrame, dict]:
    """Train article 4's head, on another changed copy of each picture in each epoch."""
    rows = len(train)
    order = np.random.default_rng(seed).integers(2**31, size=config["copies"])
    changed = [replace(train, images=_changed(train.images, config, copy)) for copy in order]
    together = _one_after_another(*changed, test)
    seen = replace(together, images=_as_article(together.images))
    maps = features.compute(seen, config["network"], pooled=False, cache=False).values
    watched = sampling.first_share(train.cases, config["validation"])
    classes = len(data.classes(train.cases))
    head = transfer.head(maps.shape[1:], config["head"], classes=classes, seed=seed)
    models.training.compiled(head, config["optimizer"], config["rate"])
    history = []
    for epoch in range(config["epochs"]):
        start = epoch % config["copies"] * rows
        of_copy = maps[start : start + rows]
        learn, watch = (_strangers(train, of_copy, part) for part in (~watched, watched))
        history.append(
            models.fit(
                head,
                learn,
                watch,
                epochs=1,
                batch_size=config["batch_size"],
                class_weight=config["class_weight"],
                seed=1000 * seed + epoch,
            )
        )
    score = as_columns(head.predict(maps[-len(test) :], verbose=0))
    history = pd.concat(history, ignore_index=True)
    seen_last = history["val_accuracy"].tail(LAST).mean()
    return score, history, {f"val accuracy, mean of the last {LAST} epochs": float(seen_last)}


def _changed(images: np.ndarray, config: dict, seed: int) -> np.ndarray:
    return data.augmentation.augment_images(
        images, data.augmentation.Augmentation(**config["augment"]), seed=int(seed)
    )


def _as_article(images: np.ndarray) -> np.ndarray:
    """Change grey levels so that the network gets x / 255, as the article's does.

    Its first layer makes x / 127.5 - 1 of them.
    """
    return images / np.float32(2) + np.float32(127.5)


def _one_after_another(*parts: data.ImageSet) -> data.ImageSet:
    return data.ImageSet(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        pd.concat([part.cases for part in parts], ignore_index=True),
    )


def _strangers(pictures: data.ImageSet, maps: np.ndarray, rows: np.ndarray) -> data.ImageSet:
    """Take some rows' maps as pictures, each of another patient, as the article does."""
    cases = pictures.cases[rows]
    strangers = cases.assign(patient_id=cases["path"])
    return data.ImageSet(maps[rows], pictures.labels[rows], strangers)
