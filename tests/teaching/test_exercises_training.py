"""Exercises of chapter 05: each usual wrong answer gets the hint that is meant for it."""

import keras
import numpy as np
import pytest

from cxrlib import models
from cxrlib.teaching.exercises import ch05_first_cnn as training

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_standardised", "check_dense_weights", "check_early_stopping")


def judge(check, *answers):
    return getattr(training, check).judge(*answers)


def my_standardised(images):
    mean = images.mean(axis=(1, 2), keepdims=True)
    return (images - mean) / images.std(axis=(1, 2), keepdims=True)


def my_dense(side, poolings, filters, neurons):
    return (side // 2**poolings) ** 2 * filters * neurons + neurons


def my_stop(val_losses, patience):
    kept = 0
    for epoch, loss in enumerate(val_losses):
        if loss < val_losses[kept]:
            kept = epoch
        if epoch - kept == patience:
            break
    return epoch + 1, kept + 1


RIGHT = dict(zip(CHECKS, (my_standardised, my_dense, my_stop), strict=True))


class TestEachExercise(ExerciseRules):
    exercises, right = training, RIGHT
    odd = ("many", {"a": 1}, [[[1]]], float("nan"), np.array(3))


# --- standardising


OWN = {"axis": (1, 2), "keepdims": True}


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda x: x - x.mean(**OWN), "spread is missing"),
        (lambda x: x / x.std(**OWN), "mean is missing"),
        (lambda x: (x - x.mean(**OWN)) / x.var(**OWN), "its square root"),
        (lambda x: (x - x.mean()) / x.std(), "That is featurewise"),
        (lambda x: (x - x.mean(**OWN)) / x.std(), "spread is everybody's"),
        (lambda x: (x - x.mean()) / x.std(**OWN), "mean is everybody's"),
        (lambda x: (x - x.mean(axis=0)) / x.std(axis=0), "each pixel's mean"),
        (lambda x: (x - x.min(**OWN)) / np.ptp(x, **OWN), "another recipe"),
        (lambda x: my_standardised(x)[0], "in their shape"),
        (lambda x: my_standardised(x) + 1, "on paper"),
        (lambda x: (x - x.mean(axis=(1, 2))) / x.std(axis=(1, 2)), "ValueError"),
    ],
)
def test_standardising_hints(wrong, hint):
    assert_hint(judge("check_standardised", wrong), hint)


def test_the_right_answer_is_what_the_networks_layer_does():
    images = training.FILMS.astype("float32")
    layer = models.preprocessing.samplewise()
    theirs = keras.ops.convert_to_numpy(layer(images[..., None]))[..., 0]
    np.testing.assert_allclose(my_standardised(images), theirs, atol=1e-5)
    assert training.FILMS.mean() != 0, "a picture that is changed in place would show"


def test_a_picture_changed_in_place_does_not_change_the_exercise():
    before = training.FILMS.copy()

    def in_place(images):
        images -= images.mean(**OWN)
        images /= images.std(**OWN)
        return images

    assert judge("check_standardised", in_place).passed
    np.testing.assert_array_equal(training.FILMS, before)


# --- the dense layer


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda s, p, f, n: my_dense(s, p, f, n) - n, "biases are missing"),
        (lambda s, p, f, n: my_dense(s, p, f, n) - n + 1, "Each neuron has its own"),
        (lambda s, p, f, n: my_dense(s, 0, f, n), "poolings are missing"),
        (lambda s, p, f, n: s // 2**p * f * n + n, "side counts twice"),
        (lambda s, p, f, n: my_dense(s, p, 1, n), "maps are missing"),
        (lambda s, p, f, n: (s / 2**p) ** 2 * f * n + n, "half a pixel"),
        (lambda s, p, f, n: s * s // 2**p * f * n + n, "leaves a quarter"),
        (lambda s, p, f, n: (s // max(2 * p, 1)) ** 2 * f * n + n, "to the power of"),
        (lambda s, p, f, n: 9 * f * n + n, "nine weights"),
        (lambda s, p, f, n: (s // 2**p) ** 2 * f, "how many numbers come in"),
        (lambda s, p, f, n: 7, "count its numbers"),
    ],
)
def test_dense_hints(wrong, hint):
    assert_hint(judge("check_dense_weights", wrong), hint)


@pytest.mark.parametrize("side", [32, 37])
def test_the_count_is_keras_own(side):
    model = models.first_cnn((side, side, 1), filters=(2, 3, 4), dense=5)
    assert model.get_layer("dense").count_params() == my_dense(side, 3, 4, 5)


# --- early stopping


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda v, p: tuple(n - 1 for n in my_stop(v, p)), "count from 1"),
        (lambda v, p: my_stop(v, p)[::-1], "changed places"),
        (lambda v, p: my_stop(v, p + 1), "one epoch too late"),
        (lambda v, p: (my_stop(v, p)[0], my_stop(v, p)[0]), "not the best ones"),
        (lambda v, p: (my_stop(v, p)[0], np.argmin(v) + 1), "whole list"),
        (lambda v, p: (len(v), np.argmin(v) + 1), "to its end"),
        (lambda v, p: (my_stop(v, p)[0], 0), "two things"),
        (lambda v, p: my_stop(v, p)[0], "two things"),
    ],
)
def test_stopping_hints(wrong, hint):
    assert_hint(judge("check_early_stopping", wrong), hint)


def first_rise(losses, patience):
    kept = next((i for i in range(1, len(losses)) if losses[i] > losses[i - 1]), len(losses))
    return min(kept + patience, len(losses)), kept


def in_a_row(losses, patience):
    worse = 0
    for epoch in range(1, len(losses)):
        worse = worse + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if worse == patience:
            break
    return epoch + 1, int(np.argmin(losses[: epoch + 1])) + 1


def ties_count(losses, patience):
    return my_stop([loss - 1e-9 * i for i, loss in enumerate(losses)], patience)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (first_rise, "first rise"),
        (in_a_row, "epoch before"),
        (ties_count, "no new best"),
        (lambda v, p: my_stop([-x for x in v], p), "*lowest* loss"),
    ],
)
def test_stopping_rules_of_other_kinds(wrong, hint):
    assert_hint(judge("check_early_stopping", wrong), hint)


@pytest.mark.parametrize("patience", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_the_rule_is_keras_own(patience, seed):
    losses = np.random.default_rng(seed).integers(1, 8, size=12) / 10  # with ties
    model = models.mlp((2, 2, 1), hidden=())
    model.compile(loss="binary_crossentropy")
    keeper = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    keeper.set_model(model)
    keeper.on_train_begin()
    for epoch, loss in enumerate(losses):
        keeper.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    assert my_stop(list(losses), patience) == (epoch + 1, keeper.best_epoch + 1)
    model.stop_training = False
