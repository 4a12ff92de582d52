import numpy as np
import pytest

from cxrlib import evaluation

TRUTH = np.array([0, 0, 0, 1, 1])
SCORES = np.array([0.1, 0.6, 0.2, 0.9, 0.4])


def test_numbers_one_can_count():
    assert evaluation.accuracy(TRUTH, SCORES) == 0.6
    assert evaluation.sensitivity(TRUTH, SCORES) == 0.5
    assert evaluation.specificity(TRUTH, SCORES) == pytest.approx(2 / 3)
    assert evaluation.roc_auc(TRUTH, SCORES) == pytest.approx(5 / 6)  # 5 of 6 pairs in order
    np.testing.assert_array_equal(evaluation.confusion(TRUTH, SCORES), [[2, 1], [1, 1]])


def test_the_threshold_itself_counts_as_sick():
    assert evaluation.sensitivity([1], [0.5]) == 1
    assert evaluation.sensitivity([1], [0.5], threshold=0.51) == 0


def test_columns_are_taken_as_well():
    assert evaluation.roc_auc(TRUTH[:, None], SCORES[:, None]) == pytest.approx(5 / 6)


def test_confusion_of_one_class_keeps_its_shape():
    np.testing.assert_array_equal(evaluation.confusion([0, 0], [0.1, 0.9]), [[1, 1], [0, 0]])


@pytest.mark.parametrize(
    ("truth", "scores", "words"),
    [
        ([0, 1], [0.1], "one score for each of 2 true labels, got 1"),
        ([], [], "at least one picture"),
        ([0, 1], [0.1, np.nan], "got 1 NaN or infinite of 2"),
        ([0, 1], [0.1, np.inf], "NaN or infinite"),
        ([0, 2], [0.1, 0.2], "0 .healthy. and 1 .sick., got also"),
        ([1, 1], [0.1, 0.2], "healthy .0., got none among 2"),
        ([0, 0], [0.1, 0.2], "sick .1., got none"),
        (np.eye(3), np.eye(3), "one class with the rest"),
    ],
)
def test_bad_input_is_named(truth, scores, words):
    with pytest.raises(ValueError, match=words):
        evaluation.roc_auc(truth, scores)


def test_sensitivity_needs_the_sick_and_specificity_the_healthy():
    with pytest.raises(ValueError, match="sick"):
        evaluation.sensitivity([0], [0.1])
    with pytest.raises(ValueError, match="healthy"):
        evaluation.specificity([1], [0.1])
