"""Discriminative learning rates: large steps for a new head, small ones for what is learned.

From Keras 3.15 on, one optimizer can hold several rates. Before, a training goes in stages: freeze,
compile at one rate, train; unfreeze more, compile at the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import keras
import pandas as pd

from cxrlib.models import training
from cxrlib.models.transfer.building import HEAD_LAYERS
from cxrlib.models.transfer.freezing import (
    by_part,
    chosen_parts,
    forget_compiling,
    of_model,
    parts,
)

Rate = float | keras.optimizers.schedules.LearningRateSchedule
TOGETHER = hasattr(keras.optimizers, "MultiOptimizer")  # from Keras 3.15


def compiled(
    model: keras.Model, rates: Mapping[str, Rate], optimizer: str = "Adam", **settings: float
) -> keras.Model:
    """Compile a network with a learning rate for each part.

    Parameters
    ----------
    model : keras.Model
        Of :func:`cxrlib.models.transfer.network`, after ``freeze`` or ``unfreeze``.
    rates : mapping of str to float or schedule
        Part → learning rate. Parts are ``"head"``, ``"backbone"`` (all blocks not named
        otherwise), blocks, or the beginning of some blocks' names such as ``"conv5"``. Everything
        that may learn needs a rate. The history shows the rate that is named first.
    optimizer : str
        Keras's name, such as ``"Adam"``, ``"AdamW"`` or ``"SGD"``.
    **settings
        Further arguments of the optimizers.

    Returns
    -------
    keras.Model
        The same model. :func:`learning_rates` lists what each part got.

    Raises
    ------
    ValueError
        If a part is unknown, named twice or frozen, or something that may learn has no rate.
    RuntimeError
        If there are several rates and Keras is older than 3.15: use :func:`stages`.
    """
    owners = _owners(model, rates)
    if len(rates) == 1:
        (rate,) = rates.values()
        return training.compiled(model, optimizer, rate, **settings)
    if not TOGETHER:
        raise RuntimeError(
            f"expected Keras 3.15 or later for {len(rates)} learning rates in one optimizer, got "
            f"{keras.__version__}. Train in stages: for stage in transfer.stages(model, rates)."
        )
    make = getattr(keras.optimizers, optimizer)
    # Names of their own: Keras would count them through the session.
    each = {part: make(rate, name=part, **settings) for part, rate in rates.items()}
    chosen = keras.optimizers.OptimizerMap(
        make(0.0, name="nothing", **settings),
        {_pattern(model, [b for b in owners if owners[b] == p]): each[p] for p in each},
    )
    _check_match(model, owners, chosen, each)
    several = keras.optimizers.MultiOptimizer(chosen, name="several_rates")
    training.compiled(model, several)
    return model


def learning_rates(model: keras.Model) -> pd.DataFrame:
    """List which learning rate each part of a compiled network got.

    Returns
    -------
    DataFrame
        As :func:`cxrlib.models.transfer.parts`, with ``learning_rate`` at the next step; 0 for
        what is frozen.
    """
    if getattr(model, "optimizer", None) is None:
        raise ValueError(
            "expected a compiled model, got one without optimizer. "
            'First: transfer.compiled(model, {"head": 1e-3}).'
        )
    table, found = parts(model), {}
    for part, group in by_part(model).items():
        variables = [v for layer in group for v in layer.trainable_variables]
        if not variables:
            found[part] = 0.0
            continue
        several = getattr(model.optimizer, "_optimizer_map", None)
        each = {id(o): o for v in variables for o in [several(v) if several else model.optimizer]}
        (one,) = each.values()
        found[part] = float(one.learning_rate)
    return table.assign(learning_rate=pd.Series(found))


def stages(
    model: keras.Model,
    rates: Mapping[str, Rate],
    optimizer: str = "Adam",
    *,
    together: bool = TOGETHER,
    **settings: float,
) -> Iterator[tuple[str, ...]]:
    """Compile for one training after the other: freeze, train, unfreeze, train.

    ``for stage in stages(model, rates): models.fit(model, ...)`` works with any Keras 3. From 3.15
    on there is one stage, with all rates. Before, each part in the order of ``rates`` is a stage
    of its own, trained at its rate while the other parts hold still; the last one stays the only
    one that may learn.

    Parameters
    ----------
    model, rates, optimizer, **settings
        As in :func:`compiled`.
    together : bool
        Whether one optimizer holds all rates.

    Yields
    ------
    tuple of str
        The parts that learn in this stage; the model is compiled for it.
    """
    owners = _owners(model, rates)
    if together or len(rates) == 1:
        compiled(model, rates, optimizer, **settings)
        yield tuple(rates)
        return
    groups = by_part(model)
    learners = {id(layer) for layer in model.layers if layer.trainable_variables}
    for part, rate in rates.items():
        for block, group in groups.items():
            for layer in group:
                layer.trainable = owners.get(block) == part and id(layer) in learners
        forget_compiling(model)
        training.compiled(model, optimizer, rate, **settings)
        yield (part,)


def _owners(model: keras.Model, rates: Mapping[str, Rate]) -> dict[str, str]:
    """Return for each block that may learn the part of ``rates`` that it belongs to."""
    groups = by_part(model)
    learning = [b for b, group in groups.items() if any(x.trainable_variables for x in group)]
    blocks = [block for block in groups if block != "head"]
    owners: dict[str, str] = {}
    for part in sorted(rates, key=lambda part: part == "backbone"):
        if part == "backbone":
            chosen = [block for block in blocks if block not in owners]
        else:
            chosen = chosen_parts(part, list(groups))
        twice = [block for block in chosen if block in owners]
        if twice:
            raise ValueError(
                f"expected one learning rate for each block, got two for {twice[0]!r}: by "
                f"{owners[twice[0]]!r} and by {part!r}. Name it once."
            )
        if not set(chosen) & set(learning):
            raise ValueError(
                f"expected parts that may learn, got a rate for {part!r}, which is frozen. "
                f"Learning: {', '.join(learning) or 'nothing'}. Unfreeze it first, or leave it out."
            )
        owners |= dict.fromkeys(chosen, part)
    without = [block for block in learning if block not in owners]
    if without:
        raise ValueError(
            f"expected a learning rate for everything that may learn, got none for "
            f'{", ".join(without)}. Add them ("backbone" means all blocks), or freeze them.'
        )
    return {block: part for block, part in owners.items() if block in learning}


def _pattern(model: keras.Model, blocks: list[str]) -> str:
    """Return a regular expression for the paths of these blocks' variables."""
    patterns = dict(of_model(model).blocks) | {"head": "|".join(HEAD_LAYERS)}
    return "(" + "|".join(patterns[block] for block in blocks) + ")/.*"


def _check_match(
    model: keras.Model,
    owners: Mapping[str, str],
    chosen: keras.optimizers.OptimizerMap,
    each: Mapping[str, keras.optimizers.Optimizer],
) -> None:
    """Hold Keras to it: a pattern that matches nothing would train at the default rate."""
    for block, group in by_part(model).items():
        for variable in (v for layer in group for v in layer.trainable_variables):
            if chosen(variable) is not each[owners[block]]:
                raise AssertionError(
                    f"{variable.path} got another learning rate than {owners[block]!r}. "
                    "Its block in transfer.backbones needs another pattern."
                )
    paths = [variable.path for variable in model.trainable_variables]
    missed = [p for p in chosen if not any(re.fullmatch(p, path) for path in paths)]
    if missed:
        raise AssertionError(f"no variable matches {missed[0]!r}, so its rate would not be used.")
