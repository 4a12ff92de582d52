"""Discriminative learning rates: large steps for a new head, small ones for what is learned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

import keras
import pandas as pd
from keras import ops

from cxrlib.models import training
from cxrlib.models.transfer.build import HEAD_LAYERS
from cxrlib.models.transfer.freezing import (
    backbone_of,
    block_summary,
    layers_by_block,
    match_blocks,
)

LearningRate: TypeAlias = float | keras.optimizers.schedules.LearningRateSchedule


def compile_layerwise(
    model: keras.Model,
    learning_rates: Mapping[str, LearningRate],
    optimizer: str = "Adam",
    **settings: float,
) -> keras.Model:
    """Compile a model with a learning rate for each group of blocks.

    Parameters
    ----------
    model : keras.Model
        Of :func:`cxrlib.models.transfer.build_model`, after ``freeze`` or ``unfreeze``.
    learning_rates : mapping of str to float or schedule
        By ``"head"``, ``"backbone"`` (all blocks not named otherwise), block, or the beginning of
        some blocks' names such as ``"conv5"``. Everything that may learn needs one. The history
        shows the one that is named first.
    optimizer : str
        Keras's name, such as ``"Adam"``, ``"AdamW"`` or ``"SGD"``.
    **settings
        Further arguments of the optimizers. ``global_clipnorm`` clips by the norm of all groups'
        gradients together.

    Returns
    -------
    keras.Model
        The same model. :func:`learning_rate_summary` lists what each block got. Saved, it is
        opened with ``models.load``; Keras alone opens it with ``compile=False``.

    Raises
    ------
    ValueError
        If a block is unknown, named twice or frozen, or something that may learn has no rate;
        or if gradients would be both accumulated and clipped by their global norm.
    """
    groups = _groups(model, learning_rates)
    if len(learning_rates) == 1:
        (rate,) = learning_rates.values()
        return training.compile_classifier(model, optimizer, rate, **settings)
    if settings.get("global_clipnorm") and settings.get("gradient_accumulation_steps"):
        raise ValueError(
            "expected `global_clipnorm` or `gradient_accumulation_steps`, got both with several "
            "learning rates: each group would be clipped by itself. Leave one out, or give one "
            "learning rate."
        )
    make = getattr(keras.optimizers, optimizer)
    # Names of their own: Keras would count them through the session.
    optimizers = [make(rate, name=name, **settings) for name, rate in learning_rates.items()]
    patterns = [_pattern(model, [b for b in groups if groups[b] == n]) for n in learning_rates]
    several = MultiOptimizer(optimizers, patterns)
    several.build(model.trainable_variables)
    return training.compile_classifier(model, several)


def learning_rate_summary(model: keras.Model) -> pd.DataFrame:
    """List which learning rate each block of a compiled model got.

    Returns
    -------
    DataFrame
        As :func:`cxrlib.models.transfer.block_summary`, with ``learning_rate`` at the next step;
        0 for what is frozen.
    """
    if getattr(model, "optimizer", None) is None:
        raise ValueError(
            "expected a compiled model, got one without optimizer. "
            'First: transfer.compile_layerwise(model, {"head": 1e-3}).'
        )
    found: dict[str, float] = {}
    for block, group in layers_by_block(model).items():
        variables = [v for layer in group for v in layer.trainable_variables]
        if not variables:
            found[block] = 0.0
            continue
        several = isinstance(model.optimizer, MultiOptimizer)
        one = model.optimizer.optimizer_of(variables[0]) if several else model.optimizer
        found[block] = float(one.learning_rate)
    return block_summary(model).assign(learning_rate=pd.Series(found))


def _groups(model: keras.Model, learning_rates: Mapping[str, LearningRate]) -> dict[str, str]:
    """Return for each block that may learn the key of ``learning_rates`` that it belongs to."""
    layers = layers_by_block(model)
    trainable = [b for b, group in layers.items() if any(x.trainable_variables for x in group)]
    groups: dict[str, str] = {}
    for name in sorted(learning_rates, key=lambda name: name == "backbone"):
        if name == "backbone":
            chosen = [block for block in layers if block not in {*groups, "head"}]
        else:
            chosen = match_blocks(name, list(layers))
        twice = [block for block in chosen if block in groups]
        if twice:
            raise ValueError(
                f"expected one learning rate for each block, got two for {twice[0]!r}: by "
                f"{groups[twice[0]]!r} and by {name!r}. Name it once."
            )
        if not set(chosen) & set(trainable):
            raise ValueError(
                f"expected blocks that may learn, got a rate for {name!r}, which is frozen. "
                f"Trainable: {', '.join(trainable) or 'nothing'}. Unfreeze it first, or leave it "
                "out."
            )
        groups |= dict.fromkeys(chosen, name)
    without = [block for block in trainable if block not in groups]
    if without:
        raise ValueError(
            f"expected a learning rate for everything that may learn, got none for "
            f'{", ".join(without)}. Add them ("backbone" means all blocks), or freeze them.'
        )
    return {block: name for block, name in groups.items() if block in trainable}


def _pattern(model: keras.Model, blocks: list[str]) -> str:
    """Return a regular expression for the paths of these blocks' variables."""
    patterns = dict(backbone_of(model).blocks) | {"head": "|".join(HEAD_LAYERS)}
    return "(" + "|".join(patterns[block] for block in blocks) + ")/.*"


