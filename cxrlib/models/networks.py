"""Networks in Keras: flat, functional, raw pixels in [0, 255] in, probabilities out.

All take ``input_shape`` as (height, width, channels) with 1 or 3 channels, ``classes`` (2 gives one
sigmoid output, K > 2 gives K softmax outputs) and a ``seed`` for the first weights and for dropout.
None of them is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import keras
from keras import layers

from cxrlib.models import preprocessing


def mlp(
    input_shape: Sequence[int],
    hidden: Sequence[int] = (64,),
    *,
    classes: int = 2,
    dropout: float = 0.0,
    preprocess: str | layers.Layer = "symmetric",
    seed: int = 0,
) -> keras.Model:
    """Build a multilayer perceptron: every pixel connected to every hidden neuron.

    Parameters
    ----------
    input_shape : (height, width, channels)
        Of one image, values in [0, 255].
    hidden : sequence of int
        Neurons in each hidden layer (ReLU).
    classes : int
        2 gives one sigmoid output; K > 2 gives K softmax outputs.
    dropout : float
        Share of hidden neurons silenced in each training step.
    preprocess : str or layer
        See :mod:`cxrlib.models.preprocessing`.
    seed : int
        Same seed, same first weights and same dropout.
    """
    init = _initializers(seed)
    inputs = _input(input_shape)
    x = preprocessing.get(preprocess)(inputs)
    x = layers.Flatten(name="flatten")(x)
    for i, units in enumerate(hidden, start=1):
        x = layers.Dense(units, "relu", kernel_initializer=next(init), name=f"hidden_{i}")(x)
        if dropout:
            x = layers.Dropout(dropout, seed=seed + i, name=f"dropout_{i}")(x)
    outputs = prediction_layer(classes, next(init))(x)
    return keras.Model(inputs, outputs, name="mlp")


def first_cnn(
    input_shape: Sequence[int] = (180, 180, 1),
    filters: Sequence[int] = (16, 32, 64, 128),
    *,
    dense: int = 512,
    dropout: float = 0.3,
    classes: int = 2,
    preprocess: str | layers.Layer = "rescale",
    seed: int = 0,
) -> keras.Model:
    """Build article 3's network: convolutions of 3 × 3, each followed by max pooling.

    Parameters
    ----------
    filters : sequence of int
        Kernels of each convolution.
    dense : int
        Neurons of the hidden layer between maps and prediction.
    dropout : float
        Share of these neurons silenced in each training step.
    input_shape, classes, preprocess, seed
        As in :func:`mlp`.
    """
    init = _initializers(seed)
    inputs = _input(input_shape, poolings=len(filters))
    x = preprocessing.get(preprocess)(inputs)
    for i, n in enumerate(filters, start=1):
        x = layers.Conv2D(
            n, 3, padding="same", activation="relu", kernel_initializer=next(init), name=f"conv_{i}"
        )(x)
        x = layers.MaxPooling2D(2, name=f"pool_{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(dense, "relu", kernel_initializer=next(init), name="dense")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed + 1, name="dropout")(x)
    outputs = prediction_layer(classes, next(init))(x)
    return keras.Model(inputs, outputs, name="first_cnn")


def custom_cnn(
    input_shape: Sequence[int] = (160, 160, 1),
    filters: Sequence[int] = (32, 64, 96, 128),
    *,
    dense: int = 512,
    dropout: float = 0.0,
    classes: int = 2,
    preprocess: str | layers.Layer = "samplewise",
    seed: int = 0,
) -> keras.Model:
    """Build article 0's network: blocks of convolution, batch normalisation, ReLU, max pooling.

    Parameters
    ----------
    filters : sequence of int
        Kernels of each block. The article says "from 32 to 128" in four blocks; the two in the
        middle are our reading.
    dense : int
        Neurons of the hidden layer between maps and prediction.
    dropout : float
        Share of these neurons silenced in each training step; the article has none.
    input_shape, classes, preprocess, seed
        As in :func:`mlp`.
    """
    init = _initializers(seed)
    inputs = _input(input_shape, poolings=len(filters))
    x = preprocessing.get(preprocess)(inputs)
    for i, n in enumerate(filters, start=1):
        x = _block(x, i, n, next(init))
        x = layers.MaxPooling2D(2, name=f"pool_{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(dense, "relu", kernel_initializer=next(init), name="dense")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed + 1, name="dropout")(x)
    outputs = prediction_layer(classes, next(init))(x)
    return keras.Model(inputs, outputs, name="custom_cnn")


def pooled_cnn(
    input_shape: Sequence[int] = (64, 64, 1),
    filters: Sequence[int] = (16, 32, 64, 64),
    *,
    dropout: float = 0.0,
    classes: int = 2,
    preprocess: str | layers.Layer = "samplewise",
    seed: int = 0,
) -> keras.Model:
    """Build a network that predicts from the mean of its last maps, so that these show where.

    Blocks as in :func:`custom_cnn`, with max pooling between them, then global average pooling in
    place of flattening and the hidden layer: each map has one weight in the prediction (Zhou 2016,
    arXiv:1512.04150).

    Parameters
    ----------
    filters : sequence of int
        Kernels of each block.
    dropout : float
        Share of the maps' means silenced in each training step.
    input_shape, classes, preprocess, seed
        As in :func:`mlp`.
    """
    init = _initializers(seed)
    inputs = _input(input_shape, poolings=len(filters) - 1)
    x = preprocessing.get(preprocess)(inputs)
    for i, n in enumerate(filters, start=1):
        if i > 1:
            x = layers.MaxPooling2D(2, name=f"pool_{i - 1}")(x)
        # Few steps on small sets: the moving averages must follow within an epoch or two.
        x = _block(x, i, n, next(init), momentum=0.9)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed + 1, name="dropout")(x)
    outputs = prediction_layer(classes, next(init))(x)
    return keras.Model(inputs, outputs, name="pooled_cnn")


def separable_cnn(
    input_shape: Sequence[int] = (180, 180, 1),
    filters: Sequence[int] = (16, 32, 64, 128, 256),
    hidden: Sequence[int] = (512, 128, 64),
    *,
    dropout: Sequence[float] = (0.7, 0.5, 0.3),
    map_dropout: float = 0.2,
    classes: int = 2,
    preprocess: str | layers.Layer = "rescale",
    seed: int = 0,
) -> keras.Model:
    """Build the network of Keras's example on pneumonia: two separable convolutions a block.

    A separable convolution filters each map by itself, then mixes the maps (Chollet 2017,
    arXiv:1610.02357). The example, https://keras.io/examples/vision/xray_classification_with_tpus,
    reads three channels, all the same grey.

    Parameters
    ----------
    filters : sequence of int
        Kernels of each block's two convolutions; those of the first block are ordinary ones.
    hidden : sequence of int
        Neurons of each hidden layer (ReLU, then batch normalisation).
    dropout : sequence of float
        For each hidden layer, the share of neurons silenced in each training step.
    map_dropout : float
        Share of the maps' values silenced so after each of the last two blocks.
    input_shape, classes, preprocess, seed
        As in :func:`mlp`.
    """
    if len(dropout) != len(hidden):
        raise ValueError(
            f"expected one `dropout` for each of {len(hidden)} hidden layers, got {len(dropout)}. "
            "0 silences none."
        )
    init, dropout_seed = _initializers(seed), count(seed + 1)
    inputs = _input(input_shape, poolings=len(filters))
    x = preprocessing.get(preprocess)(inputs)
    for i, n in enumerate(filters, start=1):
        for half in "ab":
            settings = {"padding": "same", "activation": "relu", "name": f"conv_{i}{half}"}
            if i == 1:
                convolution = layers.Conv2D(n, 3, kernel_initializer=next(init), **settings)
            else:
                convolution = layers.SeparableConv2D(
                    n,
                    3,
                    depthwise_initializer=next(init),
                    pointwise_initializer=next(init),
                    **settings,
                )
            x = convolution(x)
        if i > 1:
            x = layers.BatchNormalization(name=f"norm_{i}")(x)
        x = layers.MaxPooling2D(2, name=f"pool_{i}")(x)
        if map_dropout and i > max(1, len(filters) - 2):
            x = layers.Dropout(map_dropout, seed=next(dropout_seed), name=f"dropout_{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    for i, (units, share) in enumerate(zip(hidden, dropout, strict=True), start=1):
        x = layers.Dense(units, "relu", kernel_initializer=next(init), name=f"hidden_{i}")(x)
        x = layers.BatchNormalization(name=f"hidden_norm_{i}")(x)
        if share:
            x = layers.Dropout(share, seed=next(dropout_seed), name=f"hidden_dropout_{i}")(x)
    outputs = prediction_layer(classes, next(init))(x)
    return keras.Model(inputs, outputs, name="separable_cnn")


def _block(
    x: keras.KerasTensor, i: int, filters: int, init: keras.Initializer, momentum: float = 0.99
) -> keras.KerasTensor:
    # Batch normalisation has a shift of its own, so the convolution needs no bias.
    x = layers.Conv2D(
        filters, 3, padding="same", use_bias=False, kernel_initializer=init, name=f"conv_{i}"
    )(x)
    x = layers.BatchNormalization(momentum=momentum, name=f"norm_{i}")(x)
    return layers.ReLU(name=f"relu_{i}")(x)


def prediction_layer(classes: int, initializer: keras.Initializer) -> layers.Dense:
    """Build the last layer: one sigmoid output for 2 classes, K softmax outputs for K > 2."""
    if classes < 2:
        raise ValueError(f"expected 2 classes or more, got {classes}. One sigmoid output is 2.")
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    return layers.Dense(units, activation, kernel_initializer=initializer, name="predictions")


def _initializers(seed: int) -> Iterator[keras.Initializer]:
    """Draw the first weights of each layer from a seed of its own."""
    return (keras.initializers.GlorotUniform(seed=1000 * seed + i) for i in count(1))


def _input(input_shape: Sequence[int], poolings: int = 0) -> keras.KerasTensor:
    shape = tuple(input_shape)
    if len(shape) != 3 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            f"expected `input_shape` as (height, width, channels), got {shape}. "
            "For grey images of 64 pixels: (64, 64, 1)."
        )
    if shape[2] not in (1, 3):
        raise ValueError(
            f"expected 1 (grey) or 3 (colour) channels, got {shape[2]} in {shape}. "
            "For grey images of 64 pixels: (64, 64, 1)."
        )
    if min(shape[:2]) < 2**poolings:
        raise ValueError(
            f"expected images of at least {2**poolings} pixels a side for {poolings} "
            f"poolings, got {shape[0]} × {shape[1]}. Use larger images or fewer blocks."
        )
    return keras.Input(shape, name="image")
