"""Occlusion: cover a square of the picture, and see how far the score falls."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation.explain.activations import (
    check_flat,
    logits,
    of_class,
    pictures,
    wanted,
)


def occlusion(
    model: keras.Model,
    images: ArrayLike,
    *,
    size: int,
    stride: int,
    fill: float | str = "mean",
    output: int | ArrayLike | None = None,
    batch_size: int = 64,
) -> np.ndarray:
    """Compute for each pixel how far a class's logit falls, on average, when a square covers it.

    It needs no gradient and no convolution, only the network's answers: as many for each picture
    as there are places for the square, about (H / stride) · (W / stride).

    Parameters
    ----------
    model : keras.Model
        Flat and functional; it takes raw pixels in [0, 255].
    images : array, shape (N, H, W, C), or (N, H, W) for grey pictures
        Raw pixels in [0, 255].
    size : int
        Side of the square in pixels. About the size of what is looked for: a smaller one leaves
        enough of it to be seen, a larger one says less about the place.
    stride : int
        Pixels from one place of the square to the next, at most ``size``. The last place of a row
        ends at the border, so that every pixel is covered.
    fill : float or "mean"
        Grey level of the square, 0 to 255, or each picture's own mean. A square is a sight that
        the network has never had: compare two fills before believing one.
    output : int or array of int, shape (N,), optional
        Class whose score it is. By default the second of two (one sigmoid output), or for K
        outputs the class with the highest score of the bare picture.
    batch_size : int
        Covered pictures at once; memory grows with it and not with the number of places.

    Returns
    -------
    ndarray of float32, shape (N, H, W)
        Logit of the bare picture minus that of the covered one, averaged over the squares that
        cover the pixel. Below 0 where what was covered spoke against the class.

    Raises
    ------
    ValueError
        If the model is not flat, the pictures do not fit, or a setting is out of its range.

    References
    ----------
    Zeiler and Fergus (2014), Visualizing and Understanding Convolutional Networks, arXiv:1311.2901.
    """
    check_flat(model)
    batch = pictures(model, images)
    _check(batch.shape[1:3], size, stride, fill)
    chosen = wanted(model, output, len(batch))
    source, finish = logits(model)
    probe = keras.Model(model.inputs, source)

    def ask(n: int, make: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Get the logits (n, K) of n pictures, made a batch at a time."""
        starts = range(0, n, batch_size)
        rows = (np.arange(start, min(start + batch_size, n)) for start in starts)
        parts = [finish(probe([make(some)], training=False)) for some in rows]
        return np.concatenate(list(map(keras.ops.convert_to_numpy, parts))).astype("float64")

    bare = ask(len(batch), lambda rows: batch[rows])
    chosen = bare.argmax(axis=1) if chosen is None else chosen
    places = [(y, x) for y in _starts(batch.shape[1], size, stride)
              for x in _starts(batch.shape[2], size, stride)]  # fmt: skip
    greys = batch.mean(axis=(1, 2)) if fill == "mean" else np.full((len(batch), 1), float(fill))

    def covered(rows: np.ndarray) -> np.ndarray:
        some = batch[rows // len(places)]
        for picture, row in zip(some, rows, strict=True):
            y, x = places[row % len(places)]
            picture[y : y + size, x : x + size] = greys[row // len(places)]
        return some

    answers = ask(len(batch) * len(places), covered)
    before, after = (
        keras.ops.convert_to_numpy(of_class(logit, classes))
        for logit, classes in ((bare, chosen), (answers, np.repeat(chosen, len(places))))
    )
    return _spread(before[:, None] - after.reshape(len(batch), -1), places, size, batch.shape[:3])


def _spread(
    drops: np.ndarray, places: list[tuple[int, int]], size: int, shape: tuple[int, int, int]
) -> np.ndarray:
    """Give each pixel the mean drop of the squares that cover it."""
    sums, counts = np.zeros(shape), np.zeros(shape[1:])
    for (y, x), drop in zip(places, drops.T, strict=True):
        sums[:, y : y + size, x : x + size] += drop[:, None, None]
        counts[y : y + size, x : x + size] += 1
    return (sums / counts).astype("float32")


def _starts(length: int, size: int, stride: int) -> list[int]:
    starts = list(range(0, length - size + 1, stride))
    return starts if starts[-1] == length - size else [*starts, length - size]


def _check(shape: tuple[int, int], size: int, stride: int, fill: float | str) -> None:
    if size != int(size) or not 1 <= size <= min(shape):
        raise ValueError(
            f"expected `size` as a whole number from 1 to {min(shape)}, the picture's shorter "
            f"side, got {size!r}. A sixth of the side is a beginning."
        )
    if stride != int(stride) or not 1 <= stride <= size:
        raise ValueError(
            f"expected `stride` as a whole number from 1 to the square's {size} pixels, so that "
            f"no pixel is left out, got {stride!r}."
        )
    if fill != "mean" and (isinstance(fill, str) or not 0 <= fill <= 255):
        raise ValueError(f"expected `fill` as a grey level from 0 to 255 or 'mean', got {fill!r}.")
