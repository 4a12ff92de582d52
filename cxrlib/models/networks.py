"""Networks in Keras: flat, functional, raw pixels in [0, 255] in, probabilities out."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers


def mlp(
    input_shape: Sequence[int],
    hidden: Sequence[int] = (64,),
    *,
    classes: int = 2,
    dropout: float = 0.0,
    seed: int = 0,
) -> keras.Model:
    """Build a multilayer perceptron: every pixel connected to every hidden neuron.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Of one picture, values in [0, 255]; scaled to [-1, 1] inside.
    hidden : sequence of int
        Neurons in each hidden layer (ReLU).
    classes : int
        2 gives one sigmoid output; K > 2 gives K softmax outputs.
    dropout : float
        Share of hidden neurons silenced in each training step.
    seed : int
        Same seed, same first weights and same dropout.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    if len(input_shape) != 3 or not all(isinstance(n, int) and n > 0 for n in input_shape):
        raise ValueError(
            f"expected `input_shape` as (height, width, channels), got {tuple(input_shape)}. "
            "For grey pictures of 64 pixels: (64, 64, 1)."
        )
    if classes < 2:
        raise ValueError(f"expected 2 classes or more, got {classes}. One sigmoid output is 2.")
    inputs = keras.Input(input_shape, name="picture")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(inputs)
    x = layers.Flatten(name="flatten")(x)
    for i, units in enumerate(hidden, start=1):
        x = layers.Dense(units, "relu", kernel_initializer=_start(seed, i), name=f"hidden_{i}")(x)
        if dropout:
            x = layers.Dropout(dropout, seed=seed + i, name=f"dropout_{i}")(x)
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    first = _start(seed, len(hidden) + 1)
    outputs = layers.Dense(units, activation, kernel_initializer=first, name="answer")(x)
    return keras.Model(inputs, outputs, name="mlp")


def _start(seed: int, layer: int) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed=1000 * seed + layer)
