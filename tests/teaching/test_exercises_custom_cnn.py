"""Exercises of chapter 07: each usual wrong answer gets the hint that is meant for it."""

import keras
import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score
from sklearn.utils.class_weight import compute_class_weight

from cxrlib.teaching.exercises import ch07_custom_cnn as custom_cnn

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_batch_norm", "check_rates", "check_class_weights")


def judge(check, *answers):
    return getattr(custom_cnn, check).judge(*answers)


def by_keras(x, mean, variance, gamma, beta):
    layer = keras.layers.BatchNormalization()
    layer.build(x.shape)
    layer.set_weights([gamma, beta, mean, variance])
    return layer(x, training=False).numpy()


def normed(x, mean, variance, gamma, beta):
    return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta


def by_scikit_learn(matrix):
    pairs = [(t, c) for t in (0, 1) for c in (0, 1) for _ in range(matrix[t, c])]
    truth, called = zip(*pairs, strict=True)
    each = {"y_true": truth, "y_pred": called, "zero_division": 0}
    return precision_score(**each), recall_score(**each), recall_score(**each, pos_label=0)


def balanced(counts):
    y = np.repeat(np.arange(len(counts)), counts)
    return compute_class_weight("balanced", classes=np.arange(len(counts)), y=y)


RIGHT = dict(zip(CHECKS, (by_keras, by_scikit_learn, balanced), strict=True))


class TestEachExercise(ExerciseRules):
    exercises, right = custom_cnn, RIGHT
    odd = ("many", [[[1]]], float("nan"), np.array(3), True)


def test_weights_may_come_as_a_dictionary():
    assert judge("check_class_weights", lambda n: dict(enumerate(balanced(n)))).passed


def test_strange_numbers_of_the_right_shape_are_wrong():
    words = np.full(custom_cnn.MAPS.shape, "x")
    assert_hint(judge("check_batch_norm", lambda *a: words), "return the array itself")
    assert_hint(judge("check_batch_norm", lambda x, *a: x), "on paper")


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (
            lambda x, m, v, g, b: normed(x, x.mean((0, 1, 2)), x.var((0, 1, 2)), g, b),
            "batch's own",
        ),
        (lambda x, m, v, g, b: g * (x - m) / (v + 1e-3) + b, "square root"),
        (lambda x, m, v, g, b: g * (x - m) / np.sqrt(v) + b, "epsilon is missing"),
        (lambda x, m, v, g, b: g * (x - m) / (np.sqrt(v) + 1e-3) + b, "under the root, to"),
        (lambda x, m, v, g, b: normed(x, m, v, 1, b), "gamma is missing"),
        (lambda x, m, v, g, b: normed(x, m, v, g, 0), "beta is missing"),
        (lambda x, m, v, g, b: normed(x, m, v, 1, 0), "gamma and beta are missing"),
        (lambda x, m, v, g, b: normed(x, m, v, b, g), "changed places"),
        (lambda x, m, v, g, b: g * normed(x, m, v, 1, b), "add beta last"),
        (lambda x, m, v, g, b: normed(x, 0, v, g, b), "not taken away"),
        (lambda x, m, v, g, b: normed(x, m, v, g, b).mean(axis=0), "in their shape"),
    ],
)
def test_batch_norm_hints(mistake, hint):
    assert_hint(judge("check_batch_norm", mistake), hint)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda m: by_scikit_learn(m.T), "other way round"),
        (lambda m: by_scikit_learn(m[::-1, ::-1]), "first"),
        (lambda m: tuple(np.array(by_scikit_learn(m))[[1, 0, 2]]), "Sensitivity asks the sick"),
        (lambda m: tuple(np.array(by_scikit_learn(m))[[0, 2, 1]]), "the order is"),
        (lambda m: by_scikit_learn(m)[::-1], "turned round"),
        (lambda m: (*by_scikit_learn(m)[:2], m[0, 1] / m[0].sum()), "healthy children called sick"),
        (
            lambda m: (by_scikit_learn(m)[0], m[1, 0] / m[1].sum(), by_scikit_learn(m)[2]),
            "who are missed",
        ),
        (lambda m: (*by_scikit_learn(m)[:2], m[0, 0] / m.sum()), "sum of the first row"),
        (lambda m: (*by_scikit_learn(m)[:2], m[0, 0] / max(1, m[:, 0].sum())), "called healthy"),
        (lambda m: by_scikit_learn(m)[:2], "name the four numbers"),
    ],
)
def test_rates_hints(mistake, hint):
    assert_hint(judge("check_rates", mistake), hint)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda n: n.sum() / n, "number of classes is missing"),
        (lambda n: n / n.sum(), "*rare* one"),
        (lambda n: 1 / n, "must stay 1."),
        (lambda n: n.max() / n, "less than 1"),
        (lambda n: n.min() / n, "more than 1"),
        (lambda n: balanced(n)[::-1], "wrong order"),
        (lambda n: n.sum() * len(n) / n, "don't multiply"),
        (lambda n: n.sum() / (2 * n), "two classes only"),
        (lambda n: n * 0.0, "all pictures, divided"),
    ],
)
def test_class_weights_hints(mistake, hint):
    assert_hint(judge("check_class_weights", mistake), hint)
