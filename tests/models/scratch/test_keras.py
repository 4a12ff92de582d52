"""Convolution, pooling and softmax by hand are those of Keras, in values and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from cxrlib.models import scratch
from tests.float32 import assert_close

SIZES = st.tuples(st.integers(4, 12), st.integers(4, 12))
PADDINGS = st.sampled_from(["valid", "same"])
FEW = st.integers(1, 3)


@pytest.fixture(autouse=True, scope="module")
def _double_precision():
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


def both_ways(layer, *values):
    """Return TensorFlow's output, an error to pass back, and its gradients for the values."""
    values = [tf.constant(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(values)
        out = layer(*values)
        back = np.random.default_rng(1).normal(size=out.shape)
        loss = tf.reduce_sum(out * back)
    return out.numpy(), back, [gradient.numpy() for gradient in tape.gradient(loss, values)]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10_000), SIZES, st.tuples(FEW, st.integers(1, 4)), FEW, FEW, PADDINGS, FEW,
    st.booleans(),
)  # fmt: skip
def test_convolution(seed, size, shape, channels, kernels, padding, step, dilated):
    # TensorFlow refuses a stride and a dilation above 1 at once.
    how = {"stride": 1 if dilated else step, "dilation": step if dilated else 1}
    rng = np.random.default_rng(seed)
    room = [n + how["dilation"] * (side - 1) for n, side in zip(size, shape, strict=True)]
    x = rng.normal(size=(2, *room, channels))
    kernel, bias = rng.normal(size=(*shape, channels, kernels)), rng.normal(size=kernels)

    def layer(x, kernel, bias):
        out = ops.conv(
            x, kernel, strides=how["stride"], padding=padding, dilation_rate=how["dilation"]
        )
        return out + bias

    theirs, back, slopes = both_ways(layer, x, kernel, bias)
    ours = scratch.conv2d(x, kernel, bias, padding=padding, **how)
    np.testing.assert_allclose(ours, theirs, atol=1e-10)
    mine = scratch.conv2d_gradients(x, kernel, back, padding=padding, **how)
    for a, b in zip(mine, slopes, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-10)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), SIZES, FEW, st.one_of(st.none(), FEW), PADDINGS)
@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling(kind, seed, size, side, stride, padding):
    x = np.random.default_rng(seed).normal(size=(2, *size, 3))
    theirs_of = {"max": ops.max_pool, "average": ops.average_pool}[kind]
    theirs, back, (slope,) = both_ways(
        lambda x: theirs_of(x, side, strides=stride or side, padding=padding), x
    )
    how = {"size": side, "stride": stride, "padding": padding}
    ours = getattr(scratch, f"{kind}_pool")(x, **how)
    np.testing.assert_allclose(ours, theirs, atol=1e-10)
    mine = getattr(scratch, f"{kind}_pool_gradient")(x, back, **how)
    np.testing.assert_allclose(mine, slope, atol=1e-10)


def test_of_equals_the_first_gets_the_error():
    x = np.random.default_rng(0).integers(0, 2, size=(2, 6, 6, 2)).astype(float)
    _, back, (slope,) = both_ways(lambda x: ops.max_pool(x, 2, strides=2), x)
    np.testing.assert_allclose(scratch.max_pool_gradient(x, back), slope)


@pytest.mark.parametrize(
    ("kind", "layer"),
    [
        ("average", keras.layers.GlobalAveragePooling2D),
        ("max", keras.layers.GlobalMaxPooling2D),
    ],
)
def test_global_pooling(kind, layer):
    x = np.random.default_rng(0).normal(size=(3, 5, 4, 2))
    theirs, back, (slope,) = both_ways(layer(dtype="float64"), x)
    np.testing.assert_allclose(getattr(scratch, f"global_{kind}_pool")(x), theirs, atol=1e-12)
    mine = getattr(scratch, f"global_{kind}_pool_gradient")(x, back)
    np.testing.assert_allclose(mine, slope, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(2, 5), st.sampled_from([1, 100]))
def test_softmax_and_cross_entropy(seed, n, classes, scale):
    rng = np.random.default_rng(seed)
    z, y = scale * rng.normal(size=(n, classes)), np.eye(classes)[rng.integers(classes, size=n)]
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        logits = tf.constant(z)
        tape.watch(logits)
        theirs = loss(y, logits)
    np.testing.assert_allclose(scratch.softmax(z), ops.softmax(z), atol=1e-10)
    np.testing.assert_allclose(scratch.cross_entropy(y, z), theirs, rtol=1e-9)
    slope = tape.gradient(theirs, logits)
    np.testing.assert_allclose(scratch.cross_entropy_gradient(y, z), slope, atol=1e-10)


@pytest.mark.parametrize(("stride", "padding"), [(1, "valid"), (2, "same"), (3, "same")])
def test_keras_own_layer_in_its_usual_precision(stride, padding):
    layer = keras.layers.Conv2D(4, 3, strides=stride, padding=padding, dtype="float32")
    x = np.random.default_rng(0).uniform(0, 1, size=(2, 11, 8, 2)).astype("float32")
    theirs = layer(x)
    ours = scratch.conv2d(x, *(w.numpy() for w in layer.weights), stride=stride, padding=padding)
    assert_close(ours, theirs)
