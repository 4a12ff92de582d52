"""Occlusion: cover a square of the image, and see how far the score falls."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation.explain.activations import (
    as_batch,
    check_flat,
    find_logits,
    resolve_class_index,
    select_class,
)


def occlusion_sensitivity(
    model: keras.Model,
    images: ArrayLike,
    *,
    patch_size: int,
    stride: int,
    fill_value: float | str = "mean",
    class_index: int | ArrayLike | None = None,
    batch_size: int = 64,
) -> np.ndarray:
    """Compute for each pixel how far a class's logit falls, on average, when a square covers it.

    It needs no gradient and no convolution, only the network's answers: as many for each image
    as there are places for the square, about (H / stride) · (W / stride).

    Parameters
    ----------
    model : keras.Model
        Flat and functional; it takes raw pixels in [0, 255].
    images : array, shape (N, H, W, C), or (N, H, W) for grey images
        Raw pixels in [0, 255].
    patch_size : int
        Side of the square in pixels. About the size of what is looked for: a smaller one leaves
        enough of it to be seen, a larger one says less about the place.
    stride : int
        Pixels from one place of the square to the next, at most ``patch_size``. The last place of
        a row ends at the border, so that every pixel is covered.
    fill_value : float or "mean"
        Grey level of the square, 0 to 255, or each image's own mean. A square is a sight that
        the network has never had: compare two fills before believing one.
    class_index : int or array of int, shape (N,), optional
        Class whose score it is. By default the second of two (one sigmoid output), or for K
        outputs the class with the highest score of the bare image.
    batch_size : int
        Covered images at once; memory grows with it and not with the number of places.

    Returns
    -------
    ndarray of float32, shape (N, H, W)
        Logit of the bare image minus that of the covered one, averaged over the squares that
        cover the pixel. Below 0 where what was covered spoke against the class.

    Raises
    ------
    ValueError
        If the model is not flat, the images do not fit, or a setting is out of its range.

    References
    ----------
    Zeiler and Fergus (2014), Visualizing and Understanding Convolutional Networks, arXiv:1311.2901.
    """
    check_flat(model)
    batch = as_batch(model, images)
    _check(min(batch.shape[1:3]), patch_size, stride, fill_value)
    indices = resolve_class_index(model, class_index, len(batch))
    source, to_logits = find_logits(model)
    extractor = keras.Model(model.inputs, source)

    def compute_logits(n: int, make: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Compute the logits (n, K) of n images, made a batch at a time."""
        starts = range(0, n, batch_size)
        rows = (np.arange(start, min(start + batch_size, n)) for start in starts)
        parts = [to_logits(extractor([make(part)], training=False)) for part in rows]
        return np.concatenate(list(map(keras.ops.convert_to_numpy, parts))).astype("float64")

    original = compute_logits(len(batch), lambda rows: batch[rows])
    indices = original.argmax(axis=1) if indices is None else indices
    height, width = batch.shape[1:3]
    corners = [(y, x) for y in _starts(height, patch_size, stride)
               for x in _starts(width, patch_size, stride)]  # fmt: skip
    means = batch.mean(axis=(1, 2))
    fill = means if fill_value == "mean" else np.full_like(means, float(fill_value))

    def covered(rows: np.ndarray) -> np.ndarray:
        part = batch[rows // len(corners)]
        for image, row in zip(part, rows, strict=True):
            y, x = corners[row % len(corners)]
            image[y : y + patch_size, x : x + patch_size] = fill[row // len(corners)]
        return part

    occluded = compute_logits(len(batch) * len(corners), covered)
    before = keras.ops.convert_to_numpy(select_class(original, indices))
    indices = np.repeat(indices, len(corners))
    after = keras.ops.convert_to_numpy(select_class(occluded, indices))
    drops = before[:, None] - after.reshape(len(batch), -1)
    sums, counts = np.zeros(batch.shape[:3]), np.zeros((height, width))
    for (y, x), drop in zip(corners, drops.T, strict=True):
        sums[:, y : y + patch_size, x : x + patch_size] += drop[:, None, None]
        counts[y : y + patch_size, x : x + patch_size] += 1
    return (sums / counts).astype("float32")


def _starts(length: int, patch_size: int, stride: int) -> list[int]:
    starts = list(range(0, length - patch_size + 1, stride))
    return starts if starts[-1] == length - patch_size else [*starts, length - patch_size]


def _check(side: int, patch_size: int, stride: int, fill_value: float | str) -> None:
    if patch_size != int(patch_size) or not 1 <= patch_size <= side:
        raise ValueError(
            f"expected `patch_size` as a whole number from 1 to {side}, the image's shorter "
            f"side, got {patch_size!r}. A sixth of the side is a beginning."
        )
    if stride != int(stride) or not 1 <= stride <= patch_size:
        raise ValueError(
            f"expected `stride` as a whole number from 1 to the square's {patch_size} pixels, got "
            f"{stride!r}. A longer one leaves pixels out; half a square is a beginning."
        )
    if fill_value != "mean" and (isinstance(fill_value, str) or not 0 <= fill_value <= 255):
        raise ValueError(
            f"expected `fill_value` as a grey level from 0 to 255 or 'mean', got {fill_value!r}. "
            "Try two of them."
        )
