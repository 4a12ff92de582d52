"""Augmentation: new images from old ones, by transforms that a radiographer could produce.

An augmentation says how far an image may be changed, and what that imitates. Transforms are drawn
with NumPy, one row an image and epoch, so that a seed gives the same series of images on any
number of threads. Turning, moving and zooming are one affine map and blur once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cxrlib.data.cases import DataError, did_you_mean

if TYPE_CHECKING:
    import tensorflow as tf

FILL_MODES = ("nearest", "constant", "reflect", "wrap")


@dataclass(frozen=True)
class Augmentation:
    """How far each setting may go, to both sides.

    Attributes
    ----------
    rotation, shear : float
        Degrees.
    translation : float
        Share of the image's side, along each axis.
    zoom : float
        0.1 draws between 90 % and 110 %.
    anisotropic_zoom : bool
        Zoom each axis by itself, so that the chest changes its shape.
    horizontal_flip, vertical_flip : bool
        Flip every other image.
    contrast, brightness, gamma : float
        Contrast factor ``1 ± contrast``, ``± brightness`` of the range from black to white, and
        gamma between ``1 / (1 + gamma)`` and ``1 + gamma``.
    fill_mode : {"nearest", "constant", "reflect", "wrap"}
        What comes in from outside: the edge repeated, black, the image mirrored or from the
        other side.
    description : str
        What it imitates.
    """

    rotation: float = 0
    shear: float = 0
    translation: float = 0
    zoom: float = 0
    anisotropic_zoom: bool = False
    horizontal_flip: bool = False
    vertical_flip: bool = False
    contrast: float = 0
    brightness: float = 0
    gamma: float = 0
    fill_mode: str = "nearest"
    description: str = ""

    def __post_init__(self) -> None:
        limits = {"rotation": 180, "shear": 80, "translation": 1, "zoom": 0.9}
        limits |= {"contrast": 1, "brightness": 1, "gamma": 1}
        for name, most in limits.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not 0 <= value <= most:
                raise DataError(
                    f"expected `{name}` from 0 to {most:g}, got {value!r}. It goes to both sides."
                )
        if self.fill_mode not in FILL_MODES:
            known = ", ".join(FILL_MODES)
            raise DataError(
                f"expected `fill_mode` as one of {known}, got {self.fill_mode!r}. Choose one."
            )

    @property
    def is_geometric(self) -> bool:
        """Say whether it changes places, not greys alone."""
        moved = self.rotation or self.shear or self.translation or self.zoom
        return bool(moved or self.horizontal_flip or self.vertical_flip)

    @property
    def is_photometric(self) -> bool:
        """Say whether it changes greys."""
        return bool(self.contrast or self.brightness or self.gamma)


_EXPOSURE = Augmentation(
    contrast=0.2, brightness=0.1, gamma=0.2, description="Another tube, dose or development."
)
PRESETS = {
    "none": Augmentation(description="The image as it is."),
    "position": Augmentation(
        rotation=5, translation=0.05, zoom=0.1,
        description="A child lies a little differently on the table.",
    ),
    "exposure": _EXPOSURE,
    "plausible": replace(
        _EXPOSURE, rotation=5, translation=0.05, zoom=0.1,
        description="Position and exposure together.",
    ),
    "article-0": Augmentation(
        translation=0.1, zoom=0.2, anisotropic_zoom=True,
        description="Article 0: zoom_range=0.2, width and height shift 0.1. "
        "Each axis is zoomed alone.",
    ),
    "article-3": Augmentation(
        rotation=40, translation=0.2, shear=0.2, zoom=0.2, anisotropic_zoom=True,
        description="Article 3: rotation_range=40, zoom_range=0.2, a shift, "
        "and a shear in degrees.",
    ),
    "article-4": Augmentation(
        rotation=50, translation=0.2, shear=0.25, zoom=0.1, anisotropic_zoom=True,
        horizontal_flip=True, vertical_flip=True, brightness=20 / 255,
        description="Article 4: rotation_range=50, shifts 0.2, both flips, channel_shift_range=20. "
        "The article fills with black; here the edge is repeated, as in the other recipes.",
    ),
}  # fmt: skip


def get_preset(name: str | Augmentation) -> Augmentation:
    """Return an augmentation by its name in :data:`PRESETS`; one of your own is handed back.

    Raises
    ------
    DataError
        If there is none of this name; the nearest name is given.
    """
    if isinstance(name, Augmentation):
        return name
    if name in PRESETS:
        return PRESETS[name]
    raise DataError(
        f"expected an augmentation among {', '.join(PRESETS)}, got {name!r}."
        f"{did_you_mean(str(name), PRESETS)} Or give a data.augmentation.Augmentation of your own."
    )


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


def random_transforms(
    augmentation: str | Augmentation, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw transforms for ``n`` images.

    Returns
    -------
    ndarray of float32
        Shape (n, 11), columns as in :class:`Transform`.
    """
    augmentation = get_preset(augmentation)

    def around(middle: float, reach: float) -> np.ndarray:
        return rng.uniform(middle - reach, middle + reach, n)

    drawn = {
        "rotation": around(0, augmentation.rotation),
        "translate_x": around(0, augmentation.translation),
        "translate_y": around(0, augmentation.translation),
        "zoom_x": (zoom := around(1, augmentation.zoom)),
        "zoom_y": around(1, augmentation.zoom) if augmentation.anisotropic_zoom else zoom,
        "shear": around(0, augmentation.shear),
        "horizontal_flip": rng.integers(2, size=n) * augmentation.horizontal_flip,
        "vertical_flip": rng.integers(2, size=n) * augmentation.vertical_flip,
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
        grey = images / 255 if not augmentation.gamma else (images / 255) ** gamma
        mean = tf.reduce_mean(grey, axis=(1, 2, 3), keepdims=True)
        images = 255 * tf.clip_by_value((grey - mean) * contrast + mean + brightness, 0, 1)
    return images


def augment_images(
    images: ArrayLike, augmentation: str | Augmentation = "plausible", *, seed: int = 0
) -> np.ndarray:
    """Return one changed copy of each image, for looking at or measuring.

    Parameters
    ----------
    images : array, shape (N, H, W, C)
        Values in [0, 255].
    augmentation : str or Augmentation
        A name in :data:`PRESETS`, or your own.
    seed : int
        Another seed, other copies.

    Returns
    -------
    ndarray of float32
        Same shape, values in [0, 255].
    """
    import tensorflow as tf

    augmentation, images = get_preset(augmentation), np.asarray(images)
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
