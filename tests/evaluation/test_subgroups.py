from functools import partial

import numpy as np
import pandas as pd
import pytest

from cxrlib import evaluation
from tests.evaluation.cohorts import cohort

subgroups = evaluation.subgroups


def grouped(n=200):
    y, score, who = cohort(n, n // 2)
    view = np.where(np.arange(n) % 3 == 0, "PA", "AP")
    return pd.DataFrame({"patient_id": who.astype(str), "view": view}), y, score


def check_each_as_if_alone(found, cases, y, score, metric):
    assert found["group"].tolist() == ["all", "AP", "PA"]
    assert (found["reason"] == "").all()
    for _, row in found.iterrows():
        chosen = (cases["view"] == row["group"]).to_numpy() | (row["group"] == "all")
        who = cases["patient_id"][chosen]
        columns = y[chosen], score[chosen], who
        alone = evaluation.patient_bootstrap(*columns, metric, n_resamples=50, seed=2)
        assert tuple(row[["value", "low", "high"]]) == alone
        assert row["n"] == chosen.sum()
        assert row["n_patients"] == who.nunique()


def test_each_group_is_judged_as_if_it_came_alone():
    cases, y, score = grouped()
    found = subgroups(cases, y, score, "view", n_resamples=50, seed=2)
    check_each_as_if_alone(found, cases, y, score, evaluation.roc_auc)
    assert found["n_positive"].tolist() == [y.sum(), *pd.Series(y).groupby(cases["view"]).sum()]


def test_a_group_without_a_number_says_why():
    age = ["0-1"] * 4 + ["2-3"] * 3 + ["4-5"] * 4 + [None] * 4
    cases = pd.DataFrame({"age": pd.Categorical(age, ["0-1", "2-3", "4-5", "6-9"])})
    y = [int(c) for c in "001111101010011"]
    score = np.array([int(c) for c in "132412312341234"]) / 10
    who = list("abcd") + list("efg") + list("hihi") + list("klmn")
    found = subgroups(cases, y, score, "age", patients=who, n_resamples=50).set_index("group")
    assert found.index.tolist() == ["all", "0-1", "2-3", "4-5", "6-9", "not known"]
    assert found["reason"].tolist() == [
        "",
        "",
        "no healthy images",
        "too few patients for an interval",
        "no images",
        "resamples all the same: no interval",
    ]
    assert found["n"].tolist() == [15, 4, 3, 4, 0, 4]
    assert found["value"].isna().tolist() == [False, False, True, False, True, False]
    assert found["low"].isna().tolist() == found["high"].isna().tolist()
    assert found["low"].isna().tolist() == [False, False, True, True, True, True]


def test_a_metric_that_needs_one_class_only_is_judged_on_one_class():
    cases, y, score = grouped()
    cases["truth"] = np.where(y == 1, "sick", "healthy")
    metric, each = partial(evaluation.sensitivity, threshold=0.3), np.arange(len(y))
    found = subgroups(cases, y, score, "truth", metric, each, n_resamples=50)
    assert found["reason"].tolist() == ["", "no sick images", ""]
    assert found.loc[0, "value"] == evaluation.sensitivity(y, score, 0.3)
    assert found["n_patients"].tolist() == found["n"].tolist()


def test_a_metric_that_breaks_is_named():
    cases, y, score = grouped()

    def broken(y, score):
        if len(y) < 100:
            raise ValueError("expected more. Get more.")
        return float("nan") if len(y) < 150 else y.mean()

    reasons = subgroups(cases, y, score, "view", broken, n_resamples=5)["reason"].tolist()
    assert reasons[0] == ""
    assert reasons[1].startswith("expected a finite number from the metric, got nan")
    assert reasons[2] == "expected more"


def test_numbers_are_groups_if_there_are_few():
    cases, y, score = grouped()
    cases["year"] = np.where(cases["view"] == "PA", 10, 9)
    found = subgroups(cases, y, score, "year", n_resamples=5)
    assert found["group"].tolist() == ["all", "9", "10"]
    cases["year"] = cases["year"].astype("Int64").where(cases.index > 3)
    assert subgroups(cases, y, score, "year", n_resamples=5)["group"].iloc[-1] == "not known"
    cases["age"] = np.arange(len(y))
    with pytest.raises(ValueError, match=r"200 different numbers in 'age'.*pd.cut\(cases\['age'\]"):
        subgroups(cases, y, score, "age")


def test_k_classes_are_judged_group_by_group():
    rng = np.random.default_rng(0)
    y, view = np.arange(240) % 3, np.where(np.arange(240) < 180, "AP", "PA")
    score = rng.dirichlet([1, 1, 1], 240) * 0.6 + 0.4 * np.eye(3)[y]
    cases = pd.DataFrame({"patient_id": np.arange(240) // 2, "view": view})
    for truth in (y, np.eye(3)[y]):
        found = subgroups(cases, truth, score, "view", n_resamples=50, seed=2)
        check_each_as_if_alone(found, cases, y, score, evaluation.macro_auc)
        assert found["n_rarest"].tolist() == [80, 60, 20]


def test_a_group_without_one_of_k_classes_says_so():
    y = np.array([0, 1, 2] * 10 + [0, 1] * 10)
    cases = pd.DataFrame({"patient_id": range(50), "view": ["AP"] * 30 + ["PA"] * 20})
    score = np.random.default_rng(0).dirichlet([1, 1, 1], 50)
    found = subgroups(cases, y, score, "view", n_resamples=20)
    assert found["n_rarest"].tolist() == [10, 10, 0]
    assert found["reason"].tolist()[:2] == ["", ""]
    assert "got none of class 2 among 20" in found["reason"][2]
    of_answers = subgroups(cases, y, score, "view", evaluation.accuracy, n_resamples=20)
    assert of_answers["value"].notna().all()
