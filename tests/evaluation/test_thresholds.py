from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics as sk

from cxrlib import evaluation

#          healthy            sick
Y = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
S = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.4, 0.6, 0.8, 0.9])


def noisy(seed, n=40, digits=1):
    rng = np.random.default_rng(seed)
    y = np.append(rng.integers(0, 2, n - 2), [0, 1])
    return y, (rng.normal(size=n) + y).round(digits)


def test_the_table_counts_every_step():
    found = evaluation.threshold_table([0, 1, 1, 0], [0.2, 0.4, 0.8, 0.4])
    assert found["threshold"].tolist() == pytest.approx([-np.inf, 0.3, 0.6, np.inf])
    assert found["tp"].tolist() == [2, 2, 1, 0]
    assert found["fn"].tolist() == [0, 0, 1, 2]
    assert found["fp"].tolist() == [2, 1, 0, 0]  # the ties at 0.4 change sides together
    assert found["tn"].tolist() == [0, 1, 2, 2]
    assert found["sensitivity"].tolist() == [1, 1, 0.5, 0]
    assert found["specificity"].tolist() == [0, 0.5, 1, 1]


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([0, 1, 9]))
def test_the_table_says_what_scikit_learn_says(seed, digits):
    y, score = noisy(seed, digits=digits)
    for row in evaluation.threshold_table(y, score).itertuples():
        expected = sk.confusion_matrix(y, score >= row.threshold).ravel()
        assert [row.tn, row.fp, row.fn, row.tp] == expected.tolist()
    fpr, tpr, _ = sk.roc_curve(y, score)
    t = evaluation.youden_threshold(y, score)
    assert t.sensitivity + t.specificity - 1 == pytest.approx((tpr - fpr).max())


def test_neighbouring_floats_are_told_apart():
    low, high = np.float32(0.5), np.nextafter(np.float32(0.5), np.float32(1))
    for a, b in ((low, high), (0.5, np.nextafter(0.5, 1))):
        t = evaluation.youden_threshold([0, 1], [a, b])
        assert t.apply([a, b]).tolist() == [0, 1]


def test_youden_takes_the_largest_sum_and_of_equals_the_lowest():
    # At 0.55: 3/4 + 4/5; at 0.35: 4/4 + 3/5; at 0.75: 2/4 + 5/5.
    t = evaluation.youden_threshold(Y, S)
    assert t.value == pytest.approx(0.35)
    assert (t.sensitivity, t.specificity) == (1, 0.6)
    equal = evaluation.youden_threshold([0, 1, 0, 1], [1, 2, 3, 4])  # at 1.5 and 3.5: 1/2 gained
    assert equal.value == 1.5


def test_a_target_sensitivity_is_reached_with_the_fewest_alarms():
    t = evaluation.threshold_at_sensitivity(Y, S, 0.75)
    assert (t.value, t.sensitivity, t.specificity) == pytest.approx((0.55, 0.75, 0.8))
    assert evaluation.threshold_at_sensitivity(Y, S, 0.76).value == pytest.approx(
        0.35
    )  # the next is 4 of 4
    assert evaluation.threshold_at_sensitivity(Y, S, 1).value == pytest.approx(0.35)


def test_a_target_specificity_is_reached_with_the_fewest_missed():
    t = evaluation.threshold_at_specificity(Y, S, 0.8)
    assert (t.value, t.sensitivity, t.specificity) == pytest.approx((0.55, 0.75, 0.8))
    assert evaluation.threshold_at_specificity(Y, S, 0.81).value == pytest.approx(0.75)
    assert evaluation.threshold_at_specificity(Y, S, 0.6).value == pytest.approx(0.35)


@pytest.mark.parametrize("target", [0.1 * k for k in range(1, 11)])
def test_a_target_that_is_met_exactly_counts_as_met(target):
    y, score = np.repeat([0, 1], 10), np.concatenate([np.arange(10), np.arange(10)])
    assert evaluation.threshold_at_sensitivity(y, score, target).sensitivity == pytest.approx(
        target
    )
    assert evaluation.threshold_at_specificity(y, score, target).specificity == pytest.approx(
        target
    )


def test_costs_decide_and_prevalence_weighs():
    # Misses and alarms equally bad at half sick: the same as Youden's index.
    assert (
        evaluation.min_cost_threshold(Y, S, 1, 1, 0.5).value
        == evaluation.youden_threshold(Y, S).value
    )
    dear_miss = evaluation.min_cost_threshold(Y, S, 10, 1)
    dear_alarm = evaluation.min_cost_threshold(Y, S, 1, 10)
    assert (dear_miss.value, dear_alarm.value) == pytest.approx((0.35, 0.75))
    rare = evaluation.min_cost_threshold(Y, S, 1, 1, 0.01)
    assert rare.value == pytest.approx(0.75)
    assert evaluation.min_cost_threshold(Y, S, 0, 1).value == pytest.approx(
        0.75
    )  # of equals the lowest
    assert evaluation.min_cost_threshold(Y, S, 1, 0).value == -np.inf
    assert evaluation.min_cost_threshold(Y, S, 3, 1) == evaluation.min_cost_threshold(
        Y, S, 3, 1, 4 / 9
    )  # their share


