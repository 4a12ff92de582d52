"""Chapters 02 and 12: what a wrong answer costs, for two classes and for more.

Labels ``y`` are (N, 1) of 0 and 1 with logits ``z`` (N, 1), or one-hot (N, K) with logits (N, K).
"""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.dense import check_array, check_same_shape


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
