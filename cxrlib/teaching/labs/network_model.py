"""A pooled CNN as numbers that a page can compute with."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from cxrlib.teaching.labs import lab

MIN_SIDE, MAX_SIDE = 16, 128  # pixels
# Each kind of layer has a letter, and a network is a word, which has to have this form.
FORM = re.compile("P?CR(MCR)*GD")
LETTERS = {
    "InputLayer": "",
    "Dropout": "",  # does nothing once training is over
    "LayerNormalization": "P",
    "Normalization": "P",
    "Rescaling": "P",
    "Conv2D": "C",
    "ReLU": "R",
    "MaxPooling2D": "M",
    "GlobalAveragePooling2D": "G",
    "Dense": "D",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "C": {"kernel_size": (3, 3), "strides": (1, 1), "padding": "same", "dilation_rate": (1, 1)}
    | {"groups": 1, "data_format": "channels_last"},
    "R": {"max_value": None, "negative_slope": 0, "threshold": 0},
    "M": {"pool_size": (2, 2), "strides": (2, 2), "padding": "valid"},
    "D": {"units": 1, "activation": "sigmoid"},
}


def pack_model(model: Any) -> dict:
    """Return a network as the script reads it, batch normalisation fused into the convolutions.

    Parameters
    ----------
    model : keras.Model
        As :func:`cxrlib.models.pooled_cnn` builds it, for two classes and grey square images.

    Returns
    -------
    dict
        ``rows``, ``columns`` in pixels; ``preprocess``; ``layers``, each with ``inside`` and
        ``outside`` maps, ``kernel`` (outside, inside, 3, 3) and ``bias``; ``head`` with ``weights``
        and ``bias``. Arrays are little-endian float32, in base64.

    Raises
    ------
    ValueError
        For any other network.
    """
    # Only here, since other labs do not wait for TensorFlow.
    from cxrlib.models.features.fusion import fuse_batch_norm

    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise _unfit(f"{type(model).__name__} with input shape {shape}")
    _, rows, columns, channels = shape
    if channels != 1 or rows != columns or not MIN_SIDE <= (rows or 0) <= MAX_SIDE:
        raise _unfit(f"one for images of shape {shape[1:]}")
    layers = [layer for layer in fuse_batch_norm(model).layers if _letter(layer)]
    word = "".join(map(_letter, layers))
    if not FORM.fullmatch(word) or len(model.outputs) != 1:
        raise _unfit(f"layers {', '.join(type(layer).__name__ for layer in model.layers)}")
    for letter, layer in zip(word, layers, strict=True):
        config = layer.get_config()
        for key, wanted in SETTINGS.get(letter, {}).items():
            if config[key] != wanted:
                raise _unfit(f"{layer.name} with {key}={config[key]!r}")
    of_kind = {letter: [x for x in layers if _letter(x) == letter] for letter in "PCD"}
    weights, bias = of_kind["D"][0].get_weights()
    return {
        "rows": rows,
        "columns": columns,
        "preprocess": _preprocess(of_kind["P"][0]) if of_kind["P"] else {"scale": 1, "offset": 0},
        "layers": [_convolution(layer) for layer in of_kind["C"]],
        "head": {"weights": _packed(weights), "bias": float(bias[0])},
    }


def pack_outliers(outliers: Any, packed: dict, model: Any) -> dict:
    """Return what tells pictures of another kind, as the script reads it.

    Parameters
    ----------
    outliers : OutlierDetector
        With the means of all layers' maps behind a small copy of the picture.
    packed : dict
        Of :func:`pack_model`.
    model : keras.Model
        The same.

    Raises
    ------
    ValueError
        If it was fitted with other layers.
    """
    every = [layer.name for layer in model.layers if _letter(layer) == "R"]
    pixels = len(outliers.mean) - sum(layer["outside"] for layer in packed["layers"])
    tiles = math.isqrt(max(pixels, 1))
    if list(outliers.layers) != every or tiles**2 != pixels or packed["rows"] % tiles:
        raise ValueError(
            f"expected `outliers` fitted with this network and the layers {', '.join(every)}, got "
            f"{len(outliers.mean)} features with {', '.join(outliers.layers)}. Take the detector "
            "that was saved with the network."
        )
    arrays = ("mean", "scale", "components", "variances", "turn_weights")
    numbers = ("noise", "threshold", "turn_threshold", "false_refusals", "n")
    return {
        "tiles": tiles,
        **{name: _packed(getattr(outliers, name)) for name in arrays},
        **{name: float(getattr(outliers, name)) for name in numbers},
    }


def _letter(layer: Any) -> str:
    return LETTERS.get(type(layer).__name__, "?")


def _convolution(layer: Any) -> dict:
    kernel, *bias = layer.get_weights()
    inside, outside = kernel.shape[2:]
    return {
        "inside": inside,
        "outside": outside,
        "kernel": _packed(kernel.transpose(3, 2, 0, 1)),
        "bias": _packed(bias[0] if bias else np.zeros(outside)),
    }


def _preprocess(layer: Any) -> dict:
    """Return what is done to the greys: with the image's own numbers, or with two given ones."""
    config = layer.get_config()
    kind = type(layer).__name__
    if kind == "LayerNormalization":
        if sorted(config["axis"]) != [1, 2, 3] or config["center"] or config["scale"]:
            raise _unfit(f"{layer.name} with weights of its own, or over a part of the image")
        return {"samplewise": True, "epsilon": config["epsilon"]}
    if kind == "Rescaling":
        return {"scale": float(config["scale"]), "offset": float(config["offset"])}
    mean, variance = (float(np.ravel(config[key])[0]) for key in ("mean", "variance"))
    return {"scale": variance**-0.5, "offset": -mean * variance**-0.5}


def _packed(array: np.ndarray) -> str:
    return lab.to_base64(np.ascontiguousarray(array, "<f4").tobytes())


def _unfit(got: str) -> ValueError:
    return ValueError(
        "expected a network as models.pooled_cnn builds it, for two classes and grey square images "
        f"of {MIN_SIDE} to {MAX_SIDE} pixels, got {got}. Build it so: "
        "models.pooled_cnn((96, 96, 1))."
    )
