import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from sklearn import metrics as sk

from cxrlib import evaluation as ev
from tests.evaluation.cohorts import noisy


def test_the_table_counts_every_step():
    found = ev.threshold_table([0, 1, 1, 0], [0.2, 0.4, 0.8, 0.4])
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
    for row in ev.threshold_table(y, score).itertuples():
        expected = sk.confusion_matrix(y, score >= row.threshold).ravel()
        assert [row.tn, row.fp, row.fn, row.tp] == expected.tolist()
    fpr, tpr, _ = sk.roc_curve(y, score)
    best = ev.youden_threshold(y, score)
    assert best.sensitivity + best.specificity - 1 == pytest.approx((tpr - fpr).max())


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_curves_are_scikit_learn_s(seed):
    y, score = noisy(seed)
    roc = ev.roc_curve(y[:, None], score[:, None])
    for found, expected in zip(roc, sk.roc_curve(y, score, drop_intermediate=False), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert sk.auc(roc.fpr, roc.tpr) == pytest.approx(ev.roc_auc(y, score))
    precision, recall, thresholds = sk.precision_recall_curve(y, score)
    pr = ev.precision_recall_curve(y, score)
    np.testing.assert_array_equal(pr.precision, precision)
    np.testing.assert_array_equal(pr.recall, recall)
    np.testing.assert_array_equal(pr.thresholds, [*thresholds, np.inf])


def history(*loss):
    return pd.DataFrame({"loss": loss})


def test_the_mean_runs_over_those_still_training():
    found = ev.average_histories([history(4, 3, 1), history(2), history(3, 1)], "loss")
    expected = pd.DataFrame(
        {"mean": [3, 2, 1.0], "low": [2, 1, 1.0], "high": [4, 3, 1.0], "n": [3, 2, 1]},
        index=pd.RangeIndex(1, 4, name="epoch"),
    )
    pd.testing.assert_frame_equal(found, expected)


def test_a_run_that_broke_is_not_hidden():
    found = ev.average_histories([history(1, np.nan), history(1, 1)], "loss")
    assert found.loc[2, ["mean", "low", "high"]].isna().all()
    assert found.loc[2, "n"] == 2
