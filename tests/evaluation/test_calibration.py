import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import special
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from cxrlib import evaluation as ev


def scored(seed=0, n=200, digits=None, sure=1.0):
    """Scores that mean what they say, if `sure` is 1; above, they are too sure."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(scale=2, size=n)
    y = (rng.random(n) < special.expit(logit)).astype(int)
    y[:2] = 0, 1
    score = special.expit(sure * logit)
    return y, score if digits is None else score.round(digits)


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


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 1, 3]))
def test_the_temperature_is_a_logistic_regression_s(seed, sure):
    y, score = scored(seed, 300, sure=sure)
    learnt = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
    learnt.fit(special.logit(score.clip(1e-7, 1 - 1e-7))[:, None], y)
    found = ev.fit_temperature(y, score)
    assert 1 / found.value == pytest.approx(learnt.coef_[0, 0], rel=1e-4)
    assert found.loss_after <= found.loss_before
    assert not found.at_limit


def test_too_sure_scores_are_cooled():
    y, score = scored(n=3000, sure=3)
    found = ev.fit_temperature(y, score)
    assert found.value == pytest.approx(3, rel=0.1)
    mended = found.apply(score[:, None])
    inside = (score > 1e-7) & (score < 1 - 1e-7)
    logit, mended_logit = special.logit(score[inside]), special.logit(mended[inside])
    np.testing.assert_allclose(mended_logit * found.value, logit, rtol=1e-6)


def test_certainty_is_taken_for_nearly_certain():
    found = ev.fit_temperature([0, 1, 1, 0], [0.0, 1.0, 0.0, 0.4])
    assert np.isfinite([found.value, found.loss_before, found.loss_after]).all()
    mended = found.apply([0, 1e-12, 0.5, 1])
    assert mended[0] == mended[1]
    assert mended[2] == 0.5
    assert ((mended > 0) & (mended < 1)).all()
    many = ev.fit_temperature([0, 1, 2, 0], np.eye(3)[[0, 1, 2, 2]])
    assert np.isfinite([many.value, many.loss_before, many.loss_after]).all()
    assert (many.apply(np.eye(3)) > 0).all()


@pytest.mark.parametrize(
    ("y", "score", "value", "at_limit"),
    [
        ([0, 1, 0, 1], [0.2, 0.7, 0.4, 0.9], 0.05, True),  # all on their side of 0.5
        ([0, 1, 2], np.eye(3), 0.05, True),
        ([1, 0, 1, 0], [0.2, 0.7, 0.4, 0.9], 20, True),  # all on the wrong side
        ([0, 1, 0, 1], [0.5] * 4, 1, False),  # says nothing: nothing to learn
    ],
)
def test_where_no_temperature_is_best(y, score, value, at_limit):
    found = ev.fit_temperature(y, score)
    assert found.value == pytest.approx(value)
    assert found.at_limit is at_limit
    assert ("cannot calibrate" in str(found)) is at_limit


def test_prior_correction_is_bayes_rule():
    # Of 100 sick 90 test positive, of 100 healthy 20. At half sick: 90 of 110. At one in ten:
    # 9 of 9 + 18.
    assert ev.prior_shift_correction([90 / 110], 0.5, 0.1) == pytest.approx([9 / 27])
    there = ev.prior_shift_correction([0, 0.2, 0.7, 1], 0.6, 0.05)
    np.testing.assert_allclose(ev.prior_shift_correction(there, 0.05, 0.6), [0, 0.2, 0.7, 1])
    np.testing.assert_allclose(ev.prior_shift_correction([0.3], 0.4, 0.4), [0.3])


def softmax_scores(seed=0, n=400, k=3, sure=1.0):
    """Scores that mean what they say, if `sure` is 1; above, they are too sure."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=1.5, size=(n, k))
    score = special.softmax(logits, axis=1)
    y = (score.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    y[:k] = range(k)
    return y, special.softmax(sure * logits, axis=1)


@pytest.mark.parametrize(("k", "sure"), [(2, 0.5), (4, 3)])
def test_the_temperature_of_k_classes_has_the_lowest_loss(k, sure):
    y, score = softmax_scores(n=3000, k=k, sure=sure)
    found = ev.fit_temperature(np.eye(k)[y], score)
    assert found.value == pytest.approx(sure, rel=0.1)
    assert (found.n, found.n_columns, found.at_limit) == (3000, k, False)

    def loss(t):
        return log_loss(y, special.softmax(np.log(score.clip(1e-7)) / t, axis=1))

    assert found.loss_before == pytest.approx(loss(1))
    assert found.loss_after == pytest.approx(loss(found.value))
    assert found.loss_after <= min(loss(t) for t in np.geomspace(0.2, 5, 41)) + 1e-12
    mended = found.apply(score)
    np.testing.assert_allclose(mended.sum(axis=1), 1)
    np.testing.assert_array_equal(mended.argmax(axis=1), score.argmax(axis=1))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda y, s: ev.fit_temperature(y, s).apply(s[:, 0]), r"shape \(N, 3\).*\(400,\)"),
        (lambda y, s: ev.fit_temperature(y, s).apply(s[:, :2]), r"shape \(N, 3\).*\(400, 2\)"),
        (lambda y, s: ev.fit_temperature(y > 0, s[:, 0]).apply(s), r"\(N,\) or \(N, 1\)"),
        (lambda y, s: ev.fit_temperature(y, s).apply(s * 2), "logits through a softmax"),
        (lambda y, s: ev.fit_temperature(np.minimum(y, 1), s), "got none of class 2"),
    ],
)
def test_scores_of_other_classes_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(*softmax_scores())
