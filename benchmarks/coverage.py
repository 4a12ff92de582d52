"""How often 95 % intervals hold the truth, when patients have several images.

Sets of images are simulated whose true AUC and sensitivity are known: a patient's own share of
the score is the same in all its images. On each set, intervals are made by drawing patients
again, by drawing single images again, and by the formulas that take each image for a patient
(DeLong, Wilson). An honest 95 % interval holds the truth in 93 to 97 % of the sets and misses it as
often above as below.

Further designs: two models whose true AUCs are known are compared; several trainings of one recipe,
with the mean of their own intervals' ends beside; two recipes, by several trainings of each, on the
same images or on their own; patients with images of several classes, some alone with theirs, who
are drawn with those nearest to them, or not at all.

Single images are drawn on every tenth set only: they take longest, and miss by far. A thousand sets
take about 50 minutes of one core. The rows show how many sets an interval missed, in percent: 5 is
right, less is too wide. On which side, and how wide it is, stands in the error stream.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from unittest import mock

import numpy as np
from scipy import stats

from benchmarks.delong import delong
from cxrlib import evaluation
from cxrlib.evaluation.intervals import resampling
from cxrlib.experiments.speed import Figure, Missing

APART = 1.2  # distance of the classes' mean scores, in standard deviations
THRESHOLD = APART / 2
DESIGNS = {
    # patients (five eighths sick), most images of one, share of the variance between patients
    "few siblings": {"patients": 428, "most": 2, "alike": 0.7},
    "many siblings": {"patients": 428, "most": 8, "alike": 0.7},
    "many siblings, few patients": {"patients": 120, "most": 8, "alike": 0.7},
    "images of strangers": {"patients": 428, "most": 8, "alike": 0.0},
    # AUC 0.976: few errors to resample, with 120 patients none at all at a low threshold in 1 of 20
    "few errors": {"patients": 428, "most": 2, "alike": 0.7, "apart": 2.8},
    "few errors, few patients": {"patients": 120, "most": 8, "alike": 0.7, "apart": 2.8},
}


def cohort(rng, patients: int, most: int, alike: float, apart: float = APART):
    """Simulate truth, scores and patients; scores are normal with variance 1 in each class."""
    sick = np.arange(patients) % 8 < 5
    who = np.repeat(np.arange(patients), rng.integers(1, most + 1, size=patients))
    own = rng.normal(size=patients)[who] * np.sqrt(alike)
    y = sick[who].astype(int)
    return y, own + rng.normal(size=len(who)) * np.sqrt(1 - alike) + apart * y, who


def covered(design: dict, sets: int, resamples: int) -> dict:
    """Count for each way how often its interval holds the truth, and how wide it is."""
    apart = design.get("apart", APART)
    auc = stats.norm.cdf(apart / np.sqrt(2))
    thresholds = sorted({THRESHOLD, apart / 2})  # the middle between the classes, and low
    kept: dict[str, list] = {}
    for seed in range(sets):
        y, score, who = cohort(np.random.default_rng(seed), **design)
        again = partial(evaluation.patient_bootstrap, y, score, n_resamples=resamples, seed=seed)
        keep(kept, "AUC, patients drawn", again(who), auc)
        keep(kept, "AUC, DeLong", delong(y, score), auc)
        if seed % 10 == 0:
            keep(kept, "AUC, images drawn", again(np.arange(len(y))), auc)
        for threshold in thresholds:
            found = stats.norm.cdf(apart - threshold)
            share = partial(evaluation.sensitivity, threshold=threshold)
            right = score[y == 1] >= threshold
            wilson = evaluation.wilson_interval(int(right.sum()), len(right))
            keep(kept, f"sensitivity {found:.3f}, patients drawn", again(who, share), found)
            keep(kept, f"sensitivity {found:.3f}, Wilson", wilson, found)
    return {name: summary(rows) for name, rows in kept.items()}


def compared(sets: int, resamples: int, apart: float = 1.0) -> dict:
    """Do the same for the difference of two models that share half of each score's noise."""
    truth = stats.norm.cdf(APART / np.sqrt(2)) - stats.norm.cdf(apart / np.sqrt(2))
    design = DESIGNS["many siblings"]
    kept: dict[str, list] = {}
    for seed in range(sets):
        y, a, who = cohort(np.random.default_rng(seed), **design)
        rng = np.random.default_rng([seed, 1])
        own = rng.normal(size=who.max() + 1)[who] * np.sqrt(design["alike"])
        other = own + rng.normal(size=len(y)) * np.sqrt(1 - design["alike"])
        b = np.sqrt(0.5) * (a - APART * y + other) + apart * y
        again = partial(evaluation.paired_difference, y, a, b, n_resamples=resamples, seed=seed)
        keep(kept, "difference, patients drawn", again(who), truth)
        keep(kept, "difference, DeLong", delong(y, a, b), truth)
        if seed % 10 == 0:
            keep(kept, "difference, images drawn", again(np.arange(len(y))), truth)
    return {name: summary(rows) for name, rows in kept.items()}


