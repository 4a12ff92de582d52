"""Networks by hand, in NumPy only: each function is taught in a chapter and used ever after.

Arrays: pictures as rows ``x`` (N, D), labels ``y`` (N, 1) of 0 and 1, weights (D, K), bias (K,).
"""

from cxrlib.models.scratch.descent import gradient_descent, numeric_gradient
from cxrlib.models.scratch.neurons import (
    binary_cross_entropy,
    dense,
    network,
    network_gradients,
    neuron_gradients,
    relu,
    sigmoid,
)

__all__ = [
    "binary_cross_entropy",
    "dense",
    "gradient_descent",
    "network",
    "network_gradients",
    "neuron_gradients",
    "numeric_gradient",
    "relu",
    "sigmoid",
]
