"""Exercises of chapter 06: each usual wrong answer gets the hint that is meant for it."""

import keras
import numpy as np
import pytest

from cxrlib.data import augment
from cxrlib.teaching.exercises import ch06_augmentation as augmentation

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint


def judge(check, answer):
    return getattr(augmentation, check).judge(answer)


def my_invented(right, down):
    return 1 - (1 - abs(right)) * (1 - abs(down))


def my_factor(degrees):
    return degrees / 360


def my_count(epochs, films, augmented):
    return epochs * films if augmented else films


RIGHT = {
    "check_invented": my_invented,
    "check_turn_factor": my_factor,
    "check_copies": my_count,
}


class TestEachExercise(ExerciseRules):
    exercises, right = augmentation, RIGHT
    odd = ("many", {"a": 1}, [[[1]]], float("nan"), 7)


# --- what a shift makes up


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda r, d: 1 - my_invented(r, d), "that is *left*"),
        (lambda r, d: abs(r) + abs(d), "counted twice"),
        (lambda r, d: r * d, "only the corner"),
        (lambda r, d: 1 - (1 - 2 * abs(r)) * (1 - 2 * abs(d)), "one side only"),
        (lambda r, d: 1 - (1 - r) * (1 - d), "sign does not matter"),
        (lambda r, d: abs(r), "down counts"),
        (lambda r, d: abs(d), "right counts"),
        (lambda r, d: max(abs(r), abs(d)), "the wider one"),
        (lambda r, d: 100 * my_invented(r, d), "not percent"),
        (lambda r, d: 0.7, "draw the film's rectangle"),
    ],
)
def test_invented_hints(wrong, hint):
    assert_hint(judge("check_invented", wrong), hint)


@pytest.mark.parametrize(("right", "down"), [(0.25, 0), (-0.25, 0.125), (0.5, -0.25)])
def test_the_rule_is_what_a_shift_makes_up(right, down):
    settings = np.array([augment.Setting(right=right, down=down)], "float32")
    sheet = np.full((1, 64, 64, 1), 255, "float32")
    recipe = augment.Recipe(shift=0.5, fill="constant")
    left = augment.apply(sheet, settings, recipe).numpy().mean() / 255
    assert 1 - left == pytest.approx(my_invented(right, down), abs=1e-4)


# --- the unit of a turn


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda d: d / 180, "360 degrees"),
        (lambda d: d / 720, "don't halve"),
        (lambda d: d / 100, "no percentage"),
        (np.deg2rad, "radians"),
        (lambda d: d, "still degrees"),
        (lambda d: 360 / d, "other way round"),
        (lambda d: d / 90, "a *full* one"),
        (lambda d: 0.5 + d, "which share"),
    ],
)
def test_factor_hints(wrong, hint):
    assert_hint(judge("check_turn_factor", wrong), hint)


def test_the_factor_is_the_one_of_keras():
    films = np.zeros((300, 65, 65, 1), "float32")
    films[:, :32, 32] = 255  # a hand that points up from the middle
    layer = keras.layers.RandomRotation(my_factor(36), fill_mode="constant", seed=0)
    rows, columns = np.mgrid[-32:33, -32:33]
    hands = np.asarray(layer(films, training=True))[..., 0]
    right, up = ((hands * side).sum(axis=(1, 2)) for side in (columns, -rows))
    most = np.abs(np.rad2deg(np.arctan2(right, up))).max()
    assert 0.95 * 36 < most < 1.02 * 36


# --- how many pictures


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda e, n, a: e * n, "same films come again"),
        (lambda e, n, a: n, "every epoch brings"),
        (lambda e, n, a: n if a else e * n, "changed places"),
        (lambda e, n, a: (e + 1) * n if a else n, "do not come as well"),
        (lambda e, n, a: (e - 1) * n if a else n, "first epoch too"),
        (lambda e, n, a: 2 * n if a else n, "one changed copy"),
        (lambda e, n, a: e if a else 1, "not one"),
        (lambda e, n, a: 17, "count one epoch first"),
    ],
)
def test_count_hints(wrong, hint):
    assert_hint(judge("check_copies", wrong), hint)


def test_the_count_is_what_the_pipeline_hands_out():
    import pandas as pd

    from cxrlib import data

    noise = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 1)).astype(np.uint8)
    labels = np.float32([[0], [1], [0], [1]])
    pictures = data.Pictures(noise, labels, pd.DataFrame({"split": ["train"] * 4}))
    for recipe in (None, "plausible"):
        batches = data.pipeline.dataset(pictures, augment=recipe)
        seen = {film.tobytes() for _ in range(3) for x, _ in batches for film in x.numpy()}
        assert len(seen) == my_count(3, 4, recipe is not None)
