"""The bootstrap against DeLong's formula, which holds where each patient has one picture."""

import numpy as np
import pytest

from benchmarks.delong import delong
from cxrlib import evaluation
from tests.evaluation.cohorts import cohort


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
        (evaluation.patient_bootstrap(y, a, each), delong(y, a)),
        (evaluation.paired_difference(y, a, b, each), delong(y, a, b)),
    ):
        assert drawn.value == pytest.approx(formula.value)
        assert 0.93 < (drawn.high - drawn.low) / (formula.high - formula.low) < 1.07
