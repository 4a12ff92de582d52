"""Exercises of chapters 03 and 04: each usual wrong answer gets the hint that is meant for it."""

import numpy as np
import pytest
from scipy import signal

from cxrlib.models import scratch
from cxrlib.teaching import exercises

from .exercise_rules import ExerciseRules
from .test_exercises import assert_hint, judge


def my_slide(picture, kernel):
    return scratch.conv2d(picture, kernel)


def my_size(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride + 1


def my_weights(kernel, channels, filters, size):
    return kernel * kernel * channels * filters + filters


def my_stack(side, channels):
    layers = (side - 1) // 2
    return layers, layers * (9 * channels * channels + channels)


def my_field(layers):
    field, step = 1, 1
    for window, stride in layers:
        field, step = field + (window - 1) * step, step * stride
    return field


def my_moves(stride, pixels):
    return pixels // stride if pixels % stride == 0 else None


def my_shares(square, error):
    return error * (square == square.max()), np.full(square.shape, error / square.size)


RIGHT = {
    "check_convolution": my_slide,
    "check_output_size": my_size,
    "check_conv_weights": my_weights,
    "check_small_kernels": my_stack,
    "check_receptive_field": my_field,
    "check_moves": my_moves,
    "check_pool_gradients": my_shares,
}


class TestEachExercise(ExerciseRules):
    exercises, right = exercises, RIGHT
    odd = ("many", {"a": 1}, [[[1]]], float("nan"))


# --- the sliding window


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda p, k: signal.convolve2d(p, k, mode="valid"), "was flipped"),
        (lambda p, k: scratch.conv2d(p, k.T), "transposed"),
        (lambda p, k: my_slide(p, k)[:-1, :-1], "last place is missing"),
        (lambda p, k: my_slide(p, k) / k.size, "mean of the products"),
        (lambda p, k: scratch.conv2d(p, k, padding="same"), "window stays inside"),
        (lambda p, k: scratch.conv2d(p, np.ones_like(k)), "without the kernel's weights"),
        (lambda p, k: my_slide(p, k)[:, ::2], "at which the window fits"),
        (lambda p, k: my_slide(p, k) + 1, "on paper"),
        (lambda p, k: scratch.conv2d(p, k[:, ::-1]), "on paper"),
        (lambda p, k: "edges", "return the array itself"),
    ],
)
def test_convolution_hints(wrong, hint):
    assert_hint(judge("check_convolution", wrong), hint)


def test_a_walk_that_only_knows_square_kernels_is_caught():
    def square_only(picture, kernel):
        n = len(kernel)
        full = scratch.conv2d(picture, kernel) if kernel.shape == (n, n) else None
        return full if full is not None else scratch.conv2d(picture, kernel[:, :n])

    assert judge("check_convolution", square_only).passed is False


# --- sizes


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda n, k, s, p: (n + 2 * p - k) // s, "add 1."),
        (lambda n, k, s, p: my_size(n, k, s, p) + 1, "one place too many"),
        (lambda n, k, s, p: (n + p - k) // s + 1, "counts twice"),
        (lambda n, k, s, p: (n - k) // s + 1, "padding is missing"),
        (lambda n, k, s, p: n + 2 * p - k + 1, "stride is missing"),
        (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "with `//`"),
        (lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1, "round down, not up"),
        (lambda n, k, s, p: (n + 2 * p - k + 1) // s, "add 1 last"),
        (lambda n, k, s, p: (n + 2 * p) // s - k + 1, "before dividing"),
        (lambda n, k, s, p: 5, "a row of 7 pixels"),
        (lambda n, k, s, p: True, "a row of 7 pixels"),
    ],
)
def test_size_hints(wrong, hint):
    assert_hint(judge("check_output_size", wrong), hint)


def test_the_rule_is_the_one_of_scratch():
    from cxrlib.teaching.exercises.ch03_convolution import _size

    for size, kernel, stride, padding in [(7, 3, 1, 0), (9, 3, 2, 1), (12, 5, 3, 2), (8, 2, 2, 0)]:
        picture = np.zeros((size + 2 * padding,) * 2)
        got = scratch.conv2d(picture, np.zeros((kernel, kernel)), stride=stride).shape[0]
        assert got == _size(size, kernel, stride, padding)


# --- weights


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda k, c, f, n: k * k * c * f, "biases are missing"),
        (lambda k, c, f, n: k * k * c * f + 1, "each filter has its own"),
        (lambda k, c, f, n: k * k * f + f, "forgot the channels"),
        (lambda k, c, f, n: k * k * c + 1, "how many are there"),
        (lambda k, c, f, n: k * c * f + f, "its side counts twice"),
        (lambda k, c, f, n: k * k * c * f + c * f, "not to each of its channels"),
        (lambda k, c, f, n: my_weights(k, c, f, n) * n * n, "size does not matter"),
        (lambda k, c, f, n: n * n * c * f + f, "a dense layer"),
        (lambda k, c, f, n: 1, "count one filter first"),
    ],
)
def test_weight_hints(wrong, hint):
    assert_hint(judge("check_conv_weights", wrong), hint)