@keras.saving.register_keras_serializable("cxrlib")
class MultiOptimizer(keras.optimizers.Optimizer):
    """Give each variable to the one optimizer whose pattern matches its path; with Keras from 3.10.

    (From 3.15 on Keras has one of its own.)

    Parameters
    ----------
    optimizers : sequence of Optimizer
        ``learning_rate`` is the first one's. So is ``global_clipnorm``, and it holds for all
        together.
    patterns : sequence of str
        One an optimizer: a regular expression for the paths of its variables.
    name : str

    Raises
    ------
    ValueError
        On its first use, if a variable is matched by none or by several, or an optimizer has none.
    """

    def __init__(
        self,
        optimizers: Sequence[keras.optimizers.Optimizer],
        patterns: Sequence[str],
        name: str = "multi_optimizer",
    ) -> None:
        super().__init__(learning_rate=0.0, name=name)
        self.optimizers, self.patterns = list(optimizers), list(patterns)

    def optimizer_of(self, variable: keras.Variable) -> keras.optimizers.Optimizer:
        """Return the optimizer that changes a variable."""
        pairs = zip(self.patterns, self.optimizers, strict=True)
        found = [optimizer for pattern, optimizer in pairs if re.fullmatch(pattern, variable.path)]
        if len(found) != 1:
            raise ValueError(
                f"expected one learning rate for {variable.path}, got {len(found)}. Its block in "
                "transfer.backbones needs another pattern."
            )
        return found[0]

    @property
    def learning_rate(self) -> keras.Variable:
        """Of the optimizer that is named first."""
        return self.optimizers[0].learning_rate

    @property
    def variables(self) -> list[keras.Variable]:
        """The state of all of them."""
        states = (optimizer.variables for optimizer in self.optimizers)
        return [*super().variables, *chain.from_iterable(states)]

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the state for these variables."""
        if self.built:
            return
        for optimizer, own in self._shares(variables):
            if not own:
                raise ValueError(
                    f"expected variables for {optimizer.name!r}, got none. Its learning rate "
                    "would not be used: leave it out."
                )
            optimizer.build(own)
        super().build(variables)

    def apply(self, grads: Sequence, trainable_variables: Sequence[keras.Variable]) -> None:
        """Let each optimizer take its step."""
        self.build(trainable_variables)
        if limit := self.optimizers[0].global_clipnorm:
            # Each optimizer clips its share once more, to the same norm: it is within that now.
            grads = _clip_by_global_norm(grads, limit)
        for optimizer, own, theirs in self._shares(trainable_variables, grads):
            optimizer.apply(theirs, own)
        self.iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Put averaged weights in place after training, where an optimizer keeps them."""
        for optimizer, own in self._shares(var_list):
            optimizer.finalize_variable_values(own)

    def get_config(self) -> dict:
        """Return what :meth:`from_config` needs."""
        optimizers = [keras.saving.serialize_keras_object(each) for each in self.optimizers]
        return {"optimizers": optimizers, "patterns": list(self.patterns), "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping, custom_objects: Mapping | None = None) -> MultiOptimizer:
        """Build it from what :meth:`get_config` returned."""
        optimizers = [
            keras.saving.deserialize_keras_object(optimizer, custom_objects=custom_objects)
            for optimizer in config["optimizers"]
        ]
        return cls(optimizers, config["patterns"], config["name"])

    def _shares(self, variables: Sequence, *others: Sequence) -> Iterator[tuple]:
        """Yield each optimizer with its share of the variables, and of what belongs to them."""
        owners = [self.optimizer_of(variable) for variable in variables]
        for optimizer in self.optimizers:
            mine = [i for i, owner in enumerate(owners) if owner is optimizer]
            yield optimizer, *([row[i] for i in mine] for row in (variables, *others))


def _clip_by_global_norm(grads: Sequence, limit: float) -> list:
    """Scale gradients so that all together are no longer than ``limit`` (Pascanu et al. 2013)."""
    squares = [ops.sum(ops.square(grad)) for grad in grads if grad is not None]
    scale = limit / ops.maximum(ops.sqrt(sum(squares)), limit)
    return [None if grad is None else grad * scale for grad in grads]
