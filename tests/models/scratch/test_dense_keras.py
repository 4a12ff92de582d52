"""What is computed by hand is what Keras and TensorFlow compute."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cxrlib import models
from cxrlib.models import scratch
from tests.float32 import assert_close


@pytest.fixture(params=[0, 1, 2])
def problem(request):
    rng = np.random.default_rng(request.param)
    n, side, units = rng.integers(2, 9), rng.integers(2, 7), rng.integers(1, 6)
    pictures = rng.integers(0, 256, size=(n, side, side, 1)).astype("float32")
    y = rng.integers(0, 2, size=(n, 1)).astype("float32")
    shapes = [(side * side, units), (units,), (units, 1), (1,)]
    return pictures, y, [rng.normal(size=shape) for shape in shapes]


def rows(pictures):
    return pictures.reshape(len(pictures), -1).astype(float) / 127.5 - 1


def twin(pictures, weights):
    model = models.mlp(pictures.shape[1:], hidden=(weights[0].shape[1],))
    model.set_weights(weights)
    return model


def test_forward(problem):
    pictures, _, weights = problem
    ours = scratch.sigmoid(scratch.network(rows(pictures), *weights)[1])
    theirs = twin(pictures, weights).predict(pictures, verbose=0)
    assert_close(ours, theirs)


def test_gradients(problem):
    pictures, y, weights = problem
    model = twin(pictures, weights)
    with tf.GradientTape() as tape:
        loss = keras.losses.BinaryCrossentropy()(y, model(pictures))
    theirs = tape.gradient(loss, model.trainable_variables)
    ours = scratch.network_gradients(rows(pictures), y.astype(float), *weights)
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a, b)


def test_one_step_of_gradient_descent(problem):
    pictures, y, weights = problem
    model = twin(pictures, weights)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="binary_crossentropy")
    model.train_on_batch(pictures, y)
    x = rows(pictures)
    ours = scratch.gradient_descent(
        lambda *now: scratch.network_gradients(x, y.astype(float), *now), weights, 0.1, 1
    )
    for a, b in zip(ours, model.get_weights(), strict=True):
        assert_close(a, b)


def test_loss_from_logits():
    z = np.array([[-1000.0], [-3], [0], [3], [1000]])
    y = np.array([[1.0], [0], [1], [0], [1]])
    theirs = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z)
    np.testing.assert_allclose(scratch.binary_cross_entropy(y, z), np.mean(theirs), rtol=1e-5)
    np.testing.assert_allclose(scratch.sigmoid(z), tf.sigmoid(z), atol=1e-7)
