"""Learning rate schedules, given in epochs."""

from __future__ import annotations

import math

import keras
import numpy as np
from keras.optimizers.schedules import LearningRateSchedule


def exponential_decay(
    learning_rate: float, *, n_images: int, batch_size: int, decay_rate: float = 0.9
) -> LearningRateSchedule:
    """Multiply the learning rate by ``decay_rate`` once an epoch, smoothly from step to step.

    Parameters
    ----------
    learning_rate : float
        To begin with.
    n_images, batch_size : int
        Give the steps of an epoch.
    decay_rate : float
        Above 0, at most 1.
    """
    steps = _steps_per_epoch(learning_rate, n_images, batch_size)
    if not 0 < decay_rate <= 1:
        raise ValueError(
            f"expected `decay_rate` above 0 and at most 1, got {decay_rate}. "
            "0.9 leaves nine tenths of the learning rate after each epoch."
        )
    return keras.optimizers.schedules.ExponentialDecay(
        learning_rate, decay_steps=steps, decay_rate=decay_rate
    )


def cosine_decay_restarts(
    learning_rate: float,
    *,
    n_images: int,
    batch_size: int,
    first_decay_epochs: int = 5,
    t_mul: float = 2.0,
) -> LearningRateSchedule:
    """Let the rate fall along a cosine to zero and start again (Loshchilov and Hutter 2017).

    Parameters
    ----------
    learning_rate : float
        At each start.
    n_images, batch_size : int
        Give the steps of an epoch.
    first_decay_epochs : int
        Epochs until the first restart.
    t_mul : float
        Factor on the length of each following cycle.
    """
    steps = _steps_per_epoch(learning_rate, n_images, batch_size)
    if first_decay_epochs < 1 or t_mul < 1:
        raise ValueError(
            f"expected `first_decay_epochs` and `t_mul` of at least 1, got {first_decay_epochs} "
            f"and {t_mul}. 5 and 2 restart after 5, 15 and 35 epochs."
        )
    return keras.optimizers.schedules.CosineDecayRestarts(
        learning_rate, first_decay_steps=first_decay_epochs * steps, t_mul=t_mul
    )


def warmup_cosine_decay(
    learning_rate: float, *, n_images: int, batch_size: int, epochs: int
) -> LearningRateSchedule:
    """Let the rate rise for the first tenth of the training, then fall along a cosine.

    It begins at a tenth of ``learning_rate`` and ends at a hundredth. Small first steps spare what
    was learned before; small last ones let the weights settle (Goyal et al. 2017; Loshchilov and
    Hutter 2017).

    Parameters
    ----------
    learning_rate : float
        The highest.
    n_images, batch_size, epochs : int
        Give the steps of the training.
    """
    steps = _steps_per_epoch(learning_rate, n_images, batch_size)
    if epochs < 1:
        raise ValueError(f"expected `epochs` of at least 1, got {epochs}. Usual: 5 to 50.")
    warmup = max(1, epochs * steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        learning_rate / 10,
        max(1, epochs * steps - warmup),
        alpha=0.01,
        warmup_target=learning_rate,
        warmup_steps=warmup,
    )


def current_learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """Return the learning rate of the next step; of several optimizers in one, the first's."""
    rate = getattr(optimizer, "optimizers", [optimizer])[0].learning_rate
    return float(np.asarray(rate))  # under tf.distribute it has a copy on each device


def _steps_per_epoch(learning_rate: float, n_images: int, batch_size: int) -> int:
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(
            f"expected a learning rate above 0, got {learning_rate}. Usual: 1e-4 to 1e-2."
        )
    if n_images < 1 or batch_size < 1:
        raise ValueError(
            f"expected `n_images` and `batch_size` of at least 1, got {n_images} and "
            f"{batch_size}. n_images=len(train) counts the training images."
        )
    return math.ceil(n_images / batch_size)
