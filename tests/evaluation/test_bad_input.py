"""Bad input to everything that judges scores: a defined answer, or an error that says what came."""

import numpy as np
import pandas as pd
import pytest

from cxrlib import evaluation as ev

WHO = range(30)


def subgroups(y, score):
    cases = pd.DataFrame({"patient_id": list(WHO[: len(y)]), "view": "AP"})
    return ev.subgroups(cases, y, score, "view", n_resamples=5)


ANY_SCORE = {
    "roc_auc": ev.roc_auc,
    "average_precision": ev.average_precision,
    "youden_threshold": ev.youden_threshold,
    "threshold_at_sensitivity": lambda y, s: ev.threshold_at_sensitivity(y, s, 0.9),
    "threshold_at_specificity": lambda y, s: ev.threshold_at_specificity(y, s, 0.9),
    "min_cost_threshold": lambda y, s: ev.min_cost_threshold(y, s, 2, 1),
    "threshold_table": ev.threshold_table,
    "roc_curve": ev.roc_curve,
    "precision_recall_curve": ev.precision_recall_curve,
    "patient_bootstrap": lambda y, s: ev.patient_bootstrap(y, s, WHO[: len(y)], n_resamples=5),
    "paired_difference": lambda y, s: ev.paired_difference(y, s, s, WHO[: len(y)], n_resamples=5),
}
PROBABILITIES = {
    "fit_temperature": ev.fit_temperature,
    "net_benefit": ev.net_benefit,
    "calibration_curve": ev.calibration_curve,
    "expected_calibration_error": ev.expected_calibration_error,
    "brier_score": ev.brier_score,
}
ONE_CLASS_IS_ENOUGH = {"calibration_curve", "expected_calibration_error", "brier_score"}
ALL = ANY_SCORE | PROBABILITIES
Y, S = [0, 1, 0, 1, 0, 1] * 5, [0.2, 0.9, 0.6, 0.4, 0.1, 0.7] * 5


def each(names):
    # Sorted, since several workers must collect the same tests in the same order.
    chosen = [pytest.param(ALL[name], id=name) for name in sorted(names)]
    return pytest.mark.parametrize("of", chosen)


@each(ALL)
def test_good_input_is_taken(of):
    of(Y, S)
    of(np.array(Y)[:, None], np.array(S, "float32")[:, None])


@each([name for name in ALL if name not in ONE_CLASS_IS_ENOUGH])
@pytest.mark.parametrize(("label", "missing"), [(0, "sick"), (1, "healthy")])
def test_one_class_only_is_refused(of, label, missing):
    with pytest.raises(ValueError, match=f"at least one image that is {missing}"):
        of([label] * 30, S)


@each(ONE_CLASS_IS_ENOUGH)
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only_is_judged_where_it_can_be(of, label, recwarn):
    of([label] * 30, S)
    assert not recwarn.list


REFUSED = [
    *((Y, [*S[:-1], bad], "got 1 NaN or infinite of 30") for bad in (np.nan, np.inf, -np.inf)),
    (Y, S[:-1], "one score for each of 30 true labels, got 29"),
    ([], [], "at least one image, got none"),
    ([0, 1, 2, 0, 1, 0] * 5, S, r"0 \(healthy\) and 1 \(sick\), got also"),
]


@each(ALL)
@pytest.mark.parametrize(("y", "score", "words"), REFUSED)
def test_bad_truth_or_scores_are_refused(of, y, score, words):
    with pytest.raises(ValueError, match=words):
        of(y, score)


@each(PROBABILITIES)
@pytest.mark.parametrize("bad", [-0.1, 1.001, 7])
def test_probabilities_lie_between_0_and_1(of, bad):
    with pytest.raises(ValueError, match="probabilities between 0 and 1, got 1 of 30 scores out"):
        of(Y, [*S[:-1], bad])


@each(ANY_SCORE)
def test_ranks_need_no_probabilities(of):
    of(Y, [-3, 9, 4, -1, -8, 5] * 5)


@each(ALL)
def test_ties_everywhere_have_an_answer(of, recwarn):
    of(Y, [0.5] * 30)
    assert not recwarn.list


def test_a_single_patient_in_a_subgroup_has_a_number_and_no_interval():
    cases = pd.DataFrame({"patient_id": "a", "view": "AP"}, index=range(30))
    found = ev.subgroups(cases, Y, S, "view", n_resamples=5)
    assert found["value"].notna().all()
    assert found["low"].isna().all()
    assert (found["reason"] == "too few patients for an interval").all()


def test_subgroups_check_scores_as_the_others_do():
    assert len(subgroups(Y, S)) == 2
    assert subgroups([1] * 30, S)["reason"].tolist() == ["no healthy images"] * 2
    with pytest.raises(ValueError, match="NaN"):
        subgroups(Y, [*S[:-1], np.nan])
    with pytest.raises(ValueError, match="one score for each of 30"):
        subgroups(Y, S[:-1])


@pytest.mark.parametrize(
    "of",
    [
        lambda s: ev.youden_threshold(Y, S).apply(s),
        lambda s: ev.fit_temperature(Y, S).apply(s),
        lambda s: ev.prior_shift_correction(s, 0.5, 0.1),
    ],
)
def test_scores_without_a_truth_are_checked_too(of):
    assert of(np.array([[0.2], [0.7]])).shape == (2,)
    with pytest.raises(ValueError, match="NaN or infinite"):
        of([0.2, np.nan])
    with pytest.raises(ValueError, match="at least one image"):
        of([])
    with pytest.raises(ValueError, match=r"\(N,\) or \(N, 1\)"):
        of(np.full((2, 2), 0.5))
