import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from cxrlib.models import scratch


def test_two_classes_are_the_textbook_s_and_tensorflow_s():
    y, z = np.array([[1.0], [0.0], [1.0]]), np.array([[0.3], [-1.0], [-2.0]])
    p, loss = 1 / (1 + np.exp(-z)), scratch.binary_cross_entropy(y, z)
    np.testing.assert_allclose(loss, -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    z = np.array([[-1000.0], [-3], [0], [3], [1000]])
    y = np.array([[1.0], [0], [1], [0], [1]])
    theirs = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z)
    np.testing.assert_allclose(scratch.binary_cross_entropy(y, z), np.mean(theirs), rtol=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(2, 5), st.sampled_from([1, 100]))
def test_more_classes_are_keras_s(seed, n, classes, scale):
    rng = np.random.default_rng(seed)
    z, y = scale * rng.normal(size=(n, classes)), np.eye(classes)[rng.integers(classes, size=n)]
    with tf.GradientTape() as tape:
        logits = tf.constant(z)
        tape.watch(logits)
        theirs = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, logits))
    np.testing.assert_allclose(scratch.softmax(z), keras.ops.softmax(z), atol=1e-10)
    np.testing.assert_allclose(scratch.cross_entropy(y, z), theirs, rtol=1e-9)
    slope = tape.gradient(theirs, logits)
    np.testing.assert_allclose(scratch.cross_entropy_backward(y, z), slope, atol=1e-10)


def test_by_hand():
    z, y = np.array([[0.0, 0], [np.log(3), 0]]), np.array([[1.0, 0], [0, 1]])
    np.testing.assert_allclose(scratch.softmax(z), [[0.5, 0.5], [0.75, 0.25]])
    np.testing.assert_allclose(scratch.cross_entropy(y, z), (np.log(2) + np.log(4)) / 2)


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


def test_labels_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="reshape"):
        scratch.binary_cross_entropy(np.zeros(3), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="reshape"):
        scratch.neuron_gradients(np.zeros((3, 2)), np.zeros(3), np.zeros((2, 1)), np.zeros(1))
