"""Exercises of chapter 11: each usual wrong answer gets the hint that is meant for it."""

import keras
import numpy as np
import pytest

from cxrlib import evaluation, models
from cxrlib.teaching.exercises import ch11_looking_inside as exercises

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_activation_map", "check_hit", "check_chance")


def judge(check, *answers):
    return getattr(exercises, check).judge(*answers)


def by_keras_layers(maps, weights):
    """Ask Grad-CAM about a network that is nothing but an average and a weighted sum."""
    picture = keras.Input(maps.shape)
    same = keras.layers.Conv2D(maps.shape[-1], 1, use_bias=False, name="same")
    mean = keras.layers.GlobalAveragePooling2D()(same(picture))
    answer = keras.layers.Dense(1, use_bias=False, name="answer")
    model = keras.Model(picture, answer(mean))
    same.set_weights([np.eye(maps.shape[-1])[None, None]])
    answer.set_weights([np.reshape(weights, (-1, 1))])
    return evaluation.grad_cam(model, maps[None], layer="same", scaled=False)[0]


def by_the_pointing_game(peak, places, tolerance):
    maps, masks = np.zeros((2, 24, 24)), np.zeros((2, 24, 24), bool)
    maps[:, *peak] = 1
    masks[:, *zip(*places, strict=True)] = True
    game = evaluation.pointing_game(maps, masks, ["a", "b"], tolerance=tolerance, n=10)
    return game.hits[0] == 1


def by_its_chance(mask, tolerance):
    maps = np.ones((2, *mask.shape))
    masks = np.stack([mask, mask])
    return evaluation.pointing_game(maps, masks, ["a", "b"], tolerance=tolerance, n=10).chance


ANSWERS = (by_keras_layers, by_the_pointing_game, by_its_chance)
RIGHT = dict(zip(CHECKS, ANSWERS, strict=True))


class TestEachExercise(ExerciseRules):
    exercises, right = exercises, RIGHT
    odd = ("many", [[[1]]], float("nan"), np.array(3))


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda m, w: np.maximum(m @ w, 0), "one in H · W"),
        (lambda m, w: m @ w / 4, "cut it"),
        (lambda m, w: np.maximum(m * w, 0).sum(axis=-1) / 4, "cut the sum"),
        (lambda m, w: np.abs(m @ w) / 4, "become zero, not positive"),
        (lambda m, w: m.sum(axis=-1) * w.mean() / 4, "its own weight"),
        (lambda m, w: m.sum(axis=-1) / 4, "weights are missing"),
        (lambda m, w: np.maximum(m @ w, 0) / 2, "not of maps"),
        (lambda m, w: np.maximum(m @ w, 0) / (m @ w).max(), "logit's own unit"),
        (lambda m, w: np.maximum(m.mean(axis=(0, 1)) * w, 0), "the places stay"),
        (lambda m, w: np.ones((2, 2)), "on paper"),
    ],
)
def test_activation_map_hints(mistake, hint):
    assert_hint(judge("check_activation_map", mistake), hint)


def away(peak, places):
    return np.hypot(*(np.array(places) - peak).T)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda p, s, t: p in s, "use the tolerance"),
        (lambda p, s, t: away(p, s).min() < t, "still counts"),
        (lambda p, s, t: np.hypot(*(np.mean(s, axis=0) - p)) <= t, "not its middle"),
        (lambda p, s, t: away(p, s).max() <= t, "need not be all"),
        (lambda p, s, t: np.abs(np.array(s) - p).max(axis=1).min() <= t, "3 down and 3 across"),
        (lambda p, s, t: np.abs(np.array(s) - p).sum(axis=1).min() <= t, "3 down and 4 across"),
        (lambda p, s, t: away(p, s).min() > t, "other way round"),
        (lambda p, s, t: 7.5, "take the smallest"),
    ],
)
def test_hit_hints(mistake, hint):
    assert_hint(judge("check_hit", mistake), hint)


def apart(mask):
    pixels, inside = np.argwhere(mask | True), np.argwhere(mask)
    return np.abs(pixels[:, None] - inside)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda m, t: m.mean(), "use the tolerance"),
        (lambda m, t: by_its_chance(m, t) * m.size, "not a number of pixels"),
        (lambda m, t: (np.linalg.norm(apart(m), axis=-1).min(axis=1) < t).mean(), "exactly as far"),
        (lambda m, t: (apart(m).max(axis=-1).min(axis=1) <= t).mean(), "the corners of a square"),
        (lambda m, t: (apart(m).sum(axis=-1).min(axis=1) <= t).mean(), "not along rows"),
        (lambda m, t: by_its_chance(m, t) - m.mean(), "the mask itself counts"),
        (lambda m, t: 0.5, "for each pixel of the picture"),
    ],
)
def test_chance_hints(mistake, hint):
    assert_hint(judge("check_chance", mistake), hint)


def test_the_map_of_a_pooled_network_is_the_exercises():
    """What the chapter claims: an average before the answer makes Grad-CAM this very sum."""
    model = models.networks.pooled_cnn((16, 16, 1), (4, 6))
    film = np.random.default_rng(0).uniform(0, 255, (1, 16, 16, 1)).astype("float32")
    maps = evaluation.feature_maps(model, film[0], ["relu_2"])["relu_2"]
    weights = model.get_layer("answer").get_weights()[0][:, 0]
    for sign in (1, -1):
        model.get_layer("answer").set_weights([sign * weights[:, None], np.zeros(1)])
        expected = np.maximum(maps @ (sign * weights), 0) / maps[..., 0].size
        if expected.any():
            got = evaluation.grad_cam(model, film, scaled=False)[0]
            np.testing.assert_allclose(got, expected, atol=1e-6)
