"""Networks by hand, in NumPy only: each function is taught in a chapter and used ever after.

Chapter 02: pictures as rows ``x`` (N, D), labels ``y`` (N, 1) of 0 and 1, weights (D, K),
bias (K,). Chapters 03 and 04: pictures ``x`` (N, H, W, C), kernels (high, wide, C, K), as in Keras;
one picture (H, W) with one kernel (high, wide) will do too. A gradient function takes the layer's
input and ``back``, the gradient of the loss for the layer's output.
"""

from cxrlib.models.scratch.convolution import (
    BLUR,
    EDGES,
    IDENTITY,
    SHARPEN,
    SOBEL_X,
    SOBEL_Y,
    borders,
    conv2d,
    conv2d_gradients,
    padded,
    unpadded,
    windows,
)
from cxrlib.models.scratch.dense import (
    dense,
    dense_gradients,
    network,
    relu,
    relu_gradient,
    sigmoid,
)
from cxrlib.models.scratch.losses import (
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_gradient,
    softmax,
)
from cxrlib.models.scratch.optimization import (
    gradient_descent,
    network_gradients,
    neuron_gradients,
    numeric_gradient,
)
from cxrlib.models.scratch.pooling import (
    average_pool,
    average_pool_gradient,
    global_average_pool,
    global_average_pool_gradient,
    global_max_pool,
    global_max_pool_gradient,
    max_pool,
    max_pool_gradient,
)

__all__ = [
    "BLUR",
    "EDGES",
    "IDENTITY",
    "SHARPEN",
    "SOBEL_X",
    "SOBEL_Y",
    "average_pool",
    "average_pool_gradient",
    "binary_cross_entropy",
    "borders",
    "conv2d",
    "conv2d_gradients",
    "cross_entropy",
    "cross_entropy_gradient",
    "dense",
    "dense_gradients",
    "global_average_pool",
    "global_average_pool_gradient",
    "global_max_pool",
    "global_max_pool_gradient",
    "gradient_descent",
    "max_pool",
    "max_pool_gradient",
    "network",
    "network_gradients",
    "neuron_gradients",
    "numeric_gradient",
    "padded",
    "relu",
    "relu_gradient",
    "sigmoid",
    "softmax",
    "unpadded",
    "windows",
]
