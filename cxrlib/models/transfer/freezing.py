"""What of a network may learn: its head, its last blocks, all of it.

Batch normalisation of a backbone stays as ImageNet left it, in unfrozen blocks too, unless asked
otherwise: with small batches of other pictures its running mean and variance wander off, and the
network answers differently in use than in training.
"""

from __future__ import annotations

import math
import re
from difflib import get_close_matches

import keras
import pandas as pd
from keras import layers

from cxrlib.models.transfer.backbones import Backbone, backbone
from cxrlib.models.transfer.build import HEAD_LAYERS


def freeze(model: keras.Model) -> keras.Model:
    """Freeze the whole backbone; the head learns. Compile afterwards.

    Parameters
    ----------
    model : keras.Model
        Of :func:`cxrlib.models.transfer.network`, fresh or loaded from a file.

    Returns
    -------
    keras.Model
        The same model.
    """
    for part, group in by_part(model).items():
        for layer in group:
            layer.trainable = part == "head"
    return forget_compiling(model)


def unfreeze(model: keras.Model, first: str, *, batch_norm: bool = False) -> keras.Model:
    """Let the backbone learn from one block to its end, and the head. Compile afterwards.

    Parameters
    ----------
    model : keras.Model
        Of :func:`cxrlib.models.transfer.network`, fresh or loaded from a file.
    first : str
        A block (``transfer.parts(model)`` lists them), the beginning of some blocks' names such as
        ``"conv5"``, or ``"all"``.
    batch_norm : bool
        Let batch normalisation learn and update its running statistics in these blocks.

    Returns
    -------
    keras.Model
        The same model.

    Raises
    ------
    ValueError
        If there is no such block; the nearest names are given.
    """
    groups = by_part(model)
    blocks = [part for part in groups if part != "head"]
    start = 0 if first == "all" else blocks.index(chosen_parts(first, blocks)[0])
    learning = {*blocks[start:], "head"}
    for part, group in groups.items():
        for layer in group:
            kept = isinstance(layer, layers.BatchNormalization) and not batch_norm
            layer.trainable = part in learning and (part == "head" or not kept)
    return forget_compiling(model)


def parts(model: keras.Model) -> pd.DataFrame:
    """List the blocks from the input on, and the head.

    Returns
    -------
    DataFrame
        Index ``part``; ``layers`` with weights, ``parameters``, ``learning`` (parameters that may
        change), ``batch_norm`` (layers of it whose statistics may change).
    """
    rows = {}
    for part, group in by_part(model).items():
        norms = [x for x in group if isinstance(x, layers.BatchNormalization)]
        rows[part] = {
            "layers": len(group),
            "parameters": sum(layer.count_params() for layer in group),
            "learning": sum(math.prod(w.shape) for x in group for w in x.trainable_weights),
            "batch_norm": sum(norm.trainable for norm in norms),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("part")


def target_layer(model: keras.Model, name: str | None = None) -> str:
    """Return the layer that Grad-CAM should look at, or check one that you name.

    Raises
    ------
    ValueError
        If there is no layer of that name; the nearest ones are given.
    """
    wanted = name or of_model(model).target
    names = [layer.name for layer in model.layers]
    if wanted not in names:
        raise ValueError(f"expected a layer of {model.name}, got {wanted!r}.{_near(wanted, names)}")
    return wanted


def of_model(model: keras.Model) -> Backbone:
    """Return the backbone that a network stands on, by the network's name."""
    try:
        return backbone(model.name)
    except ValueError:
        raise ValueError(
            f"expected a network of transfer.network, whose name is its backbone's, got "
            f"{model.name!r}."
        ) from None


def by_part(model: keras.Model) -> dict[str, list[layers.Layer]]:
    """Sort the layers with weights into blocks and the head."""
    blocks = of_model(model).blocks
    groups: dict[str, list] = {block: [] for block, _ in blocks} | {"head": []}
    for layer in model.layers:
        if not layer.weights:
            continue
        if layer.name in HEAD_LAYERS:
            groups["head"].append(layer)
            continue
        owners = [block for block, pattern in blocks if re.fullmatch(pattern, layer.name)]
        if len(owners) != 1:
            raise ValueError(
                f"expected layer {layer.name!r} in one block of {model.name}, got "
                f"{owners or 'none'}. The entry in transfer.backbones needs another pattern."
            )
        groups[owners[0]].append(layer)
    return groups


def chosen_parts(name: str, known: list[str]) -> list[str]:
    """Return the parts that a name means: itself, or those that begin with it."""
    chosen = [p for p in known if p == name] or [p for p in known if p.startswith(f"{name}_")]
    if not chosen:
        raise ValueError(f"expected a block of this network, got {name!r}.{_near(name, known)}")
    return chosen


def _near(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"{hint} There are {', '.join(names[:3])} … {', '.join(names[-3:])}."


def forget_compiling(model: keras.Model) -> keras.Model:
    """Keras would go on training what could learn when it was compiled."""
    model.optimizer, model.compiled = None, False  # so that it asks for compiling again
    return model
