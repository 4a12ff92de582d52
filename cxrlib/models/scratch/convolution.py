"""Chapter 03: kernels, the sliding window, and convolution forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from cxrlib.models.scratch.mlp import check_array

PADDINGS = ("valid", "same")
STACK = "a stack (N, H, W, C): image[None, :, :, None]"


def _kernel(*rows: list[float], divisor: float = 1.0) -> np.ndarray:
    kernel = np.array(rows, float) / divisor
    kernel.setflags(write=False)
    return kernel


IDENTITY = _kernel([0, 0, 0], [0, 1, 0], [0, 0, 0])
BLUR = _kernel([1, 1, 1], [1, 1, 1], [1, 1, 1], divisor=9)
SHARPEN = _kernel([0, -1, 0], [-1, 5, -1], [0, -1, 0])
LAPLACIAN = _kernel([0, -1, 0], [-1, 4, -1], [0, -1, 0])
SOBEL_X = _kernel([-1, 0, 1], [-2, 0, 2], [-1, 0, 1])  # positive where it gets brighter rightwards
SOBEL_Y = _kernel([-1, -2, -1], [0, 0, 0], [1, 2, 1])  # positive where it gets brighter downwards


def pad_widths(
    x: np.ndarray, shape: tuple[int, int], stride: int, padding: str, dilation: int = 1
) -> list[tuple[int, int]]:
    """Rows and columns to add to (N, H, W, C): ``[(above, below), (left, right)]``.

    ``"valid"`` adds none. ``"same"`` adds as many as give ceil(H / stride) places for a window of
    ``shape`` (height, width), as Keras does; an odd one out goes below or to the right.
    """
    widths = []
    for size, side in zip(x.shape[1:3], shape, strict=True):
        extent = dilation * (side - 1) + 1
        places = -(-size // stride)
        total = max((places - 1) * stride + extent - size, 0)
        total = total if padding == "same" else 0
        widths.append((total // 2, total - total // 2))
    return widths


def pad(
    x: np.ndarray,
    shape: tuple[int, int],
    stride: int,
    padding: str,
    dilation: int = 1,
    value: float = 0.0,
) -> np.ndarray:
    """Copy images (N, H, W, C) with a border of the widths that :func:`pad_widths` says."""
    widths = pad_widths(x, shape, stride, padding, dilation)
    return np.pad(x, [(0, 0), *widths, (0, 0)], constant_values=value)


def unpad(
    padded: np.ndarray,
    x: np.ndarray,
    shape: tuple[int, int],
    stride: int,
    padding: str,
    dilation: int = 1,
) -> np.ndarray:
    """Cut the border off again: from ``padded``, what lies where ``x`` lay."""
    (above, _), (left, _) = pad_widths(x, shape, stride, padding, dilation)
    return padded[:, above : above + x.shape[1], left : left + x.shape[2]]


def sliding_windows(
    x: np.ndarray, shape: tuple[int, int], stride: int = 1, dilation: int = 1
) -> np.ndarray:
    """View images (N, H, W, C) through a window: (height, width, N, rows, columns, C).

    ``sliding_windows(x, shape)[i, j]`` is what the window's cell in row i and column j sees, at all
    places at once. Nothing is copied: who writes into the result writes into ``x``.
    """
    high, wide = (dilation * (side - 1) + 1 for side in shape)
    slide = np.lib.stride_tricks.sliding_window_view
    view = slide(x, (high, wide), axis=(1, 2), writeable=True)
    view = view[:, ::stride, ::stride, :, ::dilation, ::dilation]
    return np.moveaxis(view, (4, 5), (0, 1))


def conv2d(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | float = 0.0,
    *,
    stride: int = 1,
    padding: str = "valid",
    dilation: int = 1,
) -> np.ndarray:
    """Slide kernels over images; at each place weigh and add what lies under them.

    Parameters
    ----------
    x : (N, H, W, C), or one image (H, W)
    kernel : (height, width, C, K), or one kernel (height, width) for one image
    bias : a number, or (K,)
    stride : int
        Step of the window in pixels.
    padding : "valid" or "same"
        No border, or as many zeros as give ceil(H / stride) rows, as in Keras.
    dilation : int
        Distance of the kernel's cells in pixels.

    Returns
    -------
    (N, rows, columns, K), or (rows, columns) for one image
        The kernel is not flipped: strictly this is a cross-correlation.

    Examples
    --------
    >>> conv2d(np.eye(3), np.ones((2, 2)))
    array([[2., 1.],
           [1., 2.]])
    """
    check_conv2d(x, kernel, bias, stride, padding, dilation)
    if x.ndim == 2:
        how: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
        x, kernel = x[None, :, :, None], kernel[:, :, None, None]
        return conv2d(x, kernel, bias, **how)[0, :, :, 0]
    shape = kernel.shape[:2]
    padded = pad(x, shape, stride, padding, dilation)
    view = sliding_windows(padded, shape, stride, dilation)
    return np.tensordot(view, kernel, axes=([0, 1, 5], [0, 1, 2])) + bias


def conv2d_backward(
    x: np.ndarray,
    kernel: np.ndarray,
    grad_output: np.ndarray,
    *,
    stride: int = 1,
    padding: str = "valid",
    dilation: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pass a gradient back through :func:`conv2d`: gradients for x, kernel and bias.

    ``x`` (N, H, W, C), ``kernel`` (height, width, C, K); ``grad_output`` (N, rows, columns, K) is
    the gradient of the loss for the layer's output.
    """
    check_images(x)
    check_conv2d(x, kernel, 0.0, stride, padding, dilation)
    check_grad_output(x, grad_output, kernel.shape[:2], stride, padding, dilation, kernel.shape[3])
    how = kernel.shape[:2], stride, padding, dilation
    padded = pad(x, *how)
    view = sliding_windows(padded, kernel.shape[:2], stride, dilation)
    d_kernel = np.tensordot(view, grad_output, axes=([2, 3, 4], [0, 1, 2]))
    d_padded = np.zeros_like(padded)
    d_view = sliding_windows(d_padded, kernel.shape[:2], stride, dilation)
    for i, j in np.ndindex(kernel.shape[:2]):
        d_view[i, j] += grad_output @ kernel[i, j].T
    return unpad(d_padded, x, *how), d_kernel, grad_output.sum(axis=(0, 1, 2))


