"""What of a model may learn: its head, its last blocks, all of it.

Batch normalisation of a backbone stays as ImageNet left it, in unfrozen blocks too, unless asked
otherwise: with small batches of other images its running mean and variance wander off, and the
network answers differently in use than in training.
"""

from __future__ import annotations

import math
import re

import keras
import pandas as pd
from keras import layers

from cxrlib.data.cases import did_you_mean
from cxrlib.models.transfer.backbones import Backbone, get_backbone
from cxrlib.models.transfer.build import HEAD_LAYERS


def freeze(model: keras.Model) -> keras.Model:
    """Freeze the whole backbone; the head learns. Returns the same model; compile it afterwards.

    Parameters
    ----------
    model : keras.Model
        Of :func:`cxrlib.models.transfer.build_model`, fresh or loaded from a file.
    """
    for block, group in layers_by_block(model).items():
        for layer in group:
            layer.trainable = block == "head"
    return uncompile(model)


def unfreeze(model: keras.Model, from_block: str, *, batch_norm: bool = False) -> keras.Model:
    """Let the backbone learn from one block to its end, and the head; else as :func:`freeze`.

    Parameters
    ----------
    model : keras.Model
        As there.
    from_block : str
        A block (``transfer.block_summary(model)`` lists them), the beginning of some blocks'
        names such as ``"conv5"``, or ``"all"``.
    batch_norm : bool
        Let batch normalisation learn and update its running statistics in these blocks.

    Raises
    ------
    ValueError
        If there is no such block; the nearest name is given.
    """
    groups = layers_by_block(model)
    blocks = [block for block in groups if block != "head"]
    start = 0 if from_block == "all" else blocks.index(match_blocks(from_block, blocks)[0])
    trainable = {*blocks[start:], "head"}
    for block, group in groups.items():
        for layer in group:
            frozen = isinstance(layer, layers.BatchNormalization) and not batch_norm
            layer.trainable = block in trainable and (block == "head" or not frozen)
    return uncompile(model)


def block_summary(model: keras.Model) -> pd.DataFrame:
    """List the blocks from the input on, and the head.

    Returns
    -------
    DataFrame
        Index ``block``; ``layers`` with weights, ``parameters``, ``trainable`` (parameters that may
        change), ``batch_norm`` (layers of it whose statistics may change).
    """
    rows = {}
    for block, group in layers_by_block(model).items():
        norms = [x for x in group if isinstance(x, layers.BatchNormalization)]
        rows[block] = {
            "layers": len(group),
            "parameters": sum(layer.count_params() for layer in group),
            "trainable": sum(math.prod(w.shape) for x in group for w in x.trainable_weights),
            "batch_norm": sum(norm.trainable for norm in norms),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("block")


def find_target_layer(model: keras.Model) -> str:
    """Return the layer that Grad-CAM should look at."""
    return backbone_of(model).target_layer


def backbone_of(model: keras.Model) -> Backbone:
    """Return the backbone that a model stands on, by the model's name."""
    try:
        return get_backbone(model.name)
    except ValueError:
        raise ValueError(
            f"expected a model of transfer.build_model, whose name is its backbone's, got "
            f"{model.name!r}. Build it there."
        ) from None


def layers_by_block(model: keras.Model) -> dict[str, list[layers.Layer]]:
    """Sort the layers with weights into blocks and the head."""
    blocks = backbone_of(model).blocks
    groups: dict[str, list] = {block: [] for block, _ in blocks} | {"head": []}
    for layer in model.layers:
        if not layer.weights:
            continue
        owners = [block for block, pattern in blocks if re.fullmatch(pattern, layer.name)]
        if layer.name in HEAD_LAYERS:
            owners = ["head"]
        if len(owners) != 1:
            raise ValueError(
                f"expected layer {layer.name!r} in one block of {model.name}, got "
                f"{owners or 'none'}. The entry in transfer.backbones needs another pattern."
            )
        groups[owners[0]].append(layer)
    return groups


def match_blocks(name: str, known: list[str]) -> list[str]:
    """Return the blocks that a name means: itself, or those that begin with it."""
    chosen = [b for b in known if b == name] or [b for b in known if b.startswith(f"{name}_")]
    if not chosen:
        raise ValueError(
            f"expected a block of this model, got {name!r}.{did_you_mean(name, known)} "
            f"There are {', '.join(known[:3])} … {', '.join(known[-3:])}."
        )
    return chosen


def uncompile(model: keras.Model) -> keras.Model:
    """Keras would go on training what could learn when it was compiled."""
    model.optimizer, model.compiled = None, False  # so that it asks for compiling again
    return model
