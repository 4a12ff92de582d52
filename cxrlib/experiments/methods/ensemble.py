"""An ensemble: several networks, each without one group of the healthy, and one threshold for all.

A group that a network never saw shows where its threshold has to lie under a shift. The networks
predict together, with their mean logit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from cxrlib import data, evaluation
from cxrlib.experiments import sampling
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.methods.fine_tuning import to_logit, train_one
from cxrlib.experiments.metrics import evaluate_binary, evaluate_shift
from cxrlib.models import features

if TYPE_CHECKING:
    import keras

THRESHOLD_RULES: dict[str, Callable[[list[float]], float]] = {"mean": np.mean, "max": np.max}


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the table with validation children, and the ``group`` of each healthy one."""
    cases = sampling.cut_validation(cases, config["validation"], seed)
    inside = cases[cases["split"].isin(["train", "val"])]
    found = features.extract(inside, config["network"])
    group = sampling.cluster_groups(cases, found, config["n_groups"], seed=seed)
    return cases.assign(group=group)


def run(cases: pd.DataFrame, test: TestSet, config: dict, seed: int, backup_dir: Path) -> dict:
    """Train one network for each group, and evaluate them together, at 0.5.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`.
    """
    images = data.read_images(cases, config["size"], "stretch")
    rows = images.cases
    sick_val = ((rows["split"] == "val") & (images.labels[:, 0] == 1)).to_numpy()
    groups = [(rows["group"] == i).to_numpy(dtype=bool) for i in range(config["n_groups"])]
    members = [
        _train_member(images, group, config, 10 * seed + i, backup_dir)
        for i, group in enumerate(groups)
    ]
    networks, histories = zip(*members, strict=True)
    logits = [_predict_logits(network, images) for network in networks]
    thresholds, out_of_group = [], np.zeros(len(rows))
    for group, member_logits in zip(groups, logits, strict=True):
        chosen_on = group | sick_val
        youden = evaluation.youden_threshold(images.labels[chosen_on], member_logits[chosen_on])
        thresholds.append(youden.value)
        out_of_group[group] = member_logits[group]
    threshold = THRESHOLD_RULES[config["threshold_rule"]](thresholds)
    parts = {split: images.split(split) for split in ("train", "val")}
    inside = expit(np.mean(logits, axis=0) - threshold)
    scores = {split: inside[(rows["split"] == split).to_numpy(), None] for split in parts}
    parts["test"] = data.read_images(test.open("final evaluation"), config["size"], "stretch")
    there = np.mean([_predict_logits(network, parts["test"]) for network in networks], axis=0)
    scores["test"] = expit(there - threshold)[:, None]
    named = [h.add_suffix(f", network {i}") for i, h in enumerate(histories, start=1)]
    result = evaluate_binary(parts, scores, pd.concat(named, axis=1), seed, 0.5)
    healthy = rows["group"].notna().to_numpy()
    shifted = expit(out_of_group[healthy] - threshold)
    result["metrics"] |= evaluate_shift(shifted, inside[sick_val], 0.5)
    result["metrics"] |= {f"threshold {i}": float(t) for i, t in enumerate(thresholds, start=1)}
    return result


def _train_member(
    images: data.ImageSet, group: np.ndarray, config: dict, seed: int, backup_dir: Path
) -> tuple[keras.Model, pd.DataFrame]:
    """Train one network without a group; also return its history."""
    table = sampling.mark_shifted(images.cases, group)
    member = data.ImageSet(images.images, images.labels, table)
    parts = {split: member.split(split) for split in ("train", "val")}
    return train_one(parts, config, seed, backup_dir)


def _predict_logits(network: keras.Model, images: data.ImageSet) -> np.ndarray:
    scores = network.predict(data.pipeline.dataset(images), verbose=0)[:, 0]
    return to_logit(np.asarray(scores, float))
