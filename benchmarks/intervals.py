"""How long an interval takes: 2,000 resamples of 624 images of 428 children.

The peer draws the same patients again, class by class, and calls scikit-learn's metric on each
resample, as one would by hand; SciPy's own bootstrap draws single images. A metric of one's own is
called once for each resample and patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy import stats
from sklearn import metrics as sk

from benchmarks.measuring import Measured, timed
from cxrlib import evaluation
from cxrlib.evaluation.intervals import resampling
from cxrlib.experiments.speed import Figure, Missing

SKLEARN, SCIPY = "scikit-learn in a loop", "scipy.stats.bootstrap, by image"
Metric = Callable[[np.ndarray, np.ndarray], float]


def cut(metric: Callable, **options: object) -> Metric:
    """Make a metric of scores of one of scikit-learn's for predictions."""
    return lambda y, score: metric(y, score >= 0.5, **options)


def most(metric: Callable) -> Metric:
    """Make a metric of probabilities a class of one of scikit-learn's for predictions."""
    return lambda y, score: metric(y, score.argmax(axis=1), average="macro", zero_division=0)


PEERS: dict[str, Metric] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "accuracy": cut(sk.accuracy_score),
    "sensitivity": cut(sk.recall_score, zero_division=0),
    "specificity": cut(sk.recall_score, pos_label=0, zero_division=0),
    "balanced_accuracy": cut(sk.balanced_accuracy_score),
    "precision": cut(sk.precision_score, zero_division=0),
    "f1_score": cut(sk.f1_score, zero_division=0),
    "weighted_f1": cut(sk.f1_score, average="weighted", zero_division=0),
}
MANY: dict[str, Metric] = {
    "accuracy": lambda y, score: sk.accuracy_score(y, score.argmax(axis=1)),
    "macro_auc": partial(sk.roc_auc_score, multi_class="ovr"),
    "macro_sensitivity": most(sk.recall_score),
    "macro_f1": most(sk.f1_score),
}


def cohort(k: int = 2, n: int = 624, patients: int = 428):
    """Draw truth, scores and patients; for more than two classes a probability a class."""
    rng = np.random.default_rng(0)
    who = rng.integers(0, patients, size=n)
    y = (np.arange(patients) % k)[who]
    odds = rng.normal(size=(n, k))
    odds[np.arange(n), y] += 2
    shares = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    return y, shares if k > 2 else shares[:, 1], who


def in_a_loop(y, score, who, metric: Metric, resamples: int) -> tuple[float, float]:
    """Draw patients of each class again and call a metric on their images: percentiles."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(who == one) for one in np.unique(who)]
    label = np.array([y[r[0]] for r in rows])
    strata = [np.flatnonzero(label == one) for one in np.unique(label)]
    values = []
    for _ in range(resamples):
        drawn = np.concatenate([rng.choice(s, len(s)) for s in strata])
        picked = np.concatenate([rows[i] for i in drawn])
        values.append(metric(y[picked], score[picked]))
    low, high = np.quantile(values, (0.025, 0.975))
    return low, high


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Measure each metric, and what is made of several."""
    resamples, repeats = (50, 1) if quick else (2000, 3)
    y, score, who = cohort()
    many = cohort(4)
    other = np.random.default_rng(1).permutation(score)
    ours = partial(evaluation.patient_bootstrap, n_resamples=resamples)
    two = [evaluation.roc_auc, evaluation.average_precision, *resampling.AT_THRESHOLD]
    loop = partial(in_a_loop, resamples=resamples)
    jobs: dict[str, dict[str, Callable]] = {}
    for metric in two:
        name = metric.__name__
        jobs[name] = {"cxrlib": partial(ours, y, score, who, metric)}
        if name in PEERS:
            jobs[name][SKLEARN] = partial(loop, y, score, who, PEERS[name])
    jobs["roc_auc"][SCIPY] = lambda: stats.bootstrap(
        (y, score),
        sk.roc_auc_score,
        paired=True,
        vectorized=False,
        n_resamples=resamples,
        method="BCa",
        rng=0,
    )
    for metric in resampling.MULTICLASS:
        name = metric.__name__
        ways = {"cxrlib": partial(ours, *many, metric), SKLEARN: partial(loop, *many, MANY[name])}
        jobs[f"{name}, 4 classes"] = ways
    own = partial(evaluation.sensitivity, threshold=0.3)
    jobs["sensitivity at 0.3, a metric of one's own"] = {
        "cxrlib": partial(ours, y, score, who, own)
    }
    both = np.stack([score, other], axis=1)

    def difference(y: np.ndarray, two: np.ndarray) -> float:
        return sk.roc_auc_score(y, two[:, 0]) - sk.roc_auc_score(y, two[:, 1])

    jobs["difference of two AUCs"] = {
        "cxrlib": partial(
            evaluation.paired_difference, y, score, other, who, n_resamples=resamples
        ),
        SKLEARN: partial(loop, y, both, who, difference),
    }
    three = evaluation.Runs([y] * 3, [score] * 3, [who] * 3)
    of_runs = {"n_resamples": resamples}
    jobs["AUC, three trainings"] = {"cxrlib": partial(evaluation.runs_bootstrap, *three, **of_runs)}
    jobs["difference of three trainings' AUCs and three"] = {
        "cxrlib": partial(evaluation.runs_difference, three, three, **of_runs)
    }
    for name, calls in jobs.items():
        ways = {way: timed(call) for way, call in calls.items()}
        found = Measured.alternate(ways, repeats, warm_up=0 if quick else 1)
        yield from found.missing
        yield from found.figures(f"interval of {name}, {resamples:,} resamples", "ms", scale=1000)
