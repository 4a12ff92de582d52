"""Chapter 03: convolution, as every deep-learning library understands it, and its gradients."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.checks_windows import check_conv2d, check_conv2d_back
from cxrlib.models.scratch.windows import padded, unpadded, windows


def conv2d(x, kernel, bias=0.0, *, stride=1, padding="valid", dilation=1):
    """Slide kernels over pictures; at each place weigh and add what lies under them.

    Parameters
    ----------
    x : (N, H, W, C), or one picture (H, W)
    kernel : (high, wide, C, K), or one kernel (high, wide) for one picture
    bias : a number, or (K,)
    stride : int
        Step of the window in pixels.
    padding : "valid" or "same"
        No border, or as many zeros as give ceil(H / stride) rows, as in Keras.
    dilation : int
        Distance of the kernel's cells in pixels.

    Returns
    -------
    (N, rows, columns, K), or (rows, columns) for one picture
        The kernel is not flipped: strictly this is a cross-correlation.
    """
    check_conv2d(x, kernel, bias, stride, padding, dilation)
    if x.ndim == 2:
        how = {"stride": stride, "padding": padding, "dilation": dilation}
        x, kernel = x[None, :, :, None], kernel[:, :, None, None]
        return conv2d(x, kernel, bias, **how)[0, :, :, 0]
    shape = kernel.shape[:2]
    view = windows(padded(x, shape, stride, padding, dilation), shape, stride, dilation)
    return np.tensordot(view, kernel, axes=([0, 1, 5], [0, 1, 2])) + bias


def conv2d_gradients(x, kernel, back, *, stride=1, padding="valid", dilation=1):
    """Pass an error back through :func:`conv2d`: gradients for x, kernel and bias.

    ``x`` (N, H, W, C), ``kernel`` (high, wide, C, K); ``back`` (N, rows, columns, K) is the
    gradient of the loss for what the layer put out.
    """
    check_conv2d_back(x, kernel, back, stride, padding, dilation)
    border = kernel.shape[:2], stride, padding, dilation
    wide = padded(x, *border)
    view = windows(wide, kernel.shape[:2], stride, dilation)
    d_kernel = np.tensordot(view, back, axes=([2, 3, 4], [0, 1, 2]))
    d_wide = np.zeros_like(wide)
    shares = windows(d_wide, kernel.shape[:2], stride, dilation)
    for i, j in np.ndindex(kernel.shape[:2]):
        shares[i, j] += back @ kernel[i, j].T
    return unpadded(d_wide, x, *border), d_kernel, back.sum(axis=(0, 1, 2))
