"""Augmentation: new images from old ones, by transforms that a radiographer could produce.

A recipe says how far an image may be changed (:mod:`cxrlib.data.recipes`). Transforms are drawn
with NumPy, one row an image and epoch, so that a seed gives the same series of images on any
number of threads. Turning, moving and zooming are one affine map and blur once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.data.cases import DataError
from cxrlib.data.recipes import (
    FILL_MODES as FILL_MODES,
    PRESETS as PRESETS,
    Augmentation as Augmentation,
    Recipe as Recipe,
    get as get,
)
from cxrlib.extras import require

if TYPE_CHECKING:
    import tensorflow as tf


class Transform(NamedTuple):
    """What is done to one image; the values that change nothing are the defaults."""

    rotation: float = 0  # degrees, clockwise as seen
    translate_x: float = 0  # share of the width
    translate_y: float = 0  # share of the height
    zoom_x: float = 1  # above 1: larger
    zoom_y: float = 1
    shear: float = 0  # degrees
    horizontal_flip: float = 0  # 1: left and right change places
    vertical_flip: float = 0
    contrast: float = 1  # factor on the distance from the image's own mean
    brightness: float = 0  # share of the range from black to white
    gamma: float = 1  # above 1: darker mid-tones


def random_transforms(augmentation: Recipe, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw transforms for ``n`` images.

    Returns
    -------
    ndarray of float32
        Shape (n, 11), columns as in :class:`Transform`.
    """
    augmentation = get(augmentation)
    if augmentation.one_of:
        chosen = rng.integers(len(augmentation.one_of), size=n)
        drawn_by_each = [random_transforms(each, n, rng) for each in augmentation.one_of]
        return np.stack(drawn_by_each)[chosen, np.arange(n)]

    def around(middle: float, reach: float) -> np.ndarray:
        return rng.uniform(middle - reach, middle + reach, n)

    def flips(wanted: bool) -> np.ndarray:
        p = augmentation.flip_probability
        # For a half, draws of another kind: recorded runs depend on them.
        return (rng.integers(2, size=n) if p == 0.5 else rng.random(n) < p) * wanted

    drawn = {
        "rotation": around(0, augmentation.rotation),
        "translate_x": around(0, augmentation.translation),
        "translate_y": around(0, augmentation.translation),
        "zoom_x": (zoom := around(1, augmentation.zoom)),
        "zoom_y": around(1, augmentation.zoom) if augmentation.anisotropic_zoom else zoom,
        "shear": around(0, augmentation.shear),
        "horizontal_flip": flips(augmentation.horizontal_flip),
        "vertical_flip": flips(augmentation.vertical_flip),
        "contrast": around(1, augmentation.contrast),
        "brightness": around(0, augmentation.brightness),
        "gamma": np.exp(around(0, np.log1p(augmentation.gamma))),
    }
    return np.stack([drawn[name] for name in Transform._fields], axis=1).astype(np.float32)


def apply_transforms(
    images: tf.Tensor, transforms: tf.Tensor, augmentation: Augmentation
) -> tf.Tensor:
    """Change a batch of images by their transforms.

    Parameters
    ----------
    images : tensor, shape (B, H, W, C)
        Values in [0, 255].
    transforms : tensor of float32, shape (B, 11)
        Of :func:`random_transforms`.
    augmentation : Augmentation
        Says how to fill, and which steps can be left out.

    Returns
    -------
    tensor of float32
        Same shape, values in [0, 255].
    """
    import tensorflow as tf  # here, so that transforms are read without it

    images = tf.cast(images, tf.float32)
    t = Transform(*tf.unstack(transforms, len(Transform._fields), axis=1))
    if augmentation.is_geometric:
        images = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=_inverse_maps(t, tf.shape(images)),
            output_shape=tf.shape(images)[1:3],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode=augmentation.fill_mode.upper(),
        )
    if augmentation.is_photometric:
        contrast, brightness, gamma = (
            tf.reshape(v, (-1, 1, 1, 1)) for v in (t.contrast, t.brightness, t.gamma)
        )
        grey = images / 255
        if any(each.gamma for each in augmentation.choices):
            grey **= gamma
        mean = tf.reduce_mean(grey, axis=(1, 2, 3), keepdims=True)
        images = 255 * tf.clip_by_value((grey - mean) * contrast + mean + brightness, 0, 1)
    return images


def augment_images(
    images: ArrayLike, augmentation: Recipe = "plausible", *, seed: int = 0
) -> np.ndarray:
    """Return one changed copy of each image, for looking at or measuring.

    Parameters
    ----------
    images : array, shape (N, H, W, C)
        Values in [0, 255].
    augmentation : str, mapping or Augmentation
        As to :func:`cxrlib.data.recipes.get`.
    seed : int
        Another seed, other copies.

    Returns
    -------
    ndarray of float32
        Same shape, values in [0, 255].
    """
    require("train", "data.augmentation")
    import tensorflow as tf

    augmentation, images = get(augmentation), np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise DataError(
            f"expected images of shape (N, H, W, C) with N ≥ 1, got {images.shape}. "
            "For one grey image write image[None, :, :, None]."
        )
    transforms = random_transforms(augmentation, len(images), np.random.default_rng(seed))
    with tf.device("CPU"):
        parts = [
            apply_transforms(images[i : i + 64], transforms[i : i + 64], augmentation).numpy()
            for i in range(0, len(images), 64)
        ]
    return np.concatenate(parts)


def _inverse_maps(t: Transform, shape: tf.Tensor) -> tf.Tensor:
    """Say where each pixel (x', y') of the result is looked up: (a, b, c, d, e, f, 0, 0) an image.

    It is looked up at x = a·x' + b·y' + c, y = d·x' + e·y' + f.
    """
    import tensorflow as tf

    height, width = tf.cast(shape[1], tf.float32), tf.cast(shape[2], tf.float32)
    turn, lean = t.rotation * (np.pi / 180), t.shear * (np.pi / 180)
    flip_x, flip_y = 1 - 2 * t.horizontal_flip, 1 - 2 * t.vertical_flip
    # The image is flipped, zoomed, sheared, turned, then moved; looking up goes backwards.
    a, b = tf.cos(turn), tf.sin(turn)
    d, e = -tf.sin(turn) - tf.tan(lean) * a, tf.cos(turn) - tf.tan(lean) * b
    a, b = a * flip_x / t.zoom_x, b * flip_x / t.zoom_x
    d, e = d * flip_y / t.zoom_y, e * flip_y / t.zoom_y
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x0, y0 = middle_x + t.translate_x * width, middle_y + t.translate_y * height
    c, f = middle_x - a * x0 - b * y0, middle_y - d * x0 - e * y0
    return tf.stack([a, b, c, d, e, f, tf.zeros_like(a), tf.zeros_like(a)], axis=1)
