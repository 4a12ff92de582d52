"""Chapter 02: gradients by hand and measured, and gradient descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cxrlib.models.scratch.dense import check_same_shape, dense, mlp_forward, sigmoid


def neuron_gradients(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of the mean cross-entropy of one neuron: for weights (D, 1) and bias (1,)."""
    z = dense(x, weights, bias)
    check_same_shape(y, z)
    error = (sigmoid(z) - y) / len(y)
    return x.T @ error, error.sum(axis=0)


def mlp_gradients(
    x: np.ndarray, y: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of the mean cross-entropy of two layers, for w1, b1, w2, b2 in this order."""
    hidden, z = mlp_forward(x, w1, b1, w2, b2)
    check_same_shape(y, z)
    error = (sigmoid(z) - y) / len(y)
    d_hidden = (error @ w2.T) * (hidden > 0)
    return x.T @ d_hidden, d_hidden.sum(axis=0), hidden.T @ error, error.sum(axis=0)


def gradient_descent(
    gradients: Callable[..., Sequence[np.ndarray]],
    parameters: Sequence[np.ndarray],
    learning_rate: float,
    steps: int,
) -> Sequence[np.ndarray]:
    """Take ``steps`` steps against the gradient.

    ``gradients(*parameters)`` returns one gradient for each parameter; the result is the list of
    parameters after the last step. The arrays that came in are left as they were.
    """
    for _ in range(steps):
        pairs = zip(parameters, gradients(*parameters), strict=True)
        parameters = [p - learning_rate * gradient for p, gradient in pairs]
    return parameters


def numerical_gradient(
    loss: Callable[[np.ndarray], float], values: np.ndarray, step: float = 1e-6
) -> np.ndarray:
    """Measure the gradient of ``loss(values)``: nudge each number up and down, and look."""
    gradient = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        nudge = np.zeros_like(values)
        nudge[index] = step
        gradient[index] = (loss(values + nudge) - loss(values - nudge)) / (2 * step)
    return gradient
