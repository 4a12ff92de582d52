"""Networks by hand, in NumPy only: each function is taught in a chapter and used ever after.

Chapter 02: images as rows ``x`` (N, D), labels ``y`` (N, 1) of 0 and 1, weights (D, K), bias (K,).
Chapters 03 and 04: images ``x`` (N, H, W, C), kernels (height, width, C, K), as in Keras; one image
(H, W) with one kernel (height, width) will do too. A backward function takes the layer's input and
``grad_output``, the gradient of the loss for the layer's output.
"""

from cxrlib.models.scratch.convolution import (
    BLUR,
    IDENTITY,
    LAPLACIAN,
    SHARPEN,
    SOBEL_X,
    SOBEL_Y,
    conv2d,
    conv2d_backward,
    pad,
    pad_widths,
    sliding_windows,
    unpad,
)
from cxrlib.models.scratch.dense import (
    dense,
    dense_backward,
    mlp_forward,
    relu,
    relu_backward,
    sigmoid,
)
from cxrlib.models.scratch.losses import (
    binary_cross_entropy,
    cross_entropy,
    cross_entropy_backward,
    softmax,
)
from cxrlib.models.scratch.optimization import (
    gradient_descent,
    mlp_gradients,
    neuron_gradients,
    numerical_gradient,
)
from cxrlib.models.scratch.pooling import (
    average_pool,
    average_pool_backward,
    global_average_pool,
    global_average_pool_backward,
    global_max_pool,
    global_max_pool_backward,
    max_pool,
    max_pool_backward,
)

__all__ = [
    "BLUR",
    "IDENTITY",
    "LAPLACIAN",
    "SHARPEN",
    "SOBEL_X",
    "SOBEL_Y",
    "average_pool",
    "average_pool_backward",
    "binary_cross_entropy",
    "conv2d",
    "conv2d_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "dense",
    "dense_backward",
    "global_average_pool",
    "global_average_pool_backward",
    "global_max_pool",
    "global_max_pool_backward",
    "gradient_descent",
    "max_pool",
    "max_pool_backward",
    "mlp_forward",
    "mlp_gradients",
    "neuron_gradients",
    "numerical_gradient",
    "pad",
    "pad_widths",
    "relu",
    "relu_backward",
    "sigmoid",
    "sliding_windows",
    "softmax",
    "unpad",
]
