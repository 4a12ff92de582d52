"""Chapter 02: gradients by hand and measured, and the way downhill."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.dense import check_same_shape, dense, network, sigmoid


def neuron_gradients(x, y, weights, bias):
    """Gradients of the mean cross-entropy of one neuron: for weights (D, 1) and bias (1,)."""
    z = dense(x, weights, bias)
    check_same_shape(y, z)
    error = (sigmoid(z) - y) / len(y)
    return x.T @ error, error.sum(axis=0)


def network_gradients(x, y, w1, b1, w2, b2):
    """Gradients of the mean cross-entropy of two layers, for w1, b1, w2, b2 in this order."""
    hidden, z = network(x, w1, b1, w2, b2)
    check_same_shape(y, z)
    error = (sigmoid(z) - y) / len(y)
    back = (error @ w2.T) * (hidden > 0)
    return x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)


def gradient_descent(gradients, parameters, rate, steps):
    """Take ``steps`` steps against the gradient.

    ``gradients(*parameters)`` returns one gradient for each parameter; the result is the list of
    parameters after the last step. The arrays that came in are left as they were.
    """
    for _ in range(steps):
        slopes = gradients(*parameters)
        pairs = zip(parameters, slopes, strict=True)
        parameters = [p - rate * slope for p, slope in pairs]
    return parameters


def numeric_gradient(loss, values, step=1e-6):
    """Measure the gradient of ``loss(values)``: nudge each number up and down, and look."""
    gradient = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        nudge = np.zeros_like(values)
        nudge[place] = step
        gradient[place] = (loss(values + nudge) - loss(values - nudge)) / (2 * step)
    return gradient
