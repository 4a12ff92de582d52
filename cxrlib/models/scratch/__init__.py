"""Networks by hand, in NumPy only: each function is taught in a chapter and used ever after.

Chapter 02: images as rows ``x`` (N, D), labels ``y`` (N, 1) of 0 and 1, weights (D, K), bias (K,).
Chapters 03 and 04: images ``x`` (N, H, W, C), kernels (height, width, C, K), as in Keras; one image
(H, W) with one kernel (height, width) will do too. A backward function takes the layer's input and
``grad_output``, the gradient of the loss for the layer's output.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
