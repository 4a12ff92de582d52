from functools import partial

import numpy as np
import pytest
from scipy import stats

from cxrlib import evaluation as ev
from cxrlib.evaluation.intervals import limits, runs
from tests.evaluation.cohorts import cohort

bootstrap = ev.patient_bootstrap


@pytest.fixture
def calls(monkeypatch):
    """What the ends were taken from: value, resampled, acceleration, n_effective, level."""
    kept = []

    def spy(*args):
        kept.append(args)
        return limits.bca_interval(*args)

    monkeypatch.setattr(runs, "bca_interval", spy)
    return kept


def images(seed, n=60):
    """Truth, what makes an image look sick, and patients, some of them with two."""
    y, who = np.arange(n) % 2, np.arange(n) - 2 * (np.arange(n) % 10 == 3)
    return y, y + np.random.default_rng(seed).normal(size=n), who + 1000 * seed


def trained(shown, offsets, seed=0):
    """Trainings on these images, one an offset: how much clearer it sees than others."""
    rng = np.random.default_rng([seed, 1])
    each = [
        (y, look + rng.normal(size=len(y)) * 0.5 + of * y, who)
        for of, (y, look, who) in zip(offsets, shown, strict=True)
    ]
    return ev.Runs(*map(list, zip(*each, strict=True)))


def test_one_training_has_the_interval_that_it_had():
    y, score, who = cohort()
    for metric in (ev.roc_auc, partial(ev.sensitivity, threshold=0.3)):
        alone = bootstrap(y, score, who, metric, n_resamples=100, seed=3)
        assert ev.runs_bootstrap([y], [score], [who], metric, n_resamples=100, seed=3) == alone


def test_trainings_that_do_not_differ_have_the_interval_of_one():
    y, score, who = cohort()
    found = ev.runs_bootstrap([y] * 3, [score] * 3, [who] * 3, n_resamples=500)
    assert found == pytest.approx(bootstrap(y, score, who, n_resamples=500), abs=1e-9)
    perfect = ev.runs_bootstrap([y] * 3, [y] * 3, [who] * 3, n_resamples=20)
    assert perfect == (1, 1, 1)


@pytest.mark.parametrize("threshold", [-9, 9])
def test_a_rate_of_all_or_none_in_each_training_has_a_width(threshold):
    y, score, who = cohort()
    all_or_none = partial(ev.sensitivity, threshold=threshold)
    alone = bootstrap(y, score, who, all_or_none, n_resamples=20)
    assert alone.low < alone.high
    for n in (1, 3):
        found = ev.runs_bootstrap([y] * n, [score] * n, [who] * n, all_or_none, n_resamples=20)
        assert found == alone
    each = [all_or_none, partial(ev.sensitivity, threshold=-threshold)]
    found = ev.runs_bootstrap([y] * 2, [score] * 2, [who] * 2, each, n_resamples=200)
    assert found.value == 0.5
    assert found.low < 0.5 < found.high


def test_a_threshold_each_is_used_for_its_own_training():
    y, score, who = cohort()
    each = [partial(ev.sensitivity, threshold=t) for t in (0.3, 0.7)]
    found = ev.runs_bootstrap([y] * 2, [score] * 2, [who] * 2, each, n_resamples=50)
    assert found.value == pytest.approx(np.mean([metric(y, score) for metric in each]))


def test_many_classes_have_a_mean_over_trainings_too_which_lie_apart():
    y, metric = np.arange(60) % 3, ev.macro_auc
    scores = [np.random.default_rng(i).dirichlet([1, 1, 1], 60) for i in range(3)]
    found = ev.runs_bootstrap([y] * 3, scores, [np.arange(60)] * 3, metric, n_resamples=50)
    values = [metric(y, score) for score in scores]
    assert found.value == pytest.approx(np.mean(values))
    assert found.low < min(values) < max(values) < found.high


