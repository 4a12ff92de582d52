import numpy as np
import tensorflow as tf

from cxrlib.models import scratch


def keras_way(layer, *values):
    """Return TensorFlow's output, an error to pass back, and its gradients for the values."""
    values = [tf.constant(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(values)
        out = layer(*values)
        back = np.random.default_rng(1).normal(size=out.shape)
        loss = tf.reduce_sum(out * back)
    return out.numpy(), back, [gradient.numpy() for gradient in tape.gradient(loss, values)]


def assert_gradients(layer, gradients, values):
    """Compare gradients of sum(layer(*values) * weight) with those measured by nudging."""
    weight = np.random.default_rng(1).normal(size=layer(*values).shape)
    for i, by_hand in enumerate(gradients(weight)):

        def loss(nudged, i=i):
            return (layer(*values[:i], nudged, *values[i + 1 :]) * weight).sum()

        measured = scratch.numerical_gradient(loss, values[i], step=1e-5)
        np.testing.assert_allclose(by_hand, measured, atol=1e-6)