def several(sets: int, resamples: int, count: int = 3, differ: float = 0.5) -> dict:
    """Ask for the mean AUC over trainings whose classes lie ``APART`` ± ``differ`` apart."""
    truth = stats.norm.cdf(APART / np.sqrt(2 + differ**2))
    kept: dict[str, list] = {}
    for seed in range(sets):
        rng = np.random.default_rng(seed)
        y, common = np.arange(200) % 2, rng.normal(size=200)
        scores = [common + (APART + rng.normal(scale=differ)) * y for _ in range(count)]
        columns = [y] * count, scores, [np.arange(200)] * count
        found = evaluation.runs_bootstrap(*columns, n_resamples=resamples, seed=seed)
        keep(kept, "mean AUC, patients and trainings drawn", found, truth)
        each = [
            evaluation.patient_bootstrap(*one, n_resamples=resamples, seed=seed)
            for one in zip(*columns, strict=True)
        ]
        mean = evaluation.Interval(*np.mean(each, axis=0))
        keep(kept, "mean AUC, mean of each training's ends", mean, truth)
    return {name: summary(rows) for name, rows in kept.items()}


RECIPES = {
    # trainings of A and B; for each the number of its set of images
    "3 and 3 trainings, the same images": ([0] * 3, [0] * 3),
    "2 and 2 trainings, the same images": ([0] * 2, [0] * 2),
    "3 trainings and this one, the same images": ([0] * 3, [0]),
    "3 and 3 trainings, A's images and B's": ([0] * 3, [1] * 3),
    "3 trainings on the same images, 3 on their own": ([0] * 3, [1, 2, 3]),
    "5 pairs, images of their own": ([*range(5)], [*range(5)]),
}


def recipes(
    images: tuple[list[int], list[int]], sets: int, resamples: int, differ: float = 0.4
) -> dict:
    """Ask for the difference of two recipes' mean AUCs, of which several trainings are known.

    Their classes lie ``APART`` ± ``differ`` and 1 ± ``differ`` apart. What a training sees in an
    image is by 60 % of its variance seen by all of them.
    """
    kept: dict[str, list] = {}
    for seed in range(sets):
        rng = np.random.default_rng(seed)
        y, common = np.arange(200) % 2, rng.normal(size=(1 + max(map(max, images)), 200))
        groups, truths = [], []
        for apart, numbers in zip((APART, 1.0), images, strict=True):
            distances = apart + rng.normal(scale=differ, size=len(numbers))
            own = rng.normal(size=(len(numbers), 200))
            noise = np.sqrt(0.6) * common[numbers] + np.sqrt(0.4) * own
            who = [np.arange(200) + 200 * number for number in numbers]
            scores = noise + distances[:, None] * y
            groups.append(evaluation.Runs([y] * len(numbers), list(scores), who))
            # of a recipe; a single training stands for itself
            several = len(numbers) > 1
            mean, variance = (apart, differ**2) if several else (distances[0], 0)
            truths.append(stats.norm.cdf(mean / np.sqrt(2 + variance)))
        found = evaluation.runs_difference(*groups, n_resamples=resamples, seed=seed)
        keep(kept, "difference of mean AUCs", found, truths[0] - truths[1])
    return {name: summary(rows) for name, rows in kept.items()}


