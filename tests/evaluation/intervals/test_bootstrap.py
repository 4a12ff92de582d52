import numpy as np
import pytest

from cxrlib import evaluation as ev
from cxrlib.evaluation import metrics
from tests.evaluation.cohorts import cohort

bootstrap = ev.patient_bootstrap


def test_an_interval_prints_itself():
    assert f"{ev.Interval(0.9, 0.8, 0.951):.2f}" == "0.90 (0.80 to 0.95)"


def test_the_level_is_the_one_asked_for():
    args = cohort()
    narrow, wide = (bootstrap(*args, n_resamples=400, confidence_level=q) for q in (0.5, 0.95))
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    # Both take their ends from the same 400 resamples: about 25 % lie below, or 2.5 %.
    assert 2 < (wide.high - wide.low) / (narrow.high - narrow.low) < 4


def test_an_interval_ends_within_what_the_resamples_reach():
    y, score, who = [0, 0, 1, 1], [0.1, 0.7, 0.6, 0.9], [*"abcd"]
    assert bootstrap(y, score, who, n_resamples=200) == (0.75, 0, 1)
    found = bootstrap(y, [0.1, 0.7, 0.8, 0.9], who, metrics.specificity, n_resamples=200)
    assert found == (0.5, 0, 1)
    # Resamples without an alarm count as precision 0.
    found = bootstrap(y, [0.1, 0.2, 0.3, 0.9], who, metrics.precision, n_resamples=50)
    assert (found.low, found.value, found.high) == (0, 1, 1)


def test_the_seed_decides():
    first, again, other = (bootstrap(*cohort(), n_resamples=100, seed=s) for s in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("y", "who", "label", "got"),
    [
        ([0, 1], "ab", 0, "got 1:"),
        ([0, 0, 1, 1], "abcc", 1, "got 1:"),
        ([0, 1], "aa", 0, "got 0 and 1 with images of both"),
        ([0, 0, 1, 1, 1], "abbcd", 0, "got 1 and 1 with images of both"),
        ([0, 0, 1, 1, 2, 2], "abcdee", 2, "got 1:"),
        ([0, 0, 0, 1, 1, 1, 2, 2], "abcdefad", 2, "got 0 and 2 with images of both"),
    ],
)
def test_a_class_of_one_patient_gives_no_interval(y, who, label, got):
    score = np.eye(max(y) + 1)[y]
    with pytest.raises(ValueError, match=rf"(?s)2 patients of class {label} .*{got}.*wilson"):
        bootstrap(y, score, [*who], ev.accuracy, n_resamples=10)


def test_only_the_classes_that_a_metric_looks_at_are_needed():
    y, score, who = [0, 1, 1, 1], [0.2, 0.3, 0.8, 0.9], [*"abcd"]
    found = bootstrap(y, score, who, metrics.sensitivity, n_resamples=50)
    assert found.low < found.value < found.high
    with pytest.raises(ValueError, match="class 0"):
        bootstrap(y, score, who, metrics.specificity, n_resamples=50)
    only_sick = bootstrap(y[1:], score[1:], who[1:], metrics.accuracy, n_resamples=50)
    assert only_sick.value == pytest.approx(2 / 3)


@pytest.mark.parametrize(("images", "patients"), [([1], 47), ([2], 47), ([1, 3], 48 * 0.8)])
def test_where_no_error_was_seen_the_interval_is_wilsons_by_patients(images, patients):
    # Lower end n / (n + z²), by hand. Patients of 1 and of 3 images count as 16 / 20 of as many.
    low = patients / (patients + 1.96**2)
    n = 48 if len(images) == 2 else 47
    who = np.repeat(np.arange(n), np.resize(images, n))
    y, who = np.r_[np.zeros(len(who), int), 1, 1], np.r_[who, 98, 99]
    called = np.r_[np.zeros(len(y) - 2), 1, 1]
    none_called = bootstrap(y, called, who, ev.specificity, n_resamples=50)
    assert none_called == pytest.approx((1, low, 1), abs=1e-5)
    all_called = bootstrap(y, np.ones(len(y)), who, ev.specificity, n_resamples=50)
    assert all_called == pytest.approx((0, 0, 1 - low), abs=1e-5)
    assert bootstrap(y, called, who, n_resamples=50) == (1, 1, 1)  # an AUC is no such rate


def test_a_metric_without_a_finite_number_is_refused():
    calls = []

    def sometimes(y, score):
        calls.append(1)
        return float("nan") if len(calls) > 6 else 0.5

    with pytest.raises(ValueError, match="5 of 10 resamples without"):
        bootstrap(*cohort(), sometimes, n_resamples=10)
    with pytest.raises(ValueError, match="got inf for the images as they are"):
        bootstrap(*cohort(), lambda y, s: float("inf"), n_resamples=1)


@pytest.mark.parametrize("metric", [ev.roc_auc, ev.brier_score, ev.sensitivity])
def test_turning_the_models_round_turns_the_sign(metric):
    y, a, who = cohort(120, 80)
    b = (a + np.random.default_rng(1).normal(scale=0.3, size=120)).clip(0, 1)
    one = ev.paired_difference(y, a, b, who, metric, n_resamples=60)
    other = ev.paired_difference(y, b, a, who, metric, n_resamples=60)
    np.testing.assert_allclose(one, -np.array([other.value, other.high, other.low]), atol=1e-12)
    assert one.value == pytest.approx(metric(y, a) - metric(y, b))
    # Both are judged on the same draws: of one and the same the difference never varies.
    assert ev.paired_difference(y, a, a, who, metric, n_resamples=60) == (0, 0, 0)
