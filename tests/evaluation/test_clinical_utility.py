import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from cxrlib import evaluation as ev
from tests.evaluation.cohorts import cohort


def test_predictive_values_of_the_liver_scan():
    # Altman and Bland (1994), BMJ 309, 102: 231 of 258 abnormal livers and 54 of 86 normal ones
    # called right. PPV 0.88 and NPV 0.67 as they came, 0.45 and 0.95 at a prevalence of 0.25.
    sensitivity, specificity = 231 / 258, 54 / 86
    here = ev.predictive_values(sensitivity, specificity, 258 / 344)
    assert here == pytest.approx((231 / 263, 54 / 81))
    assert here == pytest.approx((0.88, 0.67), abs=0.005)
    there = ev.predictive_values(sensitivity, specificity, 0.25)
    assert there == pytest.approx((0.45, 0.95), abs=0.005)
    assert isinstance(there.ppv, float)


def test_predictive_values_of_whole_curves():
    prevalence = np.array([0, 0.25, 1])
    found = ev.predictive_values(0.9, 0.8, prevalence)
    assert found.ppv.shape == found.npv.shape == (3,)
    assert (found.ppv[0], found.npv[0], found.ppv[2], found.npv[2]) == (0, 1, 1, 0)
    assert found.ppv[1] == ev.predictive_values(0.9, 0.8, 0.25).ppv


def test_where_nobody_is_called_there_is_no_predictive_value(recwarn):
    nobody = ev.predictive_values(0, 1, 0.3)
    assert np.isnan(nobody.ppv)
    assert nobody.npv == pytest.approx(0.7)
    assert np.isnan(ev.predictive_values(1, 0, 0.3).npv)
    assert not recwarn.list


def test_net_benefit_one_can_count():
    # At 0.2: 2 of 2 sick and 1 of 3 healthy called; four alarms weigh as one sick person.
    y, score = [1, 1, 0, 0, 0], [0.9, 0.3, 0.2, 0.1, 0.0]
    found = ev.net_benefit(y, score, [0.2]).iloc[0]
    assert found["model"] == pytest.approx(2 / 5 - 1 / 5 / 4)
    assert found["treat_all"] == pytest.approx(2 / 5 - 3 / 5 / 4)
    assert found["treat_none"] == 0


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10_000), st.sampled_from([1, None]))
def test_net_benefit_is_vickers_and_elkin_s_formula(seed, digits):
    y, score, _ = cohort(50, 50, seed, digits)
    if len(set(y)) < 2:
        return
    for row in ev.net_benefit(y, score).itertuples():
        (_, alarms), (_, found) = ev.confusion_matrix(y, score, row.threshold)
        weight = row.threshold / (1 - row.threshold)
        assert row.model == pytest.approx(found / 50 - alarms / 50 * weight)
    assert len(ev.net_benefit(y, score)) == 99


def test_treating_all_is_worth_nothing_at_the_prevalence():
    y, score, _ = cohort(50, 50)
    stated = ev.net_benefit(y, score, 0.1, prevalence=0.1).iloc[0]
    assert stated["treat_all"] == pytest.approx(0, abs=1e-12)
