"""Looking into a trained network: what its layers make of one picture."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers as kl
from numpy.typing import ArrayLike

from cxrlib.evaluation.explain.flat import layer_named

DRAWN = (
    kl.Conv2D,
    kl.DepthwiseConv2D,
    kl.SeparableConv2D,
    kl.MaxPooling2D,
    kl.AveragePooling2D,
    kl.GlobalMaxPooling2D,
    kl.GlobalAveragePooling2D,
)


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
    if not getattr(model, "inputs", None):
        raise ValueError(
            f"expected a functional Keras model, got {type(model).__name__} without inputs. "
            "Begin it with keras.Input, so that each layer knows its shape."
        )
    chosen = _chosen(model, layers)
    batch = _batch(model, image)
    probe = keras.Model(model.inputs, {layer.name: layer.output for layer in chosen})
    found = probe([batch], training=False)
    return {layer.name: keras.ops.convert_to_numpy(found[layer.name])[0].copy() for layer in chosen}


def _chosen(model: keras.Model, names: Sequence[str] | None) -> list[keras.Layer]:
    known = {layer.name: layer for layer in model.layers}
    with_maps = [name for name, layer in known.items() if _makes_maps(layer)]
    if names is None:
        found = [known[n] for n in with_maps if isinstance(known[n], DRAWN)]
        if not found:
            raise ValueError(
                "expected a model with convolution or pooling layers, got "
                f"{', '.join(known) or 'no layers'}. A layer inside a nested model is not seen: "
                "build it flat, or pass that inner model."
            )
        return found
    names = [names] if isinstance(names, str) else list(names)
    if not names:
        raise ValueError(f"expected names of layers, got none. Those with maps: {with_maps}.")
    for name in names:
        layer_named(model, name)
        if name not in with_maps:
            raise ValueError(
                f"expected layers that put out maps (H, W, C), {name!r} puts out numbers without "
                f"place. Those with maps: {', '.join(with_maps) or 'none'}."
            )
    return [known[name] for name in names]


def _makes_maps(layer: keras.Layer) -> bool:
    output = getattr(layer, "output", None)
    return len(getattr(output, "shape", ())) == 4


def _batch(model: keras.Model, image: ArrayLike) -> np.ndarray:
    """Return the picture as (1, H, W, C), or say what size it must have."""
    array = np.asarray(image, dtype="float32")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim == 3:
        array = array[None]
    expected = tuple(model.inputs[0].shape[1:])
    fits = array.ndim == 4 and len(expected) == 3 and len(array) == 1
    if not fits or any(e not in (None, s) for e, s in zip(expected, array.shape[1:], strict=True)):
        wanted = ", ".join("any" if e is None else str(e) for e in expected)
        raise ValueError(
            f"expected one picture of shape ({wanted}), got {np.shape(image)}. "
            "Take one picture, images[i], and resize it as the training pictures were."
        )
    if not np.isfinite(array).all():
        raise ValueError("expected finite pixels, got NaN or infinity. Look at the picture's file.")
    return array
