"""What a network computes for pictures: its layers' maps, and the score before its last squashing.

A sigmoid that is sure is flat: its gradient is nearly zero, and covering the lesion hardly moves
it. The logit before it is not, so explanations are about the logit of a class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches

import keras
import numpy as np
from keras import layers as kl, ops
from numpy.typing import ArrayLike

DRAWN = (
    kl.Conv2D,
    kl.DepthwiseConv2D,
    kl.SeparableConv2D,
    kl.MaxPooling2D,
    kl.AveragePooling2D,
    kl.GlobalMaxPooling2D,
    kl.GlobalAveragePooling2D,
)
SQUASHING = (keras.activations.sigmoid, keras.activations.softmax)


def feature_maps(
    model: keras.Model, image: ArrayLike, layers: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Compute what layers put out for one picture, all in one pass.

    Parameters
    ----------
    model : keras.Model
        Flat and functional; it takes raw pixels in [0, 255].
    image : array, shape (H, W), (H, W, C) or (1, H, W, C)
        One picture of the model's own size.
    layers : sequence of str, optional
        Names of layers that put out maps. By default every convolution and pooling layer that
        does, from the input on.

    Returns
    -------
    dict of str to ndarray, shape (H, W, C)
        One entry a layer, one channel a map; what the layer's own activation left of it.

    Raises
    ------
    ValueError
        If the model is not functional, a layer is unknown or puts out no maps, none is left, or
        the picture does not fit.
    """
    _check_functional(model)
    chosen = _chosen(model, layers)
    picture = np.asarray(image, dtype="float32")
    picture = picture[..., None] if picture.ndim == 2 else picture
    batch = pictures(model, picture[None] if picture.ndim == 3 else picture)
    if len(batch) != 1:
        raise ValueError(f"expected one picture, got {len(batch):,}. Take one of them: images[i].")
    probe = keras.Model(model.inputs, {layer.name: layer.output for layer in chosen})
    found = probe([batch], training=False)
    return {layer.name: ops.convert_to_numpy(found[layer.name])[0].copy() for layer in chosen}


def _chosen(model: keras.Model, names: Sequence[str] | None) -> list[keras.Layer]:
    if names is None:
        found = [layer for layer in model.layers if isinstance(layer, DRAWN) and has_maps(layer)]
        if not found:
            raise ValueError(
                "expected a model with convolution or pooling layers, got "
                f"{', '.join(layer.name for layer in model.layers) or 'no layers'}. A layer inside "
                "a nested model is not seen: build it flat, or pass that inner model."
            )
        return found
    names = [names] if isinstance(names, str) else names
    if not len(names):
        raise ValueError("expected names of layers, got none. Leave `layers` out to take all.")
    return [layer_named(model, name, has_maps) for name in names]


