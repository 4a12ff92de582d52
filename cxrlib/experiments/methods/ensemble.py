"""An ensemble: several networks, each without one group of the healthy, and one threshold for all.

A group that a network never saw shows where its threshold has to lie under a shift. The networks
predict together, with their mean logit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from cxrlib import data, evaluation
from cxrlib.experiments import sampling
from cxrlib.experiments.ledger import TestSet
from cxrlib.experiments.methods.fine_tuning import predict_tta, to_logit, train_one
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
    """Train networks for each group, one of each kind in ``members``, and evaluate all at 0.5.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`.
    """
    kinds = [config | changes for changes in config["members"]]
    images = _read(cases, kinds)
    known = images[0]
    rows = known.cases
    sick_val = ((rows["split"] == "val") & (known.labels[:, 0] == 1)).to_numpy()
    groups = [(rows["group"] == i).to_numpy(dtype=bool) for i in range(config["n_groups"])]
    trained, logits = [], []
    for i, group in enumerate(groups):
        seeds = (10 * seed + i + 1000 * k for k in range(len(kinds)))
        of_group = [
            _train_member(part, kind, group, member_seed, backup_dir)
            for part, kind, member_seed in zip(images, kinds, seeds, strict=True)
        ]
        trained.append(of_group)
        logits.append(_predict_logits([network for network, _ in of_group], images, config, seed))
    thresholds, out_of_group = [], np.zeros(len(rows))
    for group, member_logits in zip(groups, logits, strict=True):
        chosen_on = group | sick_val
        youden = evaluation.youden_threshold(known.labels[chosen_on], member_logits[chosen_on])
        thresholds.append(youden.value)
        out_of_group[group] = member_logits[group]
    threshold = THRESHOLD_RULES[config["threshold_rule"]](thresholds)
    parts = {split: known.split(split) for split in ("train", "val")}
    inside = expit(np.mean(logits, axis=0) - threshold)
    scores = {split: inside[(rows["split"] == split).to_numpy(), None] for split in parts}
    held_out = _read(test.open("final evaluation"), kinds)
    parts["test"] = held_out[0]
    there = [_predict_logits([n for n, _ in nets], held_out, config, seed) for nets in trained]
    scores["test"] = expit(np.mean(there, axis=0) - threshold)[:, None]
    histories = [history for of_group in trained for _, history in of_group]
    result = evaluate_binary(parts, scores, _side_by_side(histories), seed, 0.5)
    healthy = rows["group"].notna().to_numpy()
    shifted = expit(out_of_group[healthy] - threshold)
    result["metrics"] |= evaluate_shift(shifted, inside[sick_val], 0.5)
    result["metrics"] |= {f"threshold {i}": float(t) for i, t in enumerate(thresholds, start=1)}
    return result


def _side_by_side(histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return one history of several networks; None where one has no such epoch."""
    longest = pd.RangeIndex(1, max(map(len, histories)) + 1)
    columns = []
    for i, history in enumerate(histories, start=1):
        rows = history.set_axis(longest[: len(history)]).astype(object).reindex(longest)
        of_its_own = pd.Series(longest <= len(history), longest)
        columns.append(rows.where(of_its_own, None).add_suffix(f", network {i}"))
    return pd.concat(columns, axis=1)


def _read(cases: pd.DataFrame, kinds: Sequence[dict]) -> list[data.ImageSet]:
    """Read the images in the size of each kind of network, each size once."""
    sizes = {kind["size"] for kind in kinds}
    read = {size: data.read_images(cases, size, "stretch") for size in sizes}
    return [read[kind["size"]] for kind in kinds]


def _train_member(
    images: data.ImageSet, kind: dict, group: np.ndarray, seed: int, backup_dir: Path
) -> tuple[keras.Model, pd.DataFrame]:
    """Train one network without a group; also return its history."""
    table = sampling.mark_shifted(images.cases, group)
    member = data.ImageSet(images.images, images.labels, table)
    parts = {split: member.split(split) for split in ("train", "val")}
    return train_one(parts, kind, seed, backup_dir)


def _predict_logits(
    networks: Sequence[keras.Model], images: Sequence[data.ImageSet], config: dict, seed: int
) -> np.ndarray:
    """Return the mean logit of networks of several kinds, each of its own images."""
    each = [
        predict_tta(network, {"all": part}, config["tta_views"], seed)["all"]
        for network, part in zip(networks, images, strict=True)
    ]
    return np.mean([to_logit(np.asarray(score[:, 0], float)) for score in each], axis=0)
