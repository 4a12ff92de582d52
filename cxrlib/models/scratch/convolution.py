"""Chapter 03: kernels, the window that slides, and convolution with its gradients."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.dense import check_array

PADDINGS = ("valid", "same")
STACK = "a stack (N, H, W, C): picture[None, :, :, None]"


def _fixed(*rows: list[float], by: float = 1.0) -> np.ndarray:
    kernel = np.array(rows, float) / by
    kernel.setflags(write=False)
    return kernel


IDENTITY = _fixed([0, 0, 0], [0, 1, 0], [0, 0, 0])
BLUR = _fixed([1, 1, 1], [1, 1, 1], [1, 1, 1], by=9)
SHARPEN = _fixed([0, -1, 0], [-1, 5, -1], [0, -1, 0])
EDGES = _fixed([0, -1, 0], [-1, 4, -1], [0, -1, 0])
SOBEL_X = _fixed([-1, 0, 1], [-2, 0, 2], [-1, 0, 1])  # positive where it gets brighter rightwards
SOBEL_Y = _fixed([-1, -2, -1], [0, 0, 0], [1, 2, 1])  # positive where it gets brighter downwards


def borders(x, shape, stride, padding, dilation=1):
    """Rows and columns to add to (N, H, W, C): ``[(above, below), (left, right)]``.

    ``"valid"`` adds none. ``"same"`` adds as many as give ceil(H / stride) places for a window of
    ``shape`` (high, wide), as Keras does; an odd one out goes below or to the right.
    """
    found = []
    for size, side in zip(x.shape[1:3], shape, strict=True):
        reach = dilation * (side - 1) + 1
        places = -(-size // stride)
        lacking = max((places - 1) * stride + reach - size, 0)
        lacking = lacking if padding == "same" else 0
        found.append((lacking // 2, lacking - lacking // 2))
    return found


def padded(x, shape, stride, padding, dilation=1, fill=0.0):
    """Copy pictures (N, H, W, C) with the border that :func:`borders` says."""
    around = borders(x, shape, stride, padding, dilation)
    return np.pad(x, [(0, 0), *around, (0, 0)], constant_values=fill)


def unpadded(wide, x, shape, stride, padding, dilation=1):
    """Cut the border off again: from ``wide``, what lies where ``x`` lay."""
    (above, _), (left, _) = borders(x, shape, stride, padding, dilation)
    return wide[:, above : above + x.shape[1], left : left + x.shape[2]]


def windows(x, shape, stride=1, dilation=1):
    """See pictures (N, H, W, C) through a window: (high, wide, N, rows, columns, C).

    ``windows(x, shape)[i, j]`` is what the window's cell in row i and column j sees, at all places
    at once. Nothing is copied: who writes into the result writes into ``x``.
    """
    high, wide = (dilation * (side - 1) + 1 for side in shape)
    slide = np.lib.stride_tricks.sliding_window_view
    view = slide(x, (high, wide), axis=(1, 2), writeable=True)
    view = view[:, ::stride, ::stride, :, ::dilation, ::dilation]
    return np.moveaxis(view, (4, 5), (0, 1))


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


def check_pictures(x: np.ndarray, *, one: bool = False) -> None:
    """Refuse what is no stack (N, H, W, C) of finite numbers; with ``one``, (H, W) will do."""
    flat = one and np.ndim(x) == 2
    hint = f"one picture (H, W), or {STACK}" if one else STACK
    check_array(x, 2 if flat else 4, "x", hint)
    if min(x.shape[-3:-1] if x.ndim == 4 else x.shape) < 1:
        raise ValueError(f"expected pictures with pixels, got shape {x.shape}. Was a slice empty?")


def check_conv2d(x, kernel, bias, stride, padding, dilation) -> None:
    """Refuse what :func:`conv2d` cannot use."""
    check_pictures(x, one=True)
    what = "(high, wide), as the picture is one" if x.ndim == 2 else "(high, wide, C, K)"
    check_array(kernel, x.ndim, "kernel", f"{what}, a float array")
    check_step(stride, "stride")
    check_step(dilation, "dilation")
    if np.result_type(x, kernel).kind != "f" and np.result_type(x, kernel).itemsize < 4:
        raise ValueError(
            f"expected floats, got {x.dtype} and {kernel.dtype}, whose sums overflow in silence. "
            "Convert with .astype(float)."
        )
    if x.ndim == 4 and kernel.shape[2] != x.shape[3]:
        raise ValueError(
            f"expected a kernel of shape (high, wide, {x.shape[3]}, K), for pictures with "
            f"{x.shape[3]} channels, got {kernel.shape}. Are its axes in another order?"
        )
    if np.shape(bias) not in ((), kernel.shape[3:]):
        raise ValueError(
            f"expected one bias a kernel, shape {kernel.shape[3:]}, got {np.shape(bias)}. "
            "Start with np.zeros(kernel.shape[3])."
        )
    check_window(x, kernel.shape[:2], padding, dilation, "kernel")


def check_conv2d_back(x, kernel, back, stride, padding, dilation) -> None:
    """Refuse what :func:`conv2d_gradients` cannot use."""
    check_pictures(x)
    check_conv2d(x, kernel, 0.0, stride, padding, dilation)
    check_back(x, back, kernel.shape[:2], stride, padding, dilation, kernel.shape[3])


def check_back(x, back, shape, stride, padding, dilation, channels) -> None:
    """Refuse an error whose shape is not that of the layer's output."""
    places = []
    for size, side in zip(x.shape[1:3], shape, strict=True):
        room = size if padding == "same" else size - dilation * (side - 1)
        places.append(-(-room // stride))
    expected = (len(x), *places, channels)
    if np.shape(back) != expected:
        raise ValueError(
            f"expected `back` in the shape of the layer's output, {expected}, got "
            f"{np.shape(back)}. Was the output made with another stride or padding?"
        )


def check_step(value: object, name: str) -> None:
    """Refuse a stride, dilation or size that is not a whole number from 1."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1:
        raise ValueError(f"expected `{name}` as a whole number from 1, got {value!r}. Try 1 or 2.")


def check_window(x, shape, padding, dilation, name) -> None:
    """Refuse an unknown padding, an empty window, or one that is larger than the picture."""
    if padding not in PADDINGS:
        raise ValueError(f"expected `padding` as 'valid' or 'same', got {padding!r}.")
    if min(shape) < 1:
        raise ValueError(f"expected a {name} with at least one cell, got shape {tuple(shape)}.")
    sizes = x.shape[1:3] if x.ndim == 4 else x.shape
    reach = [dilation * (side - 1) + 1 for side in shape]
    if padding == "valid" and any(r > s for r, s in zip(reach, sizes, strict=True)):
        raise ValueError(
            f"expected a {name} no larger than the picture of {sizes[0]}×{sizes[1]} pixels, "
            f"got one that reaches over {reach[0]}×{reach[1]}. Take a smaller {name}, or "
            "padding='same'."
        )
