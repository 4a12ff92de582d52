"""Augmentation: new pictures from old ones, by settings that a radiographer could produce.

A recipe says how far a picture may be changed, and what that imitates. Settings are drawn with
NumPy, one row a picture and epoch, so that a seed gives the same series of pictures on any number
of threads. Turning, moving and zooming are one affine map and blur once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.data.cases import DataError, did_you_mean

if TYPE_CHECKING:
    import tensorflow as tf

FILLS = ("nearest", "constant", "reflect", "wrap")


@dataclass(frozen=True)
class Recipe:
    """How far each setting may go, to both sides.

    Attributes
    ----------
    rotation, shear : float
        Degrees.
    shift : float
        Share of the picture's side, along each axis.
    zoom : float
        0.1 draws between 90 % and 110 %.
    stretch : bool
        Zoom each axis by itself, so that the chest changes its shape.
    mirror, upside_down : bool
        Flip every other picture.
    contrast, brightness, gamma : float
        Contrast factor ``1 ± contrast``, ``± brightness`` of the range from black to white, and
        gamma between ``1 / (1 + gamma)`` and ``1 + gamma``.
    fill : {"nearest", "constant", "reflect", "wrap"}
        What comes in from outside: the edge repeated, black, the picture mirrored or from the
        other side.
    about : str
        What it imitates.
    """

    rotation: float = 0
    shear: float = 0
    shift: float = 0
    zoom: float = 0
    stretch: bool = False
    mirror: bool = False
    upside_down: bool = False
    contrast: float = 0
    brightness: float = 0
    gamma: float = 0
    fill: str = "nearest"
    about: str = ""

    def __post_init__(self) -> None:
        limits = {"rotation": 180, "shear": 80, "shift": 1, "zoom": 0.9, "contrast": 1}
        for name in ("rotation", "shear", "shift", "zoom", "contrast", "brightness", "gamma"):
            value, most = getattr(self, name), limits.get(name, 1)
            if isinstance(value, bool) or not 0 <= value <= most:
                raise DataError(
                    f"{name} must be from 0 to {most:g}; it goes to both sides. Received: {value!r}"
                )
        if self.fill not in FILLS:
            raise DataError(f"fill must be one of {', '.join(FILLS)}. Received: {self.fill!r}")

    @property
    def moves(self) -> bool:
        """Say whether it changes places, not greys alone."""
        return any(
            (self.rotation, self.shear, self.shift, self.zoom, self.mirror, self.upside_down)
        )

    @property
    def exposes(self) -> bool:
        """Say whether it changes greys."""
        return bool(self.contrast or self.brightness or self.gamma)


_POSITION = {"rotation": 5, "shift": 0.05, "zoom": 0.1}
_EXPOSURE = {"contrast": 0.2, "brightness": 0.1, "gamma": 0.2}
PRESETS = {
    "none": Recipe(about="The picture as it is."),
    "position": Recipe(**_POSITION, about="A child lies a little differently on the table."),
    "exposure": Recipe(**_EXPOSURE, about="Another tube, dose or development."),
    "plausible": Recipe(**_POSITION, **_EXPOSURE, about="Position and exposure together."),
    "article-0": Recipe(
        shift=0.1, zoom=0.2, stretch=True,
        about="Article 0: zoom_range=0.2, width and height shift 0.1. Each axis is zoomed alone.",
    ),
    "article-3": Recipe(
        rotation=40, shift=0.2, shear=0.2, zoom=0.2, stretch=True,
        about="Article 3: rotation_range=40, zoom_range=0.2, a shift, and a shear in degrees.",
    ),
    "article-4": Recipe(
        rotation=50, shift=0.2, shear=0.25, zoom=0.1, stretch=True, mirror=True, upside_down=True,
        brightness=20 / 255,
        about="Article 4: rotation_range=50, shifts 0.2, both flips, channel_shift_range=20. "
        "The article fills with black; here the edge is repeated, as in the other recipes.",
    ),
}  # fmt: skip


def preset(name: str | Recipe) -> Recipe:
    """Return a recipe by its name in :data:`PRESETS`; a recipe is handed back.

    Raises
    ------
    DataError
        If there is none of this name; the nearest name is given.
    """
    if isinstance(name, Recipe):
        return name
    if name in PRESETS:
        return PRESETS[name]
    raise DataError(
        f"unknown augmentation {name!r}.{did_you_mean(str(name), PRESETS)} "
        f"Known: {', '.join(PRESETS)}. "
        "Or give a data.augmentation.Recipe of your own."
    )


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
    import tensorflow as tf  # here, so that settings are read without it

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
    import tensorflow as tf

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
    import tensorflow as tf

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
