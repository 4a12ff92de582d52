"""Models on a backbone: flat and functional, raw grey images in, probabilities out."""

from __future__ import annotations

import os
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from cxrlib.data.cases import did_you_mean
from cxrlib.models.networks import prediction_layer
from cxrlib.models.preprocessing import samplewise
from cxrlib.models.transfer import efficientnet_lite
from cxrlib.models.transfer.backbones import Backbone, get_backbone
from cxrlib.models.transfer.weights import Weights, WeightsError, resolve

SCALINGS = {  # factor, then what is added to each colour
    "caffe": (1.0, [-103.939, -116.779, -123.68]),  # as in Keras's `preprocess_input`
    "symmetric": (1 / 127.5, -1.0),
    "lite": (1 / 128, -127 / 128),
}
STD, MEAN = 64, 127.5  # what a standardised image is given, in grey levels
HEADS = {"pool": (layers.GlobalAveragePooling2D, 0), "flatten": (layers.Flatten, 256)}  # and dense
HEAD_LAYERS = ("pool", "flatten", "dense", "dropout", "predictions")


def build_model(
    name: str | Backbone,
    input_shape: Sequence[int] | None = None,
    *,
    head: str | None = "pool",
    dense: int | None = None,
    dropout: float = 0.0,
    classes: int = 2,
    weights: str | os.PathLike | Weights = "imagenet",
    crop: float = 0.0,
    standardize: bool = False,
    seed: int = 0,
) -> keras.Model:
    """Build a pretrained model with a new head. Nothing is frozen or compiled yet.

    Parameters
    ----------
    name : str or Backbone
        See :func:`cxrlib.models.transfer.get_backbone`.
    input_shape : (height, width, 1), optional
        Of one grey image, values in [0, 255]; by default as on ImageNet.
    head : {"pool", "flatten"} or None
        ``"pool"`` averages each map over the image (articles 1 and 2); ``"flatten"`` keeps all
        places, followed by a hidden layer (article 4). None ends with the backbone's maps.
    dense : int, optional
        Neurons of a hidden layer (ReLU); by default 256 after ``"flatten"``, none after ``"pool"``.
    dropout : float
        Share of numbers silenced before the prediction in each training step.
    classes : int
        2 gives one sigmoid output; K > 2 gives K softmax outputs.
    weights : {"imagenet", "random"}, path or Weights
        Of the backbone. ``"imagenet"`` raises if the file is not to be had;
        :func:`cxrlib.models.transfer.find_weights` can name a network whose file is. ``"random"``
        is for shapes and speed: no result comes from random numbers.
    crop : float
        Share of the sides cut off at each border, inside the network.
    standardize : bool
        Give each image the same mean and spread by its own pixels, inside the network, before
        the backbone's own scaling. After ``crop``, so that the border has no say.
    seed : int
        Of the head, its dropout, and random weights.

    Returns
    -------
    keras.Model
        Its ``name`` is the backbone's; ``backbone_weights`` says where those came from.

    Raises
    ------
    ValueError
        If a setting is impossible. ``WeightsError`` if the weights are missing, damaged, or of
        another network.
    """
    entry = get_backbone(name)
    shape = _check_shape(input_shape or (entry.image_size, entry.image_size, 1), crop)
    source = resolve(entry, weights, seed)
    image = keras.Input(shape, name="image")
    base = _base(entry, _preprocess(image, entry, crop, standardize))
    load_weights(base, entry, source)
    x = base.output
    if entry.target_layer not in {layer.name for layer in base.layers}:
        x = layers.Activation("linear", name=entry.target_layer)(x)
    if head is not None:
        x = _add_head(x, head, dense, dropout, classes, seed)
    model = keras.Model(image, x, name=entry.name)
    model.backbone_weights = source
    return model


def build_head(
    shape: Sequence[int],
    kind: str = "pool",
    *,
    dense: int | None = None,
    dropout: float = 0.0,
    classes: int = 2,
    seed: int = 0,
) -> keras.Model:
    """Build the head alone, to be trained on features that were computed once.

    Parameters
    ----------
    shape : (height, width, channels)
        Of one image's features; (1, 1, D) for pooled ones. ``Features.to_image_set().images``
        has them.
    kind, dense, dropout, classes, seed
        As in :func:`build_model`: the same seed gives the same first weights there.
    """
    features = keras.Input(tuple(shape), name="features")
    outputs = _add_head(features, kind, dense, dropout, classes, seed)
    return keras.Model(features, outputs, name="head")


def set_head_weights(model: keras.Model, head: keras.Model) -> keras.Model:
    """Copy the weights of a head that was trained alone into a model with the same head.

    Returns the same model: images in, the head's predictions out. ``ValueError`` if the heads
    differ.
    """
    ours, theirs = (
        {layer.name: layer for layer in side.layers if layer.name in HEAD_LAYERS and layer.weights}
        for side in (model, head)
    )
    shapes = [
        {name: [tuple(w.shape) for w in layer.weights] for name, layer in side.items()}
        for side in (ours, theirs)
    ]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"expected a head with the weights {shapes[0]}, got {shapes[1]}. Build both with the "
            "same kind, dense, classes and image size."
        )
    for name, layer in theirs.items():
        ours[name].set_weights(layer.get_weights())
    return model


