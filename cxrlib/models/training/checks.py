"""What can be wrong with a training, said before its first epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping

import keras
import numpy as np
import pandas as pd

from cxrlib.data import ImageSet, classes, splits
from cxrlib.models.training.schedules import current_learning_rate

WRONG_LOSSES = {  # each trains without complaint, and learns nothing or another question
    "categorical_crossentropy": "Of a single output it is always 0, and nothing is learned.",
    "binary_crossentropy": "It asks about each class as if the others were not there.",
    "sparse_categorical_crossentropy": "It takes class numbers; the labels here are not.",
}


def check_model(model: keras.Model) -> None:
    """Refuse a model that is not compiled, or whose loss or learning rate leads nowhere."""
    if getattr(model, "optimizer", None) is None:
        raise ValueError(
            "expected a compiled model, got one without optimizer and loss. "
            'First: model.compile(optimizer="adam", loss="binary_crossentropy").'
        )
    _check_loss(model)
    learning_rate = current_learning_rate(model.optimizer)
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(
            f"expected a learning rate above 0, got {learning_rate:g}. "
            "Compile again with another, such as keras.optimizers.Adam(1e-3)."
        )


def _check_loss(model: keras.Model) -> None:
    """Refuse the two cross-entropies where they do not fit the outputs: Keras would just train."""
    outputs = int(model.output_shape[-1])
    loss = str(getattr(model.loss, "name", None) or getattr(model.loss, "__name__", model.loss))
    wanted = "binary_crossentropy" if outputs == 1 else "categorical_crossentropy"
    if loss in WRONG_LOSSES and loss != wanted:
        raise ValueError(
            f"expected the loss {wanted!r} for {outputs} output(s), got {loss!r}. "
            f"{WRONG_LOSSES[loss]} models.training.compile_classifier chooses the right one."
        )


def check_settings(
    epochs: int, batch_size: int, patience: int | None, *, has_validation: bool
) -> None:
    """Refuse counts below 1, and watching a validation that is not there."""
    counts = {"epochs": epochs, "batch_size": batch_size, "patience": patience}
    for name, count in counts.items():
        if count is not None and (isinstance(count, bool) or count != int(count) or count < 1):
            raise ValueError(
                f"expected `{name}` as a whole number of at least 1, got {count!r}. "
                "Leave `patience` out to train without early stopping."
            )
    if patience is not None and not has_validation:
        raise ValueError(
            "expected validation images, since patience watches `val_loss`, got none. "
            "Cut them from the training children: data.splits.train_val_split(cases)."
        )


def check_image_set(model: keras.Model, image_set: ImageSet, kind: str) -> None:
    """Refuse images and labels that do not fit the model or cannot be learned from."""
    if not isinstance(image_set, ImageSet):
        raise TypeError(
            f"expected {kind} images as data.ImageSet, got {type(image_set).__name__}. "
            "Read a case table: data.read_images(cases, size=96).split('train')."
        )
    if not len(image_set):
        raise ValueError(f"expected at least one {kind} image, got none. Is the split empty?")
    check_images(model, image_set, kind)
    _check_labels(model, image_set, kind)


def check_images(model: keras.Model, image_set: ImageSet, kind: str) -> None:
    """Refuse images of another shape than the model's, or with NaN in them."""
    wanted, images = model.input_shape[1:], image_set.images
    sizes = zip(wanted, images.shape[1:], strict=False)
    if images.ndim != len(wanted) + 1 or any(w not in (None, got) for w, got in sizes):
        raise ValueError(
            f"expected {kind} images of shape {wanted}, as the model takes them, got "
            f"{images.shape[1:]}. Read them again with size={wanted[0]}, or build the model for "
            f"input_shape={images.shape[1:]}."
        )
    if images.dtype.kind == "f":
        bad = ~np.isfinite(images).all(axis=(1, 2, 3))
        if bad.any():
            first = image_set.cases["path"].iloc[int(np.argmax(bad))]
            raise ValueError(
                f"expected images of numbers from 0 to 255, got NaN or infinite values in "
                f"{int(bad.sum()):,} {kind} images (first: {first}). Leave those out."
            )


def _check_labels(model: keras.Model, image_set: ImageSet, kind: str) -> None:
    labels, outputs = np.asarray(image_set.labels), int(model.output_shape[-1])
    if labels.shape != (len(image_set), outputs):
        raise ValueError(
            f"expected {kind} labels of shape ({len(image_set):,}, {outputs}) for a model with "
            f"{outputs} output(s), got {labels.shape}. Two classes need one output, K classes K: "
            "build the model with classes=len(data.classes(cases))."
        )
    one_hot = outputs == 1 or (labels.sum(axis=1) == 1).all()
    if not (np.isin(labels, (0, 1)).all() and one_hot):
        odd = labels[~np.isin(labels, (0, 1)).all(axis=1)][:1].tolist() or "rows without one 1"
        raise ValueError(
            f"expected {kind} labels of 0 and 1, got {odd}. data.read_images makes them."
        )
    numbers = labels[:, 0] if outputs == 1 else labels.argmax(axis=1)
    if len(np.unique(numbers)) == 1:
        name = image_set.cases["label"].iloc[0] if "label" in image_set.cases else int(numbers[0])
        raise ValueError(
            f"expected {kind} images of at least two classes, got {len(labels):,} of "
            f"{str(name)!r} alone. Nothing can be told apart: look at the split."
        )
    absent = sorted(set(range(outputs)) - set(numbers.tolist())) if outputs > 1 else []
    if absent and kind == "training":
        names = classes(image_set.cases) if "label" in image_set.cases else range(outputs)
        raise ValueError(
            f"expected training images of each of {outputs} classes, got none of "
            f"{', '.join(repr(str(names[k])) for k in absent)}. Draw the split again, or leave "
            'the class out: cases["label"].cat.remove_unused_categories().'
        )


def check_apart(train: ImageSet, val: ImageSet) -> None:
    """Refuse patients that are in both sets."""
    if "patient_id" in train.cases and "patient_id" in val.cases:
        sides = [
            part.cases[["path", "patient_id"]].assign(split=side)
            for part, side in ((train, "training"), (val, "validation"))
        ]
        splits.check_leakage(pd.concat(sides, ignore_index=True))


def check_class_weight(
    weights: Mapping[int, float] | str | None, model: keras.Model
) -> dict[int, float] | None:
    """Refuse class weights that do not name each class with a positive number."""
    if weights is None:
        return None
    outputs = int(model.output_shape[-1])
    wanted = set(range(max(2, outputs)))
    if isinstance(weights, str) or set(weights) != wanted:
        raise ValueError(
            f'expected `class_weight` as "balanced" or one weight for each of {sorted(wanted)}, '
            f"got {weights!r}. Leave it out to weigh each image alike."
        )
    if not all(math.isfinite(w) and w > 0 for w in weights.values()):
        raise ValueError(
            f"expected class weights above 0, got {dict(weights)}. "
            "Leave classes out of the table that shall not count."
        )
    return dict(weights)
