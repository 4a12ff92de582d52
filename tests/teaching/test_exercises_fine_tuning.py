"""Exercises of chapter 10: each usual wrong answer gets the hint that is meant for it."""

import keras
import numpy as np
import pytest

from cxrlib.teaching.exercises import ch10_fine_tuning as exercises

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint

CHECKS = ("check_change", "check_restarts", "check_kept_epoch")


def judge(check, *answers):
    return getattr(exercises, check).judge(*answers)


def by_numpy(before, after):
    return np.linalg.norm((after - before).ravel()) / np.linalg.norm(before.ravel())


def by_keras_schedule(epoch, rate, first):
    """Ask Keras, a hundred steps an epoch."""
    schedule = keras.optimizers.schedules.CosineDecayRestarts(rate, 100 * first, t_mul=2.0)
    return float(schedule(100 * epoch))


def by_keras_callback(history, monitor):
    """Let Keras's early stopping look at the column, epoch by epoch."""
    mode = "min" if "loss" in monitor else "max"
    stopping = keras.callbacks.EarlyStopping(monitor, patience=100, mode=mode)
    stopping.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    stopping.on_train_begin()
    for epoch, value in enumerate(history[monitor]):
        stopping.on_epoch_end(epoch, {monitor: value})
    return stopping.best_epoch + 1


RIGHT = dict(zip(CHECKS, (by_numpy, by_keras_schedule, by_keras_callback), strict=True))


class TestEachExercise(ExerciseRules):
    exercises, right = exercises, RIGHT
    odd = ("many", [[[1]]], float("nan"), np.zeros(2), True)


def size(kernel):
    return np.sqrt((kernel**2).sum())


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda b, a: size(a - b) ** 2 / size(b) ** 2, "the root is missing"),
        (lambda b, a: size(a - b) / size(a), "*before*, not after"),
        (lambda b, a: size(a - b), "divide by the length before"),
        (lambda b, a: abs(size(a) - size(b)) / size(b), "can turn and keep its length"),
        (lambda b, a: size(a) / size(b), "how long it became"),
        (lambda b, a: (a - b).sum() / b.sum(), "square the numbers first"),
        (lambda b, a: np.abs(a - b).sum() / np.abs(b).sum(), "adds squares"),
        (lambda b, a: 7, "root of the sum of squares"),
    ],
)
def test_change_hints(mistake, hint):
    assert_hint(judge("check_change", mistake), hint)


def cosine(rate, share):
    return rate / 2 * (1 + np.cos(np.pi * share))


def equal_stretches(e, r, f):
    return cosine(r, (e % f) / f)


def straight(e, r, f):
    while e >= f:
        e, f = e - f, 2 * f
    return r * (1 - e / f)


def in_degrees(e, r, f):
    while e >= f:
        e, f = e - f, 2 * f
    return r / 2 * (1 + np.cos(180 * e / f))


def one_moment_late(e, r, f):
    while e > f:
        e, f = e - f, 2 * f
    return cosine(r, e / f)


def from_the_very_beginning(e, r, f):
    begin, length = 0, f
    while e >= begin + length:
        begin, length = begin + length, 2 * length
    return cosine(r, e / length)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda e, r, f: cosine(r, e / f), "no restarts"),
        (lambda e, r, f: cosine(r, min(e / f, 1)), "does not stay at zero"),
        (equal_stretches, "twice as long"),
        (lambda e, r, f: by_keras_schedule(e, r, f) / 2, "half of the rate"),
        (lambda e, r, f: by_keras_schedule(e, r, f) * 2, "½ is missing"),
        (one_moment_late, "with the full rate"),
        (from_the_very_beginning, "beginning of the stretch"),
        (in_degrees, "radians"),
        (straight, "straight line"),
        (lambda e, r, f: r * np.cos(np.pi / 2 * e / f), "quarter turn"),
        (lambda e, r, f: 12.5, "first find the stretch"),
    ],
)
def test_restarts_hints(mistake, hint):
    assert_hint(judge("check_restarts", mistake), hint)


def best(history, monitor):
    return (min if "loss" in monitor else max)(history[monitor])


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (lambda h, m: h[m].index(best(h, m)), "count from 1"),
        (lambda h, m: len(h[m]) - h[m][::-1].index(best(h, m)), "the first is kept"),
        (lambda h, m: int(np.argmax(h[m])) + 1, "*lowest*"),
        (lambda h, m: int(np.argmin(h[m])) + 1, "*highest*"),
        (best, "Which epoch has it"),
        (lambda h, m: len(h[m]), "last epoch"),
        (lambda h, m: int(np.argmin(h["val_loss"])) + 1, "history[monitor]"),
        (lambda h, m: int(np.argmax(h["val_accuracy"])) + 1, "not always at the accuracy"),
        (lambda h, m: 99, "its first place"),
    ],
)
def test_kept_epoch_hints(mistake, hint):
    assert_hint(judge("check_kept_epoch", mistake), hint)


def test_both_ways_round_get_their_hint():
    def turned(history, monitor):
        other = max if "loss" in monitor else min
        return history[monitor].index(other(history[monitor])) + 1

    assert_hint(judge("check_kept_epoch", turned), "the other way round")


def test_the_readers_changes_to_the_history_do_no_harm():
    def greedy(history, monitor):
        answer = by_keras_callback(history, monitor)
        history.clear()
        return answer

    assert judge("check_kept_epoch", greedy).passed
    assert judge("check_kept_epoch", by_keras_callback).passed
