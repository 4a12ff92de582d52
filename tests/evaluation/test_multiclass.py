from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from cxrlib import evaluation as ev
from cxrlib.evaluation import checks
from tests.evaluation.cohorts import cohort_of

NAMES = ("normal", "bacterial", "viral")
# Answers: normal right, normal right, bacterial right, bacterial as viral, viral as bacterial, and
# viral right.
TRUTH = np.array([0, 0, 1, 1, 2, 2])
SCORES = np.array(
    [
        [0.8, 0.1, 0.1],
        [0.6, 0.3, 0.1],
        [0.1, 0.7, 0.2],
        [0.2, 0.3, 0.5],
        [0.0, 0.6, 0.4],
        [0.3, 0.1, 0.6],
    ]
)
ONE_HOT = np.eye(3, dtype="float32")[TRUTH]


def test_numbers_one_can_count():
    counts = ev.confusion_matrix(TRUTH, SCORES)
    np.testing.assert_array_equal(counts, [[2, 0, 0], [0, 1, 1], [0, 1, 1]])
    assert ev.accuracy(TRUTH, SCORES) == pytest.approx(4 / 6)
    assert ev.macro_sensitivity(TRUTH, SCORES) == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    assert ev.macro_f1(TRUTH, SCORES) == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    # Normal: all 8 pairs in order. Bacterial .7 and .3 against .1 .3 .6 .1: 4 + 2.5. Viral .4 and
    # .6 against .1 .1 .2 .5: 3 + 4.
    assert ev.macro_auc(TRUTH, SCORES) == pytest.approx((8 + 6.5 + 7) / 24)


def test_labels_may_be_numbers_a_column_or_one_hot():
    for truth in (TRUTH, TRUTH[:, None], TRUTH.astype("float32"), ONE_HOT, list(TRUTH)):
        rounded = SCORES.astype("float32") * 1.0009
        y, score = checks.check_multiclass(truth, rounded)
        np.testing.assert_array_equal(y, TRUTH)
        assert score.shape == (6, 3)


