from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrlib import evaluation
from cxrlib.evaluation import intervals, metrics
from cxrlib.evaluation.intervals import drawing, weighted


def cohort(n=624, patients=428, seed=0, digits=None):
    rng = np.random.default_rng(seed)
    who = rng.integers(0, patients, size=n)
    y = (np.arange(patients) % 8 < 5).astype(int)[who]
    score = 1 / (1 + np.exp(-rng.normal(loc=2 * y - 1, size=n)))
    return y, score if digits is None else score.round(digits), who


QUICKENED = [*weighted.AREAS, *weighted.SHARES]
QUICKENED += [partial(m, threshold=0.37) for m in (metrics.sensitivity, metrics.f1)]


def test_wilson_at_known_values():
    # 2 of 2 is 34-100 %, 16 of 16 is 81-100 %: the book's warnings about "100 %"
    assert evaluation.wilson(2, 2).low == pytest.approx(0.342, abs=1e-3)
    assert evaluation.wilson(16, 16).low == pytest.approx(0.806, abs=1e-3)
    found = evaluation.wilson(580, 624)
    assert (found.low, found.high) == pytest.approx((0.907, 0.947), abs=1e-3)


def test_the_level_is_the_one_asked_for():
    # Wilson's formula with z = 1.6449 for 90 %, by hand: 8 of 10
    found = evaluation.wilson(8, 10, level=0.9)
    assert (found.low, found.high) == pytest.approx((0.541, 0.931), abs=1e-3)
    args = cohort()
    narrow, wide = (evaluation.patient_bootstrap(*args, n=400, level=q) for q in (0.5, 0.95))
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    # Both take their ends from the same 400 resamples: about 25 % lie below, or 2.5 %.
    assert 2 < (wide.high - wide.low) / (narrow.high - narrow.low) < 4


@pytest.mark.parametrize("level", [0, 1, -0.95, 95, float("nan")])
def test_a_level_is_between_0_and_1(level):
    hint = "Write 0.95 for 95 %" if level == 95 else ""
    with pytest.raises(ValueError, match=f"between 0 and 1.*{hint}"):
        evaluation.wilson(8, 10, level=level)
    with pytest.raises(ValueError, match=f"between 0 and 1.*{hint}"):
        evaluation.patient_bootstrap(*cohort(), n=10, level=level)


@pytest.mark.parametrize(
    ("k", "n"), [(1, 0), (-1, 5), (6, 5), (0.5, 2), (2.7, 5), (2, 5.5), (0, 0.5), (0.93, 1)]
)
def test_wilson_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError, match=f"successes={k}, n={n}"):
        evaluation.wilson(k, n)


def test_an_interval_prints_itself():
    assert f"{intervals.Interval(0.9, 0.8, 0.951):.2f}" == "0.90 (0.80 to 0.95)"


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, None]))
def test_the_quick_way_equals_calling_the_metric(seed, digits):
    y, score, who = cohort(40, 25, seed, digits)
    if len(set(y)) < 2:
        return
    groups, strata = drawing.group(y, who)
    counts = drawing.draw(strata, 10, np.random.default_rng(seed))[:, groups]
    for metric in QUICKENED:
        quick = weighted.on_counts(metric, y, score)
        called = weighted.on_counts(lambda a, b, m=metric: m(a, b), y, score)
        np.testing.assert_allclose(quick(counts), called(counts), atol=1e-12)


def test_an_interval_ends_within_what_the_resamples_reach():
    y, score, who = [0, 0, 1, 1], [0.1, 0.7, 0.6, 0.9], ["a", "b", "c", "d"]
    assert evaluation.patient_bootstrap(y, score, who, n=200) == (0.75, 0, 1)
    found = evaluation.patient_bootstrap(y, [0.1, 0.7, 0.8, 0.9], who, metrics.specificity, n=200)
    assert found == (0.5, 0, 1)


def test_patients_count_as_many_as_have_equal_shares_of_the_pictures():
    groups = np.repeat(np.arange(8), [3, 3, 3, 3, 3, 9, 1, 1])
    y = (groups > 4).astype(int)
    assert drawing.effective_patients(y, groups, (0,)) == 5
    assert drawing.effective_patients(y, groups, (1,)) == pytest.approx(11**2 / 83)
    assert drawing.effective_patients(y, groups, (0, 1)) == pytest.approx(11**2 / 83)
    assert drawing.effective_patients(y[y == 1], groups[y == 1], (0, 1)) == pytest.approx(121 / 83)


def test_resamples_without_an_alarm_count_as_precision_0():
    y, score, who = [0, 0, 1, 1], [0.1, 0.2, 0.3, 0.9], ["a", "b", "c", "d"]
    found = evaluation.patient_bootstrap(y, score, who, metrics.precision, n=50)
    assert (found.low, found.value, found.high) == (0, 1, 1)


@pytest.mark.parametrize("metric", QUICKENED)
def test_our_metrics_are_computed_for_all_resamples_at_once(metric):
    y, score, who = cohort()
    assert not weighted.is_called(metric)
    found = evaluation.patient_bootstrap(y, score, who, metric, n=200)
    assert found.low < found.value < found.high
    assert weighted.is_called(lambda y, s: 0.0)


