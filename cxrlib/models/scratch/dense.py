"""Chapter 02: a neuron, a layer, a network of two layers, the loss, and the gradients by hand."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.checks import check_dense, check_labels


def sigmoid(z):
    """Squeeze any number into (0, 1): 1 / (1 + exp(-z)), without overflow at either end."""
    return np.exp(-np.logaddexp(0, -z))


def relu(z):
    """Keep what is positive, and put 0 for the rest."""
    return np.maximum(z, 0)


def dense(x, weights, bias):
    """Weigh and add: x (N, D), weights (D, K), bias (K,) → (N, K). One neuron is K = 1."""
    check_dense(x, weights, bias)
    return x @ weights + bias


def binary_cross_entropy(y, z):
    """Mean loss of logits ``z`` (before the sigmoid) for labels ``y``, both (N, 1).

    The same as -mean(y log p + (1 - y) log(1 - p)) with p = sigmoid(z), but finite for any z.
    """
    check_labels(y, z)
    return np.mean(np.logaddexp(0, z) - y * z)


def neuron_gradients(x, y, weights, bias):
    """Gradients of the mean cross-entropy of one neuron: for weights (D, 1) and bias (1,)."""
    z = dense(x, weights, bias)
    check_labels(y, z)
    error = (sigmoid(z) - y) / len(y)
    return x.T @ error, error.sum(axis=0)


def network(x, w1, b1, w2, b2):
    """Two layers: the hidden layer's outputs (N, K) and the logits (N, 1)."""
    hidden = relu(dense(x, w1, b1))
    return hidden, dense(hidden, w2, b2)


def network_gradients(x, y, w1, b1, w2, b2):
    """Gradients of the mean cross-entropy of two layers, for w1, b1, w2, b2 in this order."""
    hidden, z = network(x, w1, b1, w2, b2)
    check_labels(y, z)
    error = (sigmoid(z) - y) / len(y)
    back = (error @ w2.T) * (hidden > 0)
    return x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)
