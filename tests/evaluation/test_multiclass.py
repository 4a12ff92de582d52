from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from cxrlib import evaluation as ev
from cxrlib.evaluation import checks, many_classes, metrics
from cxrlib.evaluation.intervals import drawing, weighted

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
MACROS = {
    many_classes.accuracy_many,
    many_classes.macro_auc,
    many_classes.macro_f1,
    many_classes.macro_sensitivity,
}
by_name = pytest.mark.parametrize("metric", sorted(MACROS, key=lambda m: m.__name__))


def cohort(k=3, n=60, patients=40, seed=0, digits=None):
    rng = np.random.default_rng(seed)
    who = np.concatenate([np.arange(2 * k), rng.integers(0, patients, size=n - 2 * k)])
    y = (np.arange(patients) % k)[who]
    y = np.where(rng.random(n) < 0.1, rng.integers(0, k, n), y)  # some patients have two classes
    y[: 2 * k] = np.arange(2 * k) % k
    logits = rng.normal(size=(n, k)) + 1.5 * np.eye(k)[y]
    logits = logits if digits is None else logits.round(digits)
    score = np.exp(logits)
    return y, score / score.sum(axis=1, keepdims=True), who


def test_numbers_one_can_count():
    np.testing.assert_array_equal(
        ev.confusion_many(TRUTH, SCORES), [[2, 0, 0], [0, 1, 1], [0, 1, 1]]
    )
    assert ev.accuracy_many(TRUTH, SCORES) == pytest.approx(4 / 6)
    assert ev.macro_sensitivity(TRUTH, SCORES) == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    assert ev.macro_f1(TRUTH, SCORES) == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    # Normal: all 8 pairs in order. Bacterial .7 and .3 against .1 .3 .6 .1: 4 + 2.5. Viral .4 and
    # .6 against .1 .1 .2 .5: 3 + 4.
    assert ev.macro_auc(TRUTH, SCORES) == pytest.approx((8 + 6.5 + 7) / 24)


def test_labels_may_be_numbers_a_column_or_one_hot():
    for truth in (TRUTH, TRUTH[:, None], TRUTH.astype("float32"), ONE_HOT, list(TRUTH)):
        y, score = checks.check_many(truth, SCORES.astype("float32"))
        np.testing.assert_array_equal(y, TRUTH)
        assert score.shape == (6, 3)


def test_of_equal_scores_the_first_class_is_the_answer():
    assert ev.accuracy_many([0, 1], [[0.5, 0.5], [0.5, 0.5]]) == 0.5


def test_confusion_keeps_a_class_that_is_absent():
    found = ev.confusion_many([0, 0], [[0.9, 0.1, 0], [0.2, 0.8, 0]])
    np.testing.assert_array_equal(found, [[1, 1, 0], [0, 0, 0], [0, 0, 0]])


def test_the_most_frequent_confusion_comes_first():
    answers = {(0, 0): 7, (0, 1): 3, (1, 1): 2, (1, 2): 3, (2, 1): 1, (2, 2): 9}
    y = np.repeat([truth for truth, _ in answers], list(answers.values()))
    score = np.eye(3)[np.repeat([called for _, called in answers], list(answers.values()))]
    table = ev.top_confusions(y, score, NAMES)
    assert list(table.columns) == ["truth", "answered", "n", "share"]
    assert table.to_numpy().tolist() == [
        ["bacterial", "viral", 3, 0.6],
        ["normal", "bacterial", 3, 0.3],
        ["viral", "bacterial", 1, 0.1],
    ]
    pd.testing.assert_frame_equal(ev.top_confusions(y, score, NAMES, n=1), table[:1])
    none = ev.top_confusions(TRUTH, ONE_HOT, NAMES)
    assert len(none) == 0
    assert list(none.columns) == list(table.columns)


