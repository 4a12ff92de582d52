"""Exercises of chapter 08: each usual wrong answer gets the hint that is meant for it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from cxrlib import evaluation
from cxrlib.teaching import exercises
from cxrlib.teaching.exercises import ch08_resampling as resampling
from cxrlib.teaching.exercises import ch08_thresholds as thresholds

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_threshold", "check_auc", "check_ppv", "check_resample")


def judge(check, *answers):
    return getattr(exercises, check).judge(*answers)


def by_roc_curve(y, scores, target):
    _, found, at = roc_curve(y, scores, drop_intermediate=False)
    return at[np.argmax(found >= target)]


def by_scikit_learn(sick, healthy):
    y = np.repeat([1, 0], [len(sick), len(healthy)])
    return roc_auc_score(y, np.concatenate([sick, healthy]))


def by_counting_children(sens, spec, prevalence, n=1_000_000):
    found, alarms = n * prevalence * sens, n * (1 - prevalence) * (1 - spec)
    return found / (found + alarms)


def by_pooling(patients, rng):
    rows = {name: [] for name in patients}
    for row, name in enumerate(patients):
        rows[name].append(row)
    people = list(rows.values())
    return [row for i in rng.integers(len(people), size=len(people)) for row in people[i]]


RIGHT = dict(
    zip(CHECKS, (by_roc_curve, by_scikit_learn, by_counting_children, by_pooling), strict=True)
)


class TestEachExercise(ExerciseRules):
    exercises, right = exercises, RIGHT
    odd = (
        *("many", [[[1]]], [], [[1], [2, 3]], float("nan"), np.array(3), True),
        *({1: 2}, 2j, [2j], [None]),
    )


# --- the threshold: judged by whom it calls


def test_any_threshold_between_two_neighbours_passes():
    assert judge("check_threshold", lambda *a: evaluation.for_sensitivity(*a).value).passed

    def just_below(y, scores, target):
        return np.nextafter(by_roc_curve(y, scores, target), -1)

    assert judge("check_threshold", just_below).passed


def test_right_until_it_fails_is_told_of_the_failure():
    def fails(y, scores, target):
        return by_roc_curve(y, scores, target) if target < 1 else 1 / 0

    assert_hint(judge("check_threshold", fails), "ZeroDivisionError")


def kth(y, scores, k):
    return np.sort(scores[y == 1])[::-1][int(k)]


def n_of(y, target):
    return target * y.sum()


def highest(candidates, share, target):
    return max(t for t in candidates if share(t) >= target)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda y, s, p: highest(s, lambda t: (s >= t).mean(), p), "all children's scores"),
        (lambda y, s, p: highest(s[y == 1], lambda t: (s[y == 1] > t).mean(), p), "only scores"),
        (lambda y, s, p: highest(s, lambda t: (s[y == 1] > t).mean(), p), "only scores *above*"),
        (lambda y, s, p: kth(y, s, int(n_of(y, p)) - 1), "rounded down"),
        (lambda y, s, p: kth(y, s, round(n_of(y, p)) - 1), "rounded down"),
        (lambda y, s, p: kth(y, s, np.ceil(n_of(y, p))), "one place too far"),
        (lambda y, s, p: np.quantile(s[y == 1], 1 - p), "by the gaps"),
        (lambda y, s, p: np.quantile(s[y == 1], 1 - p, method="lower"), "by the gaps"),
        (lambda y, s, p: np.quantile(s[y == 1], 1 - p, method="higher"), "by the gaps"),
        (lambda y, s, p: np.quantile(s[y == 1], p), "wrong end"),
        (lambda y, s, p: s.min(), "calls everybody else sick"),
        (lambda y, s, p: min(t for t in s if (s[y == 1] >= t).mean() >= p), "everybody else"),
        (lambda y, s, p: s[y == 1].min(), "lowest score of the sick"),
        (lambda y, s, p: evaluation.for_sensitivity(1 - y, s, p).value, "are the healthy"),
        (lambda y, s, p: evaluation.for_specificity(y, s, p).value, "a specificity"),
        (
            lambda y, s, p: min(t for t in s[y == 1] if y[s >= t].mean() >= p),
            "that is precision",
        ),
        (lambda y, s, p: p, "not a score"),
        (lambda y, s, p: 1 - p, "not a score"),
        (lambda y, s, p: np.flatnonzero(s == by_roc_curve(y, s, p)), "return the threshold"),
        (lambda y, s, p: s >= by_roc_curve(y, s, p), "return the threshold"),
        (
            lambda y, s, p: highest(np.arange(100) / 100, lambda t: (s[y == 1] >= t).mean(), p),
            "too coarse",
        ),
        (lambda y, s, p: s.max() + 1, "try the scores that occur"),
    ],
)
def test_threshold_hints(mistake, hint):
    assert_hint(judge("check_threshold", mistake), hint)


def test_every_known_mistake_is_wrong_somewhere():
    for hint, mistake in thresholds.MISTAKES:

        def calls(chosen):
            for sick, healthy, target in thresholds.WARDS:
                sick, healthy = np.array(sick), np.array(healthy)
                yield thresholds._calls(sick, healthy, chosen(sick, healthy, target))

        assert list(calls(mistake)) != list(calls(thresholds._threshold)), hint


# --- pairs in the right order


def pairs(sick, healthy, tie=0.5):
    return np.mean([1.0 * (a > b) + tie * (a == b) for a in sick for b in healthy])


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda s, h: pairs(s, h, 0), "count it by half"),
        (lambda s, h: pairs(s, h, 1), "half right"),
        (lambda s, h: 1 - pairs(s, h), "other way round: "),
        (lambda s, h: pairs(h, s, 0), "other way round, and"),
        (lambda s, h: (sum(s >= 0.5) + sum(h < 0.5)) / (len(s) + len(h)), "accuracy at 0.5"),
        (lambda s, h: (s > h).mean(), "sick[:, None]"),
        (lambda s, h: pairs(s, h) * len(s) * len(h), "Divide by the number"),
        (lambda s, h: pairs(s, h) * len(s) * len(h) / (len(s) + len(h)), "not of children"),
        (lambda s, h: s.mean() - h.mean(), "compares the means"),
        (lambda s, h: pairs(s, h) * len(h) / len(s), "list the pairs"),
        (lambda s, h: 0.9, "list the pairs"),
    ],
)
def test_auc_hints(mistake, hint):
    assert_hint(judge("check_auc", mistake), hint)


# --- the positive predictive value


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda a, b, p: a / (a + 1 - b), "the prevalence is missing"),
        (lambda a, b, p: a, "that is the sensitivity"),
        (lambda a, b, p: evaluation.predictive_values(a, b, p).npv, "*negative*"),
        (lambda a, b, p: by_counting_children(b, a, p), "specificity have changed places"),
        (lambda a, b, p: by_counting_children(a, b, 1 - p), "healthy have changed places"),
        (lambda a, b, p: 1 - by_counting_children(a, b, p), "that are *false*"),
        (lambda a, b, p: by_counting_children(a, 1 - b, p), "share left alone"),
        (lambda a, b, p: a * p / (a * p + 1 - b), "from the healthy only"),
        (lambda a, b, p: a * p, "among *all* children"),
        (lambda a, b, p: a * p + (1 - b) * (1 - p), "how many are called sick"),
        (lambda a, b, p: 100 * by_counting_children(a, b, p), "leave out the 100"),
        (lambda a, b, p: b, "true alarms, divided"),
    ],
)
def test_ppv_hints(mistake, hint):
    assert_hint(judge("check_ppv", mistake), hint)


# --- patients drawn again


def rows_of(patients, names):
    return np.concatenate([np.flatnonzero(patients == name) for name in names])


def drawn(patients, rng, **how):
    names = np.unique(patients)
    return rng.choice(names, **{"size": len(names)} | how)


def firsts(patients):
    return np.unique(patients, return_index=True)[1]


OWN = np.random.default_rng()


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda p, rng: rng.integers(len(p), size=len(p)), "you drew pictures"),
        (lambda p, rng: rng.choice(len(p), size=12, replace=False), "you drew pictures"),
        (lambda p, rng: rows_of(p, drawn(p, rng, replace=False)), "without replacement"),
        (lambda p, rng: rng.permutation(len(p)), "without replacement"),
        (drawn, "you have drawn children"),
        (lambda p, rng: np.isin(p, drawn(p, rng)), "a mask cannot"),
        (lambda p, rng: np.flatnonzero(np.isin(p, drawn(p, rng))), "counts once here"),
        (lambda p, rng: rows_of(p, set(drawn(p, rng))), "counts once here"),
        (lambda p, rng: rng.choice(firsts(p), size=12), "one picture only"),
        (lambda p, rng: rows_of(p, drawn(p, rng, size=len(p))), "the number of pictures"),
        (lambda p, rng: rows_of(p, drawn(p, rng, size=6)), "different* names"),
        (lambda p, rng: rows_of(p, rng.choice(p, size=12)), "many pictures comes more often"),
        (lambda p, rng: rows_of(p, drawn(p, np.random.default_rng(0))), "seed of its own"),
        (lambda p, rng: rows_of(p, drawn(p, OWN)), "with no other"),
        (
            lambda p, rng: rows_of(p, np.unique(p)[rng.integers(1, 12, size=12)]),
            "can never be drawn",
        ),
        (lambda p, rng: rows_of(p, drawn(p, rng)) + 1, "the first row is 0"),
        (lambda p, rng: rows_of(p, drawn(p, rng)) + 0.5, "the first row is 0"),
        (lambda p, rng: [np.flatnonzero(p == n) for n in drawn(p, rng)], "`np.concatenate`"),
        (lambda p, rng: [], "different* names"),
    ],
)
def test_resample_hints(mistake, hint):
    assert_hint(judge("check_resample", mistake), hint)


def test_the_readers_function_cannot_spoil_the_patients():
    def spoils(patients, rng):
        rows = by_pooling(patients, rng)
        patients[:] = "nobody"
        return rows

    assert judge("check_resample", spoils).passed
    assert len(set(resampling.PATIENTS)) == 12


def test_a_fair_draw_passes_with_any_seed(monkeypatch):
    real = np.random.default_rng
    for seed in range(5):
        monkeypatch.setattr(np.random, "default_rng", lambda given, seed=seed: real([seed, given]))
        assert judge("check_resample", by_pooling).passed
