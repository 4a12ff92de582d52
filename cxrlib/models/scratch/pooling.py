"""Chapter 04: pooling, and who gets the error when it goes back."""

from __future__ import annotations

import numpy as np

from cxrlib.models.scratch.convolution import (
    check_back,
    check_pictures,
    check_step,
    check_window,
    padded,
    unpadded,
    windows,
)


def max_pool(x, size=2, *, stride=None, padding="valid"):
    """Keep the largest number of each square.

    Parameters
    ----------
    x : (N, H, W, C), or one picture (H, W)
    size : int
        Side of the square.
    stride : int, optional
        Step of the square; by default its side, so that squares touch and do not overlap.
    padding : "valid" or "same"
        What does not fill a square is dropped, or squares reach beyond the edge, as in Keras.
        Nothing outside the picture ever counts.
    """
    check_pool(x, size, stride, padding)
    if x.ndim == 2:
        x = x[None, :, :, None]
        return max_pool(x, size, stride=stride, padding=padding)[0, :, :, 0]
    shape, step = (size, size), stride or size
    wide = padded(x, shape, step, padding, fill=-np.inf)
    return windows(wide, shape, step).max(axis=(0, 1))


def average_pool(x, size=2, *, stride=None, padding="valid"):
    """Replace each square by its mean; see :func:`max_pool`."""
    check_pool(x, size, stride, padding)
    if x.ndim == 2:
        x = x[None, :, :, None]
        return average_pool(x, size, stride=stride, padding=padding)[0, :, :, 0]
    shape, step = (size, size), stride or size
    wide, inside = (padded(a, shape, step, padding) for a in (x, np.ones_like(x)))
    total = windows(wide, shape, step).sum(axis=(0, 1))
    return total / windows(inside, shape, step).sum(axis=(0, 1))


def global_average_pool(x):
    """Keep one number of each map, its mean: (N, H, W, C) → (N, C)."""
    check_pictures(x)
    return x.mean(axis=(1, 2))


def global_max_pool(x):
    """Keep one number of each map, its largest: (N, H, W, C) → (N, C)."""
    check_pictures(x)
    return x.max(axis=(1, 2))


def max_pool_gradient(x, back, size=2, *, stride=None, padding="valid"):
    """Pass an error back through :func:`max_pool`: the largest pixel gets it, the others nothing.

    ``x`` (N, H, W, C); ``back`` has the pooled shape. Of equals the first one gets it, row by row.
    """
    check_pool_back(x, back, size, stride, padding)
    shape, step = (size, size), stride or size
    wide = padded(x, shape, step, padding, fill=-np.inf)
    view = windows(wide, shape, step)
    winner = view.reshape(size * size, *back.shape).argmax(axis=0)
    d_wide = np.zeros(wide.shape, back.dtype)
    shares = windows(d_wide, shape, step)
    for cell, place in enumerate(np.ndindex(shape)):
        shares[place] += back * (winner == cell)
    return unpadded(d_wide, x, shape, step, padding)


def average_pool_gradient(x, back, size=2, *, stride=None, padding="valid"):
    """Pass an error back through :func:`average_pool`: every pixel gets an equal share."""
    check_pool_back(x, back, size, stride, padding)
    shape, step = (size, size), stride or size
    wide = padded(np.ones_like(x), shape, step, padding)
    count = windows(wide, shape, step).sum(axis=(0, 1))
    d_wide = np.zeros(wide.shape, back.dtype)
    shares = windows(d_wide, shape, step)
    for place in np.ndindex(shape):
        shares[place] += back / count
    return unpadded(d_wide, x, shape, step, padding)


def global_average_pool_gradient(x, back):
    """Pass an error (N, C) back: every pixel of a map gets an equal share."""
    check_pictures(x)
    share = back / (x.shape[1] * x.shape[2])
    return np.broadcast_to(share[:, None, None, :], x.shape)


def global_max_pool_gradient(x, back):
    """Pass an error (N, C) back: the largest pixel of a map gets it all."""
    check_pictures(x)
    flat = x.reshape(len(x), -1, x.shape[3])
    winner = np.arange(flat.shape[1])[:, None] == flat.argmax(axis=1)[:, None, :]
    return (winner * back[:, None, :]).reshape(x.shape)


def check_pool(x, size, stride, padding) -> None:
    """Refuse what pooling cannot use."""
    check_pictures(x, one=True)
    check_step(size, "size")
    if stride is not None:
        check_step(stride, "stride")
    check_window(x, (size, size), padding, 1, "square")
    if padding == "same" and x.dtype.kind != "f":
        raise ValueError(f"expected floats, got {x.dtype}. Convert with .astype(float).")


def check_pool_back(x, back, size, stride, padding) -> None:
    """Refuse what the pooling gradients cannot use."""
    check_pictures(x)
    check_pool(x, size, stride, padding)
    check_back(x, back, (size, size), stride or size, padding, 1, x.shape[3])
