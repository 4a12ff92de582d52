"""Refusing arrays that do not fit, in words."""

from __future__ import annotations

import numpy as np


def check_dense(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> None:
    """Refuse a layer's input, weights and bias that do not fit each other."""
    check_finite_rank(x, 2, "x", "one row a picture: images.reshape(len(images), -1)")
    check_finite_rank(weights, 2, "weights", "one column a neuron: (inputs, neurons)")
    if x.shape[1] != weights.shape[0]:
        raise ValueError(
            f"expected weights with {x.shape[1]:,} rows, one for each number in a row of x, got "
            f"shape {weights.shape}. Are the weights transposed, or the pictures of another size?"
        )
    if np.shape(bias) != (weights.shape[1],):
        raise ValueError(
            f"expected a bias of shape ({weights.shape[1]},), one for each neuron, got "
            f"{np.shape(bias)}. Start with np.zeros(weights.shape[1])."
        )


def check_labels(y: np.ndarray, outputs: np.ndarray) -> None:
    """Refuse labels whose shape differs from the outputs': NumPy would blow them up in silence."""
    if np.shape(y) != np.shape(outputs):
        raise ValueError(
            f"expected labels of the outputs' shape {np.shape(outputs)}, got {np.shape(y)}. "
            "Labels are (N, 1): y.reshape(-1, 1)."
        )


def check_finite_rank(array: np.ndarray, rank: int, name: str, hint: str) -> None:
    """Refuse an array of another rank, or without numbers."""
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
            "Look at the pictures that went in, or take a smaller learning rate."
        )