def mixed(rng, patients: int, k: int = 5, other: float = 0.35):
    """Simulate patients with one to six images, some of another class than their most."""
    who = np.repeat(np.arange(patients), rng.integers(1, 7, size=patients))
    y = np.where(rng.random(len(who)) < other, rng.integers(0, k, len(who)), who % k)
    own = rng.normal(size=(patients, k))[who] * np.sqrt(0.7)
    odds = own + rng.normal(size=(len(who), k)) * np.sqrt(0.3) + APART * np.eye(k)[y]
    return y, np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True), who


def alone(sets: int, resamples: int, patients: int) -> dict:
    """Ask for the macro sensitivity over such patients, with and without pooling."""
    metric = evaluation.macro_sensitivity
    truth = metric(*mixed(np.random.default_rng(99), 200_000)[:2])
    kept: dict[str, list] = {}
    refused = 0
    for seed in range(sets):
        y, score, who = mixed(np.random.default_rng(seed), patients)
        again = partial(
            evaluation.patient_bootstrap, y, score, who, metric, n_resamples=resamples, seed=seed
        )
        try:
            found = again()
        except ValueError:  # a class could be missing from a resample
            refused += 1
            continue
        keep(kept, "macro sensitivity, drawn with the nearest", found, truth)
        with (
            mock.patch.object(resampling, "_merge_singletons", lambda kinds, strata: strata),
            mock.patch.object(resampling, "check_patients"),
        ):
            keep(kept, "macro sensitivity, in strata of their own", again(), truth)
    if refused:
        print(f"{patients} patients: refused {refused} of {sets} sets", file=sys.stderr)
    return {name: summary(rows) for name, rows in kept.items()}


def keep(kept: dict[str, list], way: str, interval: evaluation.Interval, truth: float) -> None:
    """Note on which side of an interval the truth lies, if outside, and the interval's width."""
    side = int(truth > interval.high) - int(truth < interval.low)
    kept.setdefault(way, []).append((side, interval.high - interval.low))


def summary(rows: list[tuple[int, float]]) -> dict:
    """Share of hits with Wilson's interval, misses on either side, and the median width."""
    sides, widths = np.array(rows).T
    share = evaluation.wilson_interval(int((sides == 0).sum()), len(rows))
    return {
        "coverage": round(share.value, 4),
        "between": [round(share.low, 4), round(share.high, 4)],
        "interval_too_high": round(float((sides < 0).mean()), 4),
        "interval_too_low": round(float((sides > 0).mean()), 4),
        "median_width": round(float(np.median(widths)), 4),
    }


def in_rows(name: str, ways: Mapping[str, dict]) -> Iterator[Figure]:
    """Give the first way of each quantity beside the others: sets missed, in percent."""
    quantities: dict[str, dict[str, float]] = {}
    for way, row in ways.items():
        print(name, way, row, file=sys.stderr)
        quantity, _, how = way.partition(", ")
        quantities.setdefault(quantity, {})[how] = 100 * (1 - row["coverage"])
    for quantity, missed in quantities.items():
        (how, ours), *others = missed.items()
        figure = f"{name}: truth missed by the interval of {quantity} (5 is right)"
        unit = f"% {how}".strip()
        if not others:
            yield Figure(figure, unit, ours)
        for peer, value in others:
            yield Figure(figure, unit, ours, value, peer)


def figures(quick: bool) -> Iterator[Figure | Missing]:
    """Simulate all designs."""
    sets, resamples = (10, 200) if quick else (1000, 1000)
    for name, design in DESIGNS.items():
        yield from in_rows(name, covered(design, sets, resamples))
    yield from in_rows("two models, many siblings", compared(sets, resamples))
    yield from in_rows("three trainings", several(sets, resamples))
    for name, images in RECIPES.items():
        yield from in_rows(name, recipes(images, sets, resamples))
    for patients in (25, 40):
        yield from in_rows(
            f"{patients} patients of mixed classes", alone(sets, resamples, patients)
        )
