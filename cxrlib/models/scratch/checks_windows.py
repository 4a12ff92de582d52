"""Refusing pictures, kernels and windows that do not fit, in words."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.checks import check_finite_rank

PADDINGS = ("valid", "same")
STACK = "a stack (N, H, W, C): picture[None, :, :, None]"


def check_pictures(x: np.ndarray, *, one: bool = False) -> None:
    """Refuse what is no stack (N, H, W, C) of finite numbers; with ``one``, (H, W) will do."""
    flat = one and np.ndim(x) == 2
    hint = f"one picture (H, W), or {STACK}" if one else STACK
    check_finite_rank(x, 2 if flat else 4, "x", hint)
    if min(x.shape[-3:-1] if x.ndim == 4 else x.shape) < 1:
        raise ValueError(f"expected pictures with pixels, got shape {x.shape}. Was a slice empty?")


def check_conv2d(x, kernel, bias, stride, padding, dilation) -> None:
    """Refuse what :func:`conv2d` cannot use."""
    check_pictures(x, one=True)
    what = "(high, wide), as the picture is one" if x.ndim == 2 else "(high, wide, C, K)"
    check_finite_rank(kernel, x.ndim, "kernel", f"{what}, a float array")
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


def check_pool(x, size, stride, padding) -> None:
    """Refuse what pooling cannot use."""
    check_pictures(x, one=True)
    check_step(size, "size")
    if stride is not None:
        check_step(stride, "stride")
    check_window(x, (size, size), padding, 1, "square")
    if padding == "same" and x.dtype.kind != "f":
        raise ValueError(f"expected floats, got {x.dtype}. Convert with .astype(float).")


def check_conv2d_back(x, kernel, back, stride, padding, dilation) -> None:
    """Refuse what :func:`conv2d_gradients` cannot use."""
    check_pictures(x)
    check_conv2d(x, kernel, 0.0, stride, padding, dilation)
    check_back(x, back, kernel.shape[:2], stride, padding, dilation, kernel.shape[3])


def check_pool_back(x, back, size, stride, padding) -> None:
    """Refuse what the pooling gradients cannot use."""
    check_pictures(x)
    check_pool(x, size, stride, padding)
    check_back(x, back, (size, size), stride or size, padding, 1, x.shape[3])


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