def test_of_equal_scores_the_first_class_is_the_answer():
    assert ev.accuracy([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == 0.5


def test_confusion_keeps_a_class_that_is_absent():
    found = ev.confusion_matrix([0, 0], [[0.9, 0.1, 0], [0.2, 0.8, 0]])
    np.testing.assert_array_equal(found, [[1, 1, 0], [0, 0, 0], [0, 0, 0]])


def test_the_most_frequent_confusion_comes_first():
    answers = {(0, 0): 7, (0, 1): 3, (1, 1): 2, (1, 2): 3, (2, 1): 1, (2, 2): 9}
    y = np.repeat([truth for truth, _ in answers], list(answers.values()))
    score = np.eye(3)[np.repeat([called for _, called in answers], list(answers.values()))]
    table = ev.most_confused(y, score, NAMES)
    assert list(table.columns) == ["true", "predicted", "n", "proportion"]
    assert table.to_numpy().tolist() == [
        ["bacterial", "viral", 3, 0.6],
        ["normal", "bacterial", 3, 0.3],
        ["viral", "bacterial", 1, 0.1],
    ]
    pd.testing.assert_frame_equal(ev.most_confused(y, score, NAMES, n=1), table[:1])
    none = ev.most_confused(TRUTH, ONE_HOT, NAMES)
    assert len(none) == 0
    assert list(none.columns) == list(table.columns)


def test_each_class_against_the_rest():
    table = ev.classification_report(ONE_HOT, SCORES, NAMES)
    assert list(table.index) == list(NAMES)
    assert table.loc["normal"].to_dict() == {
        "n": 2, "precision": 1, "sensitivity": 1, "specificity": 1, "F1": 1, "ROC AUC": 1,
    }  # fmt: skip
    assert table.loc["bacterial"].to_dict() == {
        "n": 2, "precision": 0.5, "sensitivity": 0.5, "specificity": 0.75, "F1": 0.5,
        "ROC AUC": 6.5 / 8,
    }  # fmt: skip


def test_a_class_never_answered_has_precision_0_without_a_warning(recwarn):
    score = np.tile([0.5, 0.3, 0.2], (6, 1))
    viral = ev.classification_report(TRUTH, score, NAMES).loc["viral"]
    assert (viral["precision"], viral["F1"]) == (0, 0)
    assert ev.macro_sensitivity(TRUTH, score) == pytest.approx(1 / 3)
    assert ev.macro_f1(TRUTH, score) == pytest.approx(0.5 / 3)
    assert ev.macro_auc(TRUTH, score) == 0.5
    assert not recwarn.list


@pytest.mark.parametrize("k", [2, 3, 4])
def test_numbers_are_those_of_scikit_learn(k):
    y, score, _ = cohort_of(k, 200, seed=k)
    called = score.argmax(axis=1)
    assert ev.accuracy(y, score) == pytest.approx(sk.accuracy_score(y, called))
    assert ev.macro_sensitivity(y, score) == pytest.approx(sk.balanced_accuracy_score(y, called))
    report = sk.classification_report(y, called, output_dict=True)
    assert ev.macro_f1(y, score) == pytest.approx(report["macro avg"]["f1-score"])
    table = ev.classification_report(y, score, [str(i) for i in range(k)])
    for i in map(str, range(k)):
        assert table.loc[i, "precision"] == pytest.approx(report[i]["precision"])
        assert table.loc[i, "sensitivity"] == pytest.approx(report[i]["recall"])
        assert table.loc[i, "F1"] == pytest.approx(report[i]["f1-score"])
        assert table.loc[i, "n"] == report[i]["support"]
    assert table["ROC AUC"].mean() == pytest.approx(ev.macro_auc(y, score))


BAD = [
    (TRUTH, SCORES[:, 0], r"\(N, K\).*K ≥ 2.*got \(6,\).*evaluation.metrics"),
    (TRUTH, SCORES[:, :1], r"got \(6, 1\)"),
    (TRUTH[:5], SCORES, "each of 5 true labels, got 6"),
    (ONE_HOT[:5], SCORES, "each of 5 true labels, got 6"),
    (1, SCORES, "each of 1 true labels, got 6"),
    (np.zeros(0), np.zeros((0, 3)), "at least one image"),
    (TRUTH, np.where(SCORES == 0.8, np.nan, SCORES), "got 1 NaN or infinite of 18"),
    (TRUTH, SCORES * 1.01, "got 6 of 6 rows that do not.*sum 1.01.*softmax"),
    (TRUTH, SCORES * [1, 1, 0.99], "sum to 1 in each row"),
    (TRUTH, np.add(SCORES, [0.5, 0, -0.5]), r"none below 0.*got 4 of 6"),
    (TRUTH + 1, SCORES, r"from 0 to 2, got also \[3\]"),
    (TRUTH - 1, SCORES, r"from 0 to 2, got also \[-1\]"),
    (TRUTH / 2, SCORES, r"from 0 to 2, got also \[0.5\]"),
    (np.array(NAMES)[TRUTH], SCORES, "got also .'bacterial'"),
    (np.eye(4)[TRUTH], SCORES, r"\(N, 3\) one-hot, got \(6, 4\)"),
    (ONE_HOT * 0.9 + 0.1 / 3, SCORES, "a single 1 in each row.*smoothing"),
    (1 - ONE_HOT, SCORES, "a single 1 in each row"),
]


@pytest.mark.parametrize(("truth", "scores", "words"), BAD)
def test_bad_input_is_named(truth, scores, words):
    with pytest.raises(ValueError, match=words):
        ev.macro_f1(truth, scores)


@pytest.mark.parametrize("metric", [ev.macro_auc, ev.macro_f1, ev.macro_sensitivity])
def test_an_absent_class_is_refused_where_each_counts_the_same(metric):
    with pytest.raises(ValueError, match="each of 3 classes, got none of class 2 among 4"):
        metric(TRUTH[:4], SCORES[:4])
    with pytest.raises(ValueError, match="got none of class 0, 1"):
        ev.classification_report([2], SCORES[5:], NAMES)
    assert ev.accuracy(TRUTH[:4], SCORES[:4]) == 0.75


OF_FOUR = np.c_[SCORES, np.zeros(6)]
ARGUMENTS = [
    (lambda: ev.one_vs_rest(TRUTH, SCORES, -1), "class from 0 to 2, got class_index=-1"),
    (lambda: ev.one_vs_rest(TRUTH, SCORES, 3), "got class_index=3"),
    (lambda: ev.one_vs_rest(TRUTH, SCORES, 0.5), "got class_index=0.5"),
    (lambda: ev.most_confused(TRUTH, SCORES, NAMES, 0), "at least 1, got n=0"),
    (lambda: ev.most_confused(TRUTH, SCORES, NAMES[:2]), "3 classes, got 2: normal, bacterial"),
    (lambda: ev.classification_report(TRUTH, SCORES, NAMES[:2]), "3 classes, got 2: normal"),
    (lambda: ev.patient_bootstrap(TRUTH, SCORES, range(6)), "one_vs_rest.*multiclass"),
    (
        lambda: ev.paired_difference(TRUTH, SCORES, OF_FOUR, range(6), ev.accuracy),
        r"same classes, got shapes \(6, 3\) and \(6, 4\)",
    ),
    (
        lambda: ev.patient_bootstrap(TRUTH, SCORES, range(6), partial(ev.macro_f1, threshold=0.3)),
        "unexpected keyword argument 'threshold'",
    ),
]


@pytest.mark.parametrize(("call", "words"), ARGUMENTS)
def test_arguments_out_of_range_are_named(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()


def test_one_class_is_told_from_the_rest():
    y, score = ev.one_vs_rest(ONE_HOT, SCORES, 1)
    assert y.tolist() == [0, 0, 1, 1, 0, 0]
    assert score.tolist() == SCORES[:, 1].tolist()


def test_the_top_label_is_right_or_not():
    right, score = ev.top_label_confidence(ONE_HOT, SCORES)
    assert right.tolist() == [1, 1, 1, 0, 0, 1]
    assert score.tolist() == [0.8, 0.6, 0.7, 0.5, 0.6, 0.6]
    # Bins 0–0.5: 0 of 1 right at 0.5; 0.5–1: 4 of 5 at 0.66.
    error = ev.expected_calibration_error(right, score, 2).value
    assert error == pytest.approx(1 / 6 * 0.5 + 5 / 6 * 0.14)
