"""Do 95 % intervals hold the truth 95 % of the time? benchmarks/coverage.py asks for longer."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from benchmarks.delong import delong
from cxrlib import evaluation as ev
from tests.evaluation.cohorts import cohort

APART = 1.2
TRUTH = stats.norm.cdf(APART / np.sqrt(2))  # AUC of two normals of variance 1, APART apart


def simulated(seed, patients=120, most=8, alike=0.7):
    """Scores of one patient's images share 70 % of their variance."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(patients), rng.integers(1, most + 1, size=patients))
    y = (who % 2).astype(int)
    own = rng.normal(size=patients)[who] * np.sqrt(alike)
    return y, own + rng.normal(size=len(who)) * np.sqrt(1 - alike) + APART * y, who


def test_patients_must_be_drawn_for_intervals_to_be_honest():
    sets, hits = 100, {"patients": 0, "pictures": 0}
    for seed in range(sets):
        y, score, who = simulated(seed)
        for way, drawn in (("patients", who), ("pictures", np.arange(len(y)))):
            found = ev.patient_bootstrap(y, score, drawn, n_resamples=150, seed=seed)
            hits[way] += found.low <= TRUTH <= found.high
    # Of 100 sets at 95 %: 95, give or take 2.2. Single images fall far short.
    assert 0.90 <= hits["patients"] / sets <= 0.99
    assert hits["pictures"] / sets < 0.80


def test_few_errors_get_intervals_that_do_not_lie_too_high():
    share = partial(ev.sensitivity, threshold=APART - 1.8)
    truth, sets, above, below = stats.norm.cdf(1.8), 200, 0, 0  # 3.6 of 100 sick missed
    for seed in range(sets):
        y, score, who = simulated(seed, patients=200, most=1)
        interval = ev.patient_bootstrap(y, score, who, share, n_resamples=200, seed=seed)
        above += interval.low > truth
        below += interval.high < truth
    # Without correction, 12 % lie above the truth, and 0.3 % below.
    assert 0.90 <= 1 - (above + below) / sets <= 0.99
    assert above / sets < 0.07


@pytest.mark.parametrize(("own", "count"), [(False, 3), (True, 5)])
def test_intervals_of_several_trainings_hold_the_truth(own, count):
    # Each training's classes lie APART ± 0.5 apart: its AUC is Φ(d / √2), d normal around APART.
    truth, sets, hits, averaged = stats.norm.cdf(APART / np.sqrt(2 + 0.25)), 100, 0, 0
    y = np.arange(200) % 2
    for seed in range(sets):
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=(count if own else 1, 200))
        scores = [noise[i * own] + (APART + rng.normal(scale=0.5)) * y for i in range(count)]
        who = [np.arange(200) + own * i * 200 for i in range(count)]
        found = ev.runs_bootstrap([y] * count, scores, who, n_resamples=200, seed=seed)
        hits += found.low <= truth <= found.high
        if not own:
            each = [ev.patient_bootstrap(y, score, who[0], n_resamples=100) for score in scores]
            _, low, high = np.mean(each, axis=0)
            averaged += low <= truth <= high
    # Of 100 sets at 95 %: 95, give or take 2.2. Where a mean of ends was given, far fewer.
    assert hits >= 89
    assert averaged < 85


def test_intervals_of_the_difference_of_two_recipes_hold_the_truth():
    # The trainings of a recipe differ; what makes an image hard is half the same for all of them.
    apart, sets, hits, single = (1.4, 1.0), 100, 0, 0
    truth = np.subtract(*stats.norm.cdf(np.array(apart) / np.sqrt(2 + 0.25)))
    y, who = np.arange(80) % 2, np.arange(80)
    for seed in range(sets):
        rng = np.random.default_rng(seed)
        hard = rng.normal(size=80)
        noise = np.sqrt(0.5) * (hard + rng.normal(size=(2, 3, 80)))
        distances = np.array(apart)[:, None] + rng.normal(scale=0.5, size=(2, 3))
        scores = noise + distances[:, :, None] * y
        groups = [ev.Runs([y] * 3, list(of_three), [who] * 3) for of_three in scores]
        found = ev.runs_difference(*groups, n_resamples=100, seed=seed)
        hits += found.low <= truth <= found.high
        one = ev.paired_difference(y, scores[0, 0], scores[1, 0], who, n_resamples=100, seed=seed)
        single += one.low <= truth <= one.high
    # Of 100 sets at 95 %: 95, give or take 2.2. One training of each says too little of recipes.
    assert hits >= 89
    assert single < 85


def test_delong_on_the_ct_readings_of_hanley_and_mcneil():
    # Hanley and McNeil (1982), table 1: 58 without and 51 with the disease, read from 1 to 5.
    # Stata's manual, `roctab`, gives 0.8932 and 0.83295 to 0.95339 by DeLong's formula.
    readings = np.arange(1, 6)
    without = np.repeat(readings, [33, 6, 6, 11, 2])
    having = np.repeat(readings, [3, 2, 2, 11, 33])
    y = np.repeat([0, 1], [len(without), len(having)])
    found = delong(y, np.concatenate([without, having]))
    assert found == pytest.approx((0.8932, 0.83295, 0.95339), abs=5e-5)


def test_the_bootstrap_agrees_with_delong():
    y, a, _ = cohort()
    b = a + np.random.default_rng([0, 1]).normal(scale=0.3, size=len(y))
    each = np.arange(len(y))
    for drawn, formula in (
        (ev.patient_bootstrap(y, a, each), delong(y, a)),
        (ev.paired_difference(y, a, b, each), delong(y, a, b)),
    ):
        assert drawn.value == pytest.approx(formula.value)
        assert 0.93 < (drawn.high - drawn.low) / (formula.high - formula.low) < 1.07
