import subprocess
import sys
import warnings

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from cxrlib import models
from cxrlib.models import scratch
from tests.float32 import assert_close
from tests.models.scratch.conftest import assert_same


def test_numbers_small_enough_for_paper():
    np.testing.assert_allclose(scratch.sigmoid(np.log([1, 3.0, 1 / 3])), [0.5, 0.75, 0.25])
    np.testing.assert_array_equal(scratch.relu(np.array([-2.0, 0.0, 3.0])), [0, 0, 3])
    x, weights = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, -1.0]])
    np.testing.assert_array_equal(scratch.dense(x, weights, np.array([10.0, 20.0])), [[11, 18]])
    z, y = np.array([[0.0, 0], [np.log(3), 0]]), np.array([[1.0, 0], [0, 1]])
    np.testing.assert_allclose(scratch.softmax(z), [[0.5, 0.5], [0.75, 0.25]])
    np.testing.assert_allclose(scratch.cross_entropy(y, z), (np.log(2) + np.log(4)) / 2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_layers_are_those_of_keras(seed):
    rng = np.random.default_rng(seed)
    n, side, units = (int(rng.integers(*ends)) for ends in ((2, 9), (2, 7), (1, 6)))
    images = rng.integers(0, 256, size=(n, side, side, 1)).astype("float32")
    weights = [rng.normal(size=s) for s in [(side * side, units), (units,), (units, 1), (1,)]]
    twin = models.mlp(images.shape[1:], hidden=(units,))
    twin.set_weights(weights)
    rows = images.reshape(n, -1).astype(float) / 127.5 - 1
    ours = scratch.sigmoid(scratch.mlp_forward(rows, *weights)[1])
    assert_close(ours, twin.predict(images, verbose=0))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 6), st.integers(1, 5))
def test_losses_and_their_gradients_are_tensorflow_s(seed, n, inputs, units):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, inputs)), rng.integers(0, 2, size=(n, 1)).astype(float)
    neuron = [rng.normal(size=s) for s in [(inputs, 1), (1,)]]
    network = [rng.normal(size=s) for s in [(inputs, units), (units,), (units, 1), (1,)]]

    def cost(z):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, z))

    assert_same(
        lambda w, b: cost(x @ w + b),
        lambda w, b: scratch.binary_cross_entropy(y, scratch.dense(x, w, b)),
        lambda back: [back * slope for slope in scratch.neuron_gradients(x, y, *neuron)],
        *neuron,
    )
    assert_same(
        lambda w1, b1, w2, b2: cost(tf.nn.relu(x @ w1 + b1) @ w2 + b2),
        lambda *values: scratch.binary_cross_entropy(y, scratch.mlp_forward(x, *values)[1]),
        lambda back: [back * slope for slope in scratch.mlp_gradients(x, y, *network)],
        *network,
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(2, 5), st.sampled_from([1, 100]))
def test_more_classes_are_tensorflow_s(seed, n, classes, scale):
    rng = np.random.default_rng(seed)
    z, y = scale * rng.normal(size=(n, classes)), np.eye(classes)[rng.integers(classes, size=n)]
    np.testing.assert_allclose(scratch.softmax(z), tf.nn.softmax(z), atol=1e-10)
    assert_same(
        lambda z: tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, z)),
        lambda z: scratch.cross_entropy(y, z),
        lambda back: [back * scratch.cross_entropy_backward(y, z)],
        z,
    )


def test_layers_pass_an_error_back():
    rng = np.random.default_rng(0)
    x, weights, bias = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    assert_same(
        lambda x, w, b: x @ w + b,
        scratch.dense,
        lambda back: scratch.dense_backward(x, weights, back),
        *(x, weights, bias),
    )
    assert_same(tf.nn.relu, scratch.relu, lambda back: [scratch.relu_backward(x, back)], x)


def test_gradients_are_measured_and_followed_to_the_bottom():
    values = np.array([[1.0, -2.0], [0.5, 0.0]])
    measured = scratch.numerical_gradient(lambda v: (v**2).sum(), values)
    np.testing.assert_allclose(measured, 2 * values, atol=1e-8)
    np.testing.assert_array_equal(values, [[1.0, -2.0], [0.5, 0.0]])
    start = [np.array([4.0]), np.array([-3.0])]
    end = scratch.gradient_descent(lambda a, b: (2 * a, 2 * (b - 1)), start, 0.1, steps=200)
    np.testing.assert_allclose(end, [[0.0], [1.0]], atol=1e-8)
    np.testing.assert_array_equal(start, [[4.0], [-3.0]])


def test_sums_beyond_any_exponential_stay_finite_and_silent():
    z, y = np.array([[-1e3], [1e3], [-1e3], [1e3]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Two right for nothing, two wrong for a thousand.
        np.testing.assert_allclose(scratch.binary_cross_entropy(y, z), 500)
        np.testing.assert_allclose(scratch.sigmoid(z)[:, 0], [0, 1, 0, 1])
        scratch.neuron_gradients(z, y, np.ones((1, 1)), np.zeros(1))
        z = np.array([[1e4, 0, -1e4]])
        np.testing.assert_allclose(scratch.softmax(z), [[1, 0, 0]])
        np.testing.assert_allclose(scratch.cross_entropy(np.array([[0.0, 1, 0]]), z), 1e4)


FOUR, TWO = np.zeros((3, 4)), np.zeros((4, 2))


@pytest.mark.parametrize(
    ("function", "values", "words"),
    [
        (scratch.dense, (np.zeros((3, 8, 8)), np.zeros((64, 1)), np.zeros(1)), "one row an image"),
        (scratch.dense, (FOUR, np.zeros(4), np.zeros(1)), "one column a neuron"),
        (scratch.dense, (FOUR, np.zeros((1, 4)), np.zeros(4)), "transposed"),
        (scratch.dense, (FOUR, TWO, np.zeros(1)), r"bias of shape \(2,\)"),
        (scratch.dense, (FOUR, TWO, 0.0), r"np.zeros\(weights.shape\[1\]\)"),
        (scratch.dense, (np.full((3, 4), np.nan), TWO, np.zeros(2)), "NaN"),
        (scratch.dense, (np.full((3, 4), "a"), TWO, np.zeros(2)), "expected numbers"),
        (scratch.dense, ([[1.0]], np.zeros((1, 1)), np.zeros(1)), "expected `x` as an array"),
        (scratch.binary_cross_entropy, (np.zeros(3), np.zeros((3, 1))), "reshape"),
        (scratch.neuron_gradients, (TWO, np.zeros(4), np.zeros((2, 1)), np.zeros(1)), "reshape"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_words(function, values, words):
    with pytest.raises(ValueError, match=words):
        function(*values)


def test_importing_the_rooms_loads_no_tensorflow():
    code = (
        "import sys; from cxrlib import data, models, evaluation, teaching; teaching.start('x');"
        "models.scratch.sigmoid; models.features; models.transfer.get_backbone('vgg16');"
        "models.transfer.Weights; assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
