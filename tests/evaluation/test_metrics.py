import numpy as np
import pytest

from cxrlib import evaluation as ev

TRUTH = np.array([0, 0, 0, 1, 1])
SCORES = np.array([0.1, 0.6, 0.2, 0.9, 0.4])


def test_numbers_one_can_count():
    assert ev.accuracy(TRUTH, SCORES) == 0.6
    assert ev.sensitivity(TRUTH, SCORES) == 0.5
    assert ev.specificity(TRUTH, SCORES) == pytest.approx(2 / 3)
    assert ev.balanced_accuracy(TRUTH, SCORES) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert ev.precision(TRUTH, SCORES, threshold=0.3) == pytest.approx(2 / 3)
    assert ev.f1_score(TRUTH, SCORES, threshold=0.3) == pytest.approx(4 / 5)  # 2·2 / (3 + 2)
    # F1 of the sick 1/2, of the healthy 2/3.
    assert ev.weighted_f1(TRUTH, SCORES) == pytest.approx((2 / 2 + 3 * 2 / 3) / 5)
    # The sick are 1st and 3rd by score: half of the recall at 1/1, half at 2/3.
    assert ev.average_precision(TRUTH, SCORES) == pytest.approx((1 + 2 / 3) / 2)
    assert ev.roc_auc(TRUTH, SCORES) == pytest.approx(5 / 6)  # 5 of 6 pairs in order
    np.testing.assert_array_equal(ev.confusion_matrix(TRUTH, SCORES), [[2, 1], [1, 1]])


def test_the_threshold_itself_counts_as_sick():
    assert ev.sensitivity([1], [0.5]) == 1
    assert ev.sensitivity([1], [0.5], threshold=0.51) == 0


def test_confusion_of_one_class_keeps_its_shape():
    np.testing.assert_array_equal(ev.confusion_matrix([0, 0], [0.1, 0.9]), [[1, 1], [0, 0]])


def test_nobody_called_sick_gives_precision_0_without_a_warning(recwarn):
    assert ev.precision([0, 1], [0.1, 0.2]) == 0
    assert ev.f1_score([0, 1], [0.1, 0.2]) == 0
    assert not recwarn.list


def test_the_report_has_the_usual_seven_numbers():
    found = ev.binary_report(TRUTH[:, None], SCORES[:, None], threshold=0.3)
    assert found.to_dict() == pytest.approx({
        "accuracy": 4 / 5, "precision": 2 / 3, "sensitivity": 1, "specificity": 2 / 3, "F1": 4 / 5,
        "ROC AUC": 5 / 6, "PR AUC": 5 / 6,
    })  # fmt: skip
    assert list(found.index[-3:]) == ["F1", "ROC AUC", "PR AUC"]


# place     0    1    2    3    4    5    6     7
WRONG_Y = [0, 0, 0, 0, 1, 1, 1, 1]
WRONG_P = [0.9, 0.7, 0.6, 0.1, 0.45, 0.8, 0.2, 0.5]


def test_the_worst_errors_come_first():
    # False alarms 0 (0.40 over), 1 (0.20), 2 (0.10); missed 6 (0.30 under), 4 (0.05)
    assert list(ev.top_losses(WRONG_Y, WRONG_P, 8)) == [0, 6, 1, 2, 4]
    assert list(ev.top_losses(WRONG_Y, WRONG_P, 4)) == [0, 6, 1, 4]  # half each
    assert list(ev.top_losses(WRONG_Y, WRONG_P, 3)) == [0, 6, 1]
    assert list(ev.top_losses(WRONG_Y, WRONG_P, 1)) == [0]


def test_the_worst_errors_at_another_threshold():
    # From 0.75 on: missed 6 (0.55 under), 4 (0.30), 7 (0.25); one false alarm, 0 (0.15 over)
    assert list(ev.top_losses(WRONG_Y, WRONG_P, threshold=0.75)) == [6, 4, 7, 0]


def test_equal_errors_keep_their_order_and_no_error_gives_none():
    assert list(ev.top_losses([0, 1, 0, 1], [1, 0, 1, 0])) == [0, 1, 2, 3]
    none = ev.top_losses([0, 1], [0, 1])
    assert none.shape == (0,)
    assert np.zeros((2, 3))[none].shape == (0, 3)  # it can be used as an index
