"""Differences of two models, and DeLong's interval as a check on the bootstrap."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrlib import evaluation

from .test_intervals import cohort


def two_models(n=624, patients=428, seed=0, digits=None):
    y, a, who = cohort(n, patients, seed, digits)
    b = a + np.random.default_rng([seed, 1]).normal(scale=0.3, size=n)
    return y, a, b if digits is None else b.round(digits), who


def test_a_model_does_not_differ_from_itself():
    y, a, _, who = two_models()
    assert evaluation.paired_difference(y, a, a, who, n=100) == (0, 0, 0)
    assert evaluation.delong_difference(y, a, a) == (0, 0, 0)


@pytest.mark.parametrize("metric", [evaluation.roc_auc, evaluation.brier, evaluation.sensitivity])
def test_turning_the_models_round_turns_the_sign(metric):
    y, a, b, who = two_models(120, 80)
    b = b.clip(0, 1)
    one = evaluation.paired_difference(y, a, b, who, metric, n=60)
    other = evaluation.paired_difference(y, b, a, who, metric, n=60)
    np.testing.assert_allclose(one, -np.array([other.value, other.high, other.low]), atol=1e-12)
    assert one.value == pytest.approx(metric(y, a) - metric(y, b))


def test_both_models_are_judged_on_the_same_draws():
    # B is A less 0.1 everywhere: as a mean score the difference is 0.1 in every single resample.
    y, a, _, who = two_models(60, 30)
    found = evaluation.paired_difference(y, a, a - 0.1, who, lambda y, s: s.mean(), n=40)
    np.testing.assert_allclose(found, [0.1] * 3, atol=1e-12)


def test_pairing_narrows_the_interval():
    y, a, b, who = two_models()
    wide = [evaluation.patient_bootstrap(y, score, who) for score in (a, b)]
    apart = np.hypot(*(i.high - i.low for i in wide))  # as if the models met different patients
    together = evaluation.paired_difference(y, a, b, who)
    assert together.high - together.low < 0.8 * apart


def test_models_are_compared_at_thresholds_of_their_own():
    y, a, b, who = two_models(200, 150)
    t_a, t_b = (evaluation.for_specificity(y, score, 0.9) for score in (a, b))
    calls = t_a.apply(a), t_b.apply(b)
    found = evaluation.paired_difference(y, *calls, who, evaluation.sensitivity, n=50)
    expected = [evaluation.sensitivity(y, s, t.value) for s, t in ((a, t_a), (b, t_b))]
    assert found.value == pytest.approx(expected[0] - expected[1])


def test_delong_on_the_ct_readings_of_hanley_and_mcneil():
    # Hanley and McNeil (1982), table 1: 58 without and 51 with the disease, read from 1 to 5.
    # Stata's manual, `roctab`, gives 0.8932 and 0.83295 to 0.95339 by DeLong's formula.
    readings = np.arange(1, 6)
    without = np.repeat(readings, [33, 6, 6, 11, 2])
    having = np.repeat(readings, [3, 2, 2, 11, 33])
    y = np.repeat([0, 1], [len(without), len(having)])
    found = evaluation.delong(y, np.concatenate([without, having]))
    assert found == pytest.approx((0.8932, 0.83295, 0.95339), abs=5e-5)


def structural_components(y, score):
    """DeLong, DeLong and Clarke-Pearson (1988), equations 3 to 6, pair by pair."""
    x, z = score[y == 1], score[y == 0]
    above = np.array([[(a > b) + (a == b) / 2 for b in z] for a in x])
    return above.mean(axis=1), above.mean(axis=0)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, None]))
def test_delong_by_midranks_equals_delong_pair_by_pair(seed, digits):
    y, a, b, _ = two_models(40, 30, seed, digits)
    if not 2 <= y.sum() <= len(y) - 2:
        return
    (a10, a01), (b10, b01) = structural_components(y, a), structural_components(y, b)
    one = np.cov(a10) / len(a10) + np.cov(a01) / len(a01)
    both = np.cov(a10 - b10) / len(a10) + np.cov(a01 - b01) / len(a01)
    found = evaluation.delong(y, a, level=0.5)
    assert found.value == pytest.approx(evaluation.roc_auc(y, a))
    reach = 0.6744897501960817 * np.sqrt(one)  # half of a normal lies within
    assert found.low == pytest.approx(max(0, found.value - reach))
    assert found.high == pytest.approx(min(1, found.value + reach))
    difference = evaluation.delong_difference(y, a, b, level=0.5)
    reach = 0.6744897501960817 * np.sqrt(both)
    assert difference.value == pytest.approx(a10.mean() - b10.mean())
    assert difference.high - difference.value == pytest.approx(reach, abs=1e-9)


def test_the_bootstrap_agrees_with_delong_where_each_patient_has_one_picture():
    y, a, b, _ = two_models()
    each = np.arange(len(y))
    pairs = [
        (evaluation.patient_bootstrap(y, a, each), evaluation.delong(y, a)),
        (evaluation.paired_difference(y, a, b, each), evaluation.delong_difference(y, a, b)),
    ]
    for drawn, formula in pairs:
        assert drawn.value == pytest.approx(formula.value)
        ratio = (drawn.high - drawn.low) / (formula.high - formula.low)
        assert 0.93 < ratio < 1.07


def test_perfect_order_has_no_width_and_the_interval_stays_in_range():
    assert evaluation.delong([0, 0, 1, 1], [1, 2, 3, 4]) == (1, 1, 1)
    assert evaluation.delong([0, 0, 1, 1], [1, 3, 2, 4]).high == 1
    assert evaluation.delong([0, 0, 1, 1], [4, 2, 3, 1]).low == 0


@pytest.mark.parametrize("y", [[0, 0, 0, 1], [1, 1, 1, 0]])
def test_delong_needs_two_of_each_class(y):
    with pytest.raises(ValueError, match=r"2 pictures of each class .* got \d healthy and \d sick"):
        evaluation.delong(y, [1, 2, 3, 4])
    with pytest.raises(ValueError, match="2 pictures of each class"):
        evaluation.delong_difference(y, [1, 2, 3, 4], [1, 2, 3, 4])


def test_a_threshold_of_its_own_is_taken():
    y, a, _, who = two_models()
    metric = partial(evaluation.sensitivity, threshold=0.3)
    found = evaluation.patient_bootstrap(y, a, who, metric, n=50)
    assert found.value == evaluation.sensitivity(y, a, 0.3)