SHARED = [images(0)] * 3
OWN = [images(seed) for seed in (1, 2, 3)]
DESIGNS = {
    "all on the same images": (SHARED, SHARED[:2]),
    "each group on its own": (SHARED, OWN[:1] * 2),
    "one on the same, one each on its own": (SHARED, OWN),
    "a pair of trainings for each set of images": (OWN, OWN),
}


def test_one_against_one_is_the_paired_difference():
    y, a, who = cohort()
    b = a + np.random.default_rng(1).normal(scale=0.3, size=len(y))
    for metric in (ev.roc_auc, partial(ev.sensitivity, threshold=0.3)):
        of = [ev.Runs([y], [score], [who], metric) for score in (a, b)]
        found = ev.runs_difference(*of, n_resamples=100, seed=3)
        assert found == ev.paired_difference(y, a, b, who, metric, n_resamples=100, seed=3)
    at = [ev.Runs([y], [a], [who], partial(ev.sensitivity, threshold=t)) for t in (0.3, 0.7)]
    found = ev.runs_difference(*at, n_resamples=100)
    calls = (a >= 0.3).astype(float), (a >= 0.7).astype(float)
    assert found == ev.paired_difference(y, *calls, who, ev.sensitivity, n_resamples=100)


@pytest.mark.parametrize("design", DESIGNS)
def test_turning_the_groups_round_turns_the_sign(design, calls):
    a, b = (
        trained(shown, [0.2, 0.9, 1.5][: len(shown)], i) for i, shown in enumerate(DESIGNS[design])
    )
    one, other = (ev.runs_difference(*groups) for groups in ((a, b), (b, a)))
    means = [np.mean(list(map(ev.roc_auc, group.y_true, group.y_score))) for group in (a, b)]
    assert one.value == -other.value == pytest.approx(means[0] - means[1])
    np.testing.assert_allclose(one, -np.array(other)[[0, 2, 1]], atol=0.1 * (one.high - one.low))
    (*_, skew, n, _), (*_, turned, n_turned, _) = calls
    assert skew == pytest.approx(-turned, rel=0.2)
    assert n == pytest.approx(n_turned, rel=0.1)


@pytest.mark.parametrize("design", list(DESIGNS)[:3])
def test_resamples_vary_as_those_drawn_one_by_one(design, calls):
    a, b = (
        trained(shown, [0.2, 0.9, 1.5][: len(shown)], i) for i, shown in enumerate(DESIGNS[design])
    )
    ev.runs_difference(a, b)
    rng = np.random.default_rng(0)
    slow = [drawn_one_by_one(a, b, rng) for _ in range(600)]
    assert calls[0][1].std() == pytest.approx(np.std(slow), rel=0.1)
    assert calls[0][1].mean() == pytest.approx(np.mean(slow), abs=4 * np.std(slow) / 600**0.5)


def drawn_one_by_one(a, b, rng):
    """Difference of mean AUCs in one resample, without the package."""
    drawn, means = {}, []  # the same patients for all trainings that have them
    for group in (a, b):
        aucs = []
        for y, score, who in zip(*group[:3], strict=True):
            if who[0] not in drawn:
                ids = [np.unique(who[y == label]) for label in (0, 1)]
                drawn[who[0]] = [rng.choice(of_class, len(of_class)) for of_class in ids]
            of = {}
            for one, value in zip(who, score, strict=True):
                of.setdefault(one, []).append(value)
            healthy, sick = (np.concatenate([of[i] for i in ids]) for ids in drawn[who[0]])
            aucs.append((sick[:, None] > healthy).mean())
        means.append(np.mean(rng.choice(aucs, max(len(aucs) - 1, 1))))
    return means[0] - means[1]


