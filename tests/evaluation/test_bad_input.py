"""Bad input to everything that judges scores: a defined answer, or an error that says what came."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from cxrlib import evaluation as ev

WHO = range(30)


def subgroups(y, score, column="view", patients=None, cases=None, **settings):
    table = pd.DataFrame({"patient_id": list(WHO[: cases or len(y)]), "view": "AP"})
    return ev.subgroups(table, y, score, column, None, patients, n_resamples=5, **settings)


def one_run(y, score, metric=ev.roc_auc):
    return ev.Runs([y], [score], [WHO[: len(y)]], metric)


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
    "runs_difference": lambda y, s: ev.runs_difference(one_run(y, s), one_run(y, s), n_resamples=5),
    "subgroups": subgroups,
}
PROBABILITIES = {
    "fit_temperature": ev.fit_temperature,
    "net_benefit": ev.net_benefit,
    "calibration_curve": ev.calibration_curve,
    "calibration_intercept": ev.calibration_intercept,
    "calibration_slope": ev.calibration_slope,
    "expected_calibration_error": ev.expected_calibration_error,
    "brier_score": ev.brier_score,
}
# Of the probabilities:
NEED_BOTH = {"calibration_intercept", "calibration_slope", "fit_temperature", "net_benefit"}
ONE_CLASS_IS_ENOUGH = PROBABILITIES.keys() - NEED_BOTH | {"subgroups"}
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


@each(ALL.keys() - {"calibration_slope"})
def test_ties_everywhere_have_an_answer(of, recwarn):
    of(Y, [0.5] * 30)
    assert not recwarn.list


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


def history(*loss):
    return pd.DataFrame({"loss": loss})


ONE = ([0, 1], [0.1, 0.9])
ARGUMENTS = [
    (lambda: ev.sensitivity([0, 0], [0.1, 0.9]), "sick"),
    (lambda: ev.f1_score([0, 0], [0.1, 0.9]), "sick"),
    (lambda: ev.specificity([1, 1], [0.1, 0.9]), "healthy"),
    (lambda: ev.balanced_accuracy([1, 1], [0.1, 0.9]), "healthy"),
    (lambda: ev.roc_auc(np.eye(3), np.eye(3)), r"one class with the rest .*evaluation\.multiclass"),
    (lambda: ev.top_losses(*ONE, 0), "at least 1, got n=0"),
    (lambda: ev.threshold_at_sensitivity(*ONE, 0), "sensitivity above 0"),
    (lambda: ev.threshold_at_sensitivity(*ONE, 95), "sensitivity between 0 and 1.*0.95 for 95"),
    (lambda: ev.threshold_at_specificity(*ONE, 1.2), "specificity between 0 and 1"),
    (lambda: ev.threshold_at_specificity(*ONE, np.nan), "specificity between 0 and 1"),
    (lambda: ev.min_cost_threshold(*ONE, -1, 1), "at least 0.*cost_fn=-1"),
    (lambda: ev.min_cost_threshold(*ONE, 0, 0), "not both 0"),
    (lambda: ev.min_cost_threshold(*ONE, np.inf, 1), "cost_fn=inf"),
    (lambda: ev.min_cost_threshold(*ONE, 1, 1, 0), "prevalence between 0 and 1, got 0"),
    (lambda: ev.min_cost_threshold(*ONE, 1, 1, 30), "Write 0.3 for 30 %"),
    (lambda: ev.calibration_curve(*ONE, 0), "bins, at least 1, got n_bins=0"),
    (lambda: ev.expected_calibration_error(*ONE, 2.5), "got n_bins=2.5"),
    (lambda: ev.fit_temperature(*ONE).apply([-3.0]), "through a sigmoid"),
    (lambda: ev.prior_shift_correction([0.5], 0, 0.1), "training prevalence between"),
    (lambda: ev.prior_shift_correction([0.5], 0.5, 10), "target prevalence.*0.1 for 10 %"),
    (lambda: ev.prior_shift_correction([1.5], 0.5, 0.1), "1 of 1 scores outside"),
    (
        lambda: ev.predictive_values(1.2, 0.5, 0.5),
        "sensitivity between 0 and 1, ends.*got 1.2",
    ),
    (lambda: ev.predictive_values(0.5, -0.1, 0.5), "specificity between"),
    (lambda: ev.predictive_values(0.5, 0.5, 5), "prevalence.*0.05 for 5 %"),
    (lambda: ev.predictive_values(0.5, 0.5, np.nan), "prevalence"),
    (lambda: ev.predictive_values(0.5, 0.5, [0.1, 2]), "prevalence.*got 2"),
    *((partial(ev.net_benefit, *ONE, t), "threshold") for t in (0, 1, [0.5, -0.1], [np.nan], [])),
    (lambda: ev.average_histories([], "loss"), "at least one history, got none"),
    (lambda: ev.average_histories([history(1)] * 2, "auc"), "'auc'.*got loss in run 1"),
    (lambda: ev.average_histories([history(1), history()], "loss"), "at least one epoch.*run 2"),
    (lambda: ev.average_histories([{"loss": [1]}], "loss"), "DataFrames, got dict as run 1"),
    (lambda: ev.average_histories(history(1), "loss"), "got str as run 1"),
    (lambda: ev.wilson_interval(8, 10, 95), "confidence level .*Write 0.95 for 95 %"),
    (lambda: ev.patient_bootstrap(Y, S, WHO, confidence_level=1), "level between 0 and 1, got 1"),
    (lambda: ev.patient_bootstrap(Y, S, WHO, confidence_level=np.nan), "between 0 and 1, got nan"),
    (lambda: ev.patient_bootstrap(Y, S, WHO, n_resamples=2.5), "at least 1, got n_resamples=2.5"),
    (lambda: ev.patient_bootstrap(*ONE, ["a"]), "a patient for each of 2 images, got 1"),
    (lambda: ev.patient_bootstrap(*ONE, ["a", None]), "got 1 without"),
    (lambda: ev.runs_bootstrap([Y] * 2, [S], [WHO] * 2), "got 2, 1, 2 and 2. Pass lists of one"),
    (lambda: ev.runs_bootstrap([], [], []), "got 0, 0, 0 and 0"),
    (lambda: ev.runs_difference(one_run(Y, S), ev.Runs([Y], [S], [])), "got 1, 1, 0 and 1"),
    (
        lambda: ev.runs_difference(one_run(Y, S), one_run(Y, np.eye(3)[Y], ev.accuracy)),
        "same classes from every training, got scores of 1 and 3 columns.*one_vs_rest",
    ),
    (lambda: ev.runs_difference(*[one_run(Y, S)] * 2, confidence_level=95), "Write 0.95"),
    (lambda: ev.runs_difference(*[one_run(Y, S)] * 2, n_resamples=0), "got n_resamples=0"),
    (lambda: subgroups(*ONE, column="sex"), r"\(patient_id, view\), got 'sex'"),
    (lambda: subgroups(*ONE, cases=30), "of 2 images, got 30"),
    (lambda: subgroups(*ONE, patients=["a"]), "a patient for each of 2 images, got 1"),
    (lambda: subgroups(*ONE, confidence_level=95), "Write 0.95"),
]


@pytest.mark.parametrize(("call", "words"), ARGUMENTS)
def test_arguments_out_of_range_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
