import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import special
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from cxrlib import evaluation as ev
from tests.evaluation.cohorts import scored


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