def check_flat(model: keras.Model) -> None:
    """Refuse a model that is not functional, hides layers in a model inside, or answers twice."""
    _check_functional(model)
    nested = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    if nested:
        raise ValueError(
            f"expected a flat model, got one with a model inside it: {', '.join(nested)}. Its "
            "layers cannot be reached from the picture. Build it flat: models.transfer.build_model "
            "or keras.applications.X(include_top=False, input_tensor=x)."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        raise ValueError(
            f"expected one picture in and one row of scores out, got {len(model.inputs)} input(s) "
            f"and outputs of shape {[tuple(o.shape) for o in model.outputs]}. Take the part from "
            "the picture to the answer: keras.Model(model.inputs[0], model.get_layer(...).output)."
        )


def _check_functional(model: keras.Model) -> None:
    if not getattr(model, "inputs", None):
        raise ValueError(
            f"expected a functional Keras model, got {type(model).__name__} without inputs. "
            "Begin it with keras.Input, so that each layer knows its shape."
        )


def layer_named(model: keras.Model, name: str, fits: Callable[[keras.Layer], bool]) -> keras.Layer:
    """Return a layer that puts out maps by its name, or say which names there are."""
    known = {layer.name: layer for layer in model.layers}
    if name not in known:
        near = get_close_matches(str(name), known, n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(
            f"expected the name of a layer, got {name!r}.{hint} The model has {', '.join(known)}."
        )
    if not fits(known[name]):
        fitting = [other for other, layer in known.items() if fits(layer)]
        raise ValueError(
            f"expected a layer that puts out maps (H, W, C), {name!r} puts out numbers without "
            f"place. Those with maps: {', '.join(fitting) or 'none'}."
        )
    return known[name]


def has_places(layer: keras.Layer) -> bool:
    """Whether a layer puts out maps (H, W, C) of more than one place."""
    return has_maps(layer) and tuple(layer.output.shape[1:3]) != (1, 1)


def has_maps(layer: keras.Layer) -> bool:
    """Whether a layer puts out maps (H, W, C), also of a single place."""
    return len(getattr(getattr(layer, "output", None), "shape", ())) == 4


def pictures(model: keras.Model, images: ArrayLike) -> np.ndarray:
    """Return pictures as float32 (N, H, W, C), or say what shape the model wants."""
    array = np.asarray(images)
    wanted = tuple(model.inputs[0].shape[1:])
    if array.ndim == 3 and wanted[-1:] == (1,):
        array = array[..., None]
    sizes = zip(wanted, array.shape[1:], strict=False)
    if array.ndim != 4 or len(wanted) != 3 or any(w not in (None, got) for w, got in sizes):
        sides = ", ".join("any" if w is None else str(w) for w in wanted)
        raise ValueError(
            f"expected pictures of shape (N, {sides}), as the model takes them, got "
            f"{np.shape(images)}. One picture alone is images[i : i + 1]; another size is read "
            "again with data.read_images(cases, size); grey is made colour inside the model."
        )
    if not len(array):
        raise ValueError("expected at least one picture, got none. Is the split empty?")
    array = array.astype("float32")
    bad = ~np.isfinite(array).all(axis=(1, 2, 3))
    if bad.any():
        raise ValueError(
            f"expected pixels from 0 to 255, got NaN or infinity in {int(bad.sum()):,} picture(s), "
            f"the first at {int(np.argmax(bad))}. Leave those out."
        )
    return array


def logits(model: keras.Model) -> tuple[keras.KerasTensor, Callable]:
    """Find the logits without touching the model or its weights.

    Returns what to fetch from the model, and a function that turns what was fetched into logits
    (N, K). A model without sigmoid or softmax at its end puts its logits out as they are.
    """
    last = model.get_layer(model.output_names[0])
    if isinstance(last, kl.Dense) and last.activation in SQUASHING:
        return last.input, lambda x: _dense(last, x)
    squashes = isinstance(last, kl.Activation) and last.activation in SQUASHING
    if squashes or isinstance(last, kl.Softmax):
        return last.input, lambda x: ops.cast(x, "float32")
    return model.outputs[0], lambda x: ops.cast(x, "float32")


def _dense(layer: kl.Dense, x: ArrayLike) -> ArrayLike:
    """Compute a dense layer without its activation, in full precision."""
    y = ops.matmul(ops.cast(x, "float32"), ops.cast(layer.kernel, "float32"))
    return y if layer.bias is None else y + ops.cast(layer.bias, "float32")


def wanted(model: keras.Model, output: int | ArrayLike | None, n: int) -> np.ndarray | None:
    """Return the class to explain of each of ``n`` pictures; None is that with the top score."""
    outputs = int(model.outputs[0].shape[-1])
    classes = max(outputs, 2)
    if output is None:
        return np.ones(n, int) if outputs == 1 else None
    chosen = np.asarray(output)
    if chosen.dtype.kind not in "iu" or chosen.shape not in ((), (n,)):
        raise ValueError(
            f"expected `output` as the number of a class, or one for each of {n:,} pictures, got "
            f"{output!r}. A name becomes a number with data.classes(cases).index(name), labels "
            "(N, 1) with labels[:, 0].astype(int), one-hot ones with labels.argmax(axis=1)."
        )
    if chosen.min() < 0 or chosen.max() >= classes:
        raise ValueError(
            f"expected `output` from 0 to {classes - 1}, as the model tells {classes} classes "
            f"apart, got {output!r}."
        )
    return np.broadcast_to(chosen, (n,))


def of_class(scores: ArrayLike, chosen: np.ndarray | None) -> ArrayLike:
    """Take from logits (N, K) that of each picture's class, shape (N,).

    ``chosen`` is from :func:`wanted`; None takes the highest. One column stands for two classes,
    whose logits add up to 0.
    """
    if scores.shape[-1] == 1:
        return (1 - 2 * ops.cast(chosen == 0, scores.dtype)) * scores[:, 0]
    columns = ops.argmax(scores, axis=-1) if chosen is None else chosen
    return ops.sum(scores * ops.one_hot(columns, scores.shape[-1], dtype=scores.dtype), axis=-1)
