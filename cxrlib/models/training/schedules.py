"""How large the steps are from epoch to epoch."""

from __future__ import annotations

import math

import keras


def exponential_decay(
    rate: float, *, pictures: int, batch_size: int, each_epoch: float = 0.9
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Multiply the learning rate by ``each_epoch`` once an epoch, smoothly from step to step.

    Parameters
    ----------
    rate : float
        To begin with.
    pictures, batch_size : int
        Give the steps of an epoch.
    each_epoch : float
        Between 0 and 1.
    """
    _check(rate, pictures, batch_size)
    if not 0 < each_epoch <= 1:
        raise ValueError(
            f"expected `each_epoch` above 0 and at most 1, got {each_epoch}. "
            "0.9 leaves nine tenths of the rate after each epoch."
        )
    return keras.optimizers.schedules.ExponentialDecay(
        rate, decay_steps=math.ceil(pictures / batch_size), decay_rate=each_epoch
    )


def cosine_restarts(
    rate: float, *, pictures: int, batch_size: int, first: int = 5, longer: float = 2.0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Let the rate fall along a cosine to zero and start again (Loshchilov and Hutter 2017).

    Parameters
    ----------
    rate : float
        At each start.
    pictures, batch_size : int
        Give the steps of an epoch.
    first : int
        Epochs until the first restart.
    longer : float
        Factor on the length of each following stretch.
    """
    _check(rate, pictures, batch_size)
    if first < 1 or longer < 1:
        raise ValueError(
            f"expected `first` and `longer` of at least 1, got {first} and {longer}. "
            "5 and 2 restart after 5, 15 and 35 epochs."
        )
    return keras.optimizers.schedules.CosineDecayRestarts(
        rate, first_decay_steps=first * math.ceil(pictures / batch_size), t_mul=longer
    )


def warm_cosine(
    rate: float, *, pictures: int, batch_size: int, epochs: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Let the rate rise for the first tenth of the training, then fall along a cosine.

    It begins at a tenth of ``rate`` and ends at a hundredth. Small first steps spare what was
    learned before; small last ones let the weights settle (Goyal et al. 2017; Loshchilov and
    Hutter 2017).

    Parameters
    ----------
    rate : float
        The highest.
    pictures, batch_size, epochs : int
        Give the steps of the training.
    """
    _check(rate, pictures, batch_size)
    if epochs < 1:
        raise ValueError(f"expected at least one epoch, got {epochs}.")
    steps = epochs * math.ceil(pictures / batch_size)
    rise = max(1, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        rate / 10, max(1, steps - rise), alpha=0.01, warmup_target=rate, warmup_steps=rise
    )


def current_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """Return the learning rate of the next step; of several optimizers in one, the first's."""
    return float(getattr(optimizer, "optimizers", [optimizer])[0].learning_rate)


def _check(rate: float, pictures: int, batch_size: int) -> None:
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"expected a learning rate above 0, got {rate}. Usual: 1e-4 to 1e-2.")
    if pictures < 1 or batch_size < 1:
        raise ValueError(
            f"expected at least one picture and one a batch, got {pictures} and {batch_size}."
        )
