"""Chapter 12: more than two classes. Labels are one-hot (N, K), logits (N, K)."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.checks import check_finite_rank, check_labels


def softmax(z):
    """Turn K sums a picture into K probabilities that add up to 1, without overflow."""
    check_finite_rank(z, 2, "z", "one row a picture, one column a class")
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(y, z):
    """Mean loss of logits ``z`` (before the softmax) for one-hot labels ``y``."""
    check_finite_rank(z, 2, "z", "one row a picture, one column a class")
    check_labels(y, z)
    above = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(above).sum(axis=1)) - (y * above).sum(axis=1))


def cross_entropy_gradient(y, z):
    """Gradient of the mean loss for the logits: answer minus truth again, over N."""
    check_labels(y, z)
    return (softmax(z) - y) / len(y)
