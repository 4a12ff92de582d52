from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cxrlib import evaluation
from cxrlib.evaluation import metrics
from cxrlib.evaluation.intervals import resampling
from tests.evaluation.cohorts import cohort, cohort_of

OF_TWO = [*resampling.OF_SCORES, *resampling.AT_THRESHOLD]
OF_TWO += [partial(m, threshold=0.37) for m in (metrics.sensitivity, metrics.f1_score)]
OF_MANY = list(resampling.MULTICLASS)


def drawn(y, who, n=10, seed=0):
    groups, strata = resampling.stratify(y, who)
    return resampling.draw_patients(strata, n, np.random.default_rng(seed))[:, groups]


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, None]), st.sampled_from([2, 3, 4]))
def test_the_quick_way_equals_calling_the_metric(seed, digits, k):
    for wanted, (y, score, who) in (
        (OF_TWO, cohort(40, 25, seed, digits)),
        (OF_MANY, cohort_of(k, 40, 25, seed, digits)),
    ):
        if len(set(y)) < 2:
            continue
        counts = drawn(y, who, seed=seed)
        for metric in wanted:
            quick = resampling.vectorize(metric, y, score)
            called = resampling.vectorize(lambda a, b, m=metric: m(a, b), y, score)
            np.testing.assert_allclose(quick(counts), called(counts), atol=1e-12)


def test_whole_patients_are_drawn_class_by_class():
    y, who = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([*"aabccdd"])
    seen = []
    evaluation.patient_bootstrap(
        y, np.arange(7) / 10, who, lambda a, b: seen.append((a, b)) or 0.0, n_resamples=30
    )
    assert len(seen) == 1 + 30 + 4  # as they are, drawn, without each patient
    for truth, score in seen[1:31]:
        assert set(truth) == {0, 1}
        assert list(score).count(0.0) == list(score).count(0.1)  # both images of patient a
        assert list(score).count(0.3) == list(score).count(0.4)  # patient c
        assert len(truth) - list(truth).count(0) == 4


def test_patients_of_the_same_classes_share_a_stratum():
    y = np.array([0, 1, 2, 0, 2, 1, 0, 1, 2, 2, 0, 2, 2, 1])
    who = np.array([*"abccddefghiijj"])
    _, strata = resampling.stratify(y, who)  # a e 0, b f 1, g h 2, c i 0 and 2, d j 1 and 2
    assert len(set(strata)) == 5
    for one, other in ("ae", "bf", "gh", "ci", "dj"):
        names = list(dict.fromkeys(who))
        assert strata[names.index(one)] == strata[names.index(other)]
    pairs = np.array([0, 0, 1, 1]), np.array([*"abbc"])
    assert resampling.stratify(*pairs)[1].tolist() == [0, 1, 2]  # as always: healthy, both, sick


def test_a_patient_alone_with_its_classes_joins_the_nearest_patients():
    y, who = np.array([0, 0, 1, 1, 2, 2, 0, 1, 0, 2]), np.array([*"abcdefgghh"])
    groups, strata = resampling.stratify(y, who)  # g has 0 and 1, h 0 and 2, and nobody else has
    assert len(set(strata)) == 3
    assert strata[6] in (strata[0], strata[2])
    assert strata[7] in (strata[0], strata[4])
    counts = resampling.draw_patients(strata, 200, np.random.default_rng(0))
    assert set(counts[:, 6]) >= {0, 1, 2}
    in_each = counts[:, groups]
    assert all((in_each[:, y == k].sum(axis=1) > 0).all() for k in range(3))


def test_patients_count_as_many_as_have_equal_shares_of_the_images():
    groups = np.repeat(np.arange(8), [3, 3, 3, 3, 3, 9, 1, 1])
    y = (groups > 4).astype(int)
    assert resampling.effective_sample_size(y, groups, (0,)) == 5
    assert resampling.effective_sample_size(y, groups, (1,)) == pytest.approx(11**2 / 83)
    assert resampling.effective_sample_size(y, groups, (0, 1)) == pytest.approx(11**2 / 83)
    alone = resampling.effective_sample_size(y[y == 1], groups[y == 1], (0, 1))
    assert alone == pytest.approx(121 / 83)


@pytest.mark.parametrize("chunk", [7, 59, 60])
def test_every_patient_is_left_out_once(monkeypatch, chunk):
    y, score, who = cohort(90, 60)
    by_counts = resampling.vectorize(metrics.roc_auc, y, score)

    def acceleration():
        return resampling.resample(y, who, by_counts, (0, 1), n_resamples=1, seed=0)[1]

    whole = acceleration()
    monkeypatch.setattr(resampling, "BATCH", chunk)
    assert acceleration() == whole


def test_in_a_large_stratum_groups_are_left_out_instead_of_patients(monkeypatch):
    y, score, who = cohort(6000, 3000)  # 3 of 8 are healthy, both strata have over 1,000

    def acceleration():
        statistic = resampling.vectorize(metrics.sensitivity, y, score)
        given = {"classes": (1,), "n_resamples": 2, "seed": 0}
        asked = []
        found = resampling.resample(
            y, who, lambda counts: asked.append(len(counts)) or statistic(counts), **given
        )
        return float(found[1]), sum(asked) - 2

    exact, each = acceleration()
    monkeypatch.setattr(resampling, "MAX_JACKKNIFE", 900)
    grouped, few = acceleration()
    assert each == len(np.unique(who)) > 2 * resampling.JACKKNIFE_GROUPS == few
    assert grouped == pytest.approx(exact, abs=0.003)
    strata = np.repeat([0, 1], [3, 2001])
    groups, of_groups = resampling.jackknife_groups(strata, np.random.default_rng(0))
    assert (of_groups[groups] == strata).all()
    assert list(np.unique(np.bincount(groups)[3:])) == [4, 5]
