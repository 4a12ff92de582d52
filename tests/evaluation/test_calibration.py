import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import special
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from cxrlib import evaluation as ev
from tests.evaluation.cohorts import cohort, scored


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, None]), st.integers(1, 15))
def test_bins_and_errors_are_scikit_learn_s(seed, digits, bins):
    y, score = scored(seed, 60, digits)
    share, mean = calibration_curve(y, score, n_bins=bins)
    found = ev.calibration_curve(y, score, bins)
    full = found[found["n"] > 0]
    np.testing.assert_allclose(full["prob_true"], share)
    np.testing.assert_allclose(full["prob_pred"], mean)
    assert (full["left"] <= full["prob_pred"] + 1e-12).all()
    assert (full["prob_pred"] <= full["right"] + 1e-12).all()
    assert found["n"].sum() == 60
    weighted = np.average(abs(share - mean), weights=full["n"])
    assert ev.expected_calibration_error(y, score, bins).value == pytest.approx(weighted)
    assert ev.brier_score(y, score) == pytest.approx(brier_score_loss(y, score))


def test_a_bin_one_can_count():
    y, score = [0, 1, 1, 1, 0], [0.0, 0.1, 0.15, 0.95, 1.0]
    found = ev.calibration_curve(y, score, n_bins=10)
    assert found["n"].tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]  # 0.1 lies on an edge: below
    assert found["right"].tolist() == pytest.approx(np.arange(1, 11) / 10)
    first, empty = found.loc[0], found.loc[5]
    assert (first["prob_pred"], first["prob_true"]) == (0.05, 0.5)
    assert tuple(first[["prob_true", "low", "high"]]) == ev.wilson_interval(1, 2)
    assert empty[["prob_pred", "prob_true", "low", "high"]].isna().all()


def test_ece_by_hand_and_with_its_bins():
    # 0–0.5: mean score 0.2, none sick; 0.5–1: mean score 0.75, 2 of 4 sick.
    y, score = [0, 0, 1, 1, 0, 0], [0.1, 0.3, 0.9, 0.9, 0.6, 0.6]
    found = ev.expected_calibration_error(y, score, n_bins=2)
    assert float(found) == found.value == pytest.approx(2 / 6 * 0.2 + 4 / 6 * 0.25)
    assert found.n_bins == 2
    assert f"{found}" == "0.233 (2 bins)"
    assert f"{found:.1f}" == "0.2 (2 bins)"


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([0.3, 1, 3]), st.sampled_from([1, 2, None]))
def test_slope_and_intercept_are_logistic_regressions(seed, sure, digits):
    y, score = scored(seed, 80, digits, sure)
    logit = special.logit(score.clip(1e-7, 1 - 1e-7))
    x = logit / logit.std()
    learnt = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000, solver="newton-cg")
    learnt.fit(x[:, None], y)
    assert ev.calibration_slope(y, score) == pytest.approx(
        learnt.coef_[0, 0] / logit.std(), rel=1e-6, abs=1e-6
    )
    moved = special.expit(logit + ev.calibration_intercept(y, score))
    assert moved.mean() == pytest.approx(y.mean())  # what the highest likelihood asks for


def test_scores_that_were_stretched_and_moved_are_told():
    y, score = scored(n=20_000)
    assert ev.calibration_slope(y, score) == pytest.approx(1, abs=0.05)
    assert ev.calibration_intercept(y, score) == pytest.approx(0, abs=0.05)
    logit = special.logit(score)
    assert ev.calibration_slope(y, special.expit(2 * logit + 1)) == pytest.approx(
        ev.calibration_slope(y, score) / 2
    )
    assert ev.calibration_intercept(y, special.expit(logit + 1)) == pytest.approx(
        ev.calibration_intercept(y, score) - 1
    )


def test_slope_and_intercept_one_can_count():
    # Scored 0.2: 2 of 4 sick. Scored 0.8: 3 of 4.
    y, score = [1, 1, 0, 0, 1, 1, 1, 0], [0.2] * 4 + [0.8] * 4
    rise = special.logit(0.75) - special.logit(0.5)
    assert ev.calibration_slope(y, score) == pytest.approx(rise / (2 * np.log(4)))
    assert ev.calibration_intercept([0, 1, 1, 1], [0.5] * 4) == pytest.approx(np.log(3))


@pytest.mark.parametrize("score", [[0.1, 0.4, 0.4, 0.9], [0.9, 0.5, 0.4, 0.2], [0.5] * 4])
def test_scores_that_part_the_classes_have_no_slope(score):
    with pytest.raises(ValueError, match="overlap, got a cut that parts them"):
        ev.calibration_slope([0, 0, 1, 1], score)
    assert np.isfinite(ev.calibration_intercept([0, 0, 1, 1], score))


@pytest.mark.parametrize("metric", [ev.calibration_slope, ev.calibration_intercept])
def test_slope_and_intercept_get_an_interval_by_patient(metric):
    y, score, who = cohort(n=200, patients=120)
    found = ev.patient_bootstrap(y, score, who, metric, n_resamples=200)
    assert found.value == metric(y, score)
    assert found.low < found.value < found.high


def test_prior_correction_is_bayes_rule():
    # Of 100 sick 90 test positive, of 100 healthy 20. At half sick: 90 of 110. At one in ten:
    # 9 of 9 + 18.
    assert ev.prior_shift_correction([90 / 110], 0.5, 0.1) == pytest.approx([9 / 27])
    there = ev.prior_shift_correction([0, 0.2, 0.7, 1], 0.6, 0.05)
    np.testing.assert_allclose(ev.prior_shift_correction(there, 0.05, 0.6), [0, 0.2, 0.7, 1])
    np.testing.assert_allclose(ev.prior_shift_correction([0.3], 0.4, 0.4), [0.3])
