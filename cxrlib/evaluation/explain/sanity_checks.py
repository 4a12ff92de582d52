"""The sanity check of explanations: what they show for a network that knows nothing."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from cxrlib.evaluation.explain.activations import check_flat

ONES = ("gamma", "moving_variance")  # begin at 1; biases, shifts and means at 0


def randomize_weights(
    model: keras.Model, seed: int = 0, *, n_layers: int | None = None
) -> keras.Model:
    """Copy a network and draw its weights anew, so that what it has learned is gone.

    A map that looks the same afterwards shows the image's edges and not what the network knows.
    One draw may point at the lesion by luck, so look at several seeds.
    Kernels are drawn from a normal distribution with mean 0 and the spread of the trained ones;
    biases are 0, and normalisation layers begin anew. Preprocessing stays as it is.

    Parameters
    ----------
    model : keras.Model
        Flat and functional. It is not changed.
    seed : int
        Of the drawn weights.
    n_layers : int, optional
        Draw only so many layers with weights, counted from the answer. Called with 1, 2, 3 …
        this is the cascade of the paper. By default all.

    Returns
    -------
    keras.Model
        A copy, not compiled.

    Raises
    ------
    ValueError
        If the model is not flat, or has fewer layers with weights than ``n_layers``.

    References
    ----------
    Adebayo et al. (2018), Sanity Checks for Saliency Maps, arXiv:1810.03292.
    """
    check_flat(model)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    trained = [layer for layer in copy.layers if _is_trained(layer)]
    count = len(trained) if n_layers is None else n_layers
    if not 1 <= count <= len(trained):
        raise ValueError(
            f"expected `n_layers` from 1 to {len(trained)}, the layers with weights "
            f"({', '.join(layer.name for layer in trained)}), got {n_layers!r}. Leave it out to "
            "draw all."
        )
    rng = np.random.default_rng(seed)
    # From the answer on, so that each step of a cascade keeps the numbers of the step before.
    for layer in reversed(trained[len(trained) - count :]):
        layer.set_weights([_random_values(w, rng) for w in layer.weights])
    return copy


def _is_trained(layer: keras.Layer) -> bool:
    """Whether a layer has weights from training; the state of a random generator is none."""
    floats = all("float" in str(w.dtype) for w in layer.weights)
    return bool(layer.weights) and floats and not isinstance(layer, layers.Normalization)


def _random_values(variable: keras.Variable, rng: np.random.Generator) -> np.ndarray:
    if len(variable.shape) < 2:
        return np.full(variable.shape, float(variable.name in ONES), "float32")
    spread = float(np.std(keras.ops.convert_to_numpy(variable)))
    return rng.normal(0, spread, variable.shape).astype("float32")
