"""Occlusion: cover a square of the picture, and see how far the score falls."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import ArrayLike

from cxrlib.evaluation.explain import scores
from cxrlib.evaluation.explain.flat import check_flat, pictures

SCORES = ("logit", "probability")


def occlusion(
    model: keras.Model,
    images: ArrayLike,
    *,
    size: int,
    stride: int,
    fill: float | str = "mean",
    score: str = "logit",
    output: int | ArrayLike | None = None,
    batch_size: int = 64,
) -> np.ndarray:
    """Compute for each pixel how far the score falls, on average, when a square covers it.

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
    score : {"logit", "probability"}
        What falls. A probability near 1 hardly moves.
    output : int or array of int, shape (N,), optional
        Class whose score it is. By default the second of two (one sigmoid output), or for K
        outputs the class with the highest score of the bare picture.
    batch_size : int
        Covered pictures at once; memory grows with it and not with the number of places.

    Returns
    -------
    ndarray of float32, shape (N, H, W)
        Score of the bare picture minus that of the covered one, averaged over the squares that
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
    _check(batch.shape[1:3], size, stride, fill, score)
    chosen = scores.wanted(model, output, len(batch))
    ask = _asker(model, score, batch_size)
    bare = ask(len(batch), lambda rows: batch[rows])
    if chosen is None:
        chosen = bare.argmax(axis=1)
    places = [(y, x) for y in _starts(batch.shape[1], size, stride)
              for x in _starts(batch.shape[2], size, stride)]  # fmt: skip
    greys = batch.mean(axis=(1, 2)) if fill == "mean" else np.full((len(batch), 1), float(fill))

    def covered(rows: np.ndarray) -> np.ndarray:
        some = batch[rows // len(places)]
        for picture, row in zip(some, rows, strict=True):
            y, x = places[row % len(places)]
            picture[y : y + size, x : x + size] = greys[row // len(places)]
        return some

    total = {"logit": 0.0, "probability": 1.0}[score]
    answers = ask(len(batch) * len(places), covered)
    after = _of_class(answers, np.repeat(chosen, len(places)), total)
    drops = _of_class(bare, chosen, total)[:, None] - after.reshape(len(batch), len(places))
    return _spread(drops, places, size, batch.shape[:3])


def _asker(model: keras.Model, score: str, batch_size: int):
    """Return a function that gets the scores (n, K) of n pictures, made a batch at a time."""
    source, finish = scores.logits(model)
    if score == "probability":
        source, finish = model.outputs[0], lambda x: x
    probe = keras.Model(model.inputs, source)

    def ask(n: int, make) -> np.ndarray:
        found = []
        for start in range(0, n, batch_size):
            rows = np.arange(start, min(start + batch_size, n))
            found.append(keras.ops.convert_to_numpy(finish(probe([make(rows)], training=False))))
        return np.concatenate(found).astype("float64")

    return ask


def _of_class(answers: np.ndarray, chosen: np.ndarray, total: float) -> np.ndarray:
    return keras.ops.convert_to_numpy(scores.of_class(answers, chosen, total))


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


def _check(shape: tuple[int, int], size: int, stride: int, fill: float | str, score: str) -> None:
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
    if score not in SCORES:
        raise ValueError(f"expected `score` as one of {', '.join(SCORES)}, got {score!r}.")