def _base(entry: Backbone, x: keras.KerasTensor) -> keras.Model:
    if entry.builder == "efficientnet_lite0":  # which Keras does not have
        return efficientnet_lite.efficientnet_lite0(x)
    width = {} if entry.alpha is None else {"alpha": entry.alpha}
    builder = getattr(keras.applications, entry.builder)
    return builder(include_top=False, weights=None, input_tensor=x, **width, **entry.options)


def _preprocess(
    image: keras.KerasTensor, entry: Backbone, crop: float, standardize: bool
) -> keras.KerasTensor:
    x, (height, width) = image, image.shape[1:3]
    if crop:
        x = layers.Cropping2D((round(crop * height), round(crop * width)), name="crop")(x)
    if standardize:
        x = samplewise()(x)
        x = layers.Rescaling(STD, offset=MEAN, name="as_grey_levels")(x)
    # All three colours are the same, so that red-green-blue and blue-green-red are too.
    x = layers.Concatenate(name="grey_to_colour")([x, x, x])
    scale, offset = SCALINGS[entry.scaling]
    return layers.Rescaling(scale, offset=offset, name="rescale")(x)


def _add_head(
    x: keras.KerasTensor, kind: str, dense: int | None, dropout: float, classes: int, seed: int
) -> keras.KerasTensor:
    if kind not in HEADS:
        raise ValueError(
            f"expected a head of {', '.join(HEADS)}, got {kind!r}.{did_you_mean(str(kind), HEADS)} "
            "head=None builds the backbone alone."
        )
    make, default = HEADS[kind]
    dense = default if dense is None else dense
    init = [keras.initializers.GlorotUniform(seed=1000 * seed + i) for i in (1, 2)]
    x = make(name=kind)(x)
    if dense:
        x = layers.Dense(dense, "relu", kernel_initializer=init[0], name="dense")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed + 1, name="dropout")(x)
    return prediction_layer(classes, init[1])(x)


def _check_shape(input_shape: Sequence[int], crop: float) -> tuple[int, int, int]:
    shape = tuple(input_shape)
    if len(shape) != 3 or shape[2] != 1 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            f"expected `input_shape` as (height, width, 1), got {shape}. Images come in grey "
            "and are given three colours inside. For 224 pixels: (224, 224, 1)."
        )
    if not 0 <= crop < 0.5:
        raise ValueError(
            f"expected `crop` from 0 to below 0.5 of the side, got {crop}. Such as 0.1."
        )
    left = [n - 2 * round(crop * n) for n in shape[:2]]
    if min(left) < 32:
        cut = " after cropping" if crop else ""
        raise ValueError(
            f"expected at least 32 pixels a side{cut}, got {left[0]} × {left[1]}. These networks "
            "halve the image five times: use larger images."
        )
    return shape


def load_weights(base: keras.Model, entry: Backbone, weights: Weights) -> None:
    """Fill a backbone with weights; ``WeightsError`` if damaged, or of another network."""
    if weights.path is None:
        _randomize(base, weights.seed)
        return
    try:
        if entry.file.endswith(".pth"):
            efficientnet_lite.set_weights(
                base, efficientnet_lite.read_tensors(weights.path, entry.hash)
            )
        else:
            base.load_weights(str(weights.path))
    except WeightsError:
        raise
    except (OSError, KeyError) as error:
        raise WeightsError(
            f"{weights.path}: expected a file of weights, got one that cannot be read ({error}). "
            f"It is incomplete, or no HDF5 file. Remove it, and get it again: {entry.source}."
        ) from None
    except ValueError as error:
        raise WeightsError(
            f"{weights.path}: expected weights of {entry.title} without its top ({entry.name}), "
            f"got those of another network ({error}). The right file is {entry.file}."
        ) from None


def _randomize(base: keras.Model, seed: int) -> None:
    """Draw kernels as LeCun et al. (1998), then bring what comes out to a spread of about 1.

    In training, batch normalisation would hold back a ResNet's sums and keep a MobileNet's numbers
    from fading; frozen before it has seen anything, it does neither.
    """
    rng = np.random.default_rng(seed)
    for layer in base.layers:
        for weight in layer.trainable_weights:
            if len(weight.shape) < 2:
                continue  # biases and batch normalisation begin with what changes nothing
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            inputs = np.prod(weight.shape[:2] if depthwise else weight.shape[:-1])
            weight.assign(rng.normal(0, np.sqrt(1 / inputs), weight.shape).astype("float32"))
    noise = rng.uniform(0, 255, (4, *base.input_shape[1:])).astype("float32")
    std = max(float(np.std(base([noise], training=False))), 1e-9)
    kernels = [layer for layer in base.layers if hasattr(layer, "kernel")]
    chosen = kernels[0 if std > 1 else -1]  # too much: from the start; faded: at the end
    chosen.kernel.assign(chosen.kernel / std)
