"""Training a network on a borrowed backbone, and judging it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from cxrlib import data, models
from cxrlib.data.augmentation import Augmentation
from cxrlib.experiments import metrics, sampling
from cxrlib.models import features, transfer

if TYPE_CHECKING:
    import keras

CERTAIN = 1e-7  # a score of exactly 0 or 1 has no logit
VIEW = Augmentation(rotation=3, translation=0.02, zoom=0.04, contrast=0.1, brightness=0.05)


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the table with a validation set cut from train, by patient or as articles do it.

    With ``groups`` a further set holds healthy children of a kind that training does not see.
    """
    ((by, share),) = config["validation"].items()
    if by == "patients":
        cases = data.splits.train_val_split(cases, share, seed=seed)
        if not config["groups"]:
            return cases
        found = features.compute(cases, config["network"])
        return sampling.leave_group_out(cases, found, config["groups"], seed=seed)
    train = cases[cases["split"] == "train"].groupby("label", observed=True)
    chosen = (
        train.sample(share // train.ngroups, random_state=seed)
        if share > 1
        else train.sample(frac=share, random_state=seed)
    )
    return cases.assign(split=cases["split"].mask(cases.index.isin(chosen.index), "val"))


def run(cases: pd.DataFrame, config: dict, seed: int, resume: Path) -> dict:
    """Train and judge once.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`.
    """
    (size,) = config["sizes"]
    pictures = data.read_images(cases, size, "stretch")
    parts = {split: pictures.split(split) for split in cases["split"].unique()}
    network, history = train_one(parts, config, size, 10 * seed, resume)
    scores = _scored(network, _as_judged(parts, config, seed), config["views"], seed)
    shifted = parts.pop(sampling.SHIFTED, None)
    result = metrics.judge_binary(parts, scores, history, seed, config["threshold"])
    if shifted:
        sick = scores["val"][parts["val"].labels == 1]
        strangers = scores[sampling.SHIFTED][:, 0]
        result["metrics"] |= metrics.judge_shifted(strangers, sick, result["threshold"])
        val, test = ((parts[split].labels, scores[split]) for split in ("val", "test"))
        result["metrics"] |= metrics.shifted_calibration(strangers, sick, val, test)
    known = set(parts["train"].cases["patient_id"])
    result["metrics"]["val share of pictures whose patient is in train"] = float(
        parts["val"].cases["patient_id"].isin(known).mean()
    )
    return result


def train_one(
    parts: Mapping[str, data.ImageSet], config: dict, size: int, seed: int, resume: Path
) -> tuple[keras.Model, pd.DataFrame]:
    """Build one network and train it on ``parts["train"]``; also return its history."""
    train, val = parts["train"], parts["val"]
    inside = {"crop": config["crop"], "standardise": config["standardise"]}
    network = transfer.network(
        config["network"], (size, size, 1), dropout=config["dropout"], seed=seed, **inside
    )
    if config["start"] == "probe":
        found = features.compute(train, config["network"], cache=False, **inside)
        probe = features.probe(found)
        transfer.with_head(network, features.as_head(probe))
        if not config["epochs"]:
            loss = log_loss(found.labels[:, 0], features.scores(probe, found)[:, 0])
            return network, pd.DataFrame({"loss": [loss]})
    _unfreeze(network, config["unfreeze"], config["batch_norm"])
    _compile(network, config, len(train))
    watched = val if config["patience"] is not None or config["watch"] else None
    if "pictures" in config["validation"]:  # the article takes each picture for another child
        train, watched = _strangers(train), watched and _strangers(watched)
    history = models.fit(
        network,
        train,
        watched and _as_judged({"val": watched}, config, seed)["val"],
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        augment=_recipe(config),
        class_weight=config["class_weight"],
        patience=config["patience"],
        resume=resume.with_name(f"{resume.name}-{size}-{seed}"),
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


def _compile(network: keras.Model, config: dict, pictures: int) -> None:
    def planned(rate: float) -> float | keras.optimizers.schedules.LearningRateSchedule:
        how = {"pictures": pictures, "batch_size": config["batch_size"]}
        if config["schedule"] == "warm cosine":
            return models.warm_cosine(rate, epochs=config["epochs"], **how)
        return models.cosine_restarts(rate, **how) if config["schedule"] else rate

    rates, settings = config["rates"], config["optimizer_settings"]
    if isinstance(rates, Mapping):
        rates = {part: planned(rate) for part, rate in rates.items()}
        transfer.compiled(network, rates, config["optimizer"], **settings)
    else:
        models.training.compiled(network, config["optimizer"], planned(rates), **settings)


def _recipe(config: dict) -> Augmentation | str | None:
    recipe = config["augment"]
    return Augmentation(**recipe) if isinstance(recipe, Mapping) else recipe


def _as_judged(parts: Mapping[str, data.ImageSet], config: dict, seed: int) -> dict:
    """Change pictures as for training, if the article does that to all its pictures."""
    return _changed(parts, _recipe(config), seed) if config["augment_everything"] else dict(parts)


def _changed(parts: Mapping[str, data.ImageSet], recipe: Augmentation | str, seed: int) -> dict:
    def copies(images: np.ndarray) -> np.ndarray:
        return data.augmentation.augment_images(images, recipe, seed=seed).round().astype("uint8")

    return {split: replace(part, images=copies(part.images)) for split, part in parts.items()}


def _scored(
    network: keras.Model, parts: Mapping[str, data.ImageSet], views: int, seed: int
) -> dict[str, np.ndarray]:
    """Score pictures, each with the mean logit over itself and some mildly changed copies."""
    seen = [metrics.predict(network, parts)]
    seen += [metrics.predict(network, _changed(parts, VIEW, seed + i)) for i in range(1, views + 1)]
    return {split: _mean([each[split] for each in seen]) for split in parts}


def _strangers(pictures: data.ImageSet) -> data.ImageSet:
    return replace(pictures, cases=pictures.cases.assign(patient_id=pictures.cases["path"]))


def _mean(scores: list[np.ndarray]) -> np.ndarray:
    if len(scores) == 1:
        return scores[0]
    return expit(np.mean([logit(np.clip(s, CERTAIN, 1 - CERTAIN)) for s in scores], axis=0))