def test_same_seed_same_interval():
    args = cohort()
    first = evaluation.patient_bootstrap(*args, n=100, seed=1)
    assert first == evaluation.patient_bootstrap(*args, n=100, seed=1)
    assert first != evaluation.patient_bootstrap(*args, n=100, seed=2)


def test_siblings_widen_the_interval():
    y, score, _ = cohort(100, 100)
    copies = [np.repeat(a, 6) for a in (y, score)]
    by_patient = evaluation.patient_bootstrap(*copies, np.repeat(np.arange(100), 6), n=500)
    by_picture = evaluation.patient_bootstrap(*copies, np.arange(600), n=500)
    wide, narrow = (i.high - i.low for i in (by_patient, by_picture))
    assert wide > 2 * narrow


def test_every_resample_keeps_both_classes_and_whole_patients():
    y, who = np.array([0, 0, 0, 1, 1, 1, 1]), np.array(["a", "a", "b", "c", "c", "d", "d"])
    seen = []
    evaluation.patient_bootstrap(
        y, np.arange(7) / 10, who, lambda a, b: seen.append((a, b)) or 0.0, n=30
    )
    assert len(seen) == 1 + 30 + 4  # as they are, drawn, without each patient
    for truth, score in seen[1:31]:
        assert set(truth) == {0, 1}
        assert list(score).count(0.0) == list(score).count(0.1)  # both pictures of patient a
        assert list(score).count(0.3) == list(score).count(0.4)  # patient c
        assert len(truth) - list(truth).count(0) == 4


def test_a_patient_with_pictures_of_both_classes_comes_and_goes_with_both():
    y = np.array([0, 1, 0, 1, 0, 0, 1, 1])
    who = np.array(["a", "a", "b", "b", "c", "d", "e", "f"])
    seen = []
    evaluation.patient_bootstrap(
        y, np.arange(8) / 10, who, lambda a, b: seen.append(list(b)) or 0.0, n=60
    )
    twice = 0
    for score in seen[1:61]:
        assert score.count(0.0) == score.count(0.1)  # patient a
        assert score.count(0.2) == score.count(0.3)  # patient b
        assert score.count(0.0) + score.count(0.2) == 2
        twice += score.count(0.0) == 2
    assert 0 < twice < 60


@pytest.mark.parametrize(
    ("y", "who", "label", "got"),
    [
        ([0, 1], ["a", "b"], 0, "got 1:"),
        ([0, 0, 1, 1], ["a", "b", "c", "c"], 1, "got 1:"),
        ([0, 1], ["a", "a"], 0, "got 0 and 1 with pictures of both"),
        ([0, 0, 1, 1, 1], ["a", "b", "b", "c", "d"], 0, "got 1 and 1 with pictures of both"),
    ],
)
def test_a_class_of_one_patient_gives_no_interval(y, who, label, got):
    score = np.linspace(0.1, 0.9, len(y))
    with pytest.raises(ValueError, match=rf"(?s)2 patients of class {label} .*{got}.*wilson"):
        evaluation.patient_bootstrap(y, score, who, n=10)


def test_only_the_classes_that_a_metric_looks_at_are_needed():
    y, score, who = [0, 1, 1, 1], [0.2, 0.3, 0.8, 0.9], ["a", "b", "c", "d"]
    found = evaluation.patient_bootstrap(y, score, who, metrics.sensitivity, n=50)
    assert found.low < found.value < found.high
    with pytest.raises(ValueError, match="class 0"):
        evaluation.patient_bootstrap(y, score, who, metrics.specificity, n=50)
    only_sick = evaluation.patient_bootstrap(y[1:], score[1:], who[1:], metrics.accuracy, n=50)
    assert only_sick.value == pytest.approx(2 / 3)


@pytest.mark.parametrize("n", [0, -5, 2.5])
def test_resamples_are_counted_from_1(n):
    with pytest.raises(ValueError, match=f"at least 1, got n={n}"):
        evaluation.patient_bootstrap(*cohort(), n=n)


def test_a_metric_without_a_finite_number_is_refused():
    calls = []

    def sometimes(y, score):
        calls.append(1)
        return float("nan") if len(calls) > 6 else 0.5

    with pytest.raises(ValueError, match="5 of 10 resamples without"):
        evaluation.patient_bootstrap(*cohort(), sometimes, n=10)
    with pytest.raises(ValueError, match="got inf for the pictures as they are"):
        evaluation.patient_bootstrap(*cohort(), lambda y, s: float("inf"), n=1)


def test_patients_must_fit():
    with pytest.raises(ValueError, match="a patient for each of 2 pictures, got 1"):
        evaluation.patient_bootstrap([0, 1], [0.1, 0.9], ["a"])
    with pytest.raises(ValueError, match="got 1 without"):
        evaluation.patient_bootstrap([0, 1], [0.1, 0.9], ["a", None])