def test_costs_that_are_equal_on_paper_are_equal():
    # A miss is nine times as bad and the sick nine times as rare: each swap costs nothing.
    y, score = [0, 1] * 10, np.arange(20)
    assert evaluation.min_cost_threshold(y, score, 9, 1, 0.1).value == 0.5


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.floats(0.1, 10), st.floats(0.1, 0.9))
def test_no_threshold_is_cheaper(seed, cost_fn, prevalence):
    y, score = noisy(seed)
    t = evaluation.min_cost_threshold(y, score, cost_fn, 1, prevalence)

    def cost(threshold):
        missed, alarms = np.mean(score[y == 1] < threshold), np.mean(score[y == 0] >= threshold)
        return prevalence * cost_fn * missed + (1 - prevalence) * alarms

    assert cost(t.value) <= min(map(cost, np.linspace(-5, 5, 201))) + 1e-9


@pytest.mark.parametrize(
    ("rule", "value", "sensitivity", "specificity"),
    [
        (lambda y, s: evaluation.youden_threshold(y, s), -np.inf, 1, 0),
        (lambda y, s: evaluation.threshold_at_sensitivity(y, s, 0.9), -np.inf, 1, 0),
        (lambda y, s: evaluation.threshold_at_specificity(y, s, 0.9), np.inf, 0, 1),
        (lambda y, s: evaluation.min_cost_threshold(y, s, 5, 1), -np.inf, 1, 0),
        (lambda y, s: evaluation.min_cost_threshold(y, s, 1, 5), np.inf, 0, 1),
    ],
)
def test_ties_everywhere_call_everybody_or_nobody(rule, value, sensitivity, specificity):
    t = rule([0, 1, 0, 1], [0.5] * 4)
    assert (t.value, t.sensitivity, t.specificity) == (value, sensitivity, specificity)
    assert t.apply([-1e9, 0.5, 1e9]).tolist() == [int(value < 0)] * 3
    assert ("everybody" if value < 0 else "nobody") in str(t)


def test_chosen_frozen_and_applied_elsewhere():
    t = evaluation.youden_threshold(Y, S, on="the validation set")
    assert (t.chosen_on, t.n, t.rule) == ("the validation set", 9, "Youden's index")
    with pytest.raises(FrozenInstanceError):
        t.value = 0.5
    assert t.apply([[0.34], [0.36]]).tolist() == [0, 1]
    assert str(t) == (
        "0.35, by Youden's index on 9 pictures of the validation set: "
        "sensitivity 1.000, specificity 0.600"
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: evaluation.threshold_at_sensitivity(Y, S, 0), "sensitivity above 0"),
        (
            lambda: evaluation.threshold_at_sensitivity(Y, S, 95),
            "sensitivity between 0 and 1.*0.95 for 95",
        ),
        (lambda: evaluation.threshold_at_specificity(Y, S, 1.2), "specificity between 0 and 1"),
        (
            lambda: evaluation.threshold_at_specificity(Y, S, float("nan")),
            "specificity between 0 and 1",
        ),
        (lambda: evaluation.min_cost_threshold(Y, S, -1, 1), "at least 0.*cost_fn=-1"),
        (lambda: evaluation.min_cost_threshold(Y, S, 0, 0), "not both 0"),
        (lambda: evaluation.min_cost_threshold(Y, S, float("inf"), 1), "cost_fn=inf"),
        (lambda: evaluation.min_cost_threshold(Y, S, 1, 1, 0), "prevalence between 0 and 1, got 0"),
        (lambda: evaluation.min_cost_threshold(Y, S, 1, 1, 30), "Write 0.3 for 30 %"),
        (lambda: evaluation.youden_threshold(Y, S).apply([0.1, np.nan]), "1 NaN"),
        (lambda: evaluation.youden_threshold(Y, S).apply(np.eye(2)), r"\(N,\) or \(N, 1\)"),
    ],
)
def test_arguments_out_of_range_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_curves_are_scikit_learn_s(seed):
    y, score = noisy(seed)
    roc = evaluation.roc_curve(y[:, None], score[:, None])
    for found, expected in zip(roc, sk.roc_curve(y, score, drop_intermediate=False), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert sk.auc(roc.fpr, roc.tpr) == pytest.approx(evaluation.roc_auc(y, score))
    precision, recall, thresholds = sk.precision_recall_curve(y, score)
    pr = evaluation.precision_recall_curve(y, score)
    np.testing.assert_array_equal(pr.precision, precision)
    np.testing.assert_array_equal(pr.recall, recall)
    np.testing.assert_array_equal(pr.thresholds, [*thresholds, np.inf])
