"""Discriminative learning rates: large steps for a new head, small ones for what is learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import keras
import pandas as pd

from cxrlib.models import training
from cxrlib.models.transfer.build import HEAD_LAYERS
from cxrlib.models.transfer.freezing import by_part, chosen_parts, of_model, parts
from cxrlib.models.transfer.several_rates import SeveralRates

Rate = float | keras.optimizers.schedules.LearningRateSchedule


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
        The same model. :func:`learning_rates` lists what each part got. Saved, it is opened with
        ``models.load``; Keras alone opens it with ``compile=False``.

    Raises
    ------
    ValueError
        If a part is unknown, named twice or frozen, or something that may learn has no rate.
    """
    owners = _owners(model, rates)
    if len(rates) == 1:
        (rate,) = rates.values()
        return training.compiled(model, optimizer, rate, **settings)
    make = getattr(keras.optimizers, optimizer)
    # Names of their own: Keras would count them through the session.
    each = [make(rate, name=part, **settings) for part, rate in rates.items()]
    patterns = [_pattern(model, [b for b in owners if owners[b] == part]) for part in rates]
    several = SeveralRates(each, patterns)
    several.build(model.trainable_variables)
    return training.compiled(model, several)


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
        several = isinstance(model.optimizer, SeveralRates)
        one = model.optimizer.optimizer_of(variables[0]) if several else model.optimizer
        found[part] = float(one.learning_rate)
    return table.assign(learning_rate=pd.Series(found))


def stages(
    model: keras.Model, rates: Mapping[str, Rate], optimizer: str = "Adam", **settings: float
) -> Iterator[tuple[str, ...]]:
    """Compile as :func:`compiled` does, for ``for stage in stages(model, rates): models.fit(...)``.

    There is one stage, with all rates, whatever the version of Keras.

    Yields
    ------
    tuple of str
        The parts that learn.
    """
    compiled(model, rates, optimizer, **settings)
    yield tuple(rates)


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
