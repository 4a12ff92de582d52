"""Discriminative learning rates: large steps for a new head, small ones for what is learned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import keras
import pandas as pd

from cxrlib.models import training
from cxrlib.models.transfer.build import HEAD_LAYERS
from cxrlib.models.transfer.freezing import by_part, chosen_parts, of_model, parts

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


@keras.saving.register_keras_serializable("cxrlib")
class SeveralRates(keras.optimizers.Optimizer):
    """Give each variable to the one optimizer whose pattern matches its path; with Keras from 3.10.

    (From 3.15 on Keras has one of its own.)

    Parameters
    ----------
    optimizers : sequence of Optimizer
        ``learning_rate`` is the first one's.
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
        name: str = "several_rates",
    ) -> None:
        super().__init__(learning_rate=0.0, name=name)
        self.optimizers, self.patterns = list(optimizers), list(patterns)

    def optimizer_of(self, variable: keras.Variable) -> keras.optimizers.Optimizer:
        """Return the optimizer that changes a variable."""
        pairs = zip(self.patterns, self.optimizers, strict=True)
        found = [one for pattern, one in pairs if re.fullmatch(pattern, variable.path)]
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
        return [*super().variables, *(v for one in self.optimizers for v in one.variables)]

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the state for these variables."""
        if self.built:
            return
        for one, own in self._shares(variables):
            if not own:
                raise ValueError(
                    f"no variable matches {one.name!r}, so its rate would not be used."
                )
            one.build(own)
        super().build(variables)

    def apply(self, grads: Sequence, trainable_variables: Sequence[keras.Variable]) -> None:
        """Let each optimizer take its step."""
        self.build(trainable_variables)
        for one, own, theirs in self._shares(trainable_variables, grads):
            one.apply(theirs, own)
        self.iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Put averaged weights in place after training, where an optimizer keeps them."""
        for one, own in self._shares(var_list):
            one.finalize_variable_values(own)

    def get_config(self) -> dict:
        """Return what :meth:`from_config` needs."""
        each = [keras.saving.serialize_keras_object(one) for one in self.optimizers]
        return {"optimizers": each, "patterns": list(self.patterns), "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping, custom_objects: Mapping | None = None) -> SeveralRates:
        """Build it from what :meth:`get_config` returned."""
        each = [
            keras.saving.deserialize_keras_object(one, custom_objects=custom_objects)
            for one in config["optimizers"]
        ]
        return cls(each, config["patterns"], config["name"])

    def _shares(self, variables: Sequence, *others: Sequence) -> Iterator[tuple]:
        """Yield each optimizer with its share of the variables, and of what belongs to them."""
        owners = [self.optimizer_of(variable) for variable in variables]
        for one in self.optimizers:
            mine = [i for i, owner in enumerate(owners) if owner is one]
            yield one, *([row[i] for i in mine] for row in (variables, *others))
