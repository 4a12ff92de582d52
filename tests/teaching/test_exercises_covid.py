"""Exercises of chapter 12: each usual wrong answer gets the hint that is meant for it."""

import math

import numpy as np
import pytest
import scipy.special
from sklearn import metrics

from cxrlib import evaluation
from cxrlib.teaching.exercises import ch12_covid as exercises

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_softmax", "check_judged", "check_needed", "check_macro")


def judge(check, *answers):
    return getattr(exercises, check).judge(*answers)


def by_scipy(logits):
    return scipy.special.softmax(logits, axis=1)


def by_walking_through(n, batch, by):
    seen, steps = set(), math.ceil(n / by)
    batches = [range(start, min(start + batch, n)) for start in range(0, n, batch)]
    for step in range(steps):
        seen |= set(batches[step % len(batches)])
    return len(seen)


def by_formula(low):
    z2 = 3.841458820694124
    return math.ceil(low * z2 / (1 - low) - 1e-9)


def by_sklearn(counts):
    k = range(len(counts))
    truth = np.repeat(k, np.sum(counts, axis=1))
    called = np.concatenate([np.repeat(k, row) for row in counts])
    return metrics.recall_score(truth, called, average="macro")


ANSWERS = (by_scipy, by_walking_through, by_formula, by_sklearn)
RIGHT = dict(zip(CHECKS, ANSWERS, strict=True))


class TestEachExercise(ExerciseRules):
    exercises, right = exercises, RIGHT
    odd = ("many", [[[1]]], float("nan"), np.array(3), True)


def exp_share(logits, **how):
    return np.exp(logits) / np.exp(logits).sum(**how)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda z: exp_share(z), "by itself"),
        (lambda z: exp_share(z, axis=0), "these are columns"),
        (np.exp, "divide each row by its sum"),
        (scipy.special.expit, "sigmoid of each"),
        (lambda z: np.exp(z) / np.exp(z).max(axis=1, keepdims=True), "not by the largest"),
        (lambda z: 2**z / (2**z).sum(axis=1, keepdims=True), "`np.exp`"),
        (lambda z: by_scipy(-z), "sign has changed"),
        (lambda z: np.eye(3)[z.argmax(axis=1)], "a 1 for the largest"),
        (scipy.special.log_softmax, "on paper"),
        (lambda z: scipy.special.log_softmax(z, axis=1), "its logarithm"),
        (lambda z: by_scipy(z)[0], "keep the shape"),
        (lambda z: exp_share(z, axis=1, keepdims=True), "too large for a number"),
    ],
)
def test_softmax_hints(mistake, hint):
    assert_hint(judge("check_softmax", mistake), hint)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda n, batch, by: -(-n // by), "these are the steps"),
        (lambda n, batch, by: min(n, n // by * batch), "round up."),
        (lambda n, batch, by: min(n, math.ceil(n / by * batch)), "not the pictures"),
        (lambda n, batch, by: math.ceil(n / by) * batch, "starts again"),
        (lambda n, batch, by: by_walking_through(n, by, batch), "changed places"),
        (lambda n, batch, by: n, "are the same"),
        (lambda n, batch, by: batch * by, "never more than"),
    ],
)
def test_judged_hints(mistake, hint):
    assert_hint(judge("check_judged", mistake), hint)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda low: by_formula(low) - 1, "one more"),
        (lambda low: by_formula(low) + 1, "one less"),
        (lambda low: evaluation.wilson(2, 2).low, "lower end itself"),
        (lambda low: 4, "z² alone"),
        (lambda low: math.ceil(1 / (1 - low)), "forgets z²"),
        (lambda low: 1000, "count n up"),
    ],
)
def test_needed_hints(mistake, hint):
    assert_hint(judge("check_needed", mistake), hint)


def diagonal(counts, axis):
    return np.diag(counts) / counts.sum(axis=axis)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda c: np.trace(c) / c.sum(), "that is the accuracy"),
        (lambda c: diagonal(c, 0).mean(), "which is precision"),
        (lambda c: diagonal(c, 1), "Take their mean"),
        (lambda c: diagonal(c, 1).sum(), "number of classes"),
        (lambda c: np.diag(c).mean(), "no share"),
        (lambda c: diagonal(c, 1).min(), "the diagonal, divided"),
    ],
)
def test_macro_hints(mistake, hint):
    assert_hint(judge("check_macro", mistake), hint)


def test_the_readers_function_cannot_spoil_the_counts():
    def spoils(counts):
        answer = by_sklearn(counts)
        counts[:] = 0
        return answer

    assert judge("check_macro", spoils).passed
    assert judge("check_macro", by_sklearn).passed
