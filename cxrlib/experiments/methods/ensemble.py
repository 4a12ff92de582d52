"""Several networks, each without one group of the healthy, and one threshold for all of them.

A group that a network never saw shows where its threshold has to lie for strangers. The networks
answer together, with their mean logit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxrlib import data, evaluation
from cxrlib.experiments import sampling
from cxrlib.experiments.methods.fine_tuning import CERTAIN, train_one
from cxrlib.experiments.metrics import judge_binary, judge_shifted
from cxrlib.models import features

LINES = {"mean": np.mean, "highest": np.max}


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the table with validation children, and the ``group`` of each healthy one."""
    cases = data.splits.train_val_split(cases, config["validation"]["patients"], seed=seed)
    found = features.compute(cases, config["network"])
    return cases.assign(group=sampling.groups(cases, found, config["groups"], seed=seed))


def run(cases: pd.DataFrame, config: dict, seed: int, resume: Path) -> dict:
    """Train one network for each group, and judge them together, at 0.5.

    Parameters, result
        As of :func:`cxrlib.experiments.methods.from_scratch.run`.
    """
    (size,) = config["sizes"]
    pictures = data.read_images(cases, size, "stretch")
    rows = pictures.cases
    sick_val = ((rows["split"] == "val") & (pictures.labels[:, 0] == 1)).to_numpy()
    left_out = [(rows["group"] == i).to_numpy(dtype=bool) for i in range(config["groups"])]
    members = [
        _member(pictures, group, config, 10 * seed + i, resume) for i, group in enumerate(left_out)
    ]
    histories, logits = zip(*members, strict=True)
    lines, strangers = [], np.zeros(len(rows))
    for group, score in zip(left_out, logits, strict=True):
        chosen_on = group | sick_val
        lines.append(evaluation.youden(pictures.labels[chosen_on], score[chosen_on]).value)
        strangers[group] = score[group]
    line = LINES[config["line"]](lines)
    score = expit(np.mean(logits, axis=0) - line)
    parts = {split: pictures.split(split) for split in ("train", "val", "test")}
    scores = {split: score[(rows["split"] == split).to_numpy(), None] for split in parts}
    result = judge_binary(parts, scores, _side_by_side(histories), seed, 0.5)
    healthy = rows["group"].notna().to_numpy()
    seen_apart = expit(strangers[healthy] - line)
    result["metrics"] |= judge_shifted(seen_apart, score[sick_val], 0.5)
    result["metrics"] |= {f"line {i}": float(each) for i, each in enumerate(lines, start=1)}
    return result


def _member(
    pictures: data.ImageSet, left_out: np.ndarray, config: dict, seed: int, resume: Path
) -> tuple[pd.DataFrame, np.ndarray]:
    """Train one network without a group; return its history and its logits of all pictures."""
    table = sampling.leave_out(pictures.cases, left_out)
    member = data.ImageSet(pictures.images, pictures.labels, table)
    parts = {split: member.split(split) for split in ("train", "val")}
    network, history = train_one(parts, config, config["sizes"][0], seed, resume)
    return history, _logit(network.predict(data.pipeline.dataset(pictures), verbose=0)[:, 0])


def _side_by_side(histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the networks' histories into one table."""
    return pd.concat(
        [h.add_suffix(f", network {i}") for i, h in enumerate(histories, start=1)], axis=1
    )


def _logit(score: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.asarray(score, float), CERTAIN, 1 - CERTAIN))
