"""EfficientNet-Lite0, which Keras does not have: EfficientNet-B0 for small devices.

Tan and Le 2019 (arXiv:1905.11946); Lite since 2020: ReLU6 instead of swish, no squeeze-and-
excitation. Its ImageNet weights lie in a small package from pip. Layers are called as in Keras's
EfficientNetB0.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping

import keras
import numpy as np
from keras import layers

# Repeats, kernel, stride of the first, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# Our layers → the converted file's, for the stem, block number i, and the top.
STEM = {"stem_conv": "_conv_stem", "stem_bn": "_bn0"}
BLOCK = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
TOP = {"top_conv": "_conv_head", "top_bn": "_bn1"}


def efficientnet_lite0(picture: keras.KerasTensor) -> keras.Model:
    """Build EfficientNet-Lite0 without its top.

    Parameters
    ----------
    picture : KerasTensor
        Three colours, (values - 127) / 128: an input, or what a layer makes of one.

    Returns
    -------
    keras.Model
        Flat, with maps of 1,280 channels at a 32nd of the picture's sides.
    """
    x = _normed(layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem_conv")(picture), "stem_")
    x = layers.ReLU(6.0, name="stem_activation")(x)
    for name, (kernel, stride, expansion, channels) in blocks():
        x = _inverted_residual(x, f"{name}_", kernel, stride, expansion, channels)
    x = _normed(layers.Conv2D(1280, 1, use_bias=False, name="top_conv")(x), "top_")
    x = layers.ReLU(6.0, name="top_activation")(x)
    return keras.Model(keras.utils.get_source_inputs(picture), x, name="efficientnet_lite0")


def _inverted_residual(
    x: keras.KerasTensor, name: str, kernel: int, stride: int, expansion: int, channels: int
) -> keras.KerasTensor:
    """Expand, look at each map alone, project; add what came in where the shapes agree."""
    before, width = x, x.shape[-1]
    if expansion != 1:
        x = layers.Conv2D(expansion * width, 1, use_bias=False, name=f"{name}expand_conv")(x)
        x = layers.ReLU(6.0, name=f"{name}expand_activation")(_normed(x, f"{name}expand_"))
    # Keras pads "same" as TensorFlow does, for which the weights were trained: at stride 2 one
    # more line at the end than at the beginning.
    depthwise = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}dwconv")
    x = layers.ReLU(6.0, name=f"{name}activation")(_normed(depthwise(x), name))
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}project_conv")(x)
    x = _normed(x, f"{name}project_")
    return layers.Add(name=f"{name}add")([before, x]) if before.shape == x.shape else x


def _normed(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.BatchNormalization(epsilon=1e-3, name=f"{name}bn")(x)


def blocks() -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Yield each block's name with its kernel, stride, expansion and channels."""
    for stage, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES, start=1):
        for letter in string.ascii_lowercase[:repeats]:
            yield f"block{stage}{letter}", (kernel, stride, expansion, channels)
            stride = 1


def fill(base: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Put the numbers of the converted file, named as in PyTorch, into the network.

    Raises
    ------
    ValueError
        If a tensor is missing, or has another shape.
    """
    names = STEM | TOP
    for i, (block, _) in enumerate(blocks()):
        names |= {f"{block}_{ours}": f"_blocks.{i}.{theirs}" for ours, theirs in BLOCK.items()}
    for layer in base.layers:
        if not layer.weights:
            continue
        name, norm = names[layer.name], isinstance(layer, layers.BatchNormalization)
        parts = ("weight", "bias", "running_mean", "running_var") if norm else ("weight",)
        missing = [part for part in parts if f"{name}.{part}" not in tensors]
        if missing:
            raise ValueError(f"there is no {name}.{missing[0]}")
        values = [tensors[f"{name}.{part}"] for part in parts]
        if not norm:
            deep = isinstance(layer, layers.DepthwiseConv2D)
            values = [values[0].transpose((2, 3, 0, 1) if deep else (2, 3, 1, 0))]
        layer.set_weights(values)
