"""What a network computes for images: its layers' feature maps, and its logits.

A sigmoid that is sure is flat: its gradient is nearly zero, and covering the lesion hardly moves
it. The logit before it is not, so explanations are about the logit of a class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from cxrlib.data.cases import did_you_mean

MAP_LAYERS = (
    layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D,
    layers.MaxPooling2D, layers.AveragePooling2D,
    layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D,
)  # fmt: skip
OUTPUT_ACTIVATIONS = (keras.activations.sigmoid, keras.activations.softmax)


def feature_maps(
    model: keras.Model, image: ArrayLike, layer_names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Compute what layers put out for one image, all in one pass.

    Parameters
    ----------
    model : keras.Model
        Flat and functional; it takes raw pixels in [0, 255].
    image : array, shape (H, W), (H, W, C) or (1, H, W, C)
        One image of the model's own size.
    layer_names : sequence of str, optional
        Layers that put out maps. By default every convolution and pooling layer that does, from
        the input on.

    Returns
    -------
    dict of str to ndarray, shape (H, W, C)
        One entry a layer, one channel a map; what the layer's own activation left of it.

    Raises
    ------
    ValueError
        If the model is not functional, a layer is unknown or puts out no maps, none is left, or
        the image does not fit.
    """
    _check_functional(model)
    selected = _select_layers(model, layer_names)
    array = np.asarray(image, dtype="float32")
    array = array[..., None] if array.ndim == 2 else array
    batch = as_batch(model, array[None] if array.ndim == 3 else array)
    if len(batch) != 1:
        raise ValueError(f"expected one image, got {len(batch):,}. Take one of them: images[i].")
    extractor = keras.Model(model.inputs, {layer.name: layer.output for layer in selected})
    outputs = extractor([batch], training=False)
    return {name: ops.convert_to_numpy(maps)[0].copy() for name, maps in outputs.items()}


def _select_layers(model: keras.Model, names: Sequence[str] | None) -> list[keras.Layer]:
    if names is None:
        found = [x for x in model.layers if isinstance(x, MAP_LAYERS) and has_feature_maps(x)]
        if not found:
            raise ValueError(
                "expected a model with convolution or pooling layers, got "
                f"{', '.join(layer.name for layer in model.layers) or 'no layers'}. A layer inside "
                "a nested model is not seen: build it flat, or pass that inner model."
            )
        return found
    names = [names] if isinstance(names, str) else names
    if not len(names):
        raise ValueError("expected names of layers, got none. Leave `layer_names` out to take all.")
    return [get_layer(model, name, has_feature_maps) for name in names]


