"""An optimizer that holds several, each for its own variables. The same with any Keras from 3.10.

(Keras has one of its own from 3.15 on.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import keras


@keras.saving.register_keras_serializable("cxrlib")
class SeveralRates(keras.optimizers.Optimizer):
    """Give each variable to the one optimizer whose pattern matches its path.

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