def test_each_class_against_the_rest():
    table = ev.per_class(ONE_HOT, SCORES, NAMES)
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
    assert ev.per_class(TRUTH, score, NAMES).loc["viral", ["precision", "F1"]].tolist() == [0, 0]
    assert ev.macro_sensitivity(TRUTH, score) == pytest.approx(1 / 3)
    assert ev.macro_f1(TRUTH, score) == pytest.approx(0.5 / 3)
    assert ev.macro_auc(TRUTH, score) == 0.5
    assert not recwarn.list


def test_one_class_can_go_to_all_that_takes_two_classes():
    y, score = ev.one_against_rest(ONE_HOT, SCORES, 1)
    assert y.tolist() == [0, 0, 1, 1, 0, 0]
    assert score.tolist() == SCORES[:, 1].tolist()
    assert ev.roc_auc(y, score) == 6.5 / 8
    ev.roc_curve(y, score), ev.pr_curve(y, score), ev.reliability(y, score)
    ev.patient_bootstrap(y, score, range(6), n=5)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_numbers_are_those_of_scikit_learn(k):
    y, score, _ = cohort(k, 200, seed=k)
    called = score.argmax(axis=1)
    assert ev.accuracy_many(y, score) == pytest.approx(sk.accuracy_score(y, called))
    assert ev.macro_sensitivity(y, score) == pytest.approx(sk.balanced_accuracy_score(y, called))
    report = sk.classification_report(y, called, output_dict=True)
    assert ev.macro_f1(y, score) == pytest.approx(report["macro avg"]["f1-score"])
    table = ev.per_class(y, score, [str(i) for i in range(k)])
    for i in map(str, range(k)):
        assert table.loc[i, "precision"] == pytest.approx(report[i]["precision"])
        assert table.loc[i, "sensitivity"] == pytest.approx(report[i]["recall"])
        assert table.loc[i, "F1"] == pytest.approx(report[i]["f1-score"])
        assert table.loc[i, "n"] == report[i]["support"]
    if k > 2:
        area = sk.roc_auc_score(y, score, multi_class="ovr", average="macro")
        assert ev.macro_auc(y, score) == pytest.approx(area)
    assert table["ROC AUC"].mean() == pytest.approx(ev.macro_auc(y, score))
    assert table["sensitivity"].mean() == pytest.approx(ev.macro_sensitivity(y, score))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.permutations(range(4)))
def test_another_order_of_the_classes_changes_their_order_only(seed, order):
    y, score, _ = cohort(4, seed=seed)
    names = np.array(["a", "b", "c", "d"])
    new_y, new_score = np.argsort(order)[y], score[:, order]
    for metric in MACROS:
        assert metric(new_y, new_score) == pytest.approx(metric(y, score))
    np.testing.assert_array_equal(
        ev.confusion_many(new_y, new_score), ev.confusion_many(y, score)[np.ix_(order, order)]
    )
    before = ev.per_class(y, score, names)
    after = ev.per_class(new_y, new_score, names[list(order)])
    pd.testing.assert_frame_equal(after, before.loc[after.index])


