"""Multilayer perceptrons (chapters 02, 04, 12): dense layers, losses, backward, gradient descent.

Labels ``y`` are (N, 1) of 0 and 1 with logits ``z`` (N, 1), or one-hot (N, K) with logits (N, K).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Squeeze any number into (0, 1): 1 / (1 + exp(-z)), without overflow at either end."""
    return np.exp(-np.logaddexp(0, -z))


def relu(z: np.ndarray) -> np.ndarray:
    """Keep what is positive, and put 0 for the rest."""
    return np.maximum(z, 0)


def dense(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Weigh and add: x (N, D), weights (D, K), bias (K,) → (N, K). One neuron is K = 1."""
    check_dense(x, weights, bias)
    return x @ weights + bias


def mlp_forward(
    x: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two layers: the hidden layer's outputs (N, K) and the logits (N, 1)."""
    hidden = relu(dense(x, w1, b1))
    return hidden, dense(hidden, w2, b2)


def relu_backward(z: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
    """Pass a gradient back through ``relu(z)``: where z was cut off, nothing passes."""
    check_same_shape(grad_output, z)
    return grad_output * (z > 0)


def dense_backward(
    x: np.ndarray, weights: np.ndarray, grad_output: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pass a gradient back through ``dense(x, weights, bias)``: for x, weights and bias."""
    return grad_output @ weights.T, x.T @ grad_output, grad_output.sum(axis=0)


def binary_cross_entropy(y: np.ndarray, z: np.ndarray) -> float:
    """Mean loss of logits ``z`` (before the sigmoid) for labels ``y``, both (N, 1).

    The same as -mean(y log p + (1 - y) log(1 - p)) with p = sigmoid(z), but finite for any z.
    """
    check_same_shape(y, z)
    return np.mean(np.logaddexp(0, z) - y * z)


def softmax(z: np.ndarray) -> np.ndarray:
    """Turn K logits an image into K probabilities that add up to 1, without overflow."""
    check_array(z, 2, "z", "one row an image, one column a class")
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(y: np.ndarray, z: np.ndarray) -> float:
    """Mean loss of logits ``z`` (before the softmax) for one-hot labels ``y``."""
    check_array(z, 2, "z", "one row an image, one column a class")
    check_same_shape(y, z)
    shifted = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - (y * shifted).sum(axis=1))


def cross_entropy_backward(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Gradient of the mean loss for the logits: prediction minus label again, over N."""
    check_same_shape(y, z)
    return (softmax(z) - y) / len(y)


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


def check_array(array: np.ndarray, rank: int, name: str, hint: str) -> None:
    """Refuse an array of another rank, or without finite numbers."""
    if not isinstance(array, np.ndarray) or array.ndim != rank:
        raise ValueError(
            f"expected `{name}` as an array with {rank} axes, got shape {np.shape(array)}. "
            f"Make it {hint}."
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"expected numbers in `{name}`, got {array.dtype}. Convert with .astype(float)."
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(
            f"expected finite numbers in `{name}`, got NaN or infinity. "
            "Look at the images that went in, or take a smaller learning rate."
        )


def check_dense(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> None:
    """Refuse a layer's input, weights and bias that do not fit each other."""
    check_array(x, 2, "x", "one row an image: images.reshape(len(images), -1)")
    check_array(weights, 2, "weights", "one column a neuron: (inputs, neurons)")
    if x.shape[1] != weights.shape[0]:
        raise ValueError(
            f"expected weights with {x.shape[1]:,} rows, one for each number in a row of x, got "
            f"shape {weights.shape}. Are the weights transposed, or the images of another size?"
        )
    if np.shape(bias) != (weights.shape[1],):
        raise ValueError(
            f"expected a bias of shape ({weights.shape[1]},), one for each neuron, got "
            f"{np.shape(bias)}. Start with np.zeros(weights.shape[1])."
        )


def check_same_shape(y: np.ndarray, outputs: np.ndarray) -> None:
    """Refuse labels, or a gradient, of another shape: NumPy would blow them up in silence."""
    if np.shape(y) != np.shape(outputs):
        raise ValueError(
            f"expected labels of the outputs' shape {np.shape(outputs)}, got {np.shape(y)}. "
            "Labels are (N, 1): y.reshape(-1, 1)."
        )