# --- small against large


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda n, c: (n // 3, n // 3 * (9 * c * c + c)), "grows by 2 a layer"),
        (lambda n, c: ((n + 1) // 2, (n + 1) // 2 * (9 * c * c + c)), "one layer too many"),
        (lambda n, c: (my_stack(n, c)[0], 9 * c * c + c), "counts one layer"),
        (lambda n, c: (my_stack(n, c)[0], my_stack(n, c)[0] * 10), "forgot the channels"),
        (lambda n, c: (my_stack(n, c)[0], my_stack(n, c)[0] * (9 * c + c)), "channels times"),
        (lambda n, c: (my_stack(n, c)[0], my_stack(n, c)[0] * 9 * c * c), "biases are missing"),
        (lambda n, c: (my_stack(n, c)[0], n * n * c * c + c), "the one large kernel"),
        (lambda n, c: my_stack(n, c)[0], "Two see 5"),
        (lambda n, c: my_stack(n, c)[::-1], "Two see 5"),
    ],
)
def test_small_kernel_hints(wrong, hint):
    assert_hint(judge("check_small_kernels", wrong), hint)


# --- the receptive field


def field(layers, start=1, window=0, strides=True, own_first=False):
    seen, step = start, 1
    for side, stride in layers:
        step *= stride if own_first else 1
        seen += (side - 1 + window) * step
        step *= stride if strides and not own_first else 1
    return seen


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda layers: field(layers, start=0, window=1), "less one"),
        (lambda layers: field(layers, start=0), "start from 1"),
        (lambda layers: field(layers, strides=False), "strides are missing"),
        (lambda layers: field(layers, own_first=True), "multiply after adding"),
        (lambda layers: field(layers[::-1]), "not from the top down"),
        (lambda layers: int(np.prod([w for w, _ in layers])), "do not multiply"),
        (lambda layers: int(np.prod([s for _, s in layers])), "only the strides multiply"),
        (lambda layers: 99, "keep two numbers"),
    ],
)
def test_field_hints(wrong, hint):
    assert_hint(judge("check_receptive_field", wrong), hint)


@pytest.mark.parametrize(
    "layers", [[(3, 1), (3, 1)], [(3, 1), (2, 2), (3, 1)], [(3, 2), (3, 2)], [(2, 2), (2, 2)]]
)
def test_the_field_is_what_the_gradient_reaches(layers):
    x, shapes = np.zeros((1, 40, 40, 1)), []
    for window, stride in layers:
        shapes.append((x, window, stride))
        x = scratch.conv2d(x, np.ones((window, window, 1, 1)), stride=stride)
    back = np.zeros_like(x)
    back[0, 3, 3] = 1
    for below, window, stride in reversed(shapes):
        kernel = np.ones((window, window, 1, 1))
        back, _, _ = scratch.conv2d_gradients(below, kernel, back, stride=stride)
    assert back.any(axis=(0, 1, 3)).sum() == my_field(layers)


