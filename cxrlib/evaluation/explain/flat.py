"""What every explanation checks first: a flat model, its layers by name, pictures that fit it."""

from __future__ import annotations

from difflib import get_close_matches

import keras
import numpy as np
from numpy.typing import ArrayLike


def check_flat(model: keras.Model) -> None:
    """Refuse a model that is not functional, hides layers in a model inside, or answers twice."""
    if not getattr(model, "inputs", None):
        raise ValueError(
            f"expected a functional Keras model, got {type(model).__name__} without inputs. "
            "Begin it with keras.Input, so that each layer knows its shape."
        )
    nested = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    if nested:
        raise ValueError(
            f"expected a flat model, got one with a model inside it: {', '.join(nested)}. Its "
            "layers cannot be reached from the picture. Build it flat: "
            "keras.applications.X(include_top=False, input_tensor=x), or models.transfer.network."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        raise ValueError(
            f"expected one picture in and one row of scores out, got {len(model.inputs)} input(s) "
            f"and outputs of shape {[tuple(o.shape) for o in model.outputs]}. Take the part from "
            "the picture to the answer: keras.Model(model.inputs[0], model.get_layer(...).output)."
        )


def layer_named(model: keras.Model, name: str) -> keras.Layer:
    """Return a layer by its name, or say which names are near."""
    known = {layer.name: layer for layer in model.layers}
    if name not in known:
        near = get_close_matches(str(name), known, n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(
            f"expected the name of a layer, got {name!r}.{hint} The model has {', '.join(known)}."
        )
    return known[name]


def has_places(layer: keras.Layer) -> bool:
    """Whether a layer puts out maps (H, W, C) of more than one place."""
    shape = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == 4 and tuple(shape[1:3]) != (1, 1)


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
            "again with data.read_pictures(cases, size); grey is made colour inside the model."
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
