"""Augmentation: new pictures from old ones, by settings that a radiographer could produce.

Settings are drawn with NumPy, one row a picture and epoch, so that a seed gives the same series of
pictures on any number of threads. Turning, moving and zooming are one affine map and blur once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import ArrayLike

from cxrlib.data.cases import DataError
from cxrlib.data.recipes import FILLS, PRESETS, Recipe, preset

__all__ = ["FILLS", "PRESETS", "Recipe", "Setting", "apply", "augmented", "draw", "preset"]


class Setting(NamedTuple):
    """What is done to one picture; the values that change nothing are the defaults."""

    rotation: float = 0  # degrees, clockwise as seen
    right: float = 0  # share of the width
    down: float = 0  # share of the height
    zoom_x: float = 1  # above 1: larger
    zoom_y: float = 1
    shear: float = 0  # degrees
    mirrored: float = 0  # 1: left and right change places
    upside_down: float = 0
    contrast: float = 1  # factor on the distance from the picture's own mean
    brightness: float = 0  # share of the range from black to white
    gamma: float = 1  # above 1: darker mid-tones


def draw(recipe: str | Recipe, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw settings for ``n`` pictures.

    Returns
    -------
    ndarray of float32
        Shape (n, 11), columns as in :class:`Setting`.
    """
    recipe = preset(recipe)

    def around(middle: float, reach: float) -> np.ndarray:
        return rng.uniform(middle - reach, middle + reach, n)

    settings = pd.DataFrame(np.tile(np.float32(Setting()), (n, 1)), columns=Setting._fields)
    settings["rotation"] = around(0, recipe.rotation)
    settings["right"], settings["down"] = around(0, recipe.shift), around(0, recipe.shift)
    settings["zoom_x"] = around(1, recipe.zoom)
    settings["zoom_y"] = around(1, recipe.zoom) if recipe.stretch else settings["zoom_x"]
    settings["shear"] = around(0, recipe.shear)
    settings["mirrored"] = rng.integers(2, size=n) * recipe.mirror
    settings["upside_down"] = rng.integers(2, size=n) * recipe.upside_down
    settings["contrast"] = around(1, recipe.contrast)
    settings["brightness"] = around(0, recipe.brightness)
    settings["gamma"] = np.exp(around(0, np.log1p(recipe.gamma)))
    return settings.to_numpy(np.float32)


def apply(images: tf.Tensor, settings: tf.Tensor, recipe: Recipe) -> tf.Tensor:
    """Change a batch of pictures by their settings.

    Parameters
    ----------
    images : tensor, shape (B, H, W, C)
        Values in [0, 255].
    settings : tensor of float32, shape (B, 11)
        Of :func:`draw`.
    recipe : Recipe
        Says how to fill, and which steps can be left out.

    Returns
    -------
    tensor of float32
        Same shape, values in [0, 255].
    """
    images = tf.cast(images, tf.float32)
    s = Setting(*tf.unstack(settings, len(Setting._fields), axis=1))
    if recipe.moves:
        images = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=_inverse_maps(s, tf.shape(images)),
            output_shape=tf.shape(images)[1:3],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode=recipe.fill.upper(),
        )
    if recipe.exposes:
        contrast, brightness, gamma = (
            v[:, None, None, None] for v in (s.contrast, s.brightness, s.gamma)
        )
        grey = images / 255 if not recipe.gamma else (images / 255) ** gamma
        mean = tf.reduce_mean(grey, axis=(1, 2, 3), keepdims=True)
        images = 255 * tf.clip_by_value((grey - mean) * contrast + mean + brightness, 0, 1)
    return images


def augmented(
    images: ArrayLike, recipe: str | Recipe = "plausible", *, seed: int = 0
) -> np.ndarray:
    """Return one changed copy of each picture, for looking at or measuring.

    Parameters
    ----------
    images : array, shape (N, H, W, C)
        Values in [0, 255].
    recipe : str or Recipe
        A name in :data:`PRESETS`, or your own.
    seed : int
        Another seed, other copies.

    Returns
    -------
    ndarray of float32
        Same shape, values in [0, 255].
    """
    recipe, images = preset(recipe), np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise DataError(
            f"pictures must have shape (N, H, W, C) with N ≥ 1. Received: {images.shape}. "
            "For one grey picture: picture[None, :, :, None]."
        )
    settings = draw(recipe, len(images), np.random.default_rng(seed))
    with tf.device("CPU"):
        parts = [
            apply(images[i : i + 64], settings[i : i + 64], recipe).numpy()
            for i in range(0, len(images), 64)
        ]
    return np.concatenate(parts)


def _inverse_maps(s: Setting, shape: tf.Tensor) -> tf.Tensor:
    """Say where each pixel (x', y') of the result is looked up: (a, b, c, d, e, f, 0, 0) a picture.

    It is looked up at x = a·x' + b·y' + c, y = d·x' + e·y' + f.
    """
    height, width = tf.cast(shape[1], tf.float32), tf.cast(shape[2], tf.float32)
    turn, lean = s.rotation * (np.pi / 180), s.shear * (np.pi / 180)
    flip_x, flip_y = 1 - 2 * s.mirrored, 1 - 2 * s.upside_down
    # The picture is flipped, zoomed, sheared, turned, then moved; looking up goes backwards.
    a, b = tf.cos(turn), tf.sin(turn)
    d, e = -tf.sin(turn) - tf.tan(lean) * a, tf.cos(turn) - tf.tan(lean) * b
    a, b = a * flip_x / s.zoom_x, b * flip_x / s.zoom_x
    d, e = d * flip_y / s.zoom_y, e * flip_y / s.zoom_y
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x0, y0 = middle_x + s.right * width, middle_y + s.down * height
    c, f = middle_x - a * x0 - b * y0, middle_y - d * x0 - e * y0
    return tf.stack([a, b, c, d, e, f, tf.zeros_like(a), tf.zeros_like(a)], axis=1)
