"""Chapter 04: pooling, and which pixels get the gradient when it goes back."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.convolution import (
    check_grad_output,
    check_images,
    check_positive_int,
    check_window,
    pad,
    sliding_windows,
    unpad,
)


def max_pool(
    x: np.ndarray, size: int = 2, *, stride: int | None = None, padding: str = "valid"
) -> np.ndarray:
    """Keep the largest number of each square.

    Parameters
    ----------
    x : (N, H, W, C), or one image (H, W)
    size : int
        Side of the square.
    stride : int, optional
        Step of the square; by default its side, so that squares touch and do not overlap.
    padding : "valid" or "same"
        What does not fill a square is dropped, or squares reach beyond the edge, as in Keras.
        Nothing outside the image ever counts.
    """
    check_pool(x, size, stride, padding)
    if x.ndim == 2:
        x = x[None, :, :, None]
        return max_pool(x, size, stride=stride, padding=padding)[0, :, :, 0]
    shape, step = (size, size), stride or size
    padded = pad(x, shape, step, padding, value=-np.inf)
    return sliding_windows(padded, shape, step).max(axis=(0, 1))


def average_pool(
    x: np.ndarray, size: int = 2, *, stride: int | None = None, padding: str = "valid"
) -> np.ndarray:
    """Replace each square by its mean; see :func:`max_pool`."""
    check_pool(x, size, stride, padding)
    if x.ndim == 2:
        x = x[None, :, :, None]
        return average_pool(x, size, stride=stride, padding=padding)[0, :, :, 0]
    shape, step = (size, size), stride or size
    padded, inside = (pad(a, shape, step, padding) for a in (x, np.ones_like(x)))
    total = sliding_windows(padded, shape, step).sum(axis=(0, 1))
    return total / sliding_windows(inside, shape, step).sum(axis=(0, 1))


def global_average_pool(x: np.ndarray) -> np.ndarray:
    """Keep one number of each map, its mean: (N, H, W, C) → (N, C)."""
    check_images(x)
    return x.mean(axis=(1, 2))


def global_max_pool(x: np.ndarray) -> np.ndarray:
    """Keep one number of each map, its largest: (N, H, W, C) → (N, C)."""
    check_images(x)
    return x.max(axis=(1, 2))


def max_pool_backward(
    x: np.ndarray,
    grad_output: np.ndarray,
    size: int = 2,
    *,
    stride: int | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """Pass a gradient back through :func:`max_pool`: to the largest pixel, nothing to the others.

    ``x`` (N, H, W, C); ``grad_output`` has the pooled shape. Of equals the first one gets it, row
    by row.
    """
    check_pool_backward(x, grad_output, size, stride, padding)
    shape, step = (size, size), stride or size
    padded = pad(x, shape, step, padding, value=-np.inf)
    view = sliding_windows(padded, shape, step)
    winner = view.reshape(size * size, *grad_output.shape).argmax(axis=0)
    d_padded = np.zeros(padded.shape, grad_output.dtype)
    d_view = sliding_windows(d_padded, shape, step)
    for cell, place in enumerate(np.ndindex(shape)):
        d_view[place] += grad_output * (winner == cell)
    return unpad(d_padded, x, shape, step, padding)


def average_pool_backward(
    x: np.ndarray,
    grad_output: np.ndarray,
    size: int = 2,
    *,
    stride: int | None = None,
    padding: str = "valid",
) -> np.ndarray:
    """Pass a gradient back through :func:`average_pool`: every pixel gets an equal share."""
    check_pool_backward(x, grad_output, size, stride, padding)
    shape, step = (size, size), stride or size
    padded = pad(np.ones_like(x), shape, step, padding)
    count = sliding_windows(padded, shape, step).sum(axis=(0, 1))
    d_padded = np.zeros(padded.shape, grad_output.dtype)
    d_view = sliding_windows(d_padded, shape, step)
    for place in np.ndindex(shape):
        d_view[place] += grad_output / count
    return unpad(d_padded, x, shape, step, padding)


def global_average_pool_backward(x: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
    """Pass a gradient (N, C) back: every pixel of a map gets an equal share."""
    check_images(x)
    share = grad_output / (x.shape[1] * x.shape[2])
    return np.broadcast_to(share[:, None, None, :], x.shape)


def global_max_pool_backward(x: np.ndarray, grad_output: np.ndarray) -> np.ndarray:
    """Pass a gradient (N, C) back: the largest pixel of a map gets it all."""
    check_images(x)
    flat = x.reshape(len(x), -1, x.shape[3])
    winner = np.arange(flat.shape[1])[:, None] == flat.argmax(axis=1)[:, None, :]
    return (winner * grad_output[:, None, :]).reshape(x.shape)


def check_pool(x: np.ndarray, size: int, stride: int | None, padding: str) -> None:
    """Refuse what pooling cannot use."""
    check_images(x, one=True)
    check_positive_int(size, "size")
    if stride is not None:
        check_positive_int(stride, "stride")
    check_window(x, (size, size), padding, 1, "square")
    if padding == "same" and x.dtype.kind != "f":
        raise ValueError(f"expected floats, got {x.dtype}. Convert with .astype(float).")


def check_pool_backward(
    x: np.ndarray, grad_output: np.ndarray, size: int, stride: int | None, padding: str
) -> None:
    """Refuse what pooling cannot pass back."""
    check_images(x)
    check_pool(x, size, stride, padding)
    check_grad_output(x, grad_output, (size, size), stride or size, padding, 1, x.shape[3])
