"""Several trainings: patients and trainings drawn again."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from cxrlib import evaluation

from .test_intervals import cohort

APART = 1.2


def trainings(seed, count=5, patients=200, differ=0.5, own=False):
    """Scores of several trainings whose classes lie APART ± ``differ`` apart, so do their AUCs."""
    rng = np.random.default_rng(seed)
    truth, scores, who = [], [], []
    y, common = np.arange(patients) % 2, rng.normal(size=patients)
    for i in range(count):
        noise = rng.normal(size=patients) if own else common
        truth.append(y)
        scores.append(noise + (APART + rng.normal(scale=differ)) * y)
        who.append(np.arange(patients) + own * i * patients)
    return truth, scores, who


def mean_auc(differ=0.5):
    """Mean over trainings of Φ(d / √2), d normal around APART: Φ(APART / √(2 + differ²))."""
    return stats.norm.cdf(APART / np.sqrt(2 + differ**2))


def test_one_training_has_the_interval_that_it_had():
    y, score, who = cohort()
    for metric in (evaluation.roc_auc, partial(evaluation.sensitivity, threshold=0.3)):
        alone = evaluation.patient_bootstrap(y, score, who, metric, n=100, seed=3)
        assert evaluation.runs_bootstrap([y], [score], [who], metric, n=100, seed=3) == alone


def test_trainings_that_do_not_differ_have_the_interval_of_one():
    y, score, who = cohort()
    alone = evaluation.patient_bootstrap(y, score, who, n=500)
    found = evaluation.runs_bootstrap([y] * 3, [score] * 3, [who] * 3, n=500)
    assert found == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize("own", [False, True])
def test_the_spread_between_trainings_widens_the_interval(own):
    wide, narrow = (
        evaluation.runs_bootstrap(*trainings(0, differ=differ, own=own), n=300)
        for differ in (1.0, 0.0)
    )
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


@pytest.mark.parametrize(("own", "count"), [(False, 3), (False, 5), (True, 5)])
def test_intervals_of_several_trainings_hold_the_truth(own, count):
    sets, hits, averaged = 100, 0, 0
    for seed in range(sets):
        truth, scores, who = trainings(seed, count, own=own)
        found = evaluation.runs_bootstrap(truth, scores, who, n=200, seed=seed)
        hits += found.low <= mean_auc() <= found.high
        if count == 3:
            each = [
                evaluation.patient_bootstrap(*one, n=100)
                for one in zip(truth, scores, who, strict=True)
            ]
            _, low, high = np.mean(each, axis=0)
            averaged += low <= mean_auc() <= high
    # Of 100 sets at 95 %: 95, give or take 2.2. Where a mean of ends was given, far fewer.
    assert hits >= 89
    if count == 3:
        assert averaged < 85


def test_a_threshold_each_is_used_for_its_own_training():
    y, score, who = cohort()
    each = [partial(evaluation.sensitivity, threshold=t) for t in (0.3, 0.7)]
    found = evaluation.runs_bootstrap([y] * 2, [score] * 2, [who] * 2, each, n=50)
    assert found.value == pytest.approx(np.mean([metric(y, score) for metric in each]))


def test_many_classes_have_a_mean_over_trainings_too():
    y = np.arange(60) % 3
    scores = [np.random.default_rng(i).dirichlet([1, 1, 1], 60) for i in range(3)]
    metric = evaluation.macro_auc
    found = evaluation.runs_bootstrap([y] * 3, scores, [np.arange(60)] * 3, metric, n=50)
    assert found.value == pytest.approx(np.mean([metric(y, score) for score in scores]))
    assert found.low < found.value < found.high


def test_perfect_trainings_have_no_width():
    y = np.repeat([0, 1], 10)
    found = evaluation.runs_bootstrap([y] * 3, [y] * 3, [np.arange(20)] * 3, n=20)
    assert found == (1, 1, 1)


def test_lists_must_be_of_one_length():
    y, score, who = cohort()
    with pytest.raises(ValueError, match=r"got 2, 1, 2 and 2. Pass lists of one length"):
        evaluation.runs_bootstrap([y] * 2, [score], [who] * 2, n=5)
    with pytest.raises(ValueError, match="got 0, 0, 0 and 0"):
        evaluation.runs_bootstrap([], [], [], n=5)


def test_wilson_over_one_training_is_wilson():
    for right, n in ((0, 9), (7, 9), (9, 9), (580, 624)):
        expected = evaluation.wilson(right, n)
        assert evaluation.wilson_over_runs([right], [n]) == pytest.approx(expected, abs=1e-12)


def test_wilson_counts_a_picture_once_and_trainings_that_lie_apart_for_less():
    alike = evaluation.wilson_over_runs([7, 7], [10, 10])
    assert alike == pytest.approx(evaluation.wilson(14, 20), abs=1e-12)
    once = evaluation.wilson_over_runs([7, 7], [10, 10], 10)
    assert once == pytest.approx(evaluation.wilson(7, 10), abs=1e-12)
    # Pearson's χ² of 10 and 5 of 10 around 7.5: 2 · 2.5² / 1.875 = 6.67 over one degree of freedom.
    apart = evaluation.wilson_over_runs([10, 5], [10, 10])
    assert apart.value == 0.75
    assert apart.low < evaluation.wilson(15, 20).low - 0.2
    assert evaluation.wilson_over_runs([10, 10], [10, 10]).high == 1


def test_wilson_over_runs_refuses_impossible_counts():
    with pytest.raises(ValueError, match="successes=6, n=5"):
        evaluation.wilson_over_runs([6], [5])
    with pytest.raises(ValueError, match="from 1 to 10 different pictures, got 11"):
        evaluation.wilson_over_runs([3, 3], [5, 5], 11)
