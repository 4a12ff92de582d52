"""``fit``: Keras's ``model.fit`` on pictures, with what a careful training needs around it."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence

import keras
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cxrlib.data import ImageSet
from cxrlib.data.augmentation import Augmentation
from cxrlib.data.pipeline import dataset
from cxrlib.models.training import checks
from cxrlib.models.training.backup import Backup, describe
from cxrlib.models.training.schedules import current_rate


def fit(
    model: keras.Model,
    train: ImageSet,
    val: ImageSet | None,
    *,
    epochs: int,
    batch_size: int = 32,
    augment: str | Augmentation | None = None,
    class_weight: str | Mapping[int, float] | None = None,
    patience: int | None = None,
    resume: str | os.PathLike | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Train a compiled model.

    Everything that can be wrong with model, pictures or settings is said before the first epoch.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    train, val : ImageSet
        Of different patients. Validation pictures are never augmented. ``val=None`` trains
        without looking, as when the number of epochs is settled.
    epochs : int
        At most.
    batch_size : int
        Pictures a step.
    augment : str or Augmentation, optional
        For the training pictures; see :mod:`cxrlib.data.augmentation`.
    class_weight : "balanced" or mapping, optional
        ``"balanced"`` takes :func:`class_weights` of the training labels.
    patience : int, optional
        Stop after so many epochs without a lower ``val_loss``, and go back to the weights of the
        best epoch, even if the end is reached first. Without it the last weights stay.
    resume : path, optional
        Folder where the state is kept after every epoch. Called again with the same settings, an
        interrupted training goes on where it was and ends as it would have. The folder goes away
        when the training ends.
    callbacks : sequence of Callback
        Further ones, for Keras.
    seed : int
        Of the orders and the augmentation. First weights and dropout have the model's own.

    Returns
    -------
    DataFrame
        A row an epoch (index from 1): Keras's logs, ``learning_rate``, and ``seconds``.
        ``attrs["kept"]`` is the epoch whose weights the model has now.

    Raises
    ------
    ValueError
        See above. ``PatientLeakError`` if a patient is in both sets of pictures.
    """
    checks.check_model(model)
    checks.check_settings(epochs, batch_size, patience, has_validation=val is not None)
    checks.check_pictures(model, train, "training")
    if val is not None:
        checks.check_pictures(model, val, "validation")
        checks.check_apart(train, val)
    if class_weight == "balanced":
        class_weight = class_weights(train.labels)
    checks.check_weights(class_weight, model)

    rows = _Rows()
    keeper = None
    if patience is not None:
        keeper = keras.callbacks.EarlyStopping(
            "val_loss", patience=patience, mode="min", restore_best_weights=True
        )
    mine = [callback for callback in (rows, keeper) if callback]
    first = 0
    if resume is not None:
        settings = {"batch_size": batch_size, "class_weight": class_weight, "seed": seed}
        settings |= {"augment": repr(augment), "patience": patience}
        backup = Backup(resume, describe(model, train, val, **settings), rows.rows, keeper)
        mine.append(backup)
        first = epochs if backup.state["stopped"] else backup.done
    if watched():
        mine.append(_progress_bar(epochs, first))
    # Else its variables would be made within the first step, which TensorFlow then traces twice.
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    batches = dataset(
        train, shuffle=True, augment=augment, batch_size=batch_size, seed=seed, first_epoch=first
    )
    model.fit(
        batches,
        validation_data=None if val is None else dataset(val, batch_size=64),
        epochs=epochs,
        initial_epoch=first,
        shuffle=False,  # the batches come shuffled
        class_weight=dict(class_weight) if class_weight else None,
        callbacks=[*mine, *callbacks],
        verbose=0,
    )
    history = pd.DataFrame(rows.rows)
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
    history.attrs["kept"] = keeper.best_epoch + 1 if keeper else len(history)
    return history


def compiled(
    model: keras.Model,
    optimizer: str | keras.optimizers.Optimizer,
    rate: float | keras.optimizers.schedules.LearningRateSchedule | None = None,
    **settings: float,
) -> keras.Model:
    """Compile a classifier with the loss that fits its outputs, and the metrics articles report.

    Parameters
    ----------
    model : keras.Model
        With one sigmoid output or K softmax outputs.
    optimizer : str or Optimizer
        Keras's name, such as ``"SGD"`` or ``"RMSprop"``, or an optimizer that is ready made.
    rate : float or schedule
        Learning rate, for an optimizer given by name.
    **settings
        Further arguments of the optimizer.

    Returns
    -------
    keras.Model
        The same model.

    Raises
    ------
    ValueError
        If a name comes without rate, or a ready optimizer with one.
    """
    if isinstance(optimizer, str) != (rate is not None):
        came = f"{optimizer!r} with rate={rate!r}"
        raise ValueError(
            f"expected a name and a learning rate, or an optimizer alone, got {came}. "
            'Such as compiled(model, "Adam", 1e-3).'
        )
    if isinstance(optimizer, str):
        optimizer = getattr(keras.optimizers, optimizer)(rate, **settings)
    binary = int(model.output_shape[-1]) == 1
    model.compile(
        optimizer=optimizer,
        loss="binary_crossentropy" if binary else "categorical_crossentropy",
        metrics=[
            "accuracy",
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
        ],
    )
    return model


def class_weights(labels: ArrayLike) -> dict[int, float]:
    """Weigh classes so that each counts the same in the loss: ``n / (n_class · K)``.

    Parameters
    ----------
    labels : array, shape (N, 1) with 0 or 1, or one-hot (N, K)
        Of the training pictures.

    Returns
    -------
    dict
        Class number → weight, as ``model.fit`` takes it.

    Raises
    ------
    ValueError
        If a class has no picture.

    Notes
    -----
    The formula of scikit-learn's ``compute_class_weight("balanced")`` (King and Zeng 2001), which
    article 2 uses.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        counts = labels.sum(axis=0)
    else:
        counts = np.bincount(labels.ravel().astype(int), minlength=2)
    if not (counts > 0).all():
        raise ValueError(
            f"expected pictures of each class, got {counts.astype(int).tolist()}. "
            "Weigh classes by the whole training set, or leave the empty class out."
        )
    return {i: float(counts.sum() / (len(counts) * n)) for i, n in enumerate(counts)}


def watched() -> bool:
    """Say whether a person sits in front of this kernel or terminal.

    Programs that execute notebooks (papermill, nbclient, nbmake) tell the kernel that nobody can be
    asked for input.
    """
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return sys.stderr.isatty()
    request = kernel.get_parent() or {}
    return bool(request.get("content", {}).get("allow_stdin", False))


class _Rows(keras.callbacks.Callback):
    """Collect a row of numbers an epoch, and stop at a loss that is no number."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.begun = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        row = {name: float(value) for name, value in (logs or {}).items()}
        if not np.isfinite(row["loss"]):
            raise FloatingPointError(
                f"the loss became {row['loss']} in epoch {epoch + 1}. Usual causes: a learning "
                "rate that is too large, or pictures that reach the network unscaled."
            )
        row["learning_rate"] = current_rate(self.model.optimizer)
        row["seconds"] = time.perf_counter() - self.begun
        self.rows.append(row)


def _progress_bar(epochs: int, first: int) -> keras.callbacks.Callback:
    with warnings.catch_warnings():  # it would like ipywidgets; without, a line of text will do
        warnings.simplefilter("ignore")
        from tqdm.keras import TqdmCallback

        return TqdmCallback(epochs, verbose=0, initial=first)
