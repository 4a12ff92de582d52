"""Grad-CAM: which places of a layer's maps push the score up."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers as kl
from numpy.typing import ArrayLike

from cxrlib.evaluation.explain.activations import (
    check_flat,
    has_places,
    layer_named,
    logits,
    of_class,
    pictures,
    wanted,
)
from cxrlib.models.transfer import find_target_layer

CONVOLUTIONS = (kl.Conv2D, kl.DepthwiseConv2D, kl.SeparableConv2D, kl.Conv2DTranspose)
AFTER_ONE = (  # layers that keep the places of the convolution before them
    kl.BatchNormalization, kl.LayerNormalization, kl.GroupNormalization,
    kl.Activation, kl.ReLU, kl.LeakyReLU, kl.PReLU, kl.ELU,
    kl.Add, kl.Concatenate, kl.Multiply,
)  # fmt: skip
WEIGHED = ("maps", "places")


def grad_cam(
    model: keras.Model,
    images: ArrayLike,
    *,
    layer: str | None = None,
    output: int | ArrayLike | None = None,
    weigh: str = "maps",
    scaled: bool = True,
    batch_size: int = 16,
) -> np.ndarray:
    """Compute Grad-CAM: where a layer's maps push the score of a class up.

    Each map A of the layer is weighted with the mean, over all places, of the gradient of the
    class's logit y: ``relu(Σ mean(∂y/∂A) · A)``. Places that speak against the class are cut.

    Parameters
    ----------
    model : keras.Model
        Flat and functional; it takes raw pixels in [0, 255]. It is used as in prediction: dropout
        rests, batch normalisation uses what it learned.
    images : array, shape (N, H, W, C), or (N, H, W) for grey pictures
        Raw pixels in [0, 255].
    layer : str, optional
        A layer that puts out maps. By default the last convolution with its normalisation and
        activation, before any pooling; for a network of :mod:`cxrlib.models.transfer` the one
        that its backbone names.
    output : int or array of int, shape (N,), optional
        Class to explain. By default the second of two (one sigmoid output), or for K outputs the
        class with the highest score of each picture.
    weigh : {"maps", "places"}
        ``"maps"`` is Grad-CAM: one weight a map. That fits networks that average each map before
        the answer. Where a dense layer follows the flattened maps, each place has a weight of its
        own, and their mean may point beside what the network looked at; ``"places"`` multiplies
        each place with its own gradient instead, ``relu(Σ ∂y/∂A · A)``, known as HiResCAM. That
        can miss, too: try it where the truth is known.
    scaled : bool
        Each map in the picture's size, its own highest value 1: places compare within a picture,
        strengths between pictures do not. Otherwise the layer's own size and values, which do.
    batch_size : int
        Pictures at once. Memory: all maps of the network for so many pictures.

    Returns
    -------
    ndarray of float32, shape (N, H, W)
        In [0, 1]; with ``scaled=False`` (N, h, w), 0 or more. A picture in which nothing speaks
        for the class has a map of zeros, and a warning says how many there are.

    Raises
    ------
    ValueError
        If the model is not flat, has no convolution, or there is no such layer or class; or if the
        pictures do not fit.

    References
    ----------
    Selvaraju et al. (2017), Grad-CAM, arXiv:1610.02391.
    Draelos and Carin (2020), Use HiResCAM instead of Grad-CAM, arXiv:2011.08891.
    """
    if weigh not in WEIGHED:
        raise ValueError(f"expected `weigh` as one of {', '.join(WEIGHED)}, got {weigh!r}.")
    check_flat(model)
    target = _target(model, layer)
    batch = pictures(model, images)
    chosen = wanted(model, output, len(batch))
    source, finish = logits(model)
    probe = keras.Model(model.inputs, [target.output, source])
    maps = []
    for start in range(0, len(batch), batch_size):
        part = slice(start, start + batch_size)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            x = tf.convert_to_tensor(batch[part])
            tape.watch(x)
            activations, before = probe([x], training=False)
            # Without training no picture sees another, so the sum has each picture's gradient.
            mine = None if chosen is None else chosen[part]
            score = tf.reduce_sum(of_class(finish(before), mine))
        gradient = tape.gradient(score, activations)
        if gradient is None:
            raise ValueError(
                f"expected a layer that the answer depends on, got {target.name!r}, which "
                "no gradient reaches. Take one behind it."
            )
        if weigh == "maps":
            gradient = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        maps.append(tf.nn.relu(tf.reduce_sum(gradient * activations, axis=-1)).numpy())
    found = np.concatenate(maps).astype("float32")
    _say_silent(found)
    return _scaled(found, model, batch.shape[1:3]) if scaled else found


def _target(model: keras.Model, name: str | None) -> keras.Layer:
    """Return the layer to look at: the named one, the backbone's, or the last convolution."""
    last, found = None, False
    for layer in model.layers:
        found = found or isinstance(layer, CONVOLUTIONS)
        if found and isinstance(layer, CONVOLUTIONS + AFTER_ONE) and has_places(layer):
            last = layer
    if last is None:
        raise ValueError(
            "expected a model with convolutions, got "
            f"{', '.join(layer.name for layer in model.layers)}. Grad-CAM needs maps that keep "
            "places; evaluation.explain.occlusion works with any network."
        )
    if name is not None:
        return layer_named(model, name, has_places)
    try:
        return model.get_layer(find_target_layer(model))
    except ValueError:  # not a network of models.transfer
        return last


def _scaled(maps: np.ndarray, model: keras.Model, size: tuple[int, int]) -> np.ndarray:
    """Bring maps to the picture's size, each with the highest value 1 (or all zeros)."""
    top, bottom, left, right = _cropped(model)
    inner = (size[0] - top - bottom, size[1] - left - right)
    large = tf.image.resize(maps[..., None], inner, method="bilinear").numpy()[..., 0]
    highest = large.max(axis=(1, 2), keepdims=True)
    large = np.divide(large, highest, out=np.zeros_like(large), where=highest > 0)
    return np.pad(large, ((0, 0), (top, bottom), (left, right)))


def _cropped(model: keras.Model) -> tuple[int, int, int, int]:
    """Pixels that the model itself cuts off its pictures: top, bottom, left, right."""
    for layer in model.layers:
        if isinstance(layer, kl.Cropping2D) and layer.input is model.inputs[0]:
            (top, bottom), (left, right) = layer.cropping
            return top, bottom, left, right
    return 0, 0, 0, 0


def _say_silent(maps: np.ndarray) -> None:
    silent = int((maps.max(axis=(1, 2)) == 0).sum())
    if silent:
        warnings.warn(
            f"in {silent:,} of {len(maps):,} pictures nothing speaks for the class: their maps "
            "are zero everywhere.",
            stacklevel=3,
        )
