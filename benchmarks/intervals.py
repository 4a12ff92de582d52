"""How long an interval takes: 2,000 resamples of 624 images of 428 children.

    python benchmarks/intervals.py > intervals.json

For each metric the least of three runs, in seconds. A metric of one's own is called once for each
resample and patient. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import time
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from cxrlib import evaluation
from cxrlib.evaluation.intervals import resampling


def cohort(k: int = 2, n: int = 624, patients: int = 428):
    """Draw truth, scores and patients; for more than two classes a probability a class."""
    rng = np.random.default_rng(0)
    who = rng.integers(0, patients, size=n)
    y = (np.arange(patients) % k)[who]
    odds = rng.normal(size=(n, k))
    odds[np.arange(n), y] += 2
    shares = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    return y, shares if k > 2 else shares[:, 1], who


def seconds(call) -> float:
    """Least of three durations."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return round(min(times), 3)


def main() -> None:
    y, score, who = cohort()
    many = cohort(4)
    other = np.random.default_rng(1).permutation(score)
    bootstrap, difference = evaluation.patient_bootstrap, evaluation.paired_difference
    of_two = [evaluation.roc_auc, evaluation.average_precision, *resampling.AT_THRESHOLD]
    ways = {m.__name__: partial(bootstrap, y, score, who, m) for m in of_two}
    own = partial(evaluation.sensitivity, threshold=0.3)
    ways["sensitivity at 0.3"] = partial(bootstrap, y, score, who, own)
    ways["difference of two AUCs"] = partial(difference, y, score, other, who)
    ways |= {
        f"{m.__name__}, 4 classes": partial(bootstrap, *many, m) for m in resampling.MULTICLASS
    }
    three = evaluation.Runs([y] * 3, [score] * 3, [who] * 3)
    ways["AUC, three trainings"] = partial(evaluation.runs_bootstrap, *three)
    ways["difference of three trainings' AUCs and three"] = partial(
        evaluation.runs_difference, three, three
    )
    answer = {"benchmark": "intervals", "cores": os.cpu_count()}
    print(json.dumps(answer | {"seconds": {k: seconds(v) for k, v in ways.items()}}, indent=2))


if __name__ == "__main__":
    main()