BAD = [
    (TRUTH, SCORES[:, 0], r"\(N, K\).*K ≥ 2.*got \(6,\).*evaluation.metrics"),
    (TRUTH, SCORES[:, :1], r"got \(6, 1\)"),
    (TRUTH[:5], SCORES, "each of 5 true labels, got 6"),
    (ONE_HOT[:5], SCORES, "each of 5 true labels, got 6"),
    (1, SCORES, "each of 1 true labels, got 6"),
    (np.zeros(0), np.zeros((0, 3)), "at least one picture"),
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


@by_name
@pytest.mark.parametrize(("truth", "scores", "words"), BAD)
def test_bad_input_is_named(metric, truth, scores, words):
    with pytest.raises(ValueError, match=words):
        metric(truth, scores)


def test_rows_may_miss_1_by_rounding():
    assert ev.accuracy_many(TRUTH, SCORES * 1.0009) == pytest.approx(4 / 6)
    ev.macro_auc(TRUTH, SCORES * 1.0009)


@by_name
def test_an_absent_class_is_refused_where_each_counts_the_same(metric):
    if metric is many_classes.accuracy_many:
        assert metric(TRUTH[:4], SCORES[:4]) == 0.75
        return
    with pytest.raises(ValueError, match="each of 3 classes, got none of class 2 among 4"):
        metric(TRUTH[:4], SCORES[:4])
    with pytest.raises(ValueError, match="got none of class 0, 1"):
        ev.per_class([2], SCORES[5:], NAMES)


def test_arguments_out_of_range_are_named():
    for k in (-1, 3, 0.5):
        with pytest.raises(ValueError, match=f"class from 0 to 2, got k={k}"):
            ev.one_against_rest(TRUTH, SCORES, k)
    for of in (ev.per_class, ev.top_confusions):
        with pytest.raises(ValueError, match="each of 3 classes, got 2: normal, bacterial"):
            of(TRUTH, SCORES, NAMES[:2])
    with pytest.raises(ValueError, match="at least 1, got n=0"):
        ev.top_confusions(TRUTH, SCORES, NAMES, 0)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([1, None]), st.sampled_from([2, 3, 4]))
def test_the_quick_way_equals_calling_the_metric(seed, digits, k):
    y, score, who = cohort(k, 40, 25, seed, digits)
    assert set(weighted.MACROS) == MACROS
    groups, strata = drawing.group(y, who)
    counts = drawing.draw(strata, 10, np.random.default_rng(seed))[:, groups]
    for metric in MACROS:
        quick = weighted.on_counts(metric, y, score)
        called = weighted.on_counts(lambda a, b, m=metric: m(a, b), y, score)
        np.testing.assert_allclose(quick(counts), called(counts), atol=1e-12)


def test_an_interval_is_the_same_quickly_and_by_calls():
    y, score, who = cohort()
    for metric in MACROS:
        quick = ev.patient_bootstrap(np.eye(3)[y], score, who, metric, n=60)
        slow = ev.patient_bootstrap(y, score, who, lambda a, b, m=metric: m(a, b), n=60)
        assert quick == pytest.approx(slow, abs=1e-12)
        assert quick.low < quick.value < quick.high


PAIRS = {
    metrics.roc_auc: many_classes.macro_auc,
    metrics.accuracy: many_classes.accuracy_many,
    metrics.balanced_accuracy: many_classes.macro_sensitivity,
}


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(0, 3))
def test_two_classes_in_two_columns_have_the_interval_of_one_column(seed, at):
    y, score, who = cohort(2, 30, 20, seed)
    other = score[::-1].copy()
    for of_two, of_many in PAIRS.items():
        two = ev.patient_bootstrap(y, score[:, 1], who, of_two, n=80, seed=at)
        many = ev.patient_bootstrap(np.eye(2)[y], score, who, of_many, n=80, seed=at)
        assert many == pytest.approx(two, abs=1e-12)
        two = ev.paired_difference(y, score[:, 1], other[:, 1], who, of_two, n=80, seed=at)
        many = ev.paired_difference(y, score, other, who, of_many, n=80, seed=at)
        assert many == pytest.approx(two, abs=1e-12)


def test_every_resample_keeps_all_classes_and_whole_patients():
    y = np.array([0, 0, 0, 1, 1, 2, 2, 0, 2, 0, 2])
    who = np.array([*"aabcdefgghh"])  # g and h have normal and viral pictures
    score, seen = np.eye(3)[y], []
    ev.patient_bootstrap(y, score, who, lambda a, b: seen.append(np.bincount(a)) or 0.0, n=40)
    assert len(seen) == 1 + 40 + 8
    for counts in seen[1:41]:
        assert counts[1:].tolist() == [2, 4]
        assert 2 + 2 <= counts[0] <= 4 + 2  # a and b: two pictures or one


