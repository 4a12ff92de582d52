"""Preprocessing as layers inside the network, so that a saved model takes raw pixels."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from numpy.typing import ArrayLike

from cxrlib.data.cases import did_you_mean


def rescale() -> layers.Layer:
    """Divide by 255: values in [0, 1]."""
    return layers.Rescaling(1 / 255, name="rescale")


def symmetric() -> layers.Layer:
    """Values in [-1, 1]."""
    return layers.Rescaling(1 / 127.5, offset=-1, name="rescale")


def samplewise() -> layers.Layer:
    """Give each image mean 0 and standard deviation 1 by its own pixels.

    Exposure and contrast of the single image are gone afterwards, and so is any rescaling before.
    An image of one grey becomes all zeros.
    """
    return layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, epsilon=1e-6, name="samplewise"
    )


def featurewise(images: ArrayLike) -> layers.Layer:
    """Give the *training set* mean 0 and standard deviation 1, each channel for itself.

    Parameters
    ----------
    images : array, shape (N, H, W, C)
        Training images. Statistics of other images would carry knowledge of them in.

    Raises
    ------
    ValueError
        If there is no image, or every pixel has the same value.
    """
    images = np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise ValueError(
            f"expected training images of shape (N, H, W, C), got {images.shape}. "
            "Pass the array itself: featurewise(train.images)."
        )
    mean = images.mean(axis=(0, 1, 2), dtype=np.float64)
    std = images.std(axis=(0, 1, 2), dtype=np.float64)
    if not (np.isfinite(mean).all() and (std > 0).all()):
        raise ValueError(
            f"expected images that differ, got mean {mean} and standard deviation {std}. "
            "Look at the images: are they all black, or is there a NaN?"
        )
    return layers.Normalization(axis=-1, mean=mean, variance=std**2, name="featurewise")


BY_NAME = {make.__name__: make for make in (rescale, symmetric, samplewise)}


def get(preprocess: str | layers.Layer) -> layers.Layer:
    """Return a preprocessing layer by its name; a layer is handed back."""
    if isinstance(preprocess, keras.layers.Layer):
        return preprocess
    if preprocess in BY_NAME:
        return BY_NAME[preprocess]()
    advice = did_you_mean(str(preprocess), BY_NAME)
    if preprocess == "featurewise":
        advice = (
            " 'featurewise' needs training images: pass "
            "preprocess=models.preprocessing.featurewise(train.images)."
        )
    raise ValueError(
        f"expected `preprocess` as one of {', '.join(BY_NAME)} or a Keras layer, "
        f"got {preprocess!r}.{advice}"
    )
