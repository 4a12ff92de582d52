"""Grad-CAM: which places of a layer's maps push the score up."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import ArrayLike

from cxrlib.data.cases import did_you_mean
from cxrlib.evaluation.explain.activations import (
    as_batch,
    check_flat,
    find_logits,
    get_layer,
    is_spatial,
    resolve_class_index,
    select_class,
)
from cxrlib.models.transfer import find_target_layer

CONVOLUTIONS = (
    layers.Conv2D,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
    layers.Conv2DTranspose,
)
POINTWISE = (  # layers that keep the places of the convolution before them
    layers.BatchNormalization, layers.LayerNormalization, layers.GroupNormalization,
    layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU,
    layers.Add, layers.Concatenate, layers.Multiply,
)  # fmt: skip
METHODS = ("gradcam", "hirescam")


def grad_cam(
    model: keras.Model,
    images: ArrayLike,
    *,
    target_layer: str | None = None,
    class_index: int | ArrayLike | None = None,
    method: str = "gradcam",
    normalize: bool = True,
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
    images : array, shape (N, H, W, C), or (N, H, W) for grey images
        Raw pixels in [0, 255].
    target_layer : str, optional
        A layer that puts out maps. By default the last convolution with its normalisation and
        activation, before any pooling; for a network of :mod:`cxrlib.models.transfer` the one
        that its backbone names.
    class_index : int or array of int, shape (N,), optional
        Class to explain. By default the second of two (one sigmoid output), or for K outputs the
        class with the highest score of each image.
    method : {"gradcam", "hirescam"}
        Grad-CAM has one weight a map. That fits networks that average each map before the answer.
        Where a dense layer follows the flattened maps, each place has a weight of its own, and
        their mean may point beside what the network looked at; HiResCAM multiplies each place with
        its own gradient instead, ``relu(Σ ∂y/∂A · A)``. That can miss, too: try it where the truth
        is known.
    normalize : bool
        Each map in the image's size, its own highest value 1: places compare within an image,
        strengths between images do not. Otherwise the layer's own size and values, which do.
    batch_size : int
        Images at once. Memory: all maps of the network for so many images.

    Returns
    -------
    ndarray of float32, shape (N, H, W)
        In [0, 1]; with ``normalize=False`` (N, h, w), 0 or more. An image in which nothing speaks
        for the class has a map of zeros, and a warning says how many there are.

    Raises
    ------
    ValueError
        If the model is not flat, has no convolution, or there is no such layer or class; or if the
        images do not fit.

    References
    ----------
    Selvaraju et al. (2017), Grad-CAM, arXiv:1610.02391.
    Draelos and Carin (2020), Use HiResCAM instead of Grad-CAM, arXiv:2011.08891.
    """
    if method not in METHODS:
        raise ValueError(
            f"expected `method` as one of {', '.join(METHODS)}, got {method!r}."
            f"{did_you_mean(str(method), METHODS)} Take one of these."
        )
    check_flat(model)
    layer = _find_target(model, target_layer)
    batch = as_batch(model, images)
    indices = resolve_class_index(model, class_index, len(batch))
    source, to_logits = find_logits(model)
    extractor = keras.Model(model.inputs, [layer.output, source])
    maps = []
    for start in range(0, len(batch), batch_size):
        part = slice(start, start + batch_size)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            x = tf.convert_to_tensor(batch[part])
            tape.watch(x)
            activations, fetched = extractor([x], training=False)
            # Without training no image sees another, so the sum has each image's gradient.
            classes = None if indices is None else indices[part]
            score = tf.reduce_sum(select_class(to_logits(fetched), classes))
        gradient = tape.gradient(score, activations)
        if gradient is None:
            raise ValueError(
                f"expected a layer that the answer depends on, got {layer.name!r}, which "
                "no gradient reaches. Take one behind it."
            )
        if method == "gradcam":
            gradient = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        maps.append(tf.nn.relu(tf.reduce_sum(gradient * activations, axis=-1)).numpy())
    cams = np.concatenate(maps).astype("float32")
    empty = int((cams.max(axis=(1, 2)) == 0).sum())
    if empty:
        warnings.warn(
            f"in {empty:,} of {len(cams):,} images nothing speaks for the class: their maps "
            "are zero everywhere.",
            stacklevel=2,
        )
    return _normalized(cams, model, batch.shape[1], batch.shape[2]) if normalize else cams


def _find_target(model: keras.Model, name: str | None) -> keras.Layer:
    """Return the layer to look at: the named one, the backbone's, or the last convolution."""
    last, found = None, False
    for layer in model.layers:
        found = found or isinstance(layer, CONVOLUTIONS)
        if found and isinstance(layer, CONVOLUTIONS + POINTWISE) and is_spatial(layer):
            last = layer
    if last is None:
        raise ValueError(
            "expected a model with convolutions, got "
            f"{', '.join(layer.name for layer in model.layers)}. Grad-CAM needs maps that keep "
            "places; evaluation.occlusion_sensitivity works with any network."
        )
    if name is not None:
        return get_layer(model, name, is_spatial)
    try:
        return model.get_layer(find_target_layer(model))
    except ValueError:  # not a network of models.transfer
        return last


def _normalized(maps: np.ndarray, model: keras.Model, height: int, width: int) -> np.ndarray:
    """Bring maps to the image's size, each with the highest value 1 (or all zeros)."""
    top, bottom, left, right = _cropping(model)
    inner = (height - top - bottom, width - left - right)
    large = tf.image.resize(maps[..., None], inner, method="bilinear").numpy()[..., 0]
    highest = large.max(axis=(1, 2), keepdims=True)
    large = np.divide(large, highest, out=np.zeros_like(large), where=highest > 0)
    return np.pad(large, ((0, 0), (top, bottom), (left, right)))


def _cropping(model: keras.Model) -> tuple[int, int, int, int]:
    """Pixels that the model itself cuts off its images: top, bottom, left, right."""
    for layer in model.layers:
        if isinstance(layer, layers.Cropping2D) and layer.input is model.inputs[0]:
            (top, bottom), (left, right) = layer.cropping
            return top, bottom, left, right
    return 0, 0, 0, 0
