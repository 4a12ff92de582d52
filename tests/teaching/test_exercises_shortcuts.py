"""Exercises of chapter 13: each usual wrong answer gets the hint that is meant for it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cxrlib import data, evaluation
from cxrlib.teaching.exercises import ch13_shortcuts as exercises

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_border", "check_auc_of_places", "check_carried_score")


def judge(check, *answers):
    return getattr(exercises, check).judge(*answers)


def border_of_the_package(film, wide):
    share = (wide + 0.25) / max(film.shape)  # rounds to `wide` on both sides
    return data.covers.only_border(film[None, ..., None], share)[0, ..., 0]


def auc_of_scikit_learn(sick_a, healthy_a, sick_b, healthy_b):
    truth = np.repeat([1, 0, 1, 0], [sick_a, healthy_a, sick_b, healthy_b])
    place = np.repeat([1, 1, 0, 0], [sick_a, healthy_a, sick_b, healthy_b])
    return roc_auc_score(truth, place)


def carried_by_the_package(score, trained, new):
    return evaluation.prior_correction([score], trained, new)[0]


ANSWERS = (border_of_the_package, auc_of_scikit_learn, carried_by_the_package)
RIGHT = dict(zip(CHECKS, ANSWERS, strict=True))


class TestEachExercise(ExerciseRules):
    exercises, right = exercises, RIGHT
    odd = ("many", [[[1]]], float("nan"), np.array(3), True)


def frame(film, wide, mask):
    rows, columns = (np.minimum(np.arange(n), np.arange(n)[::-1]) < wide for n in film.shape)
    return np.where(mask(rows[:, None], columns[None]), film, 0)


def in_place(film, wide):
    film[wide:-wide, wide:-wide] = 0
    return film


def one_later(film, wide):
    covered = film.copy()
    covered[wide + 1 : -wide, wide + 1 : -wide] = 0
    return covered


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda f, w: frame(f, w, lambda r, c: ~(r | c)), "other way round"),
        (lambda f, w: frame(f, w, lambda r, c: r & c), "corners"),
        (lambda f, w: frame(f, w, lambda r, c: r | (c & False)), "above and below only"),
        (lambda f, w: frame(f, w, lambda r, c: (r & False) | c), "left and right only"),
        (one_later, "counting begins at 0"),
        (lambda f, w: f, "nothing is covered"),
        (lambda f, w: f[w:-w, w:-w], "cut off is not covered"),
        (lambda f, w: np.zeros_like(f), "everything is black"),
        (in_place, "work on `film.copy()`"),
    ],
)
def test_border_hints(mistake, hint):
    assert_hint(judge("check_border", mistake), hint)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda a, b, c, d: a * d / ((a + c) * (b + d)), "a tie counts half"),
        (lambda a, b, c, d: (a * d + a * b + c * d) / ((a + c) * (b + d)), "not whole"),
        (lambda a, b, c, d: a * d + (a * b + c * d) / 2, "divide by the number of pairs"),
        (lambda a, b, c, d: (a + d) / (a + b + c + d), "that is accuracy"),
        (lambda a, b, c, d: 1 - auc_of_scikit_learn(a, b, c, d), "higher score"),
        (lambda a, b, c, d: (a / (a + b) + d / (c + d)) / 2, "mean of the two shares"),
        (lambda a, b, c, d: a + 1000, "it is a tie"),
    ],
)
def test_places_hints(mistake, hint):
    assert_hint(judge("check_auc_of_places", mistake), hint)


def odds(share):
    return share / (1 - share)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda s, t, n: odds(s) * odds(n) / odds(t), "Turn them back"),
        (lambda s, t, n: s * n / t, "not the score itself"),
        (lambda s, t, n: s * odds(n) / odds(t), "become odds first"),
        (lambda s, t, n: (x := odds(s) * n / t) / (1 + x), "shares have to become odds"),
        (lambda s, t, n: carried_by_the_package(s, n, t), "other way round"),
        (lambda s, t, n: (x := odds(s) * odds(n)) / (1 + x), "trained in, too"),
        (lambda s, t, n: s, "nothing has changed"),
        (lambda s, t, n: s + 100, "Multiply those of the score"),
    ],
)
def test_carried_score_hints(mistake, hint):
    assert_hint(judge("check_carried_score", mistake), hint)


def checklist(**changed):
    names = {name.replace(" ", "_"): name for name in exercises.ARTICLE_4}
    answers = {name: answer for name, (answer, _) in exercises.ARTICLE_4.items()}
    return answers | {names[key]: value for key, value in changed.items()}


def test_the_right_checklist_passes_and_an_untouched_one_waits():
    result = judge("check_checklist", checklist())
    assert result.passed
    assert result.text.startswith("3 of 14")
    assert judge("check_checklist", dict.fromkeys(exercises.ARTICLE_4, ...)).passed is None
    for untouched in (None, ...):
        assert judge("check_checklist", untouched).passed is None


def test_what_is_left_of_a_checklist_is_named():
    result = judge("check_checklist", checklist(interval=..., code_open=None))
    assert result.passed is None
    assert result.text == "Left to answer: interval, code open."


@pytest.mark.parametrize("line", exercises.ARTICLE_4)
def test_each_wrong_line_has_its_reason(line):
    answer, reason = exercises.ARTICLE_4[line]
    result = judge("check_checklist", checklist() | {line: not answer})
    assert_hint(result, reason)
    assert "(13 of 14 lines are right)" in result.text


@pytest.mark.parametrize("odd", ["yes", 3, [True] * 14, {"same places": True}, lambda: True])
def test_what_is_no_checklist_is_wrong(odd):
    assert_hint(judge("check_checklist", odd), "keep the names")


@pytest.mark.parametrize("odd", ["no", 0, 1, 0.0])
def test_answers_are_true_or_false(odd):
    assert_hint(judge("check_checklist", checklist(same_places=odd)), "children are from one")
