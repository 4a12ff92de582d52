"""``fit``: Keras's ``model.fit`` on images, with what a careful training needs around it."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import ArrayLike

from cxrlib.data import ImageSet
from cxrlib.data.augmentation import Recipe
from cxrlib.data.pipeline import dataset
from cxrlib.models.training import checks
from cxrlib.models.training.backup import Backup, training_settings
from cxrlib.models.training.schedules import current_learning_rate


def fit(
    model: keras.Model,
    train: ImageSet,
    val: ImageSet | None,
    *,
    epochs: int,
    batch_size: int = 32,
    augment: Recipe | None = None,
    class_weight: str | Mapping[int, float] | None = None,
    patience: int | None = None,
    backup_dir: str | os.PathLike | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Train a compiled model.

    Everything that can be wrong with model, images or settings is said before the first epoch.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    train, val : ImageSet
        Of different patients. Validation images are never augmented. ``val=None`` trains
        without looking, as when the number of epochs is settled.
    epochs : int
        At most.
    batch_size : int
        Images a step.
    augment : str, mapping or Augmentation, optional
        For the training images; see :mod:`cxrlib.data.augmentation`.
    class_weight : "balanced" or mapping, optional
        ``"balanced"`` takes :func:`class_weights` of the training labels.
    patience : int, optional
        Stop after so many epochs without a lower ``val_loss``, and go back to the weights of the
        best epoch, even if the end is reached first. Without it the last weights stay.
    backup_dir : path, optional
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
        ``attrs["best_epoch"]`` is the epoch whose weights the model has now: the best with
        ``patience``, else the last.

    Raises
    ------
    ValueError
        See above. ``PatientLeakError`` if a patient is in both sets of images.
    """
    checks.check_model(model)
    checks.check_settings(epochs, batch_size, patience, has_validation=val is not None)
    checks.check_image_set(model, train, "training")
    if val is not None:
        checks.check_image_set(model, val, "validation")
        checks.check_apart(train, val)
    weights = class_weights(train.labels) if class_weight == "balanced" else class_weight
    weights = checks.check_class_weight(weights, model)

    recorder = _HistoryRecorder()
    early_stopping = None
    if patience is not None:
        early_stopping = keras.callbacks.EarlyStopping(
            "val_loss", patience=patience, mode="min", restore_best_weights=True
        )
    ours = [callback for callback in (recorder, early_stopping) if callback]
    initial_epoch = 0
    if backup_dir is not None:
        settings = training_settings(
            model,
            train,
            val,
            batch_size=batch_size,
            class_weight=weights,
            seed=seed,
            augment=repr(augment),
            patience=patience,
        )
        backup = Backup(backup_dir, settings, recorder.rows, early_stopping)
        ours.append(backup)
        initial_epoch = epochs if backup.state["stopped"] else backup.epochs_done
    if is_interactive():
        ours.append(_progress_bar(epochs, initial_epoch))
    # Else its variables would be made within the first step, which TensorFlow then traces twice.
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    batches = dataset(
        train,
        shuffle=True,
        augment=augment,
        batch_size=batch_size,
        seed=seed,
        first_epoch=initial_epoch,
    )
    model.fit(
        batches,
        validation_data=None if val is None else dataset(val, batch_size=64),
        epochs=epochs,
        initial_epoch=initial_epoch,
        shuffle=False,  # the batches come shuffled
        class_weight=weights,
        callbacks=[*ours, *callbacks],
        verbose=0,
    )
    history = pd.DataFrame(recorder.rows)
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")
    best = early_stopping.best_epoch + 1 if early_stopping else len(history)
    history.attrs["best_epoch"] = best
    return history


def compile_classifier(
    model: keras.Model,
    optimizer: str | keras.optimizers.Optimizer,
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule | None = None,
    **settings: float,
) -> keras.Model:
    """Compile a classifier with the loss that fits its outputs, and the metrics articles report.

    Returns the same model.

    Parameters
    ----------
    model : keras.Model
        With one sigmoid output or K softmax outputs.
    optimizer : str or Optimizer
        Keras's name, such as ``"SGD"`` or ``"RMSprop"``, or an optimizer that is ready made.
    learning_rate : float or schedule
        For an optimizer given by name.
    **settings
        Further arguments of the optimizer, such as ``beta_2`` or ``global_clipnorm``.

    Raises
    ------
    ValueError
        If a name comes without learning rate, or a ready optimizer with one or with settings.
    """
    if isinstance(optimizer, str) != (learning_rate is not None):
        raise ValueError(
            f"expected a name and a learning rate, or an optimizer alone, got {optimizer!r} with "
            f'learning_rate={learning_rate!r}. Such as compile_classifier(model, "Adam", 1e-3).'
        )
    if settings and not isinstance(optimizer, str):
        raise ValueError(
            f"expected settings for an optimizer given by name, got {', '.join(settings)} for "
            f"{optimizer!r}. Give them where it is made."
        )
    if isinstance(optimizer, str):
        optimizer = getattr(keras.optimizers, optimizer)(learning_rate, **settings)
    binary = int(model.output_shape[-1]) == 1
    model.compile(
        optimizer=optimizer,
        loss="binary_crossentropy" if binary else "categorical_crossentropy",
        metrics=[
            "accuracy",
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
        ],
        # Keras would choose XLA, which on a CPU takes 1.5 to 2 times as long as single kernels.
        jit_compile="auto" if tf.config.list_physical_devices("GPU") else False,
    )
    return model


def class_weights(labels: ArrayLike) -> dict[int, float]:
    """Weigh classes so that each counts the same in the loss: ``n / (n_class · K)``.

    Parameters
    ----------
    labels : array, shape (N, 1) with 0 or 1, or one-hot (N, K)
        Of the training images.

    Returns
    -------
    dict
        Class number → weight, as ``model.fit`` takes it.

    Raises
    ------
    ValueError
        If a class has no image.

    Notes
    -----
    The formula of scikit-learn's ``compute_class_weight("balanced")`` (King and Zeng 2001), which
    article 2 uses.

    Examples
    --------
    >>> class_weights([0, 1, 1, 1])
    {0: 2.0, 1: 0.6666666666666666}
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] > 1:
        counts = labels.sum(axis=0)
    else:
        counts = np.bincount(labels.ravel().astype(int), minlength=2)
    if not (counts > 0).all():
        raise ValueError(
            f"expected images of each class, got {counts.astype(int).tolist()}. "
            "Weigh classes by the whole training set, or leave the empty class out."
        )
    return {i: float(counts.sum() / (len(counts) * n)) for i, n in enumerate(counts)}


def is_interactive() -> bool:
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


class _HistoryRecorder(keras.callbacks.Callback):
    """Collect a row of numbers an epoch, and stop at a loss that is no number."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        row = {name: float(value) for name, value in (logs or {}).items()}
        if not np.isfinite(row["loss"]):
            raise FloatingPointError(
                f"expected a finite loss, got {row['loss']} in epoch {epoch + 1}. Take a smaller "
                "learning rate, or look whether images reach the network unscaled."
            )
        row["learning_rate"] = current_learning_rate(self.model.optimizer)
        row["seconds"] = time.perf_counter() - self.start
        self.rows.append(row)


def _progress_bar(epochs: int, initial_epoch: int) -> keras.callbacks.Callback:
    with warnings.catch_warnings():  # it would like ipywidgets; without, a line of text will do
        warnings.simplefilter("ignore")
        from tqdm.keras import TqdmCallback

        return TqdmCallback(epochs, verbose=0, initial=initial_epoch)