def test_without_patients_to_differ_it_rests_on_what_welch_s_test_rests_on(calls):
    y, score, who = cohort(60, 40)
    values = [0.7, 0.8, 0.95], [0.5, 0.6]
    of = []
    for each in values:
        lists = ([column] * len(each) for column in (y, score, who))
        of.append(ev.Runs(*lists, [lambda y, s, v=v: v for v in each]))
    ev.runs_difference(*of, n_resamples=2000)
    ((value, resampled, _, n_effective, _),) = calls
    test = stats.ttest_ind(*values, equal_var=False)
    assert n_effective == pytest.approx(1 + test.df)
    assert value / resampled.std() == pytest.approx(test.statistic, rel=0.06)


def test_where_b_is_certain_the_interval_is_that_of_a(calls):
    (y, score, who), n = cohort(100, 60), 400
    a = ev.Runs([y], [score], [who])
    b = ev.Runs([y], [score], [who + 1000], lambda y, s: 0.5)
    alone = np.array(bootstrap(y, score, who, n_resamples=n)) - 0.5
    np.testing.assert_allclose(ev.runs_difference(a, b, n_resamples=n), alone, atol=1e-9)
    ev.runs_difference(b, a, n_resamples=n)
    (*_, skew, _, _), (*_, turned, _, _) = calls
    assert skew == -turned != 0


def test_a_training_that_comes_twice_counts_once():
    y, score, who = cohort(100, 60)
    a, twice = (ev.Runs([y] * n, [score] * n, [who] * n) for n in (1, 2))
    b = trained(OWN[:1], [0.5])
    once = ev.runs_difference(a, b, n_resamples=300)
    assert ev.runs_difference(twice, b, n_resamples=300) == pytest.approx(once, abs=1e-9)


def test_a_recipe_does_not_differ_from_itself():
    a = trained(SHARED, [0.2, 0.9, 1.5])
    found = ev.runs_difference(a, a, n_resamples=200)
    assert found.low < found.value == 0 < found.high
    apart = ev.Runs([*a.y_true], [*a.y_score], [who + 1000 for who in a.patients])
    apart = ev.runs_difference(a, apart, n_resamples=200)
    assert apart.high - apart.low > found.high - found.low
    y, score, who = SHARED[0]
    same = ev.runs_difference(
        ev.Runs([y] * 3, [score] * 3, [who] * 3), ev.Runs([y] * 2, [score] * 2, [who] * 2)
    )
    assert same == pytest.approx((0, 0, 0), abs=1e-12)


def test_pairs_on_images_of_their_own_are_a_mean_of_differences():
    a = trained(OWN, [1, 1, 1])
    b = a._replace(y_score=[score + 0.1 * np.cos(9 * score) for score in a.y_score])
    found = ev.runs_difference(a, b, n_resamples=200)
    order = [2, 0, 1]
    turned = ev.Runs(*([of[k] for k in order] for of in b[:3]))
    assert ev.runs_difference(a, turned, n_resamples=200) == found
    # A split that is hard for A is hard for B: far narrower than if B's images were of others.
    strangers = ev.runs_difference(
        a, b._replace(patients=[who + 9000 for who in b.patients]), n_resamples=200
    )
    assert found.high - found.low < 0.5 * (strangers.high - strangers.low)


def test_trainings_of_a_group_that_share_images_share_their_patients(calls):
    y, score, who = images(0)
    other = [*OWN[0]]
    ev.runs_bootstrap(*zip((y, score, who), (y, -score, who), other, strict=True), n_resamples=50)
    # The two on the same images are each other's opposite: AUCs that sum to 1 in each resample.
    assert calls[0][0] == pytest.approx((1 + ev.roc_auc(*other[:2])) / 3)


def test_each_class_that_one_of_the_metrics_looks_at_is_needed():
    y, score, who = [0, 1, 1, 1], [0.2, 0.3, 0.8, 0.9], [*"abcd"]
    for n in (1, 2):
        lists = [y] * n, [score] * n, [who] * n
        of = [ev.Runs(*lists, metric) for metric in (ev.sensitivity, ev.accuracy)]
        with pytest.raises(ValueError, match="2 patients of class 0"):
            ev.runs_difference(*of, n_resamples=20)