def check_flat(model: keras.Model) -> None:
    """Refuse a model that is not functional, hides layers in a model inside, or answers twice."""
    _check_functional(model)
    nested = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    if nested:
        raise ValueError(
            f"expected a flat model, got one with a model inside it: {', '.join(nested)}. Its "
            "layers cannot be reached from the image. Build it flat: models.transfer.build_model "
            "or keras.applications.X(include_top=False, input_tensor=x)."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        raise ValueError(
            f"expected one image in and one row of scores out, got {len(model.inputs)} input(s) "
            f"and outputs of shape {[tuple(o.shape) for o in model.outputs]}. Take the part from "
            "the image to the answer: keras.Model(model.inputs[0], model.get_layer(...).output)."
        )


def _check_functional(model: keras.Model) -> None:
    if not getattr(model, "inputs", None):
        raise ValueError(
            f"expected a functional Keras model, got {type(model).__name__} without inputs. "
            "Begin it with keras.Input, so that each layer knows its shape."
        )


def get_layer(model: keras.Model, name: str, accepts: Callable[[keras.Layer], bool]) -> keras.Layer:
    """Return a layer that puts out maps by its name, or say which names there are."""
    known = {layer.name: layer for layer in model.layers}
    if name not in known:
        raise ValueError(
            f"expected the name of a layer, got {name!r}.{did_you_mean(str(name), known)} The "
            f"model has {', '.join(known)}."
        )
    if not accepts(known[name]):
        accepted = [other for other, layer in known.items() if accepts(layer)]
        raise ValueError(
            f"expected a layer that puts out maps (H, W, C), got {name!r}, which puts out numbers "
            f"without place. Take one of those with maps: {', '.join(accepted) or 'none'}."
        )
    return known[name]


def is_spatial(layer: keras.Layer) -> bool:
    """Whether a layer puts out maps (H, W, C) of more than one place."""
    return has_feature_maps(layer) and tuple(layer.output.shape[1:3]) != (1, 1)


def has_feature_maps(layer: keras.Layer) -> bool:
    """Whether a layer puts out maps (H, W, C), also of a single place."""
    return len(getattr(getattr(layer, "output", None), "shape", ())) == 4


def as_batch(model: keras.Model, images: ArrayLike) -> np.ndarray:
    """Return images as float32 (N, H, W, C), or say what shape the model takes."""
    array = np.asarray(images)
    shape = tuple(model.inputs[0].shape[1:])
    if array.ndim == 3 and shape[-1:] == (1,):
        array = array[..., None]
    sizes = zip(shape, array.shape[1:], strict=False)
    if array.ndim != 4 or len(shape) != 3 or any(side not in (None, got) for side, got in sizes):
        sides = ", ".join("any" if side is None else str(side) for side in shape)
        raise ValueError(
            f"expected images of shape (N, {sides}), as the model takes them, got "
            f"{np.shape(images)}. One image alone is images[i : i + 1]; another size is read "
            "again with data.read_images(cases, size); grey is made colour inside the model."
        )
    if not len(array):
        raise ValueError("expected at least one image, got none. Is the split empty?")
    array = array.astype("float32")
    bad = ~np.isfinite(array).all(axis=(1, 2, 3))
    if bad.any():
        raise ValueError(
            f"expected pixels from 0 to 255, got NaN or infinity in {int(bad.sum()):,} image(s), "
            f"the first at {int(np.argmax(bad))}. Leave those out."
        )
    return array


def find_logits(
    model: keras.Model,
) -> tuple[keras.KerasTensor, Callable[[keras.KerasTensor], keras.KerasTensor]]:
    """Find the logits without touching the model or its weights.

    Returns what to fetch from the model, and a function that turns what was fetched into logits
    (N, K). A model without sigmoid or softmax at its end puts its logits out as they are.
    """
    last = model.get_layer(model.output_names[0])
    if isinstance(last, layers.Dense) and last.activation in OUTPUT_ACTIVATIONS:
        return last.input, lambda x: _linear_part(last, x)
    activates = isinstance(last, layers.Activation) and last.activation in OUTPUT_ACTIVATIONS
    source = last.input if activates or isinstance(last, layers.Softmax) else model.outputs[0]
    return source, lambda x: ops.cast(x, "float32")


def _linear_part(dense: layers.Dense, x: keras.KerasTensor) -> keras.KerasTensor:
    """Compute a dense layer without its activation, in full precision."""
    y = ops.matmul(ops.cast(x, "float32"), ops.cast(dense.kernel, "float32"))
    return y if dense.bias is None else y + ops.cast(dense.bias, "float32")


def resolve_class_index(
    model: keras.Model, class_index: int | ArrayLike | None, n: int
) -> np.ndarray | None:
    """Return the class to explain of each of ``n`` images; None is that with the top score."""
    outputs = int(model.outputs[0].shape[-1])
    classes = max(outputs, 2)
    if class_index is None:
        return np.ones(n, int) if outputs == 1 else None
    indices = np.asarray(class_index)
    if indices.dtype.kind not in "iu" or indices.shape not in ((), (n,)):
        raise ValueError(
            f"expected `class_index` as the number of a class, or one for each of {n:,} images, "
            f"got {class_index!r}. A name becomes a number with data.classes(cases).index(name), "
            "labels (N, 1) with labels[:, 0].astype(int), one-hot ones with labels.argmax(axis=1)."
        )
    if indices.min() < 0 or indices.max() >= classes:
        raise ValueError(
            f"expected `class_index` from 0 to {classes - 1}, as the model tells {classes} classes "
            f"apart, got {class_index!r}. Count the classes from 0."
        )
    return np.broadcast_to(indices, (n,))


def select_class(logits: keras.KerasTensor, class_index: np.ndarray | None) -> keras.KerasTensor:
    """Take from logits (N, K) that of each image's class, shape (N,).

    ``class_index`` is from :func:`resolve_class_index`; None takes the highest. One column stands
    for two classes, whose logits add up to 0.
    """
    if logits.shape[-1] == 1:
        return (1 - 2 * ops.cast(class_index == 0, logits.dtype)) * logits[:, 0]
    columns = ops.argmax(logits, axis=-1) if class_index is None else class_index
    return ops.sum(logits * ops.one_hot(columns, logits.shape[-1], dtype=logits.dtype), axis=-1)
