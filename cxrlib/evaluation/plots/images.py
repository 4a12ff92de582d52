"""Pictures in rows: radiographs, and weights drawn as pictures."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike


def pictures(
    images: ArrayLike,
    titles: Sequence[str] = (),
    *,
    columns: int = 4,
    side: float = 1.7,
    limits: tuple[float, float] | None = (0, 255),
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """Draw pictures in a grid: grey ramp, true shape, a title each.

    Parameters
    ----------
    images : sequence of arrays, shape (H, W) or (H, W, 1)
        Sizes may differ.
    titles : sequence of str
        One a picture, or none.
    columns : int
        Pictures a row.
    side : float
        Room for one picture in inches.
    limits : (black, white) or None
        Values shown as black and as white; None takes each picture's own lowest and highest.
    axes : array of Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    ndarray of Axes
    """
    images = [_flat(np.asarray(image)) for image in images]
    if titles and len(titles) != len(images):
        raise ValueError(
            f"expected {len(images)} titles, got {len(titles)}. Give one a picture, or none."
        )
    if axes is None:
        columns = min(columns, len(images))
        rows = -(-len(images) // columns)
        size = (side * columns, (side + 0.25 * bool(titles)) * rows)
        _, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    flat = np.ravel(axes)
    low, high = limits or (None, None)
    for ax in flat:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(flat, images, strict=False)):
        ax.imshow(image, cmap="gray", vmin=low, vmax=high, aspect="equal")
        if titles:
            ax.set_title(titles[i], loc="center", fontsize="small")
    return axes


def side_by_side(
    *images: ArrayLike, titles: Sequence[str] = (), side: float = 2.6, limits=(0, 255)
) -> np.ndarray:
    """Draw a few pictures in one row, larger than :func:`pictures` does."""
    return pictures(images, titles, columns=len(images), side=side, limits=limits)


def weight_pictures(weights: ArrayLike, titles: Sequence[str] = (), *, columns: int = 8, side=1.1):
    """Draw weights as pictures, all on one ramp: white above zero, mid-grey zero, black below."""
    weights = np.asarray(weights)
    if len(weights.shape) < 3:
        raise ValueError(f"expected weights of shape (N, H, W), got {weights.shape}. Reshape them.")
    most = float(np.abs(weights).max()) or 1.0
    return pictures(weights, titles, columns=columns, side=side, limits=(-most, most))


def feature_maps(
    maps: ArrayLike,
    titles: Sequence[str] = (),
    *,
    shared: bool = False,
    columns: int = 8,
    side: float = 1.1,
) -> np.ndarray:
    """Draw what a layer puts out for one picture, one map a channel.

    Parameters
    ----------
    maps : array, shape (H, W, C)
        Such as one of :func:`cxrlib.evaluation.explain.feature_maps`.
    titles : sequence of str
        One a map, or none.
    shared : bool
        One ramp for all maps: strengths compare, weak maps stay dark. Otherwise each runs from its
        own lowest value (black) to its own highest (white): shapes show, strengths do not.
    """
    maps = np.asarray(maps)
    if maps.ndim != 3 or not maps.size:
        raise ValueError(
            f"expected maps of one picture, shape (H, W, C), got {maps.shape}. "
            "Of a batch take one: maps[0]; for one map write map[..., None]."
        )
    limits = (float(maps.min()), float(maps.max())) if shared else None
    each = np.moveaxis(maps, -1, 0)
    return pictures(each, titles, columns=columns, side=side, limits=limits)


def _flat(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 2 else np.squeeze(image)
