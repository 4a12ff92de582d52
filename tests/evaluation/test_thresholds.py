from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cxrlib.evaluation import (
    min_cost_threshold,
    threshold_at_sensitivity,
    threshold_at_specificity,
    youden_threshold,
)
from tests.evaluation.cohorts import noisy

#          healthy            sick
Y = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
S = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.4, 0.6, 0.8, 0.9])


def test_neighbouring_floats_are_told_apart():
    low, high = np.float32(0.5), np.nextafter(np.float32(0.5), np.float32(1))
    for a, b in ((low, high), (0.5, np.nextafter(0.5, 1))):
        t = youden_threshold([0, 1], [a, b])
        assert t.apply([a, b]).tolist() == [0, 1]


def test_youden_takes_the_largest_sum_and_of_equals_the_lowest():
    # At 0.55: 3/4 + 4/5; at 0.35: 4/4 + 3/5; at 0.75: 2/4 + 5/5.
    t = youden_threshold(Y, S)
    assert t.value == pytest.approx(0.35)
    assert (t.sensitivity, t.specificity) == (1, 0.6)
    equal = youden_threshold([0, 1, 0, 1], [1, 2, 3, 4])  # at 1.5 and 3.5: 1/2 gained
    assert equal.value == 1.5


@pytest.mark.parametrize(
    ("rule", "target", "value"),
    [
        (threshold_at_sensitivity, 0.75, 0.55),  # the fewest alarms that reach it
        (threshold_at_sensitivity, 0.76, 0.35),  # the next is 4 of 4
        (threshold_at_sensitivity, 1, 0.35),
        (threshold_at_specificity, 0.8, 0.55),  # the fewest missed
        (threshold_at_specificity, 0.81, 0.75),
        (threshold_at_specificity, 0.6, 0.35),
    ],
)
def test_a_target_is_reached_at_the_least_price(rule, target, value):
    assert rule(Y, S, target).value == pytest.approx(value)


@pytest.mark.parametrize("target", [0.1 * k for k in range(1, 11)])
def test_a_target_that_is_met_exactly_counts_as_met(target):
    y, score = np.repeat([0, 1], 10), np.concatenate([np.arange(10), np.arange(10)])
    assert threshold_at_sensitivity(y, score, target).sensitivity == pytest.approx(target)
    assert threshold_at_specificity(y, score, target).specificity == pytest.approx(target)


def test_costs_decide_and_prevalence_weighs():
    # Misses and alarms equally bad at half sick: the same as Youden's index.
    assert min_cost_threshold(Y, S, 1, 1, 0.5).value == youden_threshold(Y, S).value
    dear_miss = min_cost_threshold(Y, S, 10, 1)
    dear_alarm = min_cost_threshold(Y, S, 1, 10)
    assert (dear_miss.value, dear_alarm.value) == pytest.approx((0.35, 0.75))
    rare = min_cost_threshold(Y, S, 1, 1, 0.01)
    assert rare.value == pytest.approx(0.75)
    assert min_cost_threshold(Y, S, 0, 1).value == pytest.approx(0.75)  # of equals the lowest
    assert min_cost_threshold(Y, S, 1, 0).value == -np.inf
    assert min_cost_threshold(Y, S, 3, 1) == min_cost_threshold(Y, S, 3, 1, 4 / 9)  # their share


def test_costs_that_are_equal_on_paper_are_equal():
    # A miss is nine times as bad and the sick nine times as rare: each swap costs nothing.
    y, score = [0, 1] * 10, np.arange(20)
    assert min_cost_threshold(y, score, 9, 1, 0.1).value == 0.5


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.floats(0.1, 10), st.floats(0.1, 0.9))
def test_no_threshold_is_cheaper(seed, cost_fn, prevalence):
    y, score = noisy(seed)
    t = min_cost_threshold(y, score, cost_fn, 1, prevalence)

    def cost(threshold):
        missed, alarms = np.mean(score[y == 1] < threshold), np.mean(score[y == 0] >= threshold)
        return prevalence * cost_fn * missed + (1 - prevalence) * alarms

    assert cost(t.value) <= min(map(cost, np.linspace(-5, 5, 201))) + 1e-9


@pytest.mark.parametrize(
    ("rule", "value", "sensitivity", "specificity"),
    [
        (lambda y, s: youden_threshold(y, s), -np.inf, 1, 0),
        (lambda y, s: threshold_at_sensitivity(y, s, 0.9), -np.inf, 1, 0),
        (lambda y, s: threshold_at_specificity(y, s, 0.9), np.inf, 0, 1),
        (lambda y, s: min_cost_threshold(y, s, 5, 1), -np.inf, 1, 0),
        (lambda y, s: min_cost_threshold(y, s, 1, 5), np.inf, 0, 1),
    ],
)
def test_ties_everywhere_call_everybody_or_nobody(rule, value, sensitivity, specificity):
    t = rule([0, 1, 0, 1], [0.5] * 4)
    assert (t.value, t.sensitivity, t.specificity) == (value, sensitivity, specificity)
    assert t.apply([-1e9, 0.5, 1e9]).tolist() == [int(value < 0)] * 3
    assert ("everybody" if value < 0 else "nobody") in str(t)


def test_chosen_frozen_and_applied_elsewhere():
    t = youden_threshold(Y, S, on="the validation set")
    assert (t.chosen_on, t.n, t.rule) == ("the validation set", 9, "Youden's index")
    with pytest.raises(FrozenInstanceError):
        t.value = 0.5
    assert t.apply([[0.34], [0.36]]).tolist() == [0, 1]
    assert str(t) == (
        "0.35, by Youden's index on 9 images of the validation set: "
        "sensitivity 1.000, specificity 0.600"
    )
