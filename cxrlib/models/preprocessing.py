"""Preprocessing as layers inside the network, so that a saved model takes raw pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import layers
from numpy.typing import ArrayLike


def rescale() -> layers.Layer:
    """Divide by 255: values in [0, 1]."""
    return layers.Rescaling(1 / 255, name="rescale")


def symmetric() -> layers.Layer:
    """Values in [-1, 1]."""
    return layers.Rescaling(1 / 127.5, offset=-1, name="rescale")


def samplewise() -> layers.Layer:
    """Give each picture mean 0 and standard deviation 1 by its own pixels.

    Exposure and contrast of the single film are gone afterwards, and so is any rescaling before.
    A picture of one grey becomes all zeros.
    """
    return layers.LayerNormalization(
        axis=(1, 2, 3), center=False, scale=False, epsilon=1e-6, name="samplewise"
    )


def featurewise(images: ArrayLike) -> layers.Layer:
    """Give the *training set* mean 0 and standard deviation 1, each channel for itself.

    Parameters
    ----------
    images : array, shape (N, H, W, C)
        Training pictures. Statistics of other pictures would carry knowledge of them in.

    Raises
    ------
    ValueError
        If there is no picture, or every pixel has the same value.
    """
    images = np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise ValueError(
            f"expected training pictures of shape (N, H, W, C), got {images.shape}. "
            "Pass the array itself: featurewise(train.images)."
        )
    mean = images.mean(axis=(0, 1, 2), dtype=np.float64)
    spread = images.std(axis=(0, 1, 2), dtype=np.float64)
    if not (np.isfinite(mean).all() and (spread > 0).all()):
        raise ValueError(
            f"expected pictures that differ, got mean {mean} and standard deviation {spread}. "
            "Look at the pictures: are they all black, or is there a NaN?"
        )
    return layers.Normalization(axis=-1, mean=mean, variance=spread**2, name="featurewise")


BY_NAME: dict[str, Callable[[], layers.Layer]] = {
    "rescale": rescale,
    "symmetric": symmetric,
    "samplewise": samplewise,
}


def layer(preprocess: str | layers.Layer) -> layers.Layer:
    """Return a preprocessing layer by its name; a layer is handed back."""
    if isinstance(preprocess, keras.layers.Layer):
        return preprocess
    if preprocess in BY_NAME:
        return BY_NAME[preprocess]()
    fitted = (
        " 'featurewise' needs training pictures: pass "
        "preprocess=models.preprocessing.featurewise(train.images)."
        if preprocess == "featurewise"
        else ""
    )
    raise ValueError(
        f"expected `preprocess` as one of {', '.join(BY_NAME)} or a Keras layer, "
        f"got {preprocess!r}.{fitted}"
    )


def zca_bytes(input_shape: Sequence[int]) -> int:
    """Memory of the float32 matrix that ZCA whitening needs: a number for each pair of inputs.

    Parameters
    ----------
    input_shape : (height, width, channels)
    """
    return int(np.prod(input_shape, dtype=object)) ** 2 * 4
