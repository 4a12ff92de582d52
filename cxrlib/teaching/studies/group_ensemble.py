"""Several networks, each without one group of the healthy, and one threshold for all of them.

A group that a network never saw shows where its threshold has to lie for strangers. The networks
answer together, with their mean logit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxrlib import data, evaluation
from cxrlib.models import features
from cxrlib.teaching.studies import shifted_validation
from cxrlib.teaching.studies.borrowed_networks import CERTAIN, side_by_side, touches, trained
from cxrlib.teaching.studies.judging import judged

__all__ = ["prepare", "run", "touches"]

LINES = {"mean": np.mean, "highest": np.max}


def prepare(cases: pd.DataFrame, config: dict, seed: int) -> pd.DataFrame:
    """Return the table with validation children, and the ``group`` of each healthy one."""
    cases = data.splits.hold_out(cases, config["validation"]["patients"], seed=seed)
    found = features.compute(cases, config["network"])
    return cases.assign(group=shifted_validation.groups(cases, found, config["groups"], seed=seed))


def run(cases: pd.DataFrame, config: dict, seed: int, resume: Path) -> dict:
    """Train one network for each group and size, and judge them together, at 0.5.

    Parameters, result
        As of :func:`cxrlib.teaching.studies.small_networks.run`.
    """
    (size,) = config["sizes"]
    pictures = data.read_pictures(cases, size, "squash")
    rows = pictures.cases
    sick_val = ((rows["split"] == "val") & (pictures.labels[:, 0] == 1)).to_numpy()
    histories, logits, lines, strangers = [], [], [], np.zeros(len(rows))
    for i in range(config["groups"]):
        left_out = (rows["group"] == i).to_numpy(dtype=bool, na_value=False)
        table = shifted_validation.leave_out(rows, left_out)
        member = data.Pictures(pictures.images, pictures.labels, table)
        parts = {split: member.where(split) for split in ("train", "val")}
        network, history = trained(parts, config, size, 10 * seed + i, resume)
        histories.append(history)
        score = _logit(network.predict(data.pipeline.dataset(pictures), verbose=0)[:, 0])
        logits.append(score)
        chosen_on = left_out | sick_val
        lines.append(evaluation.youden(pictures.labels[chosen_on], score[chosen_on]).value)
        strangers[left_out] = score[left_out]
    line = LINES[config["line"]](lines)
    score = expit(np.mean(logits, axis=0) - line)
    parts = {split: pictures.where(split) for split in ("train", "val", "test")}
    scores = {split: score[(rows["split"] == split).to_numpy(), None] for split in parts}
    result = judged(parts, scores, side_by_side(histories), seed, 0.5)
    healthy = rows["group"].notna().to_numpy()
    seen_apart = expit(strangers[healthy] - line)
    result["metrics"] |= shifted_validation.report(seen_apart, score[sick_val], 0.5)
    result["metrics"] |= {f"line {i}": float(each) for i, each in enumerate(lines, start=1)}
    return result


def _logit(score: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.asarray(score, float), CERTAIN, 1 - CERTAIN))
