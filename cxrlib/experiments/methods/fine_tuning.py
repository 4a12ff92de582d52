"""Fine-tuning a network on a pretrained backbone, and evaluating it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from cxrlib import data, models
from cxrlib.data.augmentation import Augmentation, Recipe
from cxrlib.experiments import metrics, sampling
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.methods.from_scratch import augmented
from cxrlib.models import features, transfer

if TYPE_CHECKING:
    import keras

EPSILON = 1e-7  # a score of exactly 0 or 1 has no logit
TTA = Augmentation(rotation=3, translation=0.02, zoom=0.04, contrast=0.1, brightness=0.05)


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the table with a validation set cut from train, by patient or as articles do it.

    With ``n_groups`` a further set holds healthy children of a kind that training does not see.
    """
    cases = sampling.cut_validation(cases, config["validation"], seed)
    if not config["n_groups"]:
        return cases
    inside = cases[cases["split"].isin(["train", "val"])]
    found = features.extract(inside, config["network"])
    return sampling.leave_one_group_out(cases, found, config["n_groups"], seed=seed)


def run(cases: pd.DataFrame, test: TestSet, config: dict, seed: int, backup_dir: Path) -> dict:
    """Train and evaluate once.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`.
    """
    images = data.read_images(cases, config["size"], "stretch")
    parts = {split: images.split(split) for split in cases["split"].unique()}
    network, history = train_one(parts, config, 10 * seed, backup_dir)
    rows = test.open("final evaluation")
    parts["test"] = data.read_images(rows, config["size"], "stretch")
    evaluated = _as_evaluated(parts, config, seed)
    scores = predict_tta(network, evaluated, config["tta_views"], seed)
    shifted = parts.pop(sampling.SHIFTED, None)
    result = metrics.evaluate_binary(parts, scores, history, seed, config["threshold"])
    if shifted:
        sick = scores["val"][parts["val"].labels == 1]
        healthy = scores[sampling.SHIFTED][:, 0]
        result["metrics"] |= metrics.evaluate_shift(healthy, sick, result["threshold"])
        known = [(parts[split].labels, scores[split]) for split in ("val", "test")]
        result["metrics"] |= metrics.calibration_under_shift(healthy, sick, *known)
    train_patients = set(parts["train"].cases["patient_id"])
    result["metrics"]["val patient overlap"] = float(
        parts["val"].cases["patient_id"].isin(train_patients).mean()
    )
    return result


def train_one(
    parts: Mapping[str, data.ImageSet], config: dict, seed: int, backup_dir: Path
) -> tuple[keras.Model, pd.DataFrame]:
    """Build one network and train it on ``parts["train"]``; also return its history."""
    train, val, size = parts["train"], parts["val"], config["size"]
    preprocessing = {"crop": config["crop"], "standardize": config["standardize"]}
    network = transfer.build_model(
        config["network"], (size, size, 1), dropout=config["dropout"], seed=seed, **preprocessing
    )
    if config["head_init"] == "probe":
        found = features.extract(train, config["network"], **preprocessing)
        probe = features.fit_linear_probe(found)
        transfer.set_head_weights(network, features.probe_to_head(probe))
        if not config["epochs"]:
            loss = log_loss(found.labels[:, 0], features.predict_scores(probe, found)[:, 0])
            return network, pd.DataFrame({"loss": [loss]})
    _unfreeze(network, config["unfreeze"], config["batch_norm"])
    _compile(network, config, len(train))
    validation = val if config["patience"] is not None or config["validate"] else None
    if sampling.shares_patients(config["validation"]):
        train = sampling.ignore_patients(train)
        validation = validation and sampling.ignore_patients(validation)
    history = models.fit(
        network,
        train,
        validation and _as_evaluated({"val": validation}, config, seed)["val"],
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        augment=config["augment"],
        class_weight=config["class_weight"],
        patience=config["patience"],
        backup_dir=backup_dir.with_name(f"{backup_dir.name}-{size}-{seed}"),
        seed=seed,
    )
    return network, history


def _unfreeze(network: keras.Model, first: str, batch_norm: bool | float) -> None:
    """Unfreeze from a block on; batch normalisation if asked, with a momentum if one is given."""
    transfer.unfreeze(network, first, batch_norm=bool(batch_norm))
    if not isinstance(batch_norm, bool):
        for layer in network.layers:
            if hasattr(layer, "moving_mean"):
                layer.momentum = batch_norm


def _compile(network: keras.Model, config: dict, n_images: int) -> None:
    def scheduled(rate: float) -> float | keras.optimizers.schedules.LearningRateSchedule:
        steps = {"n_images": n_images, "batch_size": config["batch_size"]}
        if config["schedule"] == "warmup_cosine_decay":
            return models.warmup_cosine_decay(rate, epochs=config["epochs"], **steps)
        return models.cosine_decay_restarts(rate, **steps) if config["schedule"] else rate

    rates, settings = config["learning_rate"], config["optimizer_settings"]
    if isinstance(rates, Mapping):
        rates = {part: scheduled(rate) for part, rate in rates.items()}
        transfer.compile_layerwise(network, rates, config["optimizer"], **settings)
    else:
        models.training.compile_classifier(
            network, config["optimizer"], scheduled(rates), **settings
        )


def _as_evaluated(
    parts: Mapping[str, data.ImageSet], config: dict, seed: int
) -> dict[str, data.ImageSet]:
    """Augment images as for training, if the article does that to all its images."""
    recipe = config["augment"] if config["augment_evaluation"] else None
    return dict(parts) if recipe is None else _augmented(parts, recipe, seed)


def _augmented(
    parts: Mapping[str, data.ImageSet], recipe: Recipe, seed: int
) -> dict[str, data.ImageSet]:
    return {split: augmented(part, recipe, seed) for split, part in parts.items()}


def predict_tta(
    network: keras.Model, parts: Mapping[str, data.ImageSet], views: int, seed: int
) -> dict[str, np.ndarray]:
    """Test-time augmentation: the mean logit over each image and some mildly changed copies."""
    seen = [parts, *(_augmented(parts, TTA, seed + i) for i in range(1, views + 1))]
    scores = [metrics.predict(network, view) for view in seen]
    if not views:
        return scores[0]
    return {split: expit(np.mean([to_logit(s[split]) for s in scores], axis=0)) for split in parts}


def to_logit(score: np.ndarray) -> np.ndarray:
    """Return logits of probabilities, those of 0 and 1 finite."""
    return logit(np.clip(score, EPSILON, 1 - EPSILON))