# --- shifts


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda s, d: d, "in it the way is shorter"),
        (lambda s, d: d // s, "get new numbers"),
        (lambda s, d: d / s, "by a fraction"),
        (lambda s, d: round(d / s), "rounding hides it"),
        (lambda s, d: d * s, "don't multiply"),
        (lambda s, d: d // s if abs(d) >= s or d == 0 else None, "multiples of the *stride*"),
        (lambda s, d: d if s == 1 else None, "one whole place"),
        (lambda s, d: my_moves(s, d) or None, "stays: 0"),
        (lambda s, d: my_moves(s, d) if d >= 0 else None, "to the other side"),
        (lambda s, d: False if d % s else d // s, "return `None` itself"),
        (lambda s, d: "moved", "return `None` itself"),
        (lambda s, d: 17, "shift it by 1, then by 2"),
    ],
)
def test_move_hints(wrong, hint):
    assert_hint(judge("check_moves", wrong), hint)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_the_rule_of_moves_is_what_maps_do(stride):
    x = np.random.default_rng(0).normal(size=(1, 48, 48, 1))
    kernel = np.random.default_rng(1).normal(size=(3, 3, 1, 1))

    def layers(x):
        return scratch.max_pool(scratch.conv2d(x, kernel, padding="same"), stride)

    for pixels in range(9):
        moved, by = layers(np.roll(x, pixels, axis=2)), my_moves(stride, pixels)
        places = [by] if by is not None else range(9)
        same = [
            np.allclose(np.roll(layers(x), n, axis=2)[:, :, 9:-1], moved[:, :, 9:-1])
            for n in places
        ]
        assert same == ([True] if by is not None else [False] * 9)


# --- gradients of pooling


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda s, e: my_shares(s, e)[::-1], "changed places: the max's"),
        (lambda s, e: (np.full(s.shape, e), my_shares(s, e)[1]), "only the largest did"),
        (lambda s, e: (s * (s == s.max()), my_shares(s, e)[1]), "passes the pixel's value"),
        (lambda s, e: (e * (s == s.min()), my_shares(s, e)[1]), "smallest pixel"),
        (lambda s, e: (e * (abs(s) == abs(s).max()), my_shares(s, e)[1]), "largest *in size*"),
        (lambda s, e: (my_shares(s.T, e)[0].T[::-1], my_shares(s, e)[1]), "on paper"),
        (lambda s, e: (my_shares(s, e)[0].T, my_shares(s, e)[1]), "Rows and columns".lower()),
        (lambda s, e: (1.0 * (s == s.max()), my_shares(s, e)[1]), "give it the error"),
        (lambda s, e: (my_shares(s, e)[0], np.full(s.shape, e)), "gets a quarter"),
        (lambda s, e: (my_shares(s, e)[0], e * s / s.sum()), "weighs all alike"),
        (lambda s, e: (my_shares(s, e)[0], np.full(s.shape, 0.25)), "not of 1"),
        (lambda s, e: my_shares(s, e)[0], "the max's first"),
        (lambda s, e: (my_shares(s, e)[0][0], my_shares(s, e)[1]), "shape"),
    ],
)
def test_pool_gradient_hints(wrong, hint):
    assert_hint(judge("check_pool_gradients", wrong), hint)


def test_the_shares_are_those_of_scratch():
    square, back = np.array([[1.0, 7], [3, 2]]), np.full((1, 1, 1, 1), 8.0)
    most, mean = my_shares(square, 8.0)
    x = square[None, :, :, None]
    np.testing.assert_array_equal(scratch.max_pool_gradient(x, back)[0, :, :, 0], most)
    np.testing.assert_array_equal(scratch.average_pool_gradient(x, back)[0, :, :, 0], mean)


def test_checks_are_public():
    assert set(RIGHT) <= set(dir(exercises))