def check_images(x: np.ndarray, *, one: bool = False) -> None:
    """Refuse what is no stack (N, H, W, C) of finite numbers; with ``one``, (H, W) will do."""
    flat = one and np.ndim(x) == 2
    hint = f"one image (H, W), or {STACK}" if one else STACK
    check_array(x, 2 if flat else 4, "x", hint)
    if min(x.shape[-3:-1] if x.ndim == 4 else x.shape) < 1:
        raise ValueError(f"expected images with pixels, got shape {x.shape}. Was a slice empty?")


def check_conv2d(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | float,
    stride: int,
    padding: str,
    dilation: int,
) -> None:
    """Refuse what :func:`conv2d` cannot use."""
    check_images(x, one=True)
    what = "(height, width), as the image is one" if x.ndim == 2 else "(height, width, C, K)"
    check_array(kernel, x.ndim, "kernel", f"{what}, a float array")
    check_positive_int(stride, "stride")
    check_positive_int(dilation, "dilation")
    if np.result_type(x, kernel).kind != "f" and np.result_type(x, kernel).itemsize < 4:
        raise ValueError(
            f"expected floats, got {x.dtype} and {kernel.dtype}, whose sums overflow in silence. "
            "Convert with .astype(float)."
        )
    if x.ndim == 4 and kernel.shape[2] != x.shape[3]:
        raise ValueError(
            f"expected a kernel of shape (height, width, {x.shape[3]}, K), for images with "
            f"{x.shape[3]} channels, got {kernel.shape}. Are its axes in another order?"
        )
    if np.shape(bias) not in ((), kernel.shape[3:]):
        raise ValueError(
            f"expected one bias a kernel, shape {kernel.shape[3:]}, got {np.shape(bias)}. "
            "Start with np.zeros(kernel.shape[3])."
        )
    check_window(x, kernel.shape[:2], padding, dilation, "kernel")


def check_grad_output(
    x: np.ndarray,
    grad_output: np.ndarray,
    shape: tuple[int, int],
    stride: int,
    padding: str,
    dilation: int,
    channels: int,
) -> None:
    """Refuse a gradient whose shape is not that of the layer's output."""
    places = []
    for size, side in zip(x.shape[1:3], shape, strict=True):
        room = size if padding == "same" else size - dilation * (side - 1)
        places.append(-(-room // stride))
    expected = (len(x), *places, channels)
    if np.shape(grad_output) != expected:
        raise ValueError(
            f"expected `grad_output` in the shape of the layer's output, {expected}, got "
            f"{np.shape(grad_output)}. Was the output made with another stride or padding?"
        )


def check_positive_int(value: object, name: str) -> None:
    """Refuse a stride, dilation or size that is not a whole number from 1."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise ValueError(f"expected `{name}` as a whole number from 1, got {value!r}. Try 1 or 2.")


def check_window(
    x: np.ndarray, shape: tuple[int, int], padding: str, dilation: int, name: str
) -> None:
    """Refuse an unknown padding, an empty window, or one that is larger than the image."""
    if padding not in PADDINGS:
        raise ValueError(
            f"expected `padding` as 'valid' or 'same', got {padding!r}. 'same' keeps the size."
        )
    if min(shape) < 1:
        raise ValueError(
            f"expected a {name} with at least one cell, got shape {tuple(shape)}. Try (3, 3)."
        )
    sizes = x.shape[1:3] if x.ndim == 4 else x.shape
    extent = [dilation * (side - 1) + 1 for side in shape]
    if padding == "valid" and any(e > s for e, s in zip(extent, sizes, strict=True)):
        raise ValueError(
            f"expected a {name} no larger than the image of {sizes[0]}×{sizes[1]} pixels, "
            f"got one that covers {extent[0]}×{extent[1]}. Take a smaller {name}, or "
            "padding='same'."
        )
