"""Exercises of chapter 09: each usual wrong answer gets the hint that is meant for it."""

import keras
import numpy as np
import pytest

from cxrlib.models import transfer
from cxrlib.teaching.exercises import ch09_vgg16 as exercises

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_head_weights", "check_colours", "check_passes_saved")


def judge(check, *answers):
    return getattr(exercises, check).judge(*answers)


def by_keras_layers(side, dense):
    base = keras.applications.VGG16(include_top=False, weights=None, input_shape=(side, side, 3))
    return transfer.head(base.output_shape[1:], "flatten", dense=dense).count_params()


def by_keras_preprocessing(picture, mean):
    colours = np.repeat(picture[..., None].astype("float32"), 3, axis=-1)
    return keras.applications.vgg16.preprocess_input(colours)


def counted(train, val, epochs, copies):
    """Count one by one."""
    end_to_end = sum(1 for _ in range(epochs) for _ in range(train + val))
    kept = sum(1 for _ in range(train) for _ in range(copies)) + val
    return end_to_end - kept


ANSWERS = (by_keras_layers, by_keras_preprocessing, counted)
RIGHT = dict(zip(CHECKS, ANSWERS, strict=True))


class TestEachExercise(ExerciseRules):
    exercises, right = exercises, RIGHT
    odd = ("many", [[[1]]], float("nan"), np.array(3), True)


def test_strange_numbers_of_the_right_shape_are_wrong():
    words = np.full((2, 3, 3), "x")
    assert_hint(judge("check_colours", lambda *a: words), "return the array itself")
    assert_hint(judge("check_colours", lambda *a: np.ones((2, 3, 3))), "on paper")


def numbers(side):
    return (side // 32) ** 2 * 512


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda s, d: numbers(s) * d + d, "a part is missing"),
        (lambda s, d: (numbers(s) + 1) * d, "a part is missing"),
        (lambda s, d: (numbers(s) + 1) * d + d, "last neuron has a bias"),
        (lambda s, d: numbers(s) * d + d + 1, "hidden neurons have a bias"),
        (lambda s, d: (s // 32 * 512 + 1) * d + d + 1, "square the side"),
        (lambda s, d: ((s / 32) ** 2 * 512 + 1) * d + d + 1, "rounded down"),
        (lambda s, d: ((s // 16) ** 2 * 512 + 1) * d + d + 1, "not four"),
        (lambda s, d: ((s // 32) ** 2 + 1) * d + d + 1, "multiply by 512"),
        (lambda s, d: 513 * d + d + 1, "pooled head"),
        (lambda s, d: s * d, "go into each hidden neuron"),
    ],
)
def test_head_weights_hints(mistake, hint):
    assert_hint(judge("check_head_weights", mistake), hint)


def thrice(picture):
    return np.repeat(picture[..., None].astype(float), 3, axis=-1)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda p, m: thrice(p), "not taken away"),
        (lambda p, m: thrice(p) / 255 - m, "must not be divided"),
        (lambda p, m: thrice(p) / 255, "article 4's way"),
        (lambda p, m: (thrice(p) - m) / 255, "divide by nothing"),
        (lambda p, m: thrice(p) - m[::-1], "keep its order"),
        (lambda p, m: thrice(p) + m, "don't add"),
        (lambda p, m: thrice(p) - m.mean(), "its own mean"),
        (lambda p, m: thrice(p) - p.mean(), "picture's own mean"),
        (lambda p, m: np.clip(thrice(p) - m, 0, 255), "become negative"),
        (lambda p, m: (thrice(p) - m).transpose(2, 0, 1), "new last axis"),
        (lambda p, m: p - m.mean(), "new last axis"),
    ],
)
def test_colours_hints(mistake, hint):
    assert_hint(judge("check_colours", mistake), hint)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda t, v, e, c: e * t - c * t, "validation is looked at"),
        (lambda t, v, e, c: e * (t + v), "Take away"),
        (lambda t, v, e, c: c * t + v, "How many passes do they save"),
        (lambda t, v, e, c: (e - 1) * (t + v), "each of its copies"),
        (lambda t, v, e, c: (e - c) * (t + v), "never augmented"),
        (lambda t, v, e, c: (e - 1) * (c * t + v), "no copies are kept"),
        (lambda t, v, e, c: c * t + v - e * (t + v), "other way round"),
        (lambda t, v, e, c: e * (t + v) / (c * t + v), "ratio"),
        (lambda t, v, e, c: t * v, "both sums"),
    ],
)
def test_passes_saved_hints(mistake, hint):
    assert_hint(judge("check_passes_saved", mistake), hint)


def test_the_keras_constants_are_those_of_the_exercise():
    black = keras.applications.vgg16.preprocess_input(np.zeros((1, 1, 3), "float32"))
    assert np.allclose(-black[0, 0], exercises.MEAN)