def test_patients_of_the_same_classes_share_a_stratum():
    y = np.array([0, 1, 2, 0, 2, 1, 0, 1, 2, 2, 0, 2, 2, 1])
    who = np.array([*"abccddefghiijj"])
    _, strata = drawing.group(y, who)  # a e 0, b f 1, g h 2, c i 0 and 2, d j 1 and 2
    assert len(set(strata)) == 5
    for one, other in ("ae", "bf", "gh", "ci", "dj"):
        names = list(dict.fromkeys(who))
        assert strata[names.index(one)] == strata[names.index(other)]
    pairs = np.array([0, 0, 1, 1]), np.array([*"abbc"])
    assert drawing.group(*pairs)[1].tolist() == [0, 1, 2]  # as always: healthy, both, sick


def test_a_patient_alone_with_its_classes_joins_the_nearest_patients():
    y, who = np.array([0, 0, 1, 1, 2, 2, 0, 1, 0, 2]), np.array([*"abcdefgghh"])
    groups, strata = drawing.group(y, who)  # g has 0 and 1, h 0 and 2, and nobody else has
    assert len(set(strata)) == 3
    assert strata[6] in (strata[0], strata[2])
    assert strata[7] in (strata[0], strata[4])
    drawn = drawing.draw(strata, 200, np.random.default_rng(0))
    assert set(drawn[:, 6]) >= {0, 1, 2}
    in_each = drawn[:, groups]
    assert all((in_each[:, y == k].sum(axis=1) > 0).all() for k in range(3))


def test_a_class_of_one_patient_gives_no_interval():
    y, who = [0, 0, 1, 1, 2, 2], [*"abcdee"]
    with pytest.raises(ValueError, match="2 patients of class 2 to draw from, got 1:"):
        ev.patient_bootstrap(y, SCORES, who, ev.macro_auc, n=10)
    y, who = [0, 0, 0, 1, 1, 1, 2, 2], [*"abcdefad"]  # a and d are each alone in a stratum
    with pytest.raises(ValueError, match=r"class 2 .* got 0 and 2 with pictures of both it"):
        ev.patient_bootstrap(y, np.eye(3)[y], who, ev.macro_auc, n=10)


def test_many_columns_need_a_metric_for_many_classes():
    with pytest.raises(ValueError, match=r"one_against_rest.*many_classes"):
        ev.patient_bootstrap(TRUTH, SCORES, range(6), n=10)
    with pytest.raises(ValueError, match=r"same classes, got shapes \(6, 3\) and \(6, 4\)"):
        ev.paired_difference(
            TRUTH, SCORES, np.c_[SCORES, np.zeros(6)], range(6), ev.accuracy_many, n=10
        )
    with pytest.raises(TypeError, match="threshold"):
        ev.patient_bootstrap(TRUTH, SCORES, range(6), partial(ev.macro_f1, threshold=0.3), n=10)


def test_macro_metrics_are_computed_for_all_resamples_at_once():
    assert not any(map(weighted.is_called, MACROS))


def test_brier_one_can_count():
    # Squares of distance: .06 .26 .14 .78 .72 .26
    assert ev.brier_many(ONE_HOT, SCORES) == pytest.approx(
        (0.06 + 0.26 + 0.14 + 0.78 + 0.72 + 0.26) / 6
    )
    assert ev.brier_many([0, 1], np.eye(2)) == 0
    assert ev.brier_many([1, 0], np.eye(2)) == 2


def test_the_top_label_is_right_or_not():
    right, score = ev.top_label(ONE_HOT, SCORES)
    assert right.tolist() == [1, 1, 1, 0, 0, 1]
    assert score.tolist() == [0.8, 0.6, 0.7, 0.5, 0.6, 0.6]
    # Bins 0–0.5: 0 of 1 right at 0.5; 0.5–1: 4 of 5 at 0.66.
    assert ev.ece(right, score, 2).value == pytest.approx(1 / 6 * 0.5 + 5 / 6 * 0.14)
